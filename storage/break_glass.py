"""Queries about what was published alone in an emergency."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.officials import stands
from storage.tables import BreakGlassRow, DelegationRow, MemberRow


async def of_post(session: AsyncSession, post_id: int) -> BreakGlassRow | None:
    """Return what is kept of a post that went out at once, None for every other."""
    return await session.scalar(select(BreakGlassRow).where(BreakGlassRow.post_id == post_id))


async def unreviewed(
    session: AsyncSession, account_ids: Collection[int]
) -> list[BreakGlassRow]:
    """Return what nobody has reviewed yet of these accounts, the oldest first."""
    rows = await session.scalars(
        select(BreakGlassRow)
        .where(BreakGlassRow.account_id.in_(account_ids), BreakGlassRow.reviewed_at.is_(None))
        .order_by(BreakGlassRow.id)
    )
    return list(rows)


async def team(session: AsyncSession, account_id: int) -> list[MemberRow]:
    """Return everybody who acts for an account now."""
    rows = await session.scalars(
        select(MemberRow)
        .join(DelegationRow, DelegationRow.member_id == MemberRow.id)
        .where(
            DelegationRow.account_id == account_id, stands(), MemberRow.disabled_at.is_(None)
        )
        .order_by(DelegationRow.id)
    )
    return list(rows)


async def review(
    session: AsyncSession,
    row: BreakGlassRow,
    *,
    by: int,
    handle: str,
    note: str,
    now: datetime,
) -> bool:
    """Note that somebody reviewed it, if nobody has; return whether they were the first."""
    done = await session.execute(
        update(BreakGlassRow)
        .where(BreakGlassRow.id == row.id, BreakGlassRow.reviewed_at.is_(None))
        .values(reviewed_by=by, reviewer=handle, reviewed_at=now, review_note=note)
        .returning(BreakGlassRow.id)
        .execution_options(synchronize_session=False)
    )
    first = done.scalar_one_or_none() is not None
    await session.refresh(row)
    return first
