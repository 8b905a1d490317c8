"""Queries about offices that members hold."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import DelegationRow, MemberRow, OfficeRow


async def held(session: AsyncSession, account_id: int) -> OfficeRow | None:
    """Return the office that the member of an account holds."""
    return await session.scalar(
        select(OfficeRow).where(
            OfficeRow.account_id == account_id, OfficeRow.ended_at.is_(None)
        )
    )


async def all_of(session: AsyncSession, account_id: int) -> list[OfficeRow]:
    """Return the offices that the member of an account ever held, the newest first."""
    rows = await session.scalars(
        select(OfficeRow)
        .where(OfficeRow.account_id == account_id)
        .order_by(OfficeRow.ended_at.is_not(None), OfficeRow.id.desc())
    )
    return list(rows)


async def over(session: AsyncSession, *, day: date) -> list[OfficeRow]:
    """Return the offices whose last day was before this one, and that are not ended yet."""
    rows = await session.scalars(
        select(OfficeRow).where(OfficeRow.ended_at.is_(None), OfficeRow.last_day < day)
    )
    return list(rows)


async def speaks_for_some(session: AsyncSession, account_id: int) -> bool:
    """Return whether the member of an account is delegated to an official account."""
    found = await session.scalar(
        select(func.count())
        .select_from(DelegationRow)
        .join(MemberRow, MemberRow.id == DelegationRow.member_id)
        .where(MemberRow.account_id == account_id, DelegationRow.ended_at.is_(None))
    )
    return bool(found)
