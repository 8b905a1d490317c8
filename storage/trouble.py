"""Tell the troubles of the store itself from what is wrong with a statement, and end them."""

import asyncio
import errno
import sqlite3
from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import text
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    OperationalError,
    PendingRollbackError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Write
from fedi_k12.domain.troubles import Part, Troubles
from storage.tables import SiteRow

P = ParamSpec("P")
T = TypeVar("T")

CONNECT_SECONDS = 5.0
AGAIN = 1.0
"""Seconds between two looks whether the store works again."""
PROBE = "probe"
_PROBE_BYTES = 65_536
"""So much is written to see whether there is room: what is small fits into a full disk."""
_STATES = ("08", "53", "57P", "58", "25006", "XX")
"""Beginnings of the SQLSTATEs that are about the server: connection, resources, shutting down,
its disk, read only, its own faults (PostgreSQL, appendix A)."""
_FILES = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}
_FULL = "The disk of the store is full."
_SENTENCES = (
    ("disk is full", _FULL),
    ("no space left", _FULL),
    ("disk i/o", "The disk of the store cannot be read or written."),
    ("readonly", "The store can be read, not written."),
    ("read-only", "The store can be read, not written."),
    ("locked", "Another program holds the store and does not let go of it."),
    ("reconnect", "The store does not answer."),
    ("rolled back", "The store took back a transaction."),
    ("queuepool", "All connections to the store are in use."),
    ("too many clients", "The store takes no more connections."),
    ("starting up", "The store is starting."),
    ("shutting down", "The store is shutting down."),
    ("administrator command", "The store is shutting down."),
)
_log = structlog.get_logger("store")


def is_trouble(error: BaseException) -> bool:
    """Return whether the store does not answer, or takes nothing, whoever asks for what.

    A statement that is wrong is none: trying it again never helps.
    """
    if isinstance(error, PoolTimeoutError | ConnectionRefusedError):
        return True
    if isinstance(error, OSError):
        return error.errno in _FILES
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        # One that we raised ourselves has no code.
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_FULL) & 0xFF
        return isinstance(cause, sqlite3.OperationalError) and code != sqlite3.SQLITE_ERROR
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, PendingRollbackError):
        # What SQLAlchemy says of what comes after a line that broke in a transaction.
        return "reconnect" in str(error)
    state = str(getattr(cause, "sqlstate", None) or "")
    if state:
        return state.startswith(_STATES)
    if isinstance(error, InterfaceError):
        return "connection" in str(cause)
    return isinstance(error, OperationalError)


def in_words(error: BaseException) -> str:
    """Return what is wrong with the store, in a sentence with nothing in it that is secret."""
    said = str(error.orig if isinstance(error, DBAPIError) else error).lower()
    for part, sentence in _SENTENCES:
        if part in said:
            return sentence
    return "The store does not answer."


async def connect_postgresql(*arguments: Any, **settings: Any) -> Any:
    """Connect as asyncpg does; raise what SQLAlchemy raises elsewhere where that fails.

    A name or password that is wrong is no trouble that passes, and stays what it is.
    """
    import asyncpg  # type: ignore[import-untyped]  # it says nothing of types

    try:
        return await asyncpg.connect(*arguments, timeout=CONNECT_SECONDS, **settings)
    except (OSError, TimeoutError) as error:
        raise OperationalError("connect", None, error) from error
    except asyncpg.PostgresError as error:
        if not is_trouble(error):
            raise
        raise OperationalError("connect", None, error) from error


async def until_written(
    write: Write,
    fn: Callable[Concatenate[AsyncSession, P], Awaitable[T]],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Write down what came of something that is done, as soon as the store takes it.

    Not written, it would be done a second time.
    """
    while True:
        try:
            return await write(fn, *args, **kwargs)
        except Exception as error:
            if not is_trouble(error):
                raise
        await asyncio.sleep(AGAIN)


async def watch(write: Write, troubles: Troubles) -> None:
    """Try a store that is in trouble until it works again; runs until it is cancelled."""
    while True:
        await asyncio.sleep(AGAIN)
        if troubles.of(Part.STORE) is None:
            continue
        try:
            await write(_probe)
            await write(_forget)
        except Exception as error:  # noqa: BLE001 - that it does not work is what we ask for
            troubles.begin(Part.STORE, in_words(error))
            if not is_trouble(error):
                _log.exception("the store cannot be tried")
        else:
            troubles.end(Part.STORE)


async def _probe(session: AsyncSession) -> None:
    # By chance: what repeats itself would be packed into nothing.
    await session.merge(SiteRow(name=PROBE, value={"is": token_hex(_PROBE_BYTES // 2)}))


async def _forget(session: AsyncSession) -> None:
    await session.execute(text("DELETE FROM site WHERE name = :name"), {"name": PROBE})
