"""Processes end as a power cut ends them, in the middle of their work."""

import asyncio
import subprocess
import sys
from pathlib import Path

from tests.databases import PostgresServer
from tests.drills.outcome import Outcome
from tests.drills.scene import Scene, scene


async def served(folder: Path, *, hold: float = 0.0) -> Outcome:
    """Kill the one process, and start it again."""
    del hold
    outcome = Outcome("serve killed", "kill -9 under load, three times, and started again")
    async with scene(folder / "server", outcome) as playing:
        for _time in range(3):
            playing.live.kill()
            await asyncio.to_thread(playing.live.start)
            await playing.recover()
            await playing.calm(0.5)
        await playing.check()
    return outcome


async def worker(folder: Path, *, hold: float = 0.0) -> Outcome:
    """Kill one of two workers: the other goes on, also with what the first had begun."""
    del hold
    outcome = Outcome("worker killed", "kill -9 of one of two workers at work", "PostgreSQL")
    database = await asyncio.to_thread(PostgresServer, folder / "postgresql")
    workers: list[subprocess.Popen[bytes]] = []
    try:
        url = await database.create()
        async with scene(
            folder / "server",
            outcome,
            beside=lambda playing: workers.extend(_worker(playing) for _ in range(2)),
            FEDI_K12_DATABASE_URL=url,
        ) as playing:
            # Slow inboxes: there is always something that it has begun.
            playing.far.delay = 0.5
            await playing.calm(1.0)
            workers[0].kill()
            workers[0].wait()
            await playing.recover()
            await playing.calm(1.0)
            await playing.check()
    finally:
        for one in workers:
            one.terminate()
            one.wait()
        await asyncio.to_thread(database.stop)
    return outcome


def _worker(playing: Scene) -> subprocess.Popen[bytes]:
    with (playing.live.folder / "server.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", playing.live.program, "worker"],
            env=playing.live.environment,
            cwd=playing.live.folder,
            stdout=log,
            stderr=log,
        )
