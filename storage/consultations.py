"""Queries about consultations."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.paging import Page, PageRequest
from storage.paging import page_of
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


async def newest(session: AsyncSession, page: PageRequest) -> Page[ConsultationRow]:
    """Return a page of the consultations, the newest first."""
    column = ConsultationRow.id
    found = await page_of(session, select(column), column, page)
    rows = await session.scalars(
        select(ConsultationRow).where(column.in_(found.items)).order_by(column.desc())
    )
    return found.with_items(list(rows))
