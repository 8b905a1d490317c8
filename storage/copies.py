"""Copy all rows out of a store as they were at one moment, in a form both databases read.

The tables are those the store has, not those this release describes: so a store that waits for
its migration can be copied, too. What is made out of other rows (the words posts are found by)
is left out, and made again by `storage.restoring`.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Table,
    Text,
    cast,
    func,
    inspect,
    literal,
    make_url,
    select,
    text,
    type_coerce,
    union_all,
)
from sqlalchemy import types as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from fedi_k12.domain.errors import NotFoundError
from storage import migrate
from storage.db import is_sqlite, open_engine
from storage.search_words import is_of_the_index
from storage.tables.base import UtcDateTime

MADE_AGAIN = frozenset({"post_words"})
"""Tables whose rows are worked out of others, differently on each database."""
AT_ONCE = 1000
"""So many rows are held in memory at a time."""

_KINDS: tuple[tuple[type[sa.TypeEngine[Any]], str], ...] = (
    (sa.JSON, "json"),
    (sa.Boolean, "bool"),
    (sa.DateTime, "moment"),
    (sa.Date, "date"),
    (sa.LargeBinary, "bytes"),
    (sa.Integer, "int"),
    (sa.Float, "float"),
    (sa.String, "text"),
)
READ_AS: dict[str, Any] = {
    "json": str | None,
    "bool": bool | None,
    "moment": datetime | None,
    "date": date | None,
    "bytes": bytes | None,
    "int": int | None,
    "float": float | None,
    "text": str | None,
}
"""What each kind of column is in Python. JSON stays the text that it is stored as: so null and
nothing remain two things."""


class Snapshot(Struct, frozen=True):
    """A store as it was when this was opened, whatever is written meanwhile."""

    connection: AsyncConnection
    revision: str
    domain: str
    """The name the store belongs to; empty where nothing was ever served from it."""
    handle_domain: str

    async def tables(self) -> tuple[Table, ...]:
        """Return the tables of the store, by name."""
        return await self.connection.run_sync(tables_in)

    async def count(self, tables: Sequence[Table]) -> dict[str, int]:
        """Return how many rows each table has."""
        each = (select(literal(table.name), func.count(table.c[0])) for table in tables)
        rows = await self.connection.execute(union_all(*each))
        return {name: number for name, number in rows}  # noqa: C416 - rows are no pairs to mypy

    async def rows(self, table: Table) -> AsyncIterator[Sequence[Sequence[Any]]]:
        """Yield the rows of a table in the order of their keys, `AT_ONCE` at a time."""
        keys = list(table.primary_key.columns)
        statement = select(*(_readable(column) for column in table.columns)).order_by(*keys)
        found = await self.connection.stream(statement.execution_options(yield_per=AT_ONCE))
        async for part in found.partitions():
            yield part


@asynccontextmanager
async def open_snapshot(url: str) -> AsyncIterator[Snapshot]:
    """Open the store at `url` to read it at one moment; who writes there is not held up.

    Raises `NotFoundError` where there is no store.
    """
    if is_missing(url):
        raise NotFoundError(f"There is no store yet at {make_url(url).database}.")
    engine = open_engine(url, threaded=True)
    if not is_sqlite(url):
        engine = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
    try:
        async with engine.connect() as connection:
            revision = await migrate.current(connection)
            if revision is None:
                raise NotFoundError("The store is empty.")
            names = await connection.execute(
                text("SELECT value FROM site WHERE name = 'names'").columns(value=sa.JSON())
            )
            known = names.scalar() or {}
            yield Snapshot(
                connection,
                revision,
                str(known.get("domain", "")),
                str(known.get("handle_domain", "")),
            )
    finally:
        await engine.dispose()


def is_missing(url: str) -> bool:
    """Return whether there is no file yet where a SQLite store would be."""
    path = make_url(url).database
    return is_sqlite(url) and not (path and Path(path).exists())


def tables_in(connection: Connection) -> tuple[Table, ...]:
    """Return the tables of a store by name, without those that are made again."""
    inspector = inspect(connection)
    names = [
        name
        for name in inspector.get_table_names()
        if not is_of_the_index(name) and name != "alembic_version" and name not in MADE_AGAIN
    ]
    # Only what is needed: reading keys and indexes, too, takes several times as long.
    columns = inspector.get_multi_columns(filter_names=names)
    keys = inspector.get_multi_pk_constraint(filter_names=names)
    return tuple(
        Table(
            name,
            MetaData(),
            *(
                Column(
                    one["name"],
                    one["type"],
                    primary_key=one["name"] in keys[None, name]["constrained_columns"],
                )
                for one in columns[None, name]
            ),
        )
        for name in sorted(names)
    )


def kind_of(column: Column[Any]) -> str:
    """Return which of `READ_AS` a column is."""
    for kind, name in _KINDS:
        if isinstance(column.type, kind):
            return name
    raise TypeError(f"{column.table.name}.{column.name} has a type that is not known.")


def _readable(column: Column[Any]) -> Any:
    kind = kind_of(column)
    if kind == "json":
        return cast(column, Text)
    return type_coerce(column, UtcDateTime()) if kind == "moment" else column
