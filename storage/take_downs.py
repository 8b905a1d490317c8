"""Queries about what families ask to be taken down."""

import re
from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.ids import parse_id
from storage.tables import MediaRow, PostRow, TakeDownRow

_POST = re.compile(r"/(?:@[^/]+|users/[^/]+/statuses|posts)/(\d{1,19})(?:/|$)")
_FILE = "/media/files/"


async def by_id(session: AsyncSession, number: int) -> TakeDownRow | None:
    """Return a case; nobody else changes it meanwhile."""
    return await session.scalar(
        select(TakeDownRow).where(TakeDownRow.id == number).with_for_update()
    )


async def listed(session: AsyncSession, *, limit: int) -> list[TakeDownRow]:
    """Return cases: those that wait first, by when they are due, then the newest."""
    rows = await session.scalars(
        select(TakeDownRow)
        .order_by(TakeDownRow.state != "open", TakeDownRow.decided_at.desc())
        .order_by(TakeDownRow.due_at)
        .limit(limit)
    )
    return list(rows)


async def not_final(session: AsyncSession, *, before: datetime) -> list[TakeDownRow]:
    """Return what was removed before a moment, and whose numbers are not written down yet."""
    rows = await session.scalars(
        select(TakeDownRow).where(
            TakeDownRow.state == "removed",
            TakeDownRow.asked.is_(None),
            TakeDownRow.decided_at < before,
        )
    )
    return list(rows)


async def holding(session: AsyncSession, post_id: int, *, but: int) -> TakeDownRow | None:
    """Return another open case that hides a post, too."""
    return await session.scalar(
        select(TakeDownRow)
        .where(
            TakeDownRow.post_id == post_id,
            TakeDownRow.id != but,
            TakeDownRow.state == "open",
            TakeDownRow.held_at.is_not(None),
        )
        .limit(1)
    )


async def post_at(
    session: AsyncSession, place: str, *, own_hosts: Collection[str]
) -> PostRow | None:
    """Return the post at an address: of its page, of a picture of it, here or elsewhere."""
    known = await session.scalar(
        select(PostRow).where(or_(PostRow.uri == place, PostRow.url == place)).limit(1)
    )
    if known is not None:
        return known
    parts = urlsplit(place)
    if parts.netloc and parts.netloc.lower() not in own_hosts:
        return None
    if (match := _POST.search(parts.path)) is not None:
        return await session.get(PostRow, parse_id(match[1]) or 0)
    _, mark, key = parts.path.partition(_FILE)
    if not mark or not key:
        return None
    return await session.scalar(
        select(PostRow)
        .join(MediaRow, MediaRow.post_id == PostRow.id)
        .where(or_(MediaRow.file == key, MediaRow.preview_file == key))
        .limit(1)
    )
