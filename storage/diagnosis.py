"""What an examination reads of a store as it is: nothing is migrated, nothing is written."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import JSON, func, make_url, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import migrate
from storage.db import is_sqlite, open_engine
from storage.tables import DeliveryRow, HostRow, JobRow
from storage.tables.work import FAILED, TODO

_HEARD_WITHIN = timedelta(days=7)
_ENOUGH = 3
"""The clocks of so many servers are a witness."""


@asynccontextmanager
async def looking(url: str) -> AsyncIterator[AsyncConnection]:
    """Open the store at `url` to be read."""
    engine = open_engine(url, threaded=True)
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


async def revision(connection: AsyncConnection) -> str | None:
    """Return the store's revision, None for one that is empty."""
    return await migrate.current(connection)


async def names(connection: AsyncConnection) -> tuple[str, str]:
    """Return the domain and handle domain that the store belongs to; empty ones for none."""
    found = await connection.scalar(
        text("SELECT value FROM site WHERE name = 'names'").columns(value=JSON())
    )
    known = found or {}
    return str(known.get("domain", "")), str(known.get("handle_domain", ""))


async def faults(connection: AsyncConnection, *, thorough: bool = False) -> list[str]:
    """Return what the database itself says is broken in it, empty where nothing is.

    `thorough` compares every index with its table, too, which takes minutes in a large store.
    """
    if connection.dialect.name == "sqlite":
        check = "integrity_check" if thorough else "quick_check"
        rows = await connection.scalars(text(f"PRAGMA {check}(20)"))
        return [str(row) for row in rows if row != "ok"]
    rows = await connection.scalars(
        text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
    )
    return [f"The index {name} is not valid: REINDEX INDEX {name}." for name in rows]


async def oldest_due_job(connection: AsyncConnection) -> datetime | None:
    """Return since when the job that waits longest could have been done."""
    return await connection.scalar(select(func.min(JobRow.due_at)).where(JobRow.state == TODO))


async def failed(connection: AsyncConnection) -> tuple[int, int]:
    """Return how many jobs failed for good, and how many deliveries were given up."""
    jobs = select(func.count()).select_from(JobRow).where(JobRow.state == FAILED)
    owed = select(func.count()).select_from(DeliveryRow).where(DeliveryRow.state == FAILED)
    return await connection.scalar(jobs) or 0, await connection.scalar(owed) or 0


async def hosts_in_trouble(connection: AsyncConnection) -> tuple[int, int]:
    """Return how many servers do not answer at the moment, and how many are known."""
    every = select(func.count()).select_from(HostRow)
    troubled = every.where(HostRow.failures > 0)
    return await connection.scalar(troubled) or 0, await connection.scalar(every) or 0


async def ahead_of_us(connection: AsyncConnection, *, now: datetime) -> float | None:
    """Return how many seconds others' clocks are ahead of ours; None without witnesses.

    Others are the machine of the database, and the servers that were heard from this week.
    """
    rows = await connection.scalars(
        select(HostRow.clock_skew).where(HostRow.last_received_at > now - _HEARD_WITHIN)
    )
    known = [int(row) for row in rows]
    if len(known) >= _ENOUGH:
        return float(median(known))
    if connection.dialect.name == "postgresql":
        told = await connection.scalar(text("SELECT clock_timestamp()"))
        return float((told - now).total_seconds()) if told else None
    return None


def file_of(url: str) -> str | None:
    """Return the file of a SQLite store, None for PostgreSQL."""
    return make_url(url).database if is_sqlite(url) else None
