"""Digests as they are read: what was taken back since is not in them."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.digests import DigestState, DigestView, ItemView
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.posts import MediaView, PostView
from fedi_k12.services import site, views
from storage import accounts, digests, officials, posts, submissions
from storage.tables import DigestItemRow, DigestRow

LISTED = 4000
"""The digests of ten years."""


async def teller(session: AsyncSession) -> int | None:
    """Return the official account that tells the digest, None where the place chose none."""
    named = (await site.site(session)).digest_account
    row = await accounts.local_by_username(session, named) if named else None
    if row is None or not await officials.official_among(session, [row.id]):
        return None
    return row.id


async def published(session: AsyncSession, *, day: date) -> DigestView:
    """Return the digest of a day for everybody."""
    row = await digests.published_on(session, day.isoformat())
    if row is None:
        raise NotFoundError("There is no digest of that day.")
    return await view(session, row, only_picked=True)


async def listed(session: AsyncSession) -> list[DigestRow]:
    """Return which digests are out, the newest first."""
    return await digests.in_state(session, ("out",), limit=LISTED)


async def articles(session: AsyncSession, account_id: int) -> list[str]:
    """Return the ids (URIs) of the articles in which an account told digests, newest first."""
    rows = await digests.in_state(session, ("out",), account_ids=[account_id], limit=LISTED)
    found = await posts.by_ids(session, [row.article_id for row in rows if row.article_id])
    return [found[row.article_id].uri for row in rows if row.article_id in found]


async def newest(session: AsyncSession, *, limit: int) -> list[tuple[DigestRow, PostView]]:
    """Return the digests that came last, with their articles as everybody sees them."""
    rows = await digests.in_state(session, ("out",), limit=limit)
    ids = [row.article_id for row in rows if row.article_id is not None]
    shown = {post.id: post for post in await views.post_views(session, ids, viewer=None)}
    return [(row, shown[row.article_id]) for row in rows if row.article_id in shown]


async def year(session: AsyncSession, *, number: int) -> list[DigestView]:
    """Return the digests of a year, from its first day to its last, for a year book."""
    rows = await digests.in_state(
        session, ("out",), since=f"{number:04d}", before=f"{number + 1:04d}"
    )
    if not rows:
        raise NotFoundError("There is no digest of that year.")
    return [await view(session, row, only_picked=True) for row in reversed(rows)]


async def standing(session: AsyncSession, rows: Sequence[DigestItemRow]) -> list[DigestItemRow]:
    """Return what of these may stand in a digest now: neither withdrawn nor gone."""
    there = await digests.still_standing(session, [row.post_id for row in rows])
    return [row for row in rows if row.withdrawn_at is None and row.post_id in there]


async def view(
    session: AsyncSession,
    row: DigestRow,
    *,
    member_id: int | None = None,
    may_approve: bool = False,
    only_picked: bool = False,
) -> DigestView:
    """Return a digest with what may stand in it now."""
    account = await accounts.by_id(session, row.account_id)
    rows = await standing(session, await digests.items(session, row.id))
    if only_picked:
        rows = [item for item in rows if item.included]
    own = member_id is not None and row.edited_by == member_id
    return DigestView(
        id=row.id,
        day=date.fromisoformat(row.day),
        username=account.username if account is not None else "",
        name=(account.display_name or account.username) if account is not None else "",
        state=DigestState(row.state),
        version=row.version,
        items=await items(session, row, rows),
        editor=row.editor,
        comment=row.comment,
        published_at=row.published_at,
        article_id=row.article_id,
        own=own,
        may_approve=may_approve and not own and row.state == DigestState.WAITING.value,
    )


async def items(
    session: AsyncSession, row: DigestRow, rows: Sequence[DigestItemRow]
) -> tuple[ItemView, ...]:
    """Return posts of a digest with the copies of their pictures; before it is out, theirs."""
    found: dict[int, MediaView] = {}
    if row.state == DigestState.OUT.value:
        copies = await submissions.media_of(
            session, [item.media_id for item in rows if item.media_id is not None]
        )
        found = {
            item.id: views.view_of_media(copies[item.media_id])
            for item in rows
            if item.media_id in copies
        }
    else:
        theirs = await digests.pictures(session, [item.post_id for item in rows])
        found = {
            item.id: views.view_of_media(theirs[item.post_id])
            for item in rows
            if item.post_id in theirs
        }
    return tuple(
        ItemView(
            id=item.id,
            post_id=item.post_id,
            account_id=item.account_id,
            handle=item.handle,
            name=item.name,
            url=item.url,
            said=item.said,
            line=item.line,
            position=item.position,
            included=item.included,
            at=item.at,
            picture=found.get(item.id),
        )
        for item in rows
    )
