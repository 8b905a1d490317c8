"""Queries about what official accounts are for."""

from collections.abc import Collection

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.built import several
from storage.tables import CharterRow, OfficialRow

_OFFICIAL = select(
    OfficialRow.account_id, exists().where(CharterRow.account_id == OfficialRow.account_id)
).where(OfficialRow.account_id.in_(several("ids")))


async def current(session: AsyncSession, account_id: int) -> CharterRow | None:
    """Return the newest version of an account's charter, whether it still holds or not."""
    return await session.scalar(
        select(CharterRow)
        .where(CharterRow.account_id == account_id)
        .order_by(CharterRow.version.desc())
        .limit(1)
    )


async def versions(session: AsyncSession, account_id: int) -> list[CharterRow]:
    """Return all versions of an account's charter, the newest first."""
    rows = await session.scalars(
        select(CharterRow)
        .where(CharterRow.account_id == account_id)
        .order_by(CharterRow.version.desc())
    )
    return list(rows)


async def official_among(session: AsyncSession, ids: Collection[int]) -> dict[int, bool]:
    """Return which of these are official accounts of here, and whether each has a charter."""
    if not ids:
        return {}
    rows = await session.execute(_OFFICIAL, {"ids": list(ids)})
    return {row[0]: row[1] for row in rows}
