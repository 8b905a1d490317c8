"""R-21, R-22: what an official account publishes is for those too who cannot see or hear it."""

import pytest
from sqlalchemy import update

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.people import AccountKind
from fedi_k12.domain.posts import Draft, MediaEdit
from fedi_k12.services import media, posts
from fedi_k12.services.pictures import Encoded, Prepared
from storage.tables import MediaRow

SMALL = Encoded(b"small", "png", 2, 1)
PICTURE = Prepared("image", Encoded(b"full", "png", 4, 3), SMALL, "LEHV6n")
TELLS = "Two children plant beans in a wooden bed."


@pytest.fixture
async def school(make_member):
    """An account that speaks for a school."""
    return await make_member("school", kind=AccountKind.ORGANIZATION.value)


@pytest.fixture
def upload(do):
    async def run(who, alt="", **changed):
        made = await do(
            media.store,
            prepared=PICTURE,
            actor=who.actor,
            file="a/a.png",
            preview_file="b/b.png",
            alt=alt,
        )
        if changed:
            await do(_execute, update(MediaRow).where(MediaRow.id == made.id).values(**changed))
        return made.id

    return run


async def _execute(session, statement):
    await session.execute(statement)


@pytest.mark.parametrize("alt", ["", "image", "IMG_2041.jpg"])
async def test_r21_an_official_picture_without_a_description_is_not_published(
    publish, upload, school, alt
):
    """R-21."""
    number = await upload(school, alt)

    with pytest.raises(InvalidError) as refused:
        await publish(school, media_ids=(number,))

    assert "media_ids" in refused.value.fields


async def test_r21_a_described_picture_is_published(publish, upload, school):
    assert await publish(school, media_ids=(await upload(school, TELLS),))


async def test_r21_nor_is_it_kept_for_later(see, upload, school):
    draft = Draft("Beans", media_ids=(await upload(school),))

    with pytest.raises(InvalidError, match="Description missing"):
        await see(posts.check, actor=school.actor, draft=draft)


async def test_r21_an_edit_cannot_take_the_description_away(do, ctx, publish, upload, school):
    number = await upload(school, TELLS)
    post = await publish(school, media_ids=(number,))

    with pytest.raises(InvalidError, match="too little"):
        await do(
            posts.edit,
            actor=school.actor,
            post_id=post.id,
            draft=Draft("Beans", media_ids=(number,)),
            media_edits=[MediaEdit(number, alt="pic")],
            addresses=ctx.addresses,
            now=ctx.clock(),
        )


async def test_r22_an_official_film_needs_captions(publish, upload, school):
    """R-22: nothing plays by itself, as test_humane and test_writing see."""
    film = await upload(school, TELLS, kind="video")
    with pytest.raises(InvalidError, match="Captions missing"):
        await publish(school, media_ids=(film,))

    told = await upload(school, TELLS, kind="video", captions_file="a/a.vtt")
    assert await publish(school, media_ids=(told,))


async def test_r21_a_personal_account_is_never_held(publish, upload, maya):
    assert await publish(maya, media_ids=(await upload(maya), await upload(maya, kind="video")))
