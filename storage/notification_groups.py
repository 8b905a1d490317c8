"""Queries about notifications that are told together."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from fedi_k12.domain.paging import Page, PageRequest
from storage.notifications import about_seen, last_read, told
from storage.paging import page_of
from storage.tables import NotificationRow, PostRow


class GroupRow(Struct, frozen=True):
    """How many notices a group has, and the first of them."""

    count: int
    oldest_id: int
    from_ids: tuple[int, ...]
    """Who did it, the latest first, as many as were asked for."""


class Wanted(Struct, frozen=True):
    """Of what the groups are made: kinds told at all, kinds told together, one sender."""

    kinds: Sequence[str]
    grouped: Sequence[str]
    from_id: int | None = None
    with_filtered: bool = False


async def newest(
    session: AsyncSession, account_id: int, page: PageRequest, wanted: Wanted
) -> Page[int]:
    """Return a page of the newest notice of each group; the cursor is that notice's id."""
    statement = (
        select(NotificationRow.id)
        .outerjoin(PostRow, PostRow.id == NotificationRow.post_id)
        .where(*_heads(account_id, wanted), about_seen(account_id))
    )
    return await page_of(session, statement, NotificationRow.id, page)


async def unread(session: AsyncSession, account_id: int, wanted: Wanted, *, limit: int) -> int:
    """Return how many groups have news after the reading mark, at most `limit`."""
    mark = await last_read(session, account_id)
    heads = (
        select(NotificationRow.id)
        .where(*_heads(account_id, wanted), NotificationRow.id > mark)
        .limit(limit)
        .subquery()
    )
    return await session.scalar(select(func.count()).select_from(heads)) or 0


async def groups(
    session: AsyncSession, account_id: int, keys: Sequence[str], wanted: Wanted, *, samples: int
) -> dict[str, GroupRow]:
    """Return these groups by their key, with the latest who made them."""
    if not keys:
        return {}
    member = (*_told(account_id, wanted), NotificationRow.group_key.in_(keys))
    numbers = await session.execute(
        select(NotificationRow.group_key, func.count(), func.min(NotificationRow.id))
        .where(*member)
        .group_by(NotificationRow.group_key)
    )
    place = func.row_number().over(
        partition_by=NotificationRow.group_key, order_by=NotificationRow.id.desc()
    )
    ranked = (
        select(NotificationRow.group_key, NotificationRow.from_id, place.label("place"))
        .where(*member)
        .subquery()
    )
    latest: dict[str, list[int]] = {}
    for key, from_id in await session.execute(
        select(ranked.c.group_key, ranked.c.from_id)
        .where(ranked.c.place <= samples)
        .order_by(ranked.c.place)
    ):
        latest.setdefault(key, []).append(from_id)
    return {
        str(key): GroupRow(count, oldest, tuple(dict.fromkeys(latest.get(str(key), ()))))
        for key, count, oldest in numbers
    }


async def newest_of(session: AsyncSession, account_id: int, key: str) -> int | None:
    """Return the newest notice of a group, None where there is no such group."""
    return await session.scalar(
        select(func.max(NotificationRow.id)).where(
            NotificationRow.account_id == account_id, NotificationRow.group_key == key
        )
    )


async def forget(session: AsyncSession, account_id: int, key: str) -> bool:
    """Delete the notices of a group; return whether there were any."""
    found = await session.scalars(
        delete(NotificationRow)
        .where(NotificationRow.account_id == account_id, NotificationRow.group_key == key)
        .returning(NotificationRow.id)
    )
    return bool(list(found))


def _told(account_id: int, wanted: Wanted) -> list[ColumnElement[bool]]:
    return [
        *told(
            account_id,
            kinds=[kind for kind in wanted.kinds if kind in wanted.grouped],
            from_id=wanted.from_id,
            with_filtered=wanted.with_filtered,
        )
    ]


def _heads(account_id: int, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Conditions of the newest notice of each group, and of each that stands alone."""
    newer = aliased(NotificationRow)
    hidden_by_newer = exists().where(
        NotificationRow.kind.in_(wanted.grouped),
        newer.group_key == NotificationRow.group_key,
        newer.id > NotificationRow.id,
        *told(
            account_id,
            kinds=wanted.kinds,
            from_id=wanted.from_id,
            with_filtered=wanted.with_filtered,
            row=newer,
        ),
    )
    return [
        *told(
            account_id,
            kinds=wanted.kinds,
            from_id=wanted.from_id,
            with_filtered=wanted.with_filtered,
        ),
        ~hidden_by_newer,
    ]
