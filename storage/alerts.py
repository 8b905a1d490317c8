"""Queries about alerts in an emergency."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import officials
from storage.tables import (
    AccountRow,
    AlertRaiserRow,
    AlertRow,
    AlertTemplateRow,
    DelegationRow,
    MemberRow,
)


async def raisers(session: AsyncSession) -> list[tuple[MemberRow, AccountRow]]:
    """Return the members who may raise alerts, with their own accounts, by name."""
    rows = await session.execute(
        select(MemberRow, AccountRow)
        .join(AlertRaiserRow, AlertRaiserRow.member_id == MemberRow.id)
        .join(AccountRow, AccountRow.id == MemberRow.account_id)
        .order_by(AccountRow.username_key)
    )
    return [(row[0], row[1]) for row in rows]


async def templates(session: AsyncSession) -> list[AlertTemplateRow]:
    """Return the templates that are not retired, those that wait to be approved first."""
    rows = await session.scalars(
        select(AlertTemplateRow)
        .where(AlertTemplateRow.retired_at.is_(None))
        .order_by(AlertTemplateRow.approved_at.is_not(None), AlertTemplateRow.name)
    )
    return list(rows)


async def locked(session: AsyncSession, alert_id: int) -> AlertRow | None:
    """Return an alert that nobody else changes meanwhile."""
    return await session.scalar(
        select(AlertRow).where(AlertRow.id == alert_id).with_for_update()
    )


async def newest(session: AsyncSession, *, limit: int) -> list[AlertRow]:
    """Return the newest alerts, those that are over too."""
    rows = await session.scalars(
        select(AlertRow).order_by(AlertRow.raised_at.desc(), AlertRow.id.desc()).limit(limit)
    )
    return list(rows)


async def shown(session: AsyncSession, *, since: datetime, limit: int) -> list[AlertRow]:
    """Return the alerts that last and those raised since a moment, the newest first."""
    rows = await session.scalars(
        select(AlertRow)
        .where(or_(AlertRow.over_at.is_(None), AlertRow.raised_at >= since))
        .order_by(AlertRow.raised_at.desc(), AlertRow.id.desc())
        .limit(limit)
    )
    return list(rows)


async def unreviewed(session: AsyncSession) -> list[AlertRow]:
    """Return the alerts that no second person has reviewed, the oldest first."""
    rows = await session.scalars(
        select(AlertRow).where(AlertRow.reviewed_at.is_(None)).order_by(AlertRow.raised_at)
    )
    return list(rows)


async def audience(session: AsyncSession) -> Sequence[int]:
    """Return the own accounts of all members who can sign in."""
    rows = await session.scalars(
        select(MemberRow.account_id).where(
            MemberRow.disabled_at.is_(None), MemberRow.approved_at.is_not(None)
        )
    )
    return list(rows)


async def taking_part(session: AsyncSession, account_id: int) -> Sequence[int]:
    """Return the own accounts of who takes part in a drill of an official account.

    Those who may raise alerts, and those who act for the account.
    """
    raising = select(AlertRaiserRow.member_id)
    acting = select(DelegationRow.member_id).where(
        DelegationRow.account_id == account_id, officials.stands()
    )
    rows = await session.scalars(
        select(MemberRow.account_id).where(
            MemberRow.disabled_at.is_(None),
            or_(MemberRow.id.in_(raising), MemberRow.id.in_(acting)),
        )
    )
    return list(rows)


async def is_followed(session: AsyncSession, alert_id: int) -> bool:
    """Return whether another alert updates this one."""
    found = await session.scalar(select(AlertRow.id).where(AlertRow.follows_id == alert_id))
    return found is not None


async def changes(session: AsyncSession) -> int:
    """Return how many alerts were raised, and how many of them ended, in one number."""
    counted = select(func.count(), func.count(AlertRow.over_at)).select_from(AlertRow)
    raised, over = (await session.execute(counted)).one()
    return int(raised) + int(over)


async def last_of(session: AsyncSession, member_id: int) -> AlertRow | None:
    """Return the newest alert that a member raised."""
    return await session.scalar(
        select(AlertRow)
        .where(AlertRow.raised_by == member_id)
        .order_by(AlertRow.raised_at.desc(), AlertRow.id.desc())
        .limit(1)
    )


async def told_in(session: AsyncSession, post_id: int) -> bool:
    """Return whether a post tells an alert."""
    found = await session.scalar(
        select(AlertRow.id).where(AlertRow.post_id == post_id).limit(1)
    )
    return found is not None
