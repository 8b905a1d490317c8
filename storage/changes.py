"""Read out of each statement what it writes, and see whether other processes wrote."""

import asyncio
import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

from fedi_k12.domain.writes import EVERYTHING
from storage.tables.base import Base

_READS = re.compile(
    r"\s*(SELECT|PRAGMA|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|EXPLAIN)\b", re.IGNORECASE
)
_WRITES = re.compile(
    r'\s*(INSERT(?: OR \w+)? INTO|DELETE FROM|UPDATE)\s+"?(\w+)"?\s*(SET\b)?', re.IGNORECASE
)
_WITH = re.compile(r"\s*WITH\b", re.IGNORECASE)
_PIECES = re.compile(r"([()]|'[^']*'|\b(?:SELECT|INSERT|UPDATE|DELETE)\b)", re.IGNORECASE)
_WRITTEN = "written"


def note_writes(engine: AsyncEngine) -> None:
    """Have what statements on the engine write noted with their connection."""

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        if names := writes(statement):
            connection.info.setdefault(_WRITTEN, set()).update(names)


def forget_rolled_back(engine: AsyncEngine) -> None:
    """Have what was written on the engine and taken back left out of `take_writes`."""

    @event.listens_for(engine.sync_engine, "rollback")
    def forget(connection: Connection) -> None:
        # A connection that broke has no notes any more, and its next one has none yet.
        if not connection.invalidated:
            connection.info.pop(_WRITTEN, None)


def take_writes(connection: Connection) -> set[str]:
    """Return what was written on a connection since this was last asked."""
    found: set[str] = connection.info.pop(_WRITTEN, set())
    return found


@lru_cache(maxsize=4096)
def writes(statement: str) -> frozenset[str]:
    """Return what a statement writes: tables, and columns where it sets nothing but these.

    A table from which rows are deleted takes those along that its foreign keys reach. What
    cannot be read writes everything.
    """
    if _WITH.match(statement):
        statement = _after_with(statement)
    if _READS.match(statement):
        return frozenset()
    found = _WRITES.match(statement)
    if found is None:
        return frozenset({EVERYTHING})
    verb, table = found[1].upper(), found[2]
    if verb.startswith("DELETE"):
        return _reached(table)
    if verb != "UPDATE":
        return frozenset({table})
    columns = _set_columns(statement[found.end() :]) if found[3] else None
    return frozenset(f"{table}.{name}" for name in columns) if columns else frozenset({table})


def _after_with(statement: str) -> str:
    """Return a statement from its own verb on: the tables before it are read (SQLite)."""
    depth = 0
    for found in _PIECES.finditer(statement):
        depth += (found[0] == "(") - (found[0] == ")")
        if depth == 0 and found[0][0] not in "()'":
            return statement[found.start() :]
    return ""


def _set_columns(assignments: str) -> set[str] | None:
    """Return the columns in `a=?, b=(b + ?) WHERE …`, None where that cannot be read."""
    depth, part, parts = 0, "", []
    for piece in re.split(r"([(),]|'[^']*'|\bWHERE\b|\bFROM\b|\bRETURNING\b)", assignments):
        if piece in {"WHERE", "FROM", "RETURNING"} and depth == 0:
            break
        if piece == "," and depth == 0:
            parts.append(part)
            part = ""
            continue
        depth += (piece == "(") - (piece == ")")
        part += piece
    names = [re.match(r'\s*"?(\w+)"?\s*=', one) for one in [*parts, part]]
    return {name[1] for name in names if name} if all(names) else None


@cache
def _reached(table: str) -> frozenset[str]:
    reached, new = {table}, {table}
    while new:
        new = {
            other.name
            for other in Base.metadata.tables.values()
            for key in other.foreign_keys
            if key.ondelete and key.column.table.name in new
        } - reached
        reached |= new
    return frozenset(reached)


def once_a_round(wrote: Callable[[], bool], tell: Callable[[], None]) -> Callable[[], None]:
    """Return what asks at most once in each round of the running loop, and tells if so.

    What runs in one round was waiting for it when the round began: whoever asks later in it
    came before the look, and learns of all that was committed before they came.
    """
    loop, looked = asyncio.get_running_loop(), False

    def next_round() -> None:
        nonlocal looked
        looked = False

    def look_once() -> None:
        nonlocal looked
        if not looked:
            looked = True
            loop.call_soon(next_round)
            if wrote():
                tell()

    return look_once


class Neighbours:
    """Tells whether another process wrote to the SQLite file.

    `PRAGMA data_version` changes on a connection when another one has committed. In this
    process all writes go over one connection, so what it sees there is another's doing. While
    it is in a transaction nobody else can write.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._seen = self._ask()
        self.busy = False
        """In a transaction, which a thread may be committing just now: not to be asked."""

    def wrote(self) -> bool:
        """Return whether another process committed since this was last asked."""
        if self.busy:
            return False
        return self.wrote_before()

    def wrote_before(self) -> bool:
        """Return the same from inside the transaction: whether somebody wrote before it."""
        before, self._seen = self._seen, self._ask()
        return before != self._seen

    def _ask(self) -> int:
        # All rows are fetched: a cursor left open would hold the file as it is now.
        return int(self._connection.execute("PRAGMA data_version").fetchall()[0][0])
