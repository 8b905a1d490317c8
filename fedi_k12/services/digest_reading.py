"""Digests as they are read: what was taken back since is not in them."""

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.digests import DigestState, DigestView, ItemView, path_of_day
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.posts import MediaView, PostView
from fedi_k12.domain.search_query import MAX_PARTS, tokens
from fedi_k12.services import site, views
from storage import accounts, digests, officials, posts
from storage.tables import AccountRow, DigestItemRow, DigestRow

LISTED = 4000
"""The digests of ten years."""
FOUND = 20
"""What a page of a search shows."""


class FoundView(Struct, frozen=True):
    """What a search found in the digest of a day."""

    day: date
    name: str
    line: str
    said: str

    @property
    def path(self) -> str:
        """The page of that digest."""
        return path_of_day(self.day)


class Found(Struct, frozen=True):
    """A page of what a search found; `more` where there is another."""

    posts: tuple[FoundView, ...]
    more: bool


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
    return await views_of(session, rows[::-1], only_picked=True)


async def search(session: AsyncSession, *, q: str, page: int = 1) -> Found:
    """Return what stands in digests with words that begin as those of `q`, newest first."""
    looked_for = tokens(q)[:MAX_PARTS]
    rows = (
        await digests.found(
            session, looked_for, limit=FOUND + 1, offset=(max(page, 1) - 1) * FOUND
        )
        if looked_for
        else []
    )
    return Found(
        tuple(
            FoundView(date.fromisoformat(row.day), item.name, item.line, item.said)
            for row, item in rows[:FOUND]
        ),
        more=len(rows) > FOUND,
    )


async def standing(session: AsyncSession, digest_id: int) -> list[DigestItemRow]:
    """Return what of a digest may stand in it now: neither withdrawn nor gone."""
    there = await digests.still_standing(session, [digest_id])
    rows = await digests.items(session, digest_id)
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
    (found,) = await views_of(
        session, [row], member_id=member_id, may_approve=may_approve, only_picked=only_picked
    )
    return found


async def views_of(
    session: AsyncSession,
    rows: Sequence[DigestRow],
    *,
    member_id: int | None = None,
    may_approve: bool = False,
    only_picked: bool = False,
) -> list[DigestView]:
    """Return digests with what may stand in them now: as many queries for a year as for one."""
    ids = [row.id for row in rows]
    there = await digests.still_standing(session, ids)
    listed = await digests.items_of(session, ids)
    tellers = await accounts.by_ids(session, [row.account_id for row in rows])
    shown = {
        number: [
            item
            for item in items
            if item.withdrawn_at is None
            and item.post_id in there
            and (item.included or not only_picked)
        ]
        for number, items in listed.items()
    }
    pictures = await _pictures(session, rows, shown)
    return [
        _view(
            row,
            tellers.get(row.account_id),
            tuple(_item(item, pictures) for item in shown[row.id]),
            member_id=member_id,
            may_approve=may_approve,
        )
        for row in rows
    ]


async def items(
    session: AsyncSession, row: DigestRow, rows: Sequence[DigestItemRow]
) -> tuple[ItemView, ...]:
    """Return posts of a digest with the copies of their pictures; before it is out, theirs."""
    pictures = await _pictures(session, [row], {row.id: rows})
    return tuple(_item(item, pictures) for item in rows)


async def _pictures(
    session: AsyncSession,
    rows: Sequence[DigestRow],
    shown: Mapping[int, Sequence[DigestItemRow]],
) -> dict[int, MediaView]:
    """Return pictures by the ids of what they belong to."""
    found: dict[int, MediaView] = {}
    out = [row.id for row in rows if row.state == DigestState.OUT.value]
    copies = await digests.copies(session, out) if out else {}
    for item in (item for number in out for item in shown[number]):
        if item.media_id in copies:
            found[item.id] = views.view_of_media(copies[item.media_id])
    before = [item for row in rows if row.id not in out for item in shown[row.id]]
    if before:
        theirs = await digests.pictures(session, [item.post_id for item in before])
        for item in before:
            if item.post_id in theirs:
                found[item.id] = views.view_of_media(theirs[item.post_id])
    return found


def _view(
    row: DigestRow,
    account: AccountRow | None,
    items: tuple[ItemView, ...],
    *,
    member_id: int | None,
    may_approve: bool,
) -> DigestView:
    own = member_id is not None and row.edited_by == member_id
    return DigestView(
        id=row.id,
        day=date.fromisoformat(row.day),
        username=account.username if account is not None else "",
        name=(account.display_name or account.username) if account is not None else "",
        state=DigestState(row.state),
        version=row.version,
        items=items,
        editor=row.editor,
        comment=row.comment,
        published_at=row.published_at,
        article_id=row.article_id,
        own=own,
        may_approve=may_approve and not own and row.state == DigestState.WAITING.value,
    )


def _item(item: DigestItemRow, pictures: Mapping[int, MediaView]) -> ItemView:
    return ItemView(
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
        picture=pictures.get(item.id),
    )
