"""Pages are packed on their way, and not sent again to who has them."""

import gzip
import re

import pytest

from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import posts

HTML = {"Accept": "text/html"}


@pytest.fixture
def ask(client):
    """Return a function that asks for an address and unpacks nothing."""

    async def run(path: str, **headers: str):
        client.session._auto_decompress = False
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.get(path, headers={**HTML, **named})

    return run


async def test_pages_are_packed_for_who_can_unpack_them(ask):
    packed = await ask("/about", Accept_Encoding="br, gzip")
    plain = await ask("/about", Accept_Encoding="identity")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(await packed.read()) == await plain.read()
    for answer in (packed, plain):
        assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize("encoding", ["", "gzip;q=0", "gzip; q=0, br", "deflate"])
async def test_nobody_gets_what_they_cannot_unpack(ask, encoding):
    answer = await ask("/about", Accept_Encoding=encoding)

    assert "Content-Encoding" not in answer.headers
    assert b"<!doctype html>" in await answer.read()


async def test_a_page_is_sent_again_when_it_changed(ask, ctx, maya):
    first = await ask("/@maya", Accept_Encoding="gzip")
    tag = first.headers["ETag"]

    again = await ask("/@maya", Accept_Encoding="gzip", If_None_Match=tag)
    assert (again.status, await again.read()) == (304, b"")
    assert again.headers["ETag"] == tag
    assert again.headers["Vary"] == first.headers["Vary"]
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert "default-src 'none'" in again.headers["Content-Security-Policy"]

    await ctx.write(
        posts.publish,
        actor=maya.actor,
        draft=Draft("Clay", visibility=Visibility.PUBLIC),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    changed = await ask("/@maya", Accept_Encoding="gzip", If_None_Match=tag)
    assert changed.status == 200
    assert changed.headers["ETag"] != tag


async def test_a_refusal_has_no_tag(ask):
    answer = await ask("/nothing/here")

    assert answer.status == 404
    assert "ETag" not in answer.headers


async def test_one_style_sheet_says_it_all(ask):
    page = await (await ask("/about", Accept_Encoding="identity")).text()
    [address] = re.findall(r'href="(/assets/[^"]+)"', page)

    packed = await ask(address, Accept_Encoding="gzip")
    plain = await ask(address, Accept_Encoding="identity")

    assert packed.headers["Content-Encoding"] == "gzip"
    body = await plain.read()
    assert gzip.decompress(await packed.read()) == body
    assert int(packed.headers["Content-Length"]) < 12_000
    for rule in (b"--paper", b".masthead", b".link-card.pictured"):
        assert rule in body
    assert body.index(b"--paper") < body.index(b".masthead")
    assert b"/*" not in body
    assert "immutable" in plain.headers["Cache-Control"]
