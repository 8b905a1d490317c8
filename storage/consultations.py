"""Queries about consultations."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import ConsultationRow


async def by_id(
    session: AsyncSession, consultation_id: int, *, locked: bool = False
) -> ConsultationRow | None:
    """Return the consultation with this id; `locked` until the write is over."""
    wanted = select(ConsultationRow).where(ConsultationRow.id == consultation_id)
    return await session.scalar(wanted.with_for_update() if locked else wanted)


async def of_post(session: AsyncSession, post_id: int) -> ConsultationRow | None:
    """Return the consultation that a post asks."""
    return await session.scalar(
        select(ConsultationRow).where(ConsultationRow.post_id == post_id)
    )


async def newest(session: AsyncSession, *, before: int, limit: int) -> list[ConsultationRow]:
    """Return the consultations before an id, the newest first."""
    rows = await session.scalars(
        select(ConsultationRow)
        .where(ConsultationRow.id < before)
        .order_by(ConsultationRow.id.desc())
        .limit(limit)
    )
    return list(rows)
