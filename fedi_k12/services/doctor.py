"""Examine a server from within: its settings, its folders, its store and what waits in it.

What is seen from outside is in `doctor_outside`. Nothing is changed but a file that is written
and taken away again.
"""

import os
import secrets
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from fedi_k12 import __version__
from fedi_k12.context import Blobs
from fedi_k12.domain.errors import UnavailableError
from fedi_k12.settings import Settings, is_local_name
from storage import diagnosis, migrate

Level = Literal["ok", "note", "fail"]

LITTLE_ROOM, NO_ROOM = 5_368_709_120, 1_073_741_824
"""Free bytes below which there is a note, and below which it is a fault."""
LATE = timedelta(minutes=10)
"""A job that is due for longer says that nobody does the jobs."""
OFF, FAR_OFF = 30.0, 300.0
"""Seconds that a clock may be off: for a note, and for a fault."""
READ_BY_OTHERS = 0o004


class Finding(Struct, frozen=True):
    """One thing that was looked at. Where it is not `ok`, `advice` says what to do."""

    name: str
    level: Level
    found: str
    advice: str = ""


async def examine(settings: Settings, blobs: Blobs, *, now: datetime) -> list[Finding]:
    """Return what is found within, in the order in which one would mend it."""
    return [
        _names(settings),
        *folders(settings),
        await _files(blobs),
        *await _store(settings, now=now),
    ]


def _names(settings: Settings) -> Finding:
    if is_local_name(settings.domain):
        return Finding(
            "settings",
            "note",
            f"{settings.domain} is a name of this machine alone.",
            "Good to try things out. Before anybody uses it, set FEDI_K12_DOMAIN: it can never "
            "be changed afterwards.",
        )
    return Finding("settings", "ok", f"{settings.domain}, release {__version__}")


def folders(settings: Settings) -> list[Finding]:
    """Return whether there is room in the data folder, and whether it can be written to."""
    folder = settings.data_dir
    probe = folder / f".doctor-{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"?" * 4096)
        probe.unlink()
    except OSError as error:
        return [
            Finding(
                "data folder",
                "fail",
                f"{folder} cannot be written to: {error.strerror}.",
                "Give it to whom the server runs as, and see that the disk is neither full nor "
                "read-only.",
            )
        ]
    room = shutil.disk_usage(folder)
    found = f"{room.free / 2**30:.1f} GiB free of {room.total / 2**30:.1f} GiB"
    advice = (
        "Make room: `fedi-k12 media prune`, `fedi-k12 media orphans --delete`, a lower "
        "remote_media_bytes, or a larger disk. With a full disk nothing is taken in any more."
    )
    level: Level = "ok"
    if room.free < LITTLE_ROOM:
        level = "fail" if room.free < NO_ROOM else "note"
    return [
        Finding("data folder", "ok", f"{folder} can be written to."),
        Finding("disk", level, found, "" if level == "ok" else advice),
        *_privacy(settings),
    ]


def _privacy(settings: Settings) -> list[Finding]:
    file = diagnosis.file_of(settings.database_url)
    if file is None or not Path(file).exists():
        return []
    if os.stat(file).st_mode & READ_BY_OTHERS:  # noqa: PTH116 - a name is all we have
        return [
            Finding(
                "privacy",
                "note",
                f"Everybody on this machine can read {file}, and the keys in it.",
                f"chmod 700 {settings.data_dir}",
            )
        ]
    return [Finding("privacy", "ok", "Others on this machine cannot read the store.")]


async def _files(blobs: Blobs) -> Finding:
    data = secrets.token_bytes(32)
    try:
        key = await blobs.put(data, ending="bin")
        same = await blobs.get(key) == data
        await blobs.delete(key)
    except (OSError, UnavailableError) as error:
        return Finding(
            "media",
            "fail",
            f"Files cannot be kept: {error}",
            "See media_url in `fedi-k12 settings`; for a bucket the AWS_ variables, and that "
            "its key may read, write, list and delete.",
        )
    if not same:
        return Finding(
            "media", "fail", "A file did not come back as it was kept.", "Look at the disk."
        )
    return Finding("media", "ok", "A file was kept, read and deleted.")


async def _store(settings: Settings, *, now: datetime) -> list[Finding]:
    file = diagnosis.file_of(settings.database_url)
    if file is not None and not os.path.exists(file):  # noqa: PTH110, ASYNC240 - one look
        return [Finding("database", "note", "There is none yet; `fedi-k12 serve` makes it.")]
    try:
        async with diagnosis.looking(settings.database_url) as connection:
            return await _look_at(connection, settings, now=now)
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", error)) or type(error).__name__
        return [
            Finding(
                "database",
                "fail",
                f"It cannot be used: {reason}",
                "See database_url and data_dir in `fedi-k12 settings`; is PostgreSQL running, "
                "and are name and password right?",
            )
        ]


async def _look_at(
    connection: AsyncConnection, settings: Settings, *, now: datetime
) -> list[Finding]:
    at = await diagnosis.revision(connection)
    if at is None:
        return [Finding("database", "note", "It is empty; `fedi-k12 serve` fills it.")]
    if at > migrate.HEAD:
        return [
            Finding(
                "database",
                "fail",
                f"It is of revision {at}; this release knows {migrate.HEAD}.",
                "Start the release that wrote it, or a newer one, or restore a backup.",
            )
        ]
    if at < migrate.HEAD:
        return [
            Finding(
                "database",
                "note",
                f"It is of revision {at} and waits to be brought to {migrate.HEAD}.",
                "`fedi-k12 backup`, then start the server: it does that first. The rest is "
                "looked at afterwards.",
            )
        ]
    return [
        Finding("database", "ok", f"{connection.dialect.name}, revision {at}"),
        await _integrity(connection),
        await _belonging(connection, settings),
        *await _queues(connection, now=now),
        await _clock(connection, now=now),
    ]


async def _integrity(connection: AsyncConnection) -> Finding:
    broken = await diagnosis.faults(connection)
    if not broken:
        return Finding("integrity", "ok", "The database finds no fault in itself.")
    return Finding(
        "integrity",
        "fail",
        f"{len(broken)} faults, the first: {broken[0]}",
        "Stop the server, keep a copy of everything as it is, look at the disk's health, and "
        "restore the last good backup.",
    )


async def _belonging(connection: AsyncConnection, settings: Settings) -> Finding:
    domain, handle_domain = await diagnosis.names(connection)
    if not domain or (domain, handle_domain) == (settings.domain, settings.handle_domain):
        return Finding("names", "ok", f"The store is that of {settings.domain}.")
    return Finding(
        "names",
        "fail",
        f"The store is that of {domain} (@…@{handle_domain}).",
        f"Set FEDI_K12_DOMAIN={domain} and FEDI_K12_HANDLE_DOMAIN={handle_domain}.",
    )


async def _queues(connection: AsyncConnection, *, now: datetime) -> list[Finding]:
    oldest = await diagnosis.oldest_due_job(connection)
    failed, given_up = await diagnosis.failed(connection)
    troubled, known = await diagnosis.hosts_in_trouble(connection)
    late = now - oldest if oldest is not None else timedelta()
    if late > LATE:
        queue = Finding(
            "queue",
            "fail",
            f"A job waits since {oldest:%Y-%m-%d %H:%M} UTC.",
            "Nobody does the jobs: is the server running, or with `serve --no-worker` a "
            "`fedi-k12 worker`? Look for `job` in its log.",
        )
    else:
        queue = Finding("queue", "ok", "No job waits for longer than it should.")
    failures = Finding(
        "failures", "ok", f"{failed} jobs failed, {given_up} deliveries given up."
    )
    if failed:
        failures = Finding(
            "failures",
            "note",
            failures.found,
            "Which, and why, is under Moderation, This server.",
        )
    return [
        queue,
        failures,
        Finding("others", "ok", f"{troubled} of {known} servers are silent."),
    ]


async def _clock(connection: AsyncConnection, *, now: datetime) -> Finding:
    ahead = await diagnosis.ahead_of_us(connection, now=now)
    if ahead is None:
        return Finding(
            "clock", "ok", f"{now:%Y-%m-%d %H:%M:%S} UTC; nobody to compare it with yet."
        )
    if abs(ahead) <= OFF:
        return Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M:%S} UTC, as others have it.")
    return Finding(
        "clock",
        "fail" if abs(ahead) > FAR_OFF else "note",
        f"Other clocks are {abs(ahead):.0f} seconds {'ahead' if ahead > 0 else 'behind'}.",
        "Let the machine keep time (chrony, systemd-timesyncd): signatures of a clock that is "
        "off are refused, here and elsewhere.",
    )
