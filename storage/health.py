"""Queries about the server's own health: what waits, what failed, how much room is taken."""

from msgspec import Struct
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import (
    DeliveryRow,
    FirstContactRow,
    JobRow,
    MediaRow,
    RelayRow,
    RemoteFileRow,
    ReportRow,
)
from storage.tables.work import FAILED


class JobTrouble(Struct, frozen=True):
    """Jobs of one kind that failed for good."""

    kind: str
    number: int
    error: str
    """The newest thing that went wrong."""


async def waiting_for_staff(session: AsyncSession) -> tuple[int, int, int]:
    """Return how many reports are open, domains are held, and relays have not answered."""
    reports = select(func.count()).where(ReportRow.resolved_at.is_(None))
    held = select(func.count()).where(FirstContactRow.state == "held")
    relays = select(func.count()).where(RelayRow.state == "pending")
    found = [await session.scalar(one) or 0 for one in (reports, held, relays)]
    return found[0], found[1], found[2]


async def queue_of_jobs(session: AsyncSession) -> tuple[int, int]:
    """Return how many jobs wait, and how many failed for good."""
    return await _parted(session, JobRow)


async def queue_of_deliveries(session: AsyncSession) -> tuple[int, int]:
    """Return how many deliveries are owed, and how many were given up."""
    return await _parted(session, DeliveryRow)


async def failed_jobs(session: AsyncSession, *, limit: int = 10) -> list[JobTrouble]:
    """Return the kinds of jobs that failed for good, the most frequent first."""
    newest = (
        select(JobRow.kind, func.count().label("number"), func.max(JobRow.id).label("newest"))
        .where(JobRow.state == FAILED)
        .group_by(JobRow.kind)
        .order_by(func.count().desc())
        .limit(limit)
        .subquery()
    )
    rows = await session.execute(
        select(newest.c.kind, newest.c.number, JobRow.last_error)
        .join(JobRow, JobRow.id == newest.c.newest)
        .order_by(newest.c.number.desc(), newest.c.kind)
    )
    return [JobTrouble(kind, number, error or "") for kind, number, error in rows]


async def bytes_of_media(session: AsyncSession) -> tuple[int, int]:
    """Return the bytes of members' own files, and of those kept of other servers."""
    own = await session.scalar(
        select(func.coalesce(func.sum(MediaRow.size), 0)).where(MediaRow.remote_url.is_(None))
    )
    others = await session.scalar(select(func.coalesce(func.sum(RemoteFileRow.size), 0)))
    return int(own or 0), int(others or 0)


async def bytes_of_store(session: AsyncSession) -> int:
    """Return the bytes of the database."""
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        taken = await session.scalar(text("SELECT pg_database_size(current_database())"))
        return int(taken or 0)
    pages = await session.scalar(text("PRAGMA page_count"))
    size = await session.scalar(text("PRAGMA page_size"))
    return int(pages or 0) * int(size or 0)


async def _parted(
    session: AsyncSession, table: type[JobRow] | type[DeliveryRow]
) -> tuple[int, int]:
    rows = await session.execute(select(table.state, func.count()).group_by(table.state))
    found = {int(row[0]): int(row[1]) for row in rows}
    failed = found.pop(FAILED, 0)
    return sum(found.values()), failed
