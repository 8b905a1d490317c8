"""Queries about the addresses that official accounts' posts go to by e-mail."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import AccountRow, FamilyMailRow

_mail: Table = FamilyMailRow.__table__  # type: ignore[assignment]  # a mapped class's table


async def remember(session: AsyncSession, values: dict[str, Any]) -> None:
    """Keep an address for an account; nothing where another request just did."""
    connection = await session.connection()
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    await connection.execute(make(_mail).values(values).on_conflict_do_nothing())


async def of_address(
    session: AsyncSession, account_id: int, email: str
) -> FamilyMailRow | None:
    """Return whether and how an account's posts go to an address."""
    found: FamilyMailRow | None = await session.scalar(
        select(FamilyMailRow)
        .where(FamilyMailRow.account_id == account_id, FamilyMailRow.email == email)
        .with_for_update()
    )
    return found


async def asked_since(session: AsyncSession, email: str, since: datetime) -> int:
    """Return how many accounts' letters were asked for to an address since a moment."""
    statement = select(func.count()).select_from(FamilyMailRow)
    wanted = (FamilyMailRow.email == email, FamilyMailRow.asked_at > since)
    return await session.scalar(statement.where(*wanted)) or 0


async def by_hash(session: AsyncSession, hashed: str) -> FamilyMailRow | None:
    """Return the letters that a link confirms."""
    found: FamilyMailRow | None = await session.scalar(
        select(FamilyMailRow).where(FamilyMailRow.hash == hashed)
    )
    return found


async def by_key(session: AsyncSession, key: str) -> FamilyMailRow | None:
    """Return the letters that a key ends."""
    found: FamilyMailRow | None = await session.scalar(
        select(FamilyMailRow).where(FamilyMailRow.key == key)
    )
    return found


async def waiting(session: AsyncSession, until: date) -> list[tuple[int, date]]:
    """Return (account, last day told) of all who were not told of a day yet, once each."""
    rows = await session.execute(
        select(FamilyMailRow.account_id, FamilyMailRow.told_until)
        .join(AccountRow, AccountRow.id == FamilyMailRow.account_id)
        .where(
            FamilyMailRow.confirmed_at.is_not(None),
            FamilyMailRow.told_until < until,
            AccountRow.suspended_at.is_(None),
            AccountRow.deleted_at.is_(None),
        )
        .distinct()
    )
    return [(row[0], row[1]) for row in rows if row[1] is not None]


async def to_tell(
    session: AsyncSession, account_id: int, told_until: date, *, limit: int
) -> list[FamilyMailRow]:
    """Return who was told of an account's posts up to a day and no later."""
    rows = await session.scalars(
        select(FamilyMailRow)
        .where(
            FamilyMailRow.account_id == account_id,
            FamilyMailRow.told_until == told_until,
            FamilyMailRow.confirmed_at.is_not(None),
        )
        .order_by(FamilyMailRow.id)
        .limit(limit)
    )
    return list(rows)


async def count(session: AsyncSession, account_id: int) -> int:
    """Return to how many addresses an account's posts go."""
    statement = select(func.count()).select_from(FamilyMailRow)
    wanted = (FamilyMailRow.account_id == account_id, FamilyMailRow.confirmed_at.is_not(None))
    return await session.scalar(statement.where(*wanted)) or 0


async def sweep(
    session: AsyncSession, *, asked_before: datetime, delivered_before: datetime
) -> None:
    """Erase addresses that nobody confirmed, and those that no letter reaches any more."""
    await session.execute(
        delete(FamilyMailRow).where(
            FamilyMailRow.confirmed_at.is_(None), FamilyMailRow.asked_at < asked_before
        )
    )
    await session.execute(
        delete(FamilyMailRow).where(FamilyMailRow.delivered_at < delivered_before)
    )
