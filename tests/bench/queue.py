"""What it costs to take jobs while many wait: `python -m tests.bench.queue [JOBS]`.

Prints milliseconds for a round: eight jobs taken and forgotten, two commits. Jobs about nothing
stand in no order, jobs each about its own thing neither, and of jobs all about one thing one is
taken in a round.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import utc_now
from fedi_k12.domain.jobs import FederatePost
from storage import jobs, migrate
from storage.db import Database, open_database
from tests.databases import sqlite_url

WAITING = 10_000
ROUNDS = 200
AT_ONCE = 500
WAYS = {"about nothing": None, "each about its own": "post {}", "all about one": "post"}


async def fill(database: Database, number: int, about: str | None) -> None:
    """Let so many jobs wait."""

    async def some(session: AsyncSession, *, first: int) -> None:
        for at in range(first, min(first + AT_ONCE, number)):
            what = about.format(at) if about else None
            await jobs.enqueue(session, FederatePost(at), now=utc_now(), about=what)

    for first in range(0, number, AT_ONCE):
        await database.write(some, first=first)


async def drain(database: Database) -> float:
    """Take and forget jobs; return the milliseconds of a round."""
    began = perf_counter()
    for _round in range(ROUNDS):
        rows = await database.write(jobs.claim, lane="default", limit=8, now=utc_now())
        await database.write(jobs.finish, [row.id for row in rows])
    return (perf_counter() - began) / ROUNDS * 1000


async def main(number: int) -> None:
    """Measure each way on a SQLite file of its own."""
    for name, about in WAYS.items():
        with tempfile.TemporaryDirectory() as folder:
            url = sqlite_url(Path(folder))
            await migrate.upgrade(url)
            database = open_database(url, on_commit=lambda *_said: None)
            await fill(database, number, about)
            print(f"{number} jobs {name}: {await drain(database):.1f} ms a round", flush=True)
            await database.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else WAITING))
