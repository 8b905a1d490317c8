"""PostgreSQL is gone for a while, is restarted, or stands still."""

import asyncio
from pathlib import Path

from storage.pool import ANSWER_SECONDS
from tests.databases import PostgresServer
from tests.drills.outcome import Outcome
from tests.drills.scene import scene

HOLD = 8.0
LONGER = 8.0
"""Seconds that it stands still beyond those after which it counts as gone."""


async def gone(folder: Path, *, hold: float = HOLD) -> Outcome:
    """Stop PostgreSQL, and start it a while later."""
    outcome = Outcome("database gone", f"PostgreSQL stopped for {hold:.0f} s", "PostgreSQL")
    database = await asyncio.to_thread(PostgresServer, folder / "postgresql")
    try:
        url = await database.create()
        async with scene(folder / "server", outcome, FEDI_K12_DATABASE_URL=url) as playing:
            await asyncio.to_thread(database.stop)
            await playing.look(hold, part="The store", status=503)
            await asyncio.to_thread(database.start)
            await playing.recover()
            await playing.calm(1.0)
            await playing.check()
    finally:
        await asyncio.to_thread(database.stop)
    return outcome


async def restarted(folder: Path, *, hold: float = 0.0) -> Outcome:
    """Restart PostgreSQL, as an update of it does."""
    del hold
    outcome = Outcome("database restarted", "PostgreSQL stopped and started", "PostgreSQL")
    database = await asyncio.to_thread(PostgresServer, folder / "postgresql")
    try:
        url = await database.create()
        async with scene(folder / "server", outcome, FEDI_K12_DATABASE_URL=url) as playing:
            await asyncio.to_thread(database.stop)
            await asyncio.to_thread(database.start)
            await playing.recover()
            await playing.calm(1.0)
            await playing.check()
    finally:
        await asyncio.to_thread(database.stop)
    return outcome


async def frozen(folder: Path, *, hold: float = ANSWER_SECONDS + LONGER) -> Outcome:
    """Let PostgreSQL stand still: connections stay open, and nobody answers on them."""
    outcome = Outcome(
        "database frozen", f"PostgreSQL stopped still for {hold:.0f} s", "PostgreSQL"
    )
    database = await asyncio.to_thread(PostgresServer, folder / "postgresql")
    try:
        url = await database.create()
        async with scene(folder / "server", outcome, FEDI_K12_DATABASE_URL=url) as playing:
            with database.frozen():
                await playing.look(hold, part="The store", status=503)
            await playing.recover()
            await playing.calm(1.0)
            await playing.check()
    finally:
        await asyncio.to_thread(database.stop)
    return outcome
