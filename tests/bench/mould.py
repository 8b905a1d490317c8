"""Rows that a real server made, cast again: as many as are wanted, as it would have made them.

A server does something once. What rows that left in its store becomes a mould: what another
time would be another is a hole. Ids carry their time and moments are times, so both move
along with the hour that a cast is to be of; names and words are filled in.
"""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Row = tuple[Any, ...]
Rows = dict[str, dict[Row, Row]]
"""Of each table, each row by its key."""

PASSING = frozenset(
    {"activity", "alembic_version", "delivery", "home_entry", "job", "sent", "site"}
)
"""What is gone again when the work is done, or depends on who follows whom."""
_ID = re.compile(r"\d{17,19}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@contextmanager
def opened(store: Path) -> Iterator[sqlite3.Connection]:
    """Open the store in a folder, for who fills it: quickly, and without asking who is who."""
    connection = sqlite3.connect(store / "fedi-k12.db", isolation_level=None)
    try:
        for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-200000"):
            connection.execute(f"PRAGMA {pragma}")
        yield connection
    finally:
        connection.close()


def taken(connection: sqlite3.Connection) -> Rows:
    """Return every row of a small store."""
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%' "
        "AND name NOT LIKE 'sqlite%' AND name NOT LIKE '%_words_index%'"
    )
    rows: Rows = {}
    for (table,) in tables.fetchall():
        if table in PASSING:
            continue
        columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
        keys = [column[0] for column in columns if column[5]]
        rows[table] = {
            tuple(row[at] for at in keys): row
            for row in connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - our tables
        }
    return rows


@dataclass(frozen=True, slots=True)
class _Part:
    """One row of a mould: where a value stands alone, and where in a text."""

    table: str
    statement: str
    row: list[Any]
    whole: tuple[tuple[int, str], ...]
    within: tuple[tuple[int, str], ...]


class Cast:
    """Rows on their way into a store, by the statement that writes them."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, list[Row]] = defaultdict(list)

    def add(self, statement: str, row: Row) -> None:
        """Have a row written."""
        self._rows[statement].append(row)

    def write(self, connection: sqlite3.Connection) -> None:
        """Write all rows in one transaction."""
        connection.execute("BEGIN")
        for statement, rows in self._rows.items():
            connection.executemany(statement, rows)
        connection.execute("COMMIT")
        self._rows.clear()


class Mould:
    """What a server wrote between two moments, with holes.

    `holes` maps what was written to the name of what stands in its place in a cast. `left_out`
    are tables that a cast has nothing of.
    """

    def __init__(
        self,
        before: Rows,
        after: Rows,
        *,
        holes: Mapping[str | int, str],
        began: datetime,
        left_out: frozenset[str] = frozenset(),
    ) -> None:
        self.began = began
        self._first = (began - timedelta(seconds=1) - _EPOCH) // timedelta(milliseconds=1) << 16
        self._holes = dict(holes)
        self._named = {str(old): name for old, name in holes.items()}
        # The longest first: a host may be the beginning of another's name.
        known = sorted(self._named, key=len, reverse=True)
        self._any = re.compile("|".join([*map(re.escape, known), _ID.pattern]))
        self._ids: dict[str, int] = {}
        self._moments: dict[str, datetime] = {}
        self._parts = [
            self._part(table, list(row))
            for table, rows in after.items()
            if table not in left_out
            for key, row in rows.items()
            if key not in before.get(table, {})
        ]

    def rows(self, table: str) -> int:
        """Return how many rows of a table a cast has."""
        return sum(part.table == table for part in self._parts)

    def cast(
        self, into: Cast, at: datetime, *, without: frozenset[str] = frozenset(), **names: Any
    ) -> dict[str, Any]:
        """Add what the server would have written `at` some time; return what filled the holes.

        An id that stood in the mould stands in what is returned as `i` and its digits.
        """
        past = (at - self.began) // timedelta(milliseconds=1)
        later = timedelta(milliseconds=past)
        for name, number in self._ids.items():
            names[name] = number + (past << 16)
        for name, moment in self._moments.items():
            names[name] = (moment + later).isoformat(" ", "microseconds")
        for part in self._parts:
            if part.table in without:
                continue
            row = part.row.copy()
            for place, name in part.whole:
                row[place] = names[name]
            for place, text in part.within:
                row[place] = text % names
            into.add(part.statement, tuple(row))
        return names

    def _part(self, table: str, row: list[Any]) -> _Part:
        whole, within = [], []
        for place, value in enumerate(row):
            if (name := self._whole(value)) is not None:
                whole.append((place, name))
            elif isinstance(value, str) and (text := self._within(value)) is not None:
                within.append((place, text))
        marks = ", ".join("?" * len(row))
        statement = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608 - our tables
        return _Part(table, statement, row, tuple(whole), tuple(within))

    def _whole(self, value: object) -> str | None:
        if isinstance(value, str | int) and value in self._holes:
            return self._holes[value]
        if isinstance(value, int) and value >= self._first:
            self._ids[f"i{value}"] = value
            return f"i{value}"
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            moment = datetime.fromisoformat(value)
            if moment.replace(tzinfo=UTC) >= self.began - timedelta(seconds=1):
                self._moments[f"m{value}"] = moment
                return f"m{value}"
        return None

    def _within(self, value: str) -> str | None:
        """Return a text with places for what is another in each cast, None where none is."""
        plain = value.replace("%", "%%")
        text = self._any.sub(self._place, plain)
        return text if text != plain else None

    def _place(self, found: re.Match[str]) -> str:
        if found[0] in self._named:
            return f"%({self._named[found[0]]})s"
        number = int(found[0])
        if number < self._first:
            return found[0]
        self._ids[f"i{number}"] = number
        return f"%(i{number})s"
