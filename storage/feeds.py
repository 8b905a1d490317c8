"""Queries about feeds that official accounts post from."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import FeedItemRow, FeedRow, OfficialRow

KEPT = 2000
"""So many entries of a feed are remembered, ten times what is looked at."""


async def of_account(session: AsyncSession, account_id: int) -> list[FeedRow]:
    """Return the feeds of an account, the oldest first."""
    rows = await session.scalars(
        select(FeedRow).where(FeedRow.account_id == account_id).order_by(FeedRow.id)
    )
    return list(rows)


async def due(session: AsyncSession, *, now: datetime, limit: int) -> list[int]:
    """Return the feeds that are to be asked by now, the longest due first."""
    rows = await session.scalars(
        select(FeedRow.id).where(FeedRow.next_at <= now).order_by(FeedRow.next_at).limit(limit)
    )
    return list(rows)


async def waiting(session: AsyncSession, feed_id: int) -> list[FeedItemRow]:
    """Return the entries of a feed that wait for their turn, the oldest first."""
    rows = await session.scalars(
        select(FeedItemRow)
        .where(FeedItemRow.feed_id == feed_id, FeedItemRow.state == "waiting")
        .order_by(FeedItemRow.id)
    )
    return list(rows)


async def known(
    session: AsyncSession, feed_id: int, keys: Collection[str], links: Collection[str]
) -> tuple[set[str], set[str]]:
    """Return which of these keys, and which of these addresses, the feed had before."""
    rows = await session.execute(
        select(FeedItemRow.key, FeedItemRow.link).where(
            FeedItemRow.feed_id == feed_id,
            FeedItemRow.key.in_(keys) | FeedItemRow.link.in_(links),
        )
    )
    found = list(rows)
    return {row[0] for row in found}, {row[1] for row in found if row[1]}


async def forget_old(session: AsyncSession, feed_id: int) -> None:
    """Forget the entries of a feed beyond those that are remembered."""
    last = await session.scalar(
        select(FeedItemRow.id)
        .where(FeedItemRow.feed_id == feed_id)
        .order_by(FeedItemRow.id.desc())
        .offset(KEPT)
        .limit(1)
    )
    if last is not None:
        await session.execute(
            delete(FeedItemRow).where(FeedItemRow.feed_id == feed_id, FeedItemRow.id <= last)
        )


async def newest_items(
    session: AsyncSession, feed_ids: Sequence[int], *, limit: int
) -> dict[int, list[FeedItemRow]]:
    """Return the newest entries of each feed, without what was there before."""
    place = func.row_number().over(
        partition_by=FeedItemRow.feed_id, order_by=FeedItemRow.id.desc()
    )
    ranked = (
        select(FeedItemRow.id, place.label("place"))
        .where(FeedItemRow.feed_id.in_(feed_ids), FeedItemRow.state != "old")
        .subquery()
    )
    found: dict[int, list[FeedItemRow]] = {}
    for row in await session.scalars(
        select(FeedItemRow)
        .join(ranked, ranked.c.id == FeedItemRow.id)
        .where(ranked.c.place <= limit)
        .order_by(FeedItemRow.id.desc())
    ):
        found.setdefault(row.feed_id, []).append(row)
    return found


async def use_one(session: AsyncSession, account_id: int, *, day: str) -> bool:
    """Count a post from a feed on a day if the account has one left; return whether it had."""
    another_day = OfficialRow.fed_on != day
    done = await session.execute(
        update(OfficialRow)
        .where(
            OfficialRow.account_id == account_id,
            OfficialRow.feeds_a_day > 0,
            another_day | (OfficialRow.fed < OfficialRow.feeds_a_day),
        )
        .values(fed=case((another_day, 1), else_=OfficialRow.fed + 1), fed_on=day)
        .returning(OfficialRow.account_id)
        .execution_options(synchronize_session=False)
    )
    return done.scalar_one_or_none() is not None
