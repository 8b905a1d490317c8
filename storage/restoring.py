"""Put the rows of a copy into an empty store, of either database, as one whole or not at all.

The store is made in the form of the release that wrote the copy, filled, and then brought to
the form of this release as any store is.
"""

import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    Connection,
    Table,
    Text,
    bindparam,
    cast,
    event,
    insert,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from fedi_k12.domain.errors import ConflictError, InvalidError
from storage import migrate, search_words
from storage.copies import is_missing, kind_of, tables_in
from storage.db import is_sqlite, open_engine
from storage.tables import Base, PostRow
from storage.tables.base import UtcDateTime

_POSTS_AT_ONCE = 500
_IN_USE = (
    "A server, a worker or another program has this store open. Stop it first, then restore."
)

Fill = Callable[["Filling"], Awaitable[None]]


class Filling(Struct, frozen=True):
    """An empty store that is being filled: nobody sees it before it is whole."""

    connection: AsyncConnection
    tables: dict[str, Table]

    async def add(self, name: str, columns: Sequence[str], rows: list[Sequence[Any]]) -> None:
        """Add rows to a table; raises `InvalidError` for one that does not take them."""
        table = self.tables.get(name)
        if table is None or set(columns) != set(table.columns.keys()):
            raise InvalidError(f"The table {name} of this backup is not that of its release.")
        postgresql = self.connection.dialect.name == "postgresql"
        values = {column: _bound(table, column, postgresql=postgresql) for column in columns}
        names = [f"b_{column}" for column in columns]
        try:
            await self.connection.execute(
                insert(table).values(values),
                [dict(zip(names, row, strict=True)) for row in rows],
            )
        except DBAPIError as error:
            raise InvalidError(
                f"A row of {name} cannot be restored here: {str(error.orig)[:200]}"
            ) from error


async def is_empty(url: str) -> bool:
    """Return whether nobody lives in the store at `url`, or there is none yet."""
    if is_missing(url):
        return True
    engine = open_engine(url, threaded=True)
    try:
        async with engine.connect() as connection:
            if await migrate.current(connection) is None:
                return True
            # The server's own actor is made by the first command that opens a store.
            used = "EXISTS (SELECT 1 FROM member) OR EXISTS (SELECT 1 FROM post)"
            many = "(SELECT count(*) FROM account) > 1"
            return not await connection.scalar(text(f"SELECT {used} OR {many}"))
    finally:
        await engine.dispose()


async def restore(url: str, *, revision: str, fill: Fill) -> None:
    """Make the store at `url` anew: in the form of `revision`, filled, then brought up to date.

    What was there before is gone only when all of it worked. Raises `ConflictError` while
    anybody else has the store open.
    """
    opened = _new_file(url) if is_sqlite(url) else _same_database(url)
    async with opened as connection:
        await connection.run_sync(migrate.to, revision)
        again = await (_let_go_sqlite if is_sqlite(url) else _let_go_postgresql)(connection)
        tables = await connection.run_sync(tables_in)
        for table in tables:
            # Some migrations put rows into the tables that they make.
            await connection.execute(table.delete())
        await fill(Filling(connection, {table.name: table for table in tables}))
        await _hold_again(connection, again)
        await _count_on(connection, tables)
        await connection.run_sync(migrate.to, migrate.HEAD)
        await _find_words(connection)


@asynccontextmanager
async def _new_file(url: str) -> AsyncIterator[AsyncConnection]:
    """Make a new SQLite file beside the one at `url`; it takes its place when it is whole."""
    path = Path(make_url(url).database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    _close_up(path)
    made = path.with_name(f"{path.name}.restoring")
    made.unlink(missing_ok=True)
    engine = create_async_engine(f"sqlite+aiosqlite:///{made}")

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        # A file that is thrown away when anything goes wrong needs no journal.
        for pragma in ("foreign_keys=OFF", "journal_mode=OFF", "synchronous=OFF"):
            connection.execute(f"PRAGMA {pragma}")

    try:
        async with engine.begin() as connection:
            yield connection
            lost = (await connection.execute(text("PRAGMA foreign_key_check"))).first()
            if lost is not None:
                raise InvalidError(
                    f"A row of {lost[0]} refers to one of {lost[2]} that is not."
                )
        await engine.dispose()
        made.chmod(0o600)
        _on_disk(made)
        _close_up(path)
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        made.replace(path)
        _on_disk(path.parent)
    finally:
        await engine.dispose()
        made.unlink(missing_ok=True)


@asynccontextmanager
async def _same_database(url: str) -> AsyncIterator[AsyncConnection]:
    """Take away what the PostgreSQL database holds, in the transaction that fills it anew."""
    engine = open_engine(url)
    try:
        async with engine.begin() as connection:
            others = await connection.scalar(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            )
            if others:
                raise ConflictError(_IN_USE)
            await connection.run_sync(_take_away)
            yield connection
    finally:
        await engine.dispose()


def _take_away(connection: Connection) -> None:
    known = {*Base.metadata.tables, "alembic_version"}
    names = [name for name in inspect(connection).get_table_names() if name in known]
    if not names:
        return
    functions = connection.execute(
        text(
            "SELECT DISTINCT tgfoid::regprocedure::text FROM pg_trigger "
            "JOIN pg_class ON pg_class.oid = tgrelid WHERE relname = ANY(:names) "
            "AND relnamespace = current_schema()::regnamespace AND NOT tgisinternal"
        ),
        {"names": names},
    ).scalars()
    dropped = list(functions)
    quoted = ", ".join(f'"{name}"' for name in names)
    connection.exec_driver_sql(f"DROP TABLE {quoted} CASCADE")
    for function in dropped:
        connection.exec_driver_sql(f"DROP FUNCTION {function}")


async def _let_go_sqlite(connection: AsyncConnection) -> list[str]:
    """Take triggers away; return what puts them back, and makes the indexes of words anew."""
    rows = await connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    )
    again = []
    for name, sql in rows.all():
        await connection.execute(text(f'DROP TRIGGER "{name}"'))
        again.append(str(sql))
    indexes = await connection.scalars(
        text("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'")
    )
    return again + [f"INSERT INTO {name} ({name}) VALUES ('rebuild')" for name in indexes]  # noqa: S608


async def _let_go_postgresql(connection: AsyncConnection) -> list[str]:
    """Take keys to other tables and triggers away; return the statements that put them back.

    A backup has its tables by name, and posts and accounts refer to each other both ways.
    """
    rows = await connection.execute(
        text(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) "
            "FROM pg_constraint WHERE contype = 'f' "
            "AND connamespace = current_schema()::regnamespace"
        )
    )
    again = []
    for table, name, definition in rows.all():
        await connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
        again.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    guarded = await connection.scalars(
        text("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
    )
    for table in guarded.all():
        await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        again.append(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    return again


async def _hold_again(connection: AsyncConnection, again: Sequence[str]) -> None:
    for statement in again:
        try:
            await connection.exec_driver_sql(statement)
        except IntegrityError as error:
            raise InvalidError(
                f"The rows of this backup do not fit together: {str(error.orig)[:200]}"
            ) from error


async def _count_on(connection: AsyncConnection, tables: Sequence[Table]) -> None:
    """Let PostgreSQL give out numbers above those that are taken."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        for column in table.primary_key.columns:
            if kind_of(column) == "int":
                await connection.execute(
                    text(
                        f"SELECT setval(pg_get_serial_sequence('\"{table.name}\"', "  # noqa: S608
                        f"'{column.name}'), greatest(max(\"{column.name}\"), 1)) "
                        f'FROM "{table.name}"'
                    )
                )


async def _find_words(connection: AsyncConnection) -> None:
    """Work out anew by which words each post is found."""
    last = 0
    while True:
        found = await connection.scalars(
            select(PostRow.id)
            .where(PostRow.id > last)
            .order_by(PostRow.id)
            .limit(_POSTS_AT_ONCE)
        )
        if not (numbers := list(found)):
            return
        await connection.run_sync(search_words.rewrite, numbers)
        last = numbers[-1]


def _bound(table: Table, column: str, *, postgresql: bool) -> Any:
    kind, name = kind_of(table.columns[column]), f"b_{column}"
    if kind == "json":
        given = bindparam(name, type_=Text())
        return cast(given, JSONB) if postgresql else given
    if kind == "moment":
        return bindparam(name, type_=UtcDateTime())
    return bindparam(name, type_=table.columns[column].type)


def _close_up(path: Path) -> None:
    """Bring what is written into the one file; raise `ConflictError` while it is in use."""
    if not path.exists():
        return
    with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
        try:
            # Only whoever is alone may leave the write-ahead log.
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError as error:
            raise ConflictError(_IN_USE) from error


def _on_disk(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
