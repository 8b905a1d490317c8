"""The disk is full, and a while later there is room again."""

import os
import resource
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.drills.outcome import Outcome
from tests.drills.scene import Scene, scene

SIZE = "48m"
HOLD = 6.0


async def full(folder: Path, *, hold: float = HOLD) -> Outcome:
    """Fill the disk under a server, then make room.

    With root the data folder is a small file system of its own. Without, the server may write
    no file any further (`RLIMIT_FSIZE`): SQLite calls that an I/O error.
    """
    if os.geteuid() == 0:
        return await _small_disk(folder, hold)
    return await files_that_cannot_grow(folder, hold)


async def _small_disk(folder: Path, hold: float) -> Outcome:
    outcome = Outcome("disk full", f"data folder on a {SIZE} tmpfs, filled for {hold:.0f} s")
    with _mounted(folder / "disk") as disk:
        async with scene(folder / "server", outcome, data=disk / "data") as playing:
            filler = disk / "filler"
            _fill(filler)
            await playing.look(hold, part="is full", status=503)
            filler.unlink()
            await playing.recover()
            await playing.calm(1.0)
            await playing.check()
    return outcome


async def files_that_cannot_grow(folder: Path, hold: float) -> Outcome:
    """Let a server write no file any further, and then let it again."""
    outcome = Outcome("disk full", f"no file may grow (RLIMIT_FSIZE) for {hold:.0f} s")
    async with scene(folder / "server", outcome) as playing:
        _limit(playing, 4096)
        await playing.look(hold, part="disk of the store", status=503)
        _limit(playing, resource.RLIM_INFINITY)
        await playing.recover()
        await playing.calm(1.0)
        await playing.check()
    return outcome


async def held(folder: Path, *, hold: float = HOLD) -> Outcome:
    """Hold the lock of the SQLite file, as a command does that works for long."""
    outcome = Outcome("store held", f"another program holds SQLite's lock for {hold + 1:.0f} s")
    async with scene(folder / "server", outcome) as playing:
        other = sqlite3.connect(folder / "server/data/fedi-k12.db", isolation_level=None)
        with suppress(sqlite3.OperationalError):
            other.execute("PRAGMA busy_timeout=5000")
        other.execute("BEGIN IMMEDIATE")
        try:
            await playing.look(hold + 1, part="Another program", status=503)
        finally:
            other.execute("ROLLBACK")
            other.close()
        await playing.recover()
        await playing.calm(1.0)
        await playing.check()
    return outcome


def _limit(playing: Scene, size: int) -> None:
    assert playing.live.process
    _soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.prlimit(playing.live.process.pid, resource.RLIMIT_FSIZE, (size, hard))


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        for size in (1_048_576, 4096):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)


@contextmanager
def _mounted(place: Path) -> Iterator[Path]:
    place.mkdir(parents=True)
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(place)], check=True
    )
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
