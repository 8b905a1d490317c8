"""Queries about official accounts and who acts for them."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.built import columns, several
from storage.tables import AccountRow, DelegationRow, MemberRow, OfficialRow

_AMONG = select(OfficialRow.account_id).where(OfficialRow.account_id.in_(several("ids")))
_ALL_OF_THEM = (
    select(AccountRow)
    # In this form the few are looked up, where a join could read all accounts there are.
    .where(AccountRow.id.in_(select(OfficialRow.account_id)), AccountRow.deleted_at.is_(None))
    .order_by(AccountRow.username_key)
)


def stands() -> ColumnElement[bool]:
    """Return the condition that a delegation holds now: neither ended nor paused."""
    return DelegationRow.ended_at.is_(None) & DelegationRow.paused_at.is_(None)


async def official_among(session: AsyncSession, ids: Collection[int]) -> set[int]:
    """Return which of these accounts are official accounts of this server."""
    if not ids:
        return set()
    return {one for (one,) in await columns(session, _AMONG, {"ids": list(ids)})}


async def by_id(session: AsyncSession, account_id: int) -> OfficialRow | None:
    """Return what is kept of an official account."""
    return await session.get(OfficialRow, account_id, populate_existing=True)


async def use_boost(session: AsyncSession, account_id: int, *, day: str) -> bool:
    """Count a boost on a day if the account has one left; return whether it had."""
    another_day = OfficialRow.boosts_on != day
    done = await session.execute(
        update(OfficialRow)
        .where(
            OfficialRow.account_id == account_id,
            OfficialRow.boosts_a_day > 0,
            another_day | (OfficialRow.boosts < OfficialRow.boosts_a_day),
        )
        .values(boosts=case((another_day, 1), else_=OfficialRow.boosts + 1), boosts_on=day)
        .returning(OfficialRow.account_id)
        .execution_options(synchronize_session=False)
    )
    return done.scalar_one_or_none() is not None


async def all_of_them(session: AsyncSession) -> list[AccountRow]:
    """Return the official accounts that are not gone, by name."""
    return list(await session.scalars(_ALL_OF_THEM))


async def any_of_them(session: AsyncSession) -> bool:
    """Return whether any official account speaks here."""
    found = await session.scalar(
        select(OfficialRow.account_id)
        .join(AccountRow, AccountRow.id == OfficialRow.account_id)
        .where(AccountRow.deleted_at.is_(None))
        .limit(1)
    )
    return found is not None


async def delegation(
    session: AsyncSession, account_id: int, member_id: int
) -> DelegationRow | None:
    """Return the delegation of a person for an account that is not over, paused or not."""
    return await session.scalar(
        select(DelegationRow).where(
            DelegationRow.account_id == account_id,
            DelegationRow.member_id == member_id,
            DelegationRow.ended_at.is_(None),
        )
    )


async def delegations_of(session: AsyncSession, account_id: int) -> list[DelegationRow]:
    """Return all delegations that an account ever had, the newest first."""
    rows = await session.scalars(
        select(DelegationRow)
        .where(DelegationRow.account_id == account_id)
        .order_by(DelegationRow.ended_at.is_not(None), DelegationRow.id.desc())
    )
    return list(rows)


async def held_by(
    session: AsyncSession, member_id: int
) -> list[tuple[DelegationRow, AccountRow]]:
    """Return the delegations of a person that are not over, with their accounts, by name."""
    rows = await session.execute(
        select(DelegationRow, AccountRow)
        .join(AccountRow, AccountRow.id == DelegationRow.account_id)
        .where(
            DelegationRow.member_id == member_id,
            DelegationRow.ended_at.is_(None),
            AccountRow.deleted_at.is_(None),
        )
        .order_by(AccountRow.username_key)
    )
    return [(row[0], row[1]) for row in rows]


async def managers_now(session: AsyncSession, account_id: int) -> list[MemberRow]:
    """Return the people who manage an account and could do so now."""
    rows = await session.scalars(
        select(MemberRow)
        .join(DelegationRow, DelegationRow.member_id == MemberRow.id)
        .where(
            DelegationRow.account_id == account_id,
            DelegationRow.role == "manager",
            stands(),
            MemberRow.disabled_at.is_(None),
        )
        .order_by(DelegationRow.id)
    )
    return list(rows)


async def count_managers(session: AsyncSession, ids: Collection[int]) -> dict[int, int]:
    """Return how many manage each of these accounts now; none where it is missing."""
    rows = await session.execute(
        select(DelegationRow.account_id, func.count())
        .join(MemberRow, MemberRow.id == DelegationRow.member_id)
        .where(
            DelegationRow.account_id.in_(ids),
            DelegationRow.role == "manager",
            stands(),
            MemberRow.disabled_at.is_(None),
        )
        .group_by(DelegationRow.account_id)
    )
    return {row[0]: row[1] for row in rows}
