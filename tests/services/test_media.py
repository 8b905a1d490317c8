"""Attachments: taken in, described, handed out."""

import math

import pytest

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.posts import MAX_ALT_CHARACTERS
from fedi_k12.services import farewell, media, moderation, views
from fedi_k12.services.pictures import Encoded, Prepared
from fedi_k12.services.received import ReceivedMedia
from storage.tables import EmojiRow

PICTURE = Prepared(
    "image", Encoded(b"full", "png", 4, 3), Encoded(b"small", "png", 2, 1), "LEHV6n"
)


@pytest.fixture
def upload(do, maya):
    async def run(**parts):
        given = {"actor": maya.actor, "file": "aa/a.png", "preview_file": "bb/b.png", **parts}
        return await do(media.store, prepared=PICTURE, **given)

    return run


async def test_an_upload_is_kept_with_its_words(see, upload, maya):
    made = await upload(alt="A plan", focus=(0.5, -2.0))

    assert (made.alt, made.focus_x, made.focus_y) == ("A plan", 0.5, -1.0)
    assert (made.width, made.preview_width, made.mime_type) == (4, 2, "image/png")
    assert await see(media.get, actor=maya.actor, media_id=made.id) == made


async def test_its_words_can_be_changed_until_it_is_published(do, upload, publish, maya):
    made = await upload()
    own = {"actor": maya.actor, "media_id": made.id}

    after = await do(media.update, **own, alt="Better\x00", focus=(math.nan, 0.2))

    assert (after.alt, after.focus_x, after.focus_y) == ("Better", 0.0, 0.2)
    assert (await do(media.update, **own)).alt == "Better"
    await publish(maya, media_ids=(made.id,))
    with pytest.raises(NotFoundError):
        await do(media.update, **own, alt="Late")
    with pytest.raises(InvalidError, match="used by a post"):
        await do(media.delete, **own)


async def test_endless_words_are_refused(do, upload, maya):
    with pytest.raises(InvalidError, match="too long"):
        await upload(alt="x" * (MAX_ALT_CHARACTERS + 1))


async def test_uploads_are_their_members_only(do, see, upload, tom):
    """FED-81."""
    made = await upload()
    theirs = {"actor": tom.actor, "media_id": made.id}

    for call in (
        see(media.get, **theirs),
        do(media.update, **theirs),
        do(media.delete, **theirs),
    ):
        with pytest.raises(NotFoundError):
            await call


async def test_an_upload_can_be_forgotten(do, see, upload, maya):
    own = {"actor": maya.actor, "media_id": (await upload()).id}

    await do(media.delete, **own)

    with pytest.raises(NotFoundError):
        await see(media.get, **own)


async def test_attachments_say_where_they_come_from(see, upload):
    made = await upload()

    assert (await see(media.attachment, made.id, preview=False)).file == "aa/a.png"
    assert (await see(media.attachment, made.id, preview=True)).file == "bb/b.png"


@pytest.fixture
async def remote_media(arrive, see, make_remote):
    ria = await make_remote("ria")
    picture = ReceivedMedia("image", "http://remote.example/a.png")
    post_id = await arrive(ria, media=(picture,))
    post = await see(views.post_view, post_id, viewer=None)
    return ria, post_id, post.media[0].id


async def test_anothers_attachment_is_kept_once_it_was_made_safe(do, see, remote_media):
    _ria, post_id, number = remote_media
    before = await see(media.attachment, number, preview=True)
    assert (before.file, before.remote_url) == (None, "http://remote.example/a.png")

    version = (await see(views.post_view, post_id, viewer=None)).version
    await do(
        media.keep_attachment,
        number,
        file="aa/a.png",
        preview_file="bb/b.png",
        prepared=PICTURE,
    )
    await do(media.keep_attachment, 1, file="", preview_file="", prepared=PICTURE)

    post = await see(views.post_view, post_id, viewer=None)
    assert (post.media[0].file, post.media[0].width) == ("aa/a.png", 4)
    assert post.version == version + 1


async def test_media_of_hosts_we_refuse_are_not_handed_out(do, see, remote_media):
    ria, _post_id, number = remote_media
    host = {"actor": None, "domain": "remote.example"}

    for severity in ({"severity": "limit", "reject_media": True}, {"severity": "suspend"}):
        await do(moderation.set_host_policy, **host, **severity)
        with pytest.raises(NotFoundError):
            await see(media.attachment, number, preview=False)
        try:
            portrait = await see(media.portrait, ria.id, cover=False)
        except NotFoundError:
            pass
        else:
            # Suspended people have the blank picture that everybody without one has.
            assert (portrait.file, portrait.remote_url) == (None, None)
        await do(moderation.remove_host_policy, **host)
    assert await see(media.attachment, number, preview=False)


async def test_media_of_the_suspended_and_of_nobody_are_not_handed_out(do, see, remote_media):
    ria, _post_id, number = remote_media
    await do(moderation.suspend_account, actor=None, account_id=ria.id, reason="")

    for media_id in (number, 1):
        with pytest.raises(NotFoundError):
            await see(media.attachment, media_id, preview=False)
    blank = await see(media.portrait, ria.id, cover=False)
    assert (blank.file, blank.remote_url, blank.handle) == (None, None, "ria@remote.example")


async def test_portraits_are_kept_unless_they_changed_meanwhile(do, see, make_remote):
    ria = await make_remote(
        "ria", avatar_remote_url="http://r/a.png", header_remote_url="http://r/h.png"
    )
    keep = {"account_id": ria.id, "file": "aa/a.png"}

    for cover, url in ((False, "http://r/a.png"), (True, "http://r/h.png")):
        await do(media.keep_portrait, ria.id, file="x", cover=cover, remote_url="http://r/old")
        assert (await see(media.portrait, ria.id, cover=cover)).file is None
        await do(media.keep_portrait, **keep, cover=cover, remote_url=url)
        assert (await see(media.portrait, ria.id, cover=cover)).file == "aa/a.png"
    await do(media.keep_portrait, 1, file="x", cover=False, remote_url="")


async def test_portraits_of_nobody_are_not_there(do, see, make_remote):
    gone = await make_remote("gone")
    await do(farewell.delete_remote_account, uri=gone.uri)

    for account_id in (gone.id, 1):
        with pytest.raises(NotFoundError):
            await see(media.portrait, account_id, cover=False)


async def test_emoji_are_handed_out(ctx, do, see):
    number = new_id()

    async def add(session):
        session.add(
            EmojiRow(
                id=number, shortcode="owl", remote_url="http://r/o.png", updated_at=ctx.clock()
            )
        )

    await ctx.write(add)
    assert (await see(media.emoji, number)).remote_url == "http://r/o.png"

    await do(media.keep_emoji, number, file="aa/a.png")
    await do(media.keep_emoji, 1, file="aa/a.png")

    assert (await see(media.emoji, number)).file == "aa/a.png"
    with pytest.raises(NotFoundError):
        await see(media.emoji, 1)


def test_an_upload_is_kept_in_two_sizes():
    assert media.files_of(PICTURE) == (PICTURE.full, PICTURE.preview)
