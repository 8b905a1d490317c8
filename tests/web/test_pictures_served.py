"""Pictures: served from here, whoever they are of."""

import io

import pytest
from PIL import Image

from fedi_k12.domain.ids import new_id
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import profiles, receive, views
from fedi_k12.services.received import ReceivedMedia, ReceivedPost
from fedi_k12.web import media
from storage.tables import EmojiRow
from tests.remote import KEYS  # noqa: F401 - the fake server's keys are made once

HOST = "remote.example"


def picture(form="PNG", size=(60, 40)):
    out = io.BytesIO()
    Image.new("RGB", size, "#2f6b5a").save(out, form)
    return out.getvalue()


def served(ctx, media, **preview):
    return ctx.addresses.media(media.id, **preview).removeprefix("https://home.example")


@pytest.fixture(autouse=True)
def _nothing_missing():
    media._missing.clear()


@pytest.fixture
async def ria(remote, make_remote):
    return await make_remote(
        "ria",
        avatar_remote_url=f"http://{HOST}/avatar.png",
        header_remote_url=f"http://{HOST}/header.png",
    )


@pytest.fixture
def attach(ctx, ria):
    """Return a function that takes in a post with a picture and returns the attachment."""

    async def run(url=f"http://{HOST}/a.png"):
        post = ReceivedPost(
            f"{ria.uri}/posts/{new_id()}", ria.id, Visibility.PUBLIC, "", ctx.clock(),
            media=(ReceivedMedia("image", url),),
        )  # fmt: skip
        [post_id] = await ctx.write(receive.receive_posts, [post], now=ctx.clock())
        async with ctx.read() as session:
            return (await views.post_view(session, post_id, viewer=None)).media[0]

    return run


async def test_anothers_picture_is_fetched_once_and_made_safe(ctx, client, remote, attach):
    remote.documents["/a.png"] = (200, "image/png", picture() + b"hidden")
    found = await attach()

    first = await client.get(served(ctx, found))
    small = await client.get(served(ctx, found, preview=True))

    body = await first.read()
    assert first.status == small.status == 200
    assert b"hidden" not in body
    assert first.content_type == "image/png"
    assert remote.asked == ["/a.png"]
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in first.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((404, "text/html", b"gone"), id="it is gone"),
        pytest.param((200, "text/html", b"<script>"), id="FED-98 a page"),
        pytest.param((200, "image/svg+xml", b"<svg onload=x>"), id="FED-98 SVG"),
        pytest.param((200, "image/png", picture()[:50]), id="half a picture"),
        pytest.param((200, "image/png", b"x" * 17_000_000), id="FED-49 17 MB"),
        pytest.param((302, "http://10.0.0.1/", b""), id="FED-45 led inside"),
    ],
)
async def test_what_is_no_picture_is_not_there_and_not_asked_again(
    ctx, client, remote, attach, answer
):
    remote.documents["/a.png"] = answer
    found = await attach()

    for _ in range(2):
        assert (await client.get(served(ctx, found))).status == 404

    assert len(remote.asked) == 1


async def test_what_failed_is_asked_again_later(ctx, client, clock, remote, attach):
    found = await attach()
    assert (await client.get(served(ctx, found))).status == 404
    remote.documents["/a.png"] = (200, "image/png", picture())

    clock.advance(minutes=11)

    assert (await client.get(served(ctx, found))).status == 200


async def test_portraits_are_served_from_here(client, remote, ria):
    remote.documents["/avatar.png"] = (200, "image/png", picture())
    remote.documents["/header.png"] = (200, "image/png", picture())

    for _ in range(2):
        avatar = await client.get(f"/media/avatars/{ria.id}")
        header = await client.get(f"/media/headers/{ria.id}")

    assert Image.open(io.BytesIO(await avatar.read())).size == (400, 400)
    assert Image.open(io.BytesIO(await header.read())).size == (1500, 500)
    assert sorted(remote.asked) == ["/avatar.png", "/header.png"]


async def test_whoever_has_no_picture_gets_a_quilt_block(client, remote, maya, ria):
    for account in (maya.account, ria):
        avatar = await client.get(f"/media/avatars/{account.id}")
        header = await client.get(f"/media/headers/{account.id}")

        assert avatar.status == header.status == 200
        assert avatar.content_type == "image/png"


async def test_members_own_pictures_are_served(ctx, client, maya):
    key = await ctx.blobs.put(picture(), ending="png")
    changes = profiles.ProfileChanges(avatar_file=key)
    await ctx.write(
        profiles.update_profile, actor=maya.actor, changes=changes, addresses=ctx.addresses,
        now=ctx.clock(),
    )  # fmt: skip

    shown = await client.get(f"/media/avatars/{maya.account.id}")
    stored = await client.get(f"/media/files/{key}")

    assert await shown.read() == await stored.read() == picture()
    assert "immutable" in stored.headers["Cache-Control"]


async def test_emoji_are_served_from_here(ctx, client, remote):
    remote.documents["/owl.png"] = (200, "image/png", picture())
    number = new_id()

    async def add(session):
        session.add(
            EmojiRow(
                id=number, shortcode="owl", remote_url=f"http://{HOST}/owl.png",
                updated_at=ctx.clock(),
            )
        )  # fmt: skip

    await ctx.write(add)

    for _ in range(2):
        assert (await client.get(f"/media/emoji/{number}")).status == 200
    assert remote.asked == ["/owl.png"]


@pytest.mark.parametrize(
    "path",
    [
        "/media/remote/1", "/media/remote/x", "/media/remote/1/preview", "/media/avatars/1",
        "/media/headers/x", "/media/emoji/1", "/media/files/aa/none.png",
        "/media/files/aa/" + "0" * 64 + ".png", "/media/files/..%2f..%2fetc%2fpasswd",
    ],
)  # fmt: skip
async def test_what_is_not_there_is_not_found(client, path):
    assert (await client.get(path)).status == 404


async def test_an_attachment_without_an_address_is_not_found(ctx, client, attach):
    found = await attach()

    async def forget(session):
        from storage.tables import MediaRow

        (await session.get(MediaRow, found.id)).remote_url = None

    await ctx.write(forget)

    assert (await client.get(served(ctx, found))).status == 404
