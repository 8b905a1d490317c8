"""Queries about what official accounts deleted."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import DeletionRow


async def of_accounts(
    session: AsyncSession, account_ids: Collection[int], *, limit: int
) -> list[DeletionRow]:
    """Return what these accounts deleted, the newest first."""
    rows = await session.scalars(
        select(DeletionRow)
        .where(DeletionRow.account_id.in_(account_ids))
        .order_by(DeletionRow.deleted_at.desc(), DeletionRow.id.desc())
        .limit(limit)
    )
    return list(rows)


async def was_asked(session: AsyncSession, uri: str, *, now: datetime) -> None:
    """Remember that the request to delete something was made for each server that got it."""
    await session.execute(
        update(DeletionRow)
        .where(DeletionRow.uri == uri, DeletionRow.asked_at.is_(None))
        .values(asked_at=now)
    )


async def not_final(session: AsyncSession, *, before: datetime) -> list[DeletionRow]:
    """Return reports of what was deleted before a moment whose numbers are not written down."""
    rows = await session.scalars(
        select(DeletionRow).where(DeletionRow.deleted_at < before, DeletionRow.asked.is_(None))
    )
    return list(rows)
