"""Queries about whose answers to official accounts wait, and which answers do."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import OfficialRow, PostRow, QueuedAnswerRow, RestrictionRow


async def official_authors(session: AsyncSession, post_ids: Collection[int]) -> dict[int, int]:
    """Return, of these posts, those of official accounts: the account by post."""
    if not post_ids:
        return {}
    rows = await session.execute(
        select(PostRow.id, PostRow.account_id)
        .join(OfficialRow, OfficialRow.account_id == PostRow.account_id)
        .where(PostRow.id.in_(post_ids))
    )
    return {row[0]: row[1] for row in rows}


async def in_force(
    session: AsyncSession,
    account_ids: Collection[int],
    person_ids: Collection[int],
    *,
    now: datetime,
) -> dict[tuple[int, int], RestrictionRow]:
    """Return what holds now, by (official account, person)."""
    rows = await session.scalars(
        select(RestrictionRow).where(
            RestrictionRow.account_id.in_(account_ids),
            RestrictionRow.person_id.in_(person_ids),
            RestrictionRow.ended_at.is_(None),
            RestrictionRow.ends_at > now,
        )
    )
    return {(row.account_id, row.person_id): row for row in rows}


async def by_id(session: AsyncSession, restriction_id: int) -> RestrictionRow | None:
    """Return a restriction; nobody else changes it meanwhile."""
    return await session.scalar(
        select(RestrictionRow).where(RestrictionRow.id == restriction_id).with_for_update()
    )


async def open_for(
    session: AsyncSession, account_id: int, person_id: int
) -> RestrictionRow | None:
    """Return what waits or holds for a person at an account."""
    return await session.scalar(
        select(RestrictionRow).where(
            RestrictionRow.account_id == account_id,
            RestrictionRow.person_id == person_id,
            RestrictionRow.ended_at.is_(None),
        )
    )


async def listed(
    session: AsyncSession, *, account_id: int | None, limit: int
) -> list[RestrictionRow]:
    """Return restrictions of an account or of all (None), those not over first."""
    statement = select(RestrictionRow).order_by(
        RestrictionRow.ended_at.is_not(None), RestrictionRow.id.desc()
    )
    if account_id is not None:
        statement = statement.where(RestrictionRow.account_id == account_id)
    return list(await session.scalars(statement.limit(limit)))


async def queued(session: AsyncSession, post_id: int) -> QueuedAnswerRow | None:
    """Return what is known of an answer that waits; nobody else changes it meanwhile."""
    return await session.scalar(
        select(QueuedAnswerRow)
        .where(QueuedAnswerRow.post_id == post_id, QueuedAnswerRow.ended_at.is_(None))
        .with_for_update()
    )


async def queue(session: AsyncSession, account_id: int, *, limit: int) -> list[QueuedAnswerRow]:
    """Return what waits at an account's desk, the oldest first."""
    statement = select(QueuedAnswerRow).where(
        QueuedAnswerRow.account_id == account_id, QueuedAnswerRow.ended_at.is_(None)
    )
    order = (QueuedAnswerRow.queued_at, QueuedAnswerRow.post_id)
    return list(await session.scalars(statement.order_by(*order).limit(limit)))


async def queue_hours(session: AsyncSession, account_ids: Collection[int]) -> dict[int, int]:
    """Return after how many hours answers to these accounts are shown by themselves."""
    if not account_ids:
        return {}
    rows = await session.execute(
        select(OfficialRow.account_id, OfficialRow.queue_hours).where(
            OfficialRow.account_id.in_(account_ids)
        )
    )
    return {row[0]: row[1] for row in rows}


async def set_queue_hours(session: AsyncSession, account_id: int, hours: int) -> None:
    """Change after how many hours answers to an account are shown by themselves."""
    await session.execute(
        update(OfficialRow)
        .where(OfficialRow.account_id == account_id)
        .values(queue_hours=hours)
    )


async def queued_before(session: AsyncSession, post_ids: Collection[int]) -> set[int]:
    """Return which of these posts wait at a desk, or did."""
    rows = await session.scalars(
        select(QueuedAnswerRow.post_id).where(QueuedAnswerRow.post_id.in_(post_ids))
    )
    return set(rows)


async def queue_age(session: AsyncSession, account_id: int) -> tuple[int, datetime | None]:
    """Return how many answers wait at an account's desk, and since when the oldest does."""
    row = (
        await session.execute(
            select(func.count(), func.min(QueuedAnswerRow.queued_at)).where(
                QueuedAnswerRow.account_id == account_id, QueuedAnswerRow.ended_at.is_(None)
            )
        )
    ).one()
    return row[0], row[1]


async def queued_under(session: AsyncSession, restriction_id: int) -> Sequence[QueuedAnswerRow]:
    """Return what waits because of a restriction, the oldest first."""
    rows = await session.scalars(
        select(QueuedAnswerRow)
        .where(
            QueuedAnswerRow.restriction_id == restriction_id, QueuedAnswerRow.ended_at.is_(None)
        )
        .order_by(QueuedAnswerRow.post_id)
    )
    return rows.all()


async def mark_gone(session: AsyncSession, post_id: int, *, now: datetime) -> None:
    """Remember that an answer that waits was deleted."""
    await session.execute(
        update(QueuedAnswerRow)
        .where(QueuedAnswerRow.post_id == post_id, QueuedAnswerRow.ended_at.is_(None))
        .values(ended_at=now, outcome="gone")
    )
