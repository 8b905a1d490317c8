"""Queries about where posts of ours went."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import DeliveryRow, SentRow

NOTHING_SENT = 0
"""Stands for a status where a host is not one that we talk to."""


async def of_object(session: AsyncSession, object_key: str) -> list[SentRow]:
    """Return what was sent about a post, the oldest first."""
    rows = await session.scalars(
        select(SentRow).where(SentRow.object_key == object_key).order_by(SentRow.activity_id)
    )
    return list(rows)


async def still_owed(session: AsyncSession, activity_ids: Sequence[int]) -> list[DeliveryRow]:
    """Return the deliveries of these activities that wait or were given up."""
    rows = await session.scalars(
        select(DeliveryRow)
        .where(DeliveryRow.activity_id.in_(activity_ids))
        .order_by(DeliveryRow.id)
    )
    return list(rows)


async def refuse(session: AsyncSession, activity_id: int, *, host: str, status: int) -> None:
    """Remember that a host did not take an activity and will not."""
    row = await session.get(SentRow, activity_id, with_for_update=True)
    if row is not None:
        row.refused = {**row.refused, host: status}
        await session.flush()


async def forget(session: AsyncSession, object_key: str) -> None:
    """Forget where a post went: it is gone itself."""
    await session.execute(delete(SentRow).where(SentRow.object_key == object_key))


async def sweep(session: AsyncSession, *, before: datetime) -> None:
    """Forget what was sent before a moment."""
    await session.execute(delete(SentRow).where(SentRow.created_at < before))
