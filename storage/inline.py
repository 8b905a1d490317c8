"""A SQLAlchemy dialect that runs SQLite in the event loop's own thread.

A statement on a local SQLite file takes microseconds, a hop to a thread and back takes a
hundred, so statements run where they are asked for and only COMMIT, which waits for the disk,
goes to a thread. What may take long (search, exports) belongs on `Database.slow_read`
instead; a statement that holds up the loop is logged.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.url import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool
from sqlalchemy.util import await_only
from sqlalchemy.util.concurrency import in_greenlet

SLOW_SECONDS = 0.1
"""A statement that takes longer should be on a threaded engine, or have an index."""

_commits = ThreadPoolExecutor(1, "commit")
_log = structlog.get_logger()


class InlineCursor(sqlite3.Cursor):
    """A cursor with the two names that SQLAlchemy's asynchronous results look for."""

    server_side = False

    async def _async_soft_close(self) -> None:
        pass


class InlineConnection(sqlite3.Connection):
    """A connection that may be told to commit in a thread."""

    commit_in_thread = False
    torn: sqlite3.Error | None = None
    """SQLite took the whole transaction back in the middle of it, as it may do when the disk is
    full or broken (https://www.sqlite.org/lang_transaction.html, 3). What is done from then on
    would be a transaction of its own, and what was done before would seem to be kept."""

    changes_before = 0
    """How many rows had been changed when the transaction began."""

    @property
    def has_to_wait(self) -> bool:
        """Whether to commit waits for the disk: not where nothing was found to be written."""
        return self.commit_in_thread and self.total_changes != self.changes_before

    def cursor(self, factory: type[sqlite3.Cursor] = InlineCursor) -> Any:  # type: ignore[override]
        """Return a cursor that SQLAlchemy's asynchronous engine accepts."""
        return super().cursor(factory)


class InlineSQLite(SQLiteDialect_pysqlite):
    """`sqlite+inline://`: asynchronous in form, immediate in fact."""

    driver = "inline"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:
        """Return the pool that asynchronous engines need."""
        return AsyncAdaptedQueuePool

    def do_execute(
        self, cursor: Any, statement: str, parameters: Any, context: Any = None
    ) -> None:
        """Run one statement; log it if the loop had to wait for it."""
        _send(cursor, cursor.execute, statement, parameters)

    def do_executemany(
        self, cursor: Any, statement: str, parameters: Sequence[Any], context: Any = None
    ) -> None:
        """Run one statement for many rows."""
        _send(cursor, cursor.executemany, statement, parameters)

    def do_savepoint(self, connection: Connection, name: str) -> None:
        """Begin a savepoint: as it stands, for each has a name that would be compiled anew."""
        raw = _raw(connection)
        _demand_whole(raw)
        raw.execute(f"SAVEPOINT {name}")

    def do_rollback_to_savepoint(self, connection: Connection, name: str) -> None:
        """Take back what was done since the savepoint, where that was not done already."""
        raw = _raw(connection)
        if raw.torn is None:
            raw.execute(f"ROLLBACK TO SAVEPOINT {name}")

    def do_release_savepoint(self, connection: Connection, name: str) -> None:
        """Keep what was done since the savepoint."""
        _raw(connection).execute(f"RELEASE SAVEPOINT {name}")

    def do_commit(self, dbapi_connection: Any) -> None:
        """Commit, in a thread if something was written: that is what waits for the disk."""
        _demand_whole(dbapi_connection)
        if dbapi_connection.in_transaction and dbapi_connection.has_to_wait:
            loop = asyncio.get_running_loop()
            await_only(loop.run_in_executor(_commits, dbapi_connection.commit))
        else:
            dbapi_connection.commit()


def begin(connection: Connection, statement: str) -> None:
    """Begin a transaction, whole whatever became of the one before."""
    raw = _raw(connection)
    raw.torn, raw.changes_before = None, raw.total_changes
    try:
        raw.execute(statement)
    except sqlite3.Error as error:
        raise OperationalError(statement, None, error) from error


def _demand_whole(connection: Any) -> None:
    if connection.torn is not None:
        raise sqlite3.OperationalError(f"transaction rolled back: {connection.torn}")


def _send(
    cursor: Any, how: Callable[[str, Any], object], statement: str, parameters: Any
) -> None:
    """Run a statement; note it of the connection if that ended its transaction."""
    _insist()
    began = perf_counter()
    connection = cursor.connection
    _demand_whole(connection)
    within = connection.in_transaction
    try:
        how(statement, parameters)
    except sqlite3.Error as error:
        if within and not connection.in_transaction:
            connection.torn = error
        raise
    _report(statement, began)


def _raw(connection: Connection) -> InlineConnection:
    found: InlineConnection = connection.connection.dbapi_connection  # type: ignore[assignment]  # it is one here
    return found


def _insist() -> None:
    """Await once in each call of SQLAlchemy's, which insists on it; this one ends at once."""
    if in_greenlet():
        await_only(_at_once())


async def _at_once() -> None:
    pass


def _report(statement: str, began: float) -> None:
    seconds = perf_counter() - began
    if seconds > SLOW_SECONDS:
        _log.warning(
            "slow statement in the loop", seconds=round(seconds, 3), sql=statement[:300]
        )


registry.register("sqlite.inline", "storage.inline", "InlineSQLite")
