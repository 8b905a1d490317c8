"""Open the database: readers, the writer with its group commit, and the threaded reader."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from msgspec import Struct, field
from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from fedi_k12.domain.errors import DomainError, UnavailableError
from fedi_k12.domain.ids import new_token
from fedi_k12.domain.news import News
from fedi_k12.domain.troubles import Part, Troubles
from fedi_k12.domain.writes import WORK, Changes
from storage import inline
from storage.changes import (
    Neighbours,
    forget_rolled_back,
    note_writes,
    once_a_round,
    take_writes,
)
from storage.inline import InlineConnection
from storage.inline_session import AtHand, InlineSession
from storage.kept_json import from_json
from storage.lock import LOCK_PAUSE, begun
from storage.pool import CONNECTIONS, SLOW_CONNECTIONS, open_postgresql
from storage.trouble import in_words, is_trouble
from storage.wire import WRITTEN, written_words

P = ParamSpec("P")
T = TypeVar("T")
OnCommit = Callable[[set[str], list[News]], None]
"""Told, after each commit, the topics to wake and the news to spread."""

READERS = 9
"""Connections that read a SQLite file: one is for questions of one statement."""

GROUP_SIZE = 64
"""At most so many waiting writes share one commit."""

ATTEMPTS = 4
"""So often a transaction is tried where another one came between."""

_NOTIFY = text(f"SELECT pg_notify('{WRITTEN}', :words)")
_TOPICS, _NEWS = "topics", "news"
_CAME_BETWEEN = frozenset({"23503", "23505", "40001", "40P01"})
"""SQLSTATEs of what two transactions can do to each other: a row that the other has taken away
or has put there too, reads that no longer hold, a deadlock (PostgreSQL, appendix A)."""
_PRAGMAS = (
    "journal_mode=WAL",
    # What was answered with 200 or 202 is on the disk, also after the power went.
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=5000",
    "cache_size=-32000",
    "mmap_size=268435456",
    "temp_store=MEMORY",
    "wal_autocheckpoint=4000",
)
_log = structlog.get_logger("store")


def signal_after_commit(session: AsyncSession, topic: str) -> None:
    """Have `topic` announced in this process once what the session wrote is on disk."""
    session.info.setdefault(_TOPICS, set()).add(topic)


def tell_after_commit(session: AsyncSession, *news: News) -> None:
    """Have `news` told, in order, once what the session wrote is on disk."""
    session.info.setdefault(_NEWS, []).extend(news)


class Writer:
    """Runs transaction functions, one after another or in parallel as the database allows.

    `await writer(fn, …)` returns what `fn(session, …)` returned when what it wrote is on disk,
    and raises what it raised after rolling back its part alone. A refusal that `keeps` what
    was written is raised after the commit. What is wrong with the store itself is noted among
    `troubles`, which `storage.trouble.watch` ends.
    """

    def __init__(self, on_commit: OnCommit, troubles: Troubles) -> None:
        self._on_commit = on_commit
        self._troubles = troubles

    async def __call__(
        self,
        fn: Callable[Concatenate[AsyncSession, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `fn` in a transaction and return its result."""
        raise UnavailableError("The database is not open.")

    async def close(self) -> None:
        """Finish what waits, then stop."""

    def _note(self, error: Exception) -> None:
        if is_trouble(error):
            self._troubles.begin(Part.STORE, in_words(error))


class _Waiting(Struct):
    """One caller of the group writer."""

    run: Callable[[AsyncSession], Awaitable[Any]]
    done: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None
    refusal: DomainError | None = None
    """Raised after the commit."""
    topics: set[str] = field(default_factory=set)
    news: list[News] = field(default_factory=list)


class GroupWriter(Writer):
    """The writer for SQLite: callers that wait together get a savepoint each and one COMMIT."""

    def __init__(
        self, engine: AsyncEngine, on_commit: OnCommit, changes: Changes, troubles: Troubles
    ) -> None:
        super().__init__(on_commit, troubles)
        self._engine = engine
        self._changes = changes
        self._waiting: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._run(), name="writer")

    async def __call__(
        self,
        fn: Callable[Concatenate[AsyncSession, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `fn` in a savepoint of the next group and return its result."""
        if self._closing:
            raise UnavailableError("The server is shutting down.")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(lambda session: fn(session, *args, **kwargs), future))
        self._wake.set()
        return await future

    async def close(self) -> None:
        """Finish what waits, then stop."""
        self._closing = True
        self._wake.set()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while not self._closing:
            try:
                await self._work()
            except Exception as error:  # noqa: BLE001 - handed to all who wait; a new one begins
                _log.error("the writer begins anew", error=str(error))
                self._note(error)
                self._refuse_all(error)
                await asyncio.sleep(LOCK_PAUSE)

    async def _work(self) -> None:
        async with self._engine.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            # To wait for the lock inside of SQLite would hold up everything (`storage.lock`).
            raw.execute("PRAGMA busy_timeout=0")
            neighbours = Neighbours(raw)
            self._changes.look = once_a_round(neighbours.wrote, self._changes.anything)
            self._changes.exact = True
            try:
                while True:
                    await self._wake.wait()
                    self._wake.clear()
                    while self._waiting:
                        await self._commit_group(connection, neighbours)
                    if self._closing:
                        return
            finally:
                self._changes.exact = False

    async def _commit_group(self, connection: AsyncConnection, neighbours: Neighbours) -> None:
        group: list[_Waiting] = []
        neighbours.busy = True
        try:
            async with begun(connection):
                if neighbours.wrote_before():
                    self._changes.anything()
                while self._waiting and len(group) < GROUP_SIZE:
                    waiting = self._waiting.popleft()
                    group.append(waiting)
                    await _run_in_savepoint(connection, waiting)
                    if waiting.error is not None:
                        self._note(waiting.error)
        except Exception as error:  # noqa: BLE001 - handed to every caller of the group
            self._note(error)
            if not group:
                # It could not even begin: nobody is to wait for ever.
                self._refuse_all(error)
            for waiting in group:
                waiting.error = waiting.error or error
        finally:
            neighbours.busy = False
            # Before anybody is answered: what they ask next must know of it.
            if connection.sync_connection is not None:
                self._changes.written(take_writes(connection.sync_connection))
        topics: set[str] = set()
        news: list[News] = []
        for waiting in group:
            if waiting.error is None:
                topics |= waiting.topics
                news += waiting.news
            if not waiting.done.done():
                _settle(waiting)
        if topics or news:
            self._on_commit(topics, news)

    def _refuse_all(self, error: Exception) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            waiting.error = error
            if not waiting.done.done():
                _settle(waiting)


class SessionWriter(Writer):
    """The writer for PostgreSQL: each caller has a session from the pool.

    Transactions run side by side. One that failed because of another is done again from its
    beginning: it then sees what the other did, as it would have on SQLite. What one wrote it
    tells the other processes itself: they hear of it if, and only if, it is committed.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        on_commit: OnCommit,
        troubles: Troubles,
        changes: Changes,
        origin: str,
    ) -> None:
        super().__init__(on_commit, troubles)
        self._changes = changes
        self._origin = origin
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def __call__(
        self,
        fn: Callable[Concatenate[AsyncSession, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `fn` in a transaction of its own and return its result."""
        for _attempt in range(ATTEMPTS - 1):
            try:
                return await self._run(fn, *args, **kwargs)
            except DBAPIError as error:
                if not came_between(error):
                    raise
        return await self._run(fn, *args, **kwargs)

    async def _run(
        self,
        fn: Callable[Concatenate[AsyncSession, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        try:
            return await self._run_once(fn, *args, **kwargs)
        except Exception as error:
            self._note(error)
            raise

    async def _run_once(
        self,
        fn: Callable[Concatenate[AsyncSession, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        done: T | DomainError
        names: set[str] = set()
        try:
            async with self._sessions.begin() as session:
                try:
                    done = await fn(session, *args, **kwargs)
                except DomainError as error:
                    if not error.keeps:
                        raise
                    done = error
                names = await self._tell_others(session)
        finally:
            # Also where nobody knows whether the commit went through.
            self._changes.written(names)
        topics, news = session.info.get(_TOPICS, set()), session.info.get(_NEWS, [])
        if topics or news:
            self._on_commit(topics, news)
        if isinstance(done, DomainError):
            raise done
        return done

    async def _tell_others(self, session: AsyncSession) -> set[str]:
        """Tell them what this transaction wrote, once it is committed; return what that is."""
        await session.flush()
        connection = await session.connection()
        names: set[str] = await connection.run_sync(take_writes)
        if words := written_words(self._origin, names):
            await connection.execute(_NOTIFY, {"words": words})
        return names


class Database(Struct, frozen=True):
    """The open database. `slow_read` may run long without holding up the loop."""

    read: async_sessionmaker[AsyncSession]
    slow_read: async_sessionmaker[AsyncSession]
    write: Writer
    engines: tuple[AsyncEngine, ...]
    changes: Changes
    origin: str = ""
    """What this process calls itself where it tells others what it wrote."""
    at_hand: AtHand | None = None

    async def close(self) -> None:
        """Finish waiting writes and close all connections."""
        await self.write.close()
        if self.at_hand is not None:
            await self.at_hand.close()
        for engine in self.engines:
            await engine.dispose()


def came_between(error: BaseException) -> bool:
    """Return whether an error can be another transaction's doing, and gone when tried again."""
    return isinstance(error, DBAPIError) and (
        getattr(error.orig, "sqlstate", None) in _CAME_BETWEEN
    )


def is_sqlite(url: str) -> bool:
    """Return whether the address is one of SQLite."""
    return make_url(url).get_backend_name() == "sqlite"


def open_engine(
    url: str,
    *,
    writer: bool = False,
    threaded: bool = False,
    connections: int = CONNECTIONS,
    answer_seconds: float | None = None,
) -> AsyncEngine:
    """Return an engine for `url`.

    `connections` and `answer_seconds` are for PostgreSQL (`storage.pool`).

    On SQLite a writer has one connection and takes the lock at BEGIN: a transaction that
    reads first and writes later can fail with SQLITE_BUSY however long it waits.
    """
    if not is_sqlite(url):
        return open_postgresql(url, connections=connections, answer_seconds=answer_seconds)
    address = make_url(url)
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    connect_args: dict[str, Any] = {"check_same_thread": False, "cached_statements": 512}
    if not threaded:
        address = address.set(drivername="sqlite+inline")
        connect_args["factory"] = InlineConnection
    engine = create_async_engine(
        address,
        pool_size=1 if writer else READERS,
        max_overflow=0,
        connect_args=connect_args,
        json_deserializer=from_json,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        if not writer:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()
        if writer and not threaded:
            connection.commit_in_thread = True

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("alone"):
            return
        statement = "BEGIN IMMEDIATE" if writer else "BEGIN"
        if threaded:
            connection.exec_driver_sql(statement)
        else:
            inline.begin(connection, statement)

    return engine


def open_database(
    url: str,
    *,
    on_commit: OnCommit,
    troubles: Troubles | None = None,
    connections: int = CONNECTIONS,
    answer_seconds: float | None = None,
) -> Database:
    """Open the database at `url`; must be called in a running loop.

    `on_commit` is told what `signal_after_commit` and `tell_after_commit` were given, after
    each commit. What is wrong with the store is noted among `troubles`. A PostgreSQL that
    answers nothing for `answer_seconds` counts as gone, but for what is known to take long.
    """
    troubles = troubles or Troubles()
    if not is_sqlite(url):
        return _database_of_several(
            open_engine(url, connections=connections, answer_seconds=answer_seconds),
            open_engine(url, connections=SLOW_CONNECTIONS),
            on_commit,
            troubles,
        )
    writer, changes = open_engine(url, writer=True), Changes()
    note_writes(writer)
    reader = open_engine(url)
    at_hand = AtHand(reader)
    threaded = open_engine(url, threaded=True)
    return Database(
        async_sessionmaker(
            reader, class_=InlineSession, expire_on_commit=False, at_hand=at_hand
        ),
        async_sessionmaker(threaded, expire_on_commit=False),
        GroupWriter(writer, on_commit, changes, troubles),
        (writer, reader, threaded),
        changes,
        at_hand=at_hand,
    )


def _database_of_several(
    engine: AsyncEngine, slow: AsyncEngine, on_commit: OnCommit, troubles: Troubles
) -> Database:
    changes, origin = Changes(), new_token()[:8]
    changes.unheard = WORK
    note_writes(engine)
    forget_rolled_back(engine)
    # Each statement sees what was committed before it, in a transaction or out of it: so short
    # reads begin and end none. What takes long may need one (cursors).
    short = engine.execution_options(isolation_level="AUTOCOMMIT")
    return Database(
        async_sessionmaker(short, expire_on_commit=False),
        async_sessionmaker(slow, expire_on_commit=False),
        SessionWriter(engine, on_commit, troubles, changes, origin),
        (engine, slow),
        changes,
        origin,
    )


async def _run_in_savepoint(connection: AsyncConnection, waiting: _Waiting) -> None:
    try:
        async with InlineSession(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as session:
            try:
                waiting.result = await waiting.run(session)
            except DomainError as error:
                if not error.keeps:
                    raise
                waiting.refusal = error
            await session.commit()
            waiting.topics = session.info.get(_TOPICS, set())
            waiting.news = session.info.get(_NEWS, [])
    except Exception as error:  # noqa: BLE001 - handed to the caller it belongs to
        waiting.error = error


def _settle(waiting: _Waiting) -> None:
    if (error := waiting.error or waiting.refusal) is None:
        waiting.done.set_result(waiting.result)
    else:
        waiting.done.set_exception(error)
