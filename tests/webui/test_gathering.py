"""The page of a thread says that more is being fetched, and when that is over."""

import pytest

from fedi_k12.worker import run_until_idle
from storage import posts
from tests.remote import PUBLIC


@pytest.fixture
async def page(ctx, send, remote, maya):
    ren = remote.actor("ren")
    note = ren.note("root", to=[PUBLIC, maya.account.uri])
    await send(ren, ren.create(note, "root"))
    uri = note["id"]
    items = [f"{ren.uri}/posts/1", f"{ren.uri}/posts/2"]
    replies = {"id": f"{uri}/replies", "type": "Collection", "totalItems": 3, "items": items}
    remote.show({**note, "replies": replies})
    remote.show(ren.note("1", "<p>Heard elsewhere</p>", inReplyTo=uri))
    async with ctx.read() as session:
        return f"/@ren@remote.example/{(await posts.by_uri(session, uri)).id}"


async def test_a_thread_says_that_more_is_coming_and_how_much_came(ctx, at_maya, page):
    first = await at_maya.get(page)
    assert "More replies are being fetched from other servers." in first.main.text
    links = [link["href"] for link in first.main.find("a") if "Look again" in link.text]
    assert links == [page]

    await run_until_idle(ctx)
    second = await at_maya.get(links[0])

    assert "Heard elsewhere" in second.main.text
    assert "being fetched" not in second.main.text
    assert "One post came." in second.main.text
    assert "counts 3 replies to it; 1 of them" in second.main.text


async def test_a_thread_of_ours_says_nothing_of_the_kind(at_maya, maya, publish):
    number = await publish(maya, "Ours")

    shown = await at_maya.get(f"/@maya/{number}")

    assert "other servers" not in shown.main.text.lower()
