"""Queries about rules for what is said to official accounts, and the public log."""

import secrets
from datetime import datetime
from typing import cast

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import ForumRuleRow, LogKeyRow, PublicActRow

_KEY_BYTES = 32
_key = cast("Table", LogKeyRow.__table__)


async def rules(session: AsyncSession) -> list[ForumRuleRow]:
    """Return the rules in own words that are not over, those that wait first."""
    rows = await session.scalars(
        select(ForumRuleRow)
        .where(ForumRuleRow.ended_at.is_(None))
        .order_by(ForumRuleRow.number.is_not(None), ForumRuleRow.number, ForumRuleRow.id)
    )
    return list(rows)


async def rule(session: AsyncSession, rule_id: int) -> ForumRuleRow | None:
    """Return a rule that nobody else changes meanwhile."""
    return await session.scalar(
        select(ForumRuleRow).where(ForumRuleRow.id == rule_id).with_for_update()
    )


async def highest_number(session: AsyncSession) -> int:
    """Return the highest number that a rule ever had, 0 where none had one."""
    return await session.scalar(select(func.max(ForumRuleRow.number))) or 0


async def lines(
    session: AsyncSession, *, limit: int, max_id: int | None = None
) -> list[PublicActRow]:
    """Return lines of the public log, the newest first; those before `max_id`."""
    statement = select(PublicActRow).order_by(PublicActRow.id.desc()).limit(limit)
    if max_id is not None:
        statement = statement.where(PublicActRow.id < max_id)
    return list(await session.scalars(statement))


async def tell_appeal(session: AsyncSession, *, case_id: int, appeal: str) -> None:
    """Say in the log how an appeal stands."""
    await session.execute(
        update(PublicActRow).where(PublicActRow.case_id == case_id).values(appeal=appeal)
    )


async def key_of(session: AsyncSession, now: datetime) -> bytes:
    """Return the key of this year's pseudonyms, made when it is first needed."""
    found = await session.scalar(select(LogKeyRow.key).where(LogKeyRow.year == now.year))
    if found is not None:
        return found
    connection = await session.connection()
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"year": now.year, "key": secrets.token_bytes(_KEY_BYTES)}
    await connection.execute(make(_key).values(row).on_conflict_do_nothing())
    made = await session.scalar(select(LogKeyRow.key).where(LogKeyRow.year == now.year))
    return made or b""


async def forget_keys(session: AsyncSession, *, before_year: int) -> None:
    """Forget the keys of former years: nobody can tell any more whom a pseudonym meant."""
    await session.execute(delete(LogKeyRow).where(LogKeyRow.year < before_year))
