"""Queries about who looked at a member's data."""

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.ids import new_id
from storage.tables import LookRow


async def note(
    session: AsyncSession,
    member_ids: Collection[int],
    *,
    what: str,
    by_key: str,
    by_name: str,
    now: datetime,
) -> None:
    """Remember a look at these members' data, once for each day."""
    if not member_ids:
        return
    connection = await session.connection()
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    day = now.astimezone(UTC).date().isoformat()
    rows = [
        {
            "id": new_id(),
            "member_id": number,
            "day": day,
            "what": what,
            "by_key": by_key,
            "by_name": by_name,
            "at": now,
        }
        for number in sorted(member_ids)
    ]
    await session.execute(make(LookRow).values(rows).on_conflict_do_nothing())


async def of_member(session: AsyncSession, member_id: int, *, limit: int) -> list[LookRow]:
    """Return who looked at a member's data, the newest first."""
    rows = await session.scalars(
        select(LookRow)
        .where(LookRow.member_id == member_id)
        .order_by(LookRow.day.desc(), LookRow.id.desc())
        .limit(limit)
    )
    return list(rows)


async def sweep(session: AsyncSession, *, before: datetime) -> None:
    """Forget looks before a moment."""
    await session.execute(delete(LookRow).where(LookRow.at < before))
