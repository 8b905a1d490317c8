"""Queries about what a member keeps: pages of the web and saved posts, in one order."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CompoundSelect, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from storage.posts import visible_to
from storage.tables import BookmarkRow, LinkRow, PostRow

MOST_TAGS = 2_000
"""So many different sets of tags are looked at for the list of them."""


async def page(
    session: AsyncSession,
    account_id: int,
    *,
    tag: str = "",
    since: datetime | None = None,
    limit: int,
    offset: int = 0,
) -> list[tuple[int, bool]]:
    """Return (id, whether it is a saved post) of what an account keeps, the newest first."""
    both = _both(account_id, tag, since).subquery()
    rows = await session.execute(
        select(both.c.id, both.c.saved)
        .order_by(both.c.created_at.desc(), both.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [(row[0], bool(row[1])) for row in rows]


def _both(
    account_id: int, tag: str, since: datetime | None
) -> CompoundSelect[tuple[int, datetime, int]]:
    links = select(LinkRow.id, LinkRow.created_at, literal(0).label("saved")).where(
        LinkRow.account_id == account_id
    )
    saved = (
        select(BookmarkRow.id, BookmarkRow.created_at, literal(1).label("saved"))
        .join(PostRow, PostRow.id == BookmarkRow.post_id)
        .where(BookmarkRow.account_id == account_id, visible_to(account_id))
    )
    if tag:
        links = links.where(LinkRow.tags.contains(f" {tag} ", autoescape=True))
        saved = saved.where(BookmarkRow.tags.contains(f" {tag} ", autoescape=True))
    if since is not None:
        links = links.where(LinkRow.created_at >= since)
        saved = saved.where(BookmarkRow.created_at >= since)
    return union_all(links, saved)


async def links_by_id(session: AsyncSession, ids: Sequence[int]) -> dict[int, LinkRow]:
    """Return links of the web by their ids."""
    rows = await session.scalars(select(LinkRow).where(LinkRow.id.in_(ids)))
    return {row.id: row for row in rows}


async def saved_by_id(session: AsyncSession, ids: Sequence[int]) -> dict[int, BookmarkRow]:
    """Return saved posts by the ids of their bookmarks."""
    rows = await session.scalars(select(BookmarkRow).where(BookmarkRow.id.in_(ids)))
    return {row.id: row for row in rows}


async def by_url(session: AsyncSession, account_id: int, url: str) -> LinkRow | None:
    """Return an account's link to an address."""
    return await session.scalar(
        select(LinkRow).where(LinkRow.account_id == account_id, LinkRow.url == url)
    )


async def count(session: AsyncSession, account_id: int) -> int:
    """Return how many links of the web an account keeps."""
    found = select(func.count()).where(LinkRow.account_id == account_id)
    return await session.scalar(found) or 0


async def tags(session: AsyncSession, account_id: int) -> list[tuple[str, int]]:
    """Return the sets of tags that an account uses, as they are stored, and how often."""
    both = union_all(
        *(
            select(row.tags).where(row.account_id == account_id, row.tags != "")
            for row in (LinkRow, BookmarkRow)
        )
    ).subquery()
    rows = await session.execute(
        select(both.c.tags, func.count())
        .group_by(both.c.tags)
        .order_by(func.count().desc(), both.c.tags)
        .limit(MOST_TAGS)
    )
    return [(row[0], row[1]) for row in rows]
