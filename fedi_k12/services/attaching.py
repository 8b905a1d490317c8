"""The pictures, films and sounds of a post of ours: put into it, arranged, described."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.guards import weak_description
from fedi_k12.domain.licences import credit_line
from fedi_k12.domain.people import AccountKind
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.picture_check import PictureCheck
from fedi_k12.domain.posts import MAX_ALT_CHARACTERS, Draft, MediaEdit
from fedi_k12.domain.words import words
from storage import posts
from storage.tables import AccountRow, MediaRow, PictureCheckRow


async def unattached(session: AsyncSession, actor: Actor, ids: Sequence[int]) -> list[MediaRow]:
    """Return uploads of the actor that stand in no post yet, or raise by what is wrong."""
    if not ids:
        return []
    rows = {
        row.id: row
        for row in await session.scalars(select(MediaRow).where(MediaRow.id.in_(ids)))
    }
    found = []
    for number in dict.fromkeys(ids):
        row = rows.get(number)
        if row is None or row.account_id != actor.account_id or row.post_id is not None:
            raise NotFoundError("Record not found")
        if row.scheduled_id is not None:
            raise InvalidError("Validation failed: That file belongs to a post that is to come")
        if row.submission_id is not None:
            raise InvalidError(
                "Validation failed: That file belongs to a post that waits for a second person"
            )
        if row.state != "ready":
            raise InvalidError(
                "Validation failed: Cannot attach files that have not finished processing. "
                "Try again in a moment!"
            )
        found.append(row)
    return found


async def of_draft(
    session: AsyncSession, actor: Actor, author: AccountRow, draft: Draft, *, given: bool
) -> Sequence[MediaRow]:
    """Return the uploads for a new post; raise what `unattached` and `for_everybody` do.

    Where a colleague is asked to describe them, they may be bare until that is done (`given`).
    """
    media = await unattached(session, actor, draft.media_ids)
    return media if draft.ask_colleague and not given else for_everybody(author, media)


async def attach(
    session: AsyncSession,
    post_id: int,
    media: Sequence[MediaRow],
    *,
    checked: PictureCheck | None,
    now: datetime,
) -> None:
    """Let uploads stand in a post, in this order; keep that somebody looked at them."""
    for position, row in enumerate(media):
        row.post_id, row.position = post_id, position
    if media:
        await session.flush()
        await _attest(session, post_id, checked, now)


def for_everybody(author: AccountRow, media: Sequence[MediaRow]) -> Sequence[MediaRow]:
    """Return these media; raise `InvalidError` where a school would leave somebody out.

    What a school publishes is for everybody: pictures, films and sounds are described, and
    films have captions (WCAG 2.2, 1.1.1 and 1.2.2). People's own accounts are reminded on the
    page, and never held.
    """
    for row in media if author.kind == AccountKind.ORGANIZATION else ():
        if why := weak_description(row.alt):
            raise InvalidError(
                words("Validation failed: %(why)s", why=why), fields={"media_ids": why}
            )
        if row.kind == "video" and row.captions_file is None:
            raise InvalidError(
                "Validation failed: Captions missing: add a WebVTT file with what is said in "
                "the film, or with what is heard.",
                fields={"media_ids": "Captions missing"},
            )
    return media


async def rearrange(
    session: AsyncSession,
    post_id: int,
    wanted: Sequence[int],
    rows: dict[int, MediaRow],
    *,
    checked: PictureCheck | None,
    now: datetime,
) -> None:
    """Let a post carry these uploads, in this order, and no others of `rows`."""
    for number, row in rows.items():
        row.post_id = post_id if number in wanted else None
        row.position = list(wanted).index(number) if number in wanted else 0
    await session.flush()
    await _attest(session, post_id, checked, now)


async def describe(
    session: AsyncSession, author: AccountRow, post_id: int, changes: Sequence[MediaEdit]
) -> None:
    """Give the pictures of a post new words; refuse what `for_everybody` refuses."""
    for change in changes:
        row = await session.get(MediaRow, change.id)
        if row is None or row.account_id != author.id or row.post_id != post_id:
            raise NotFoundError("Record not found")
        if change.alt is not None:
            row.alt = change.alt[:MAX_ALT_CHARACTERS]
        if change.focus is not None:
            row.focus_x, row.focus_y = change.focus
        if change.credit is not None:
            row.credit = credit_line(change.credit)
        if change.license_url is not None:
            row.license_url = change.license_url or None
    await session.flush()
    for_everybody(author, (await posts.media_of(session, [post_id])).get(post_id, []))


async def _attest(
    session: AsyncSession, post_id: int, checked: PictureCheck | None, now: datetime
) -> None:
    if checked is None:
        return
    row = await session.get(PictureCheckRow, post_id) or PictureCheckRow(post_id=post_id)
    row.focus, row.member_id, row.at = checked.focus.value, checked.by, now
    session.add(row)
    await session.flush()
