"""Which statements each test sends to the store, and the tests that send all of them.

The run on SQLite notes the statements of each test. The run on PostgreSQL after it leaves out
tests that send nothing which others do not send as well: what they hold is no different there.
"""

import json
import os
import re
import shutil
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from sqlalchemy import Engine, event

WISH = os.environ.get("TEST_STATEMENTS", "")
"""`note` what is sent, or `choose` by what was noted; without it neither is done."""
NOTES = Path(__file__).parent.parent / "build" / "statements"
TIMES = 2
"""Each statement is sent by so many tests at least, where there are so many."""
ALWAYS = ("tests/storage/", "tests/hostile/", "search")
"""Tests of what differs between the two stores."""
_WRITES = re.compile(
    r"(?:INSERT INTO|UPDATE) (?P<table>\w+) "
    r"(?:SET (?P<set>.*?)(?= WHERE|$)|\((?P<into>[^)]*)\))",
    re.DOTALL,
)
_COLUMN = re.compile(r"(\w+)(?:=|, |$)")
_MANY = re.compile(r"\((?:\(?[?],? ?\)?(?:, )?)+\)")


@dataclass
class Noted:
    """What is known of one test: its statements, and how long it took in seconds."""

    statements: set[int] = field(default_factory=set)
    seconds: float = 0.0


class Notes:
    """A plugin that notes the statements of whatever test is running in this process."""

    def __init__(self) -> None:
        self.tests: dict[str, Noted] = {}
        self._now = Noted()
        self._parts: dict[tuple[str, tuple[str, ...]], frozenset[int]] = {}

    def pytest_sessionstart(self) -> None:
        """Begin, with nothing left from before."""
        if os.environ.get("PYTEST_XDIST_WORKER") is None:
            shutil.rmtree(NOTES, ignore_errors=True)
        event.listen(Engine, "before_cursor_execute", self._sent)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note what is sent from now on for this test."""
        self._now = self.tests.setdefault(nodeid, Noted())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add how long a part of a test took."""
        self.tests.setdefault(report.nodeid, Noted()).seconds += report.duration

    def pytest_sessionfinish(self) -> None:
        """Leave what was noted in a file."""
        event.remove(Engine, "before_cursor_execute", self._sent)
        NOTES.mkdir(parents=True, exist_ok=True)
        said = {
            name: (sorted(one.statements), one.seconds)
            for name, one in self.tests.items()
            if one.statements
        }
        worker = os.environ.get("PYTEST_XDIST_WORKER", "one")
        (NOTES / f"{worker}.json").write_text(json.dumps(said))

    def _sent(self, _c: Any, _r: Any, statement: str, parameters: Any, *_: Any) -> None:
        first = parameters[0] if parameters and isinstance(parameters, list) else parameters
        # What is wrong for PostgreSQL alone is often the kind of a value.
        kinds = tuple("" if value is None else type(value).__name__ for value in first)
        if (statement, kinds) not in self._parts:
            self._parts[statement, kinds] = parts(statement, kinds)
        self._now.statements |= self._parts[statement, kinds]


def parts(statement: str, kinds: tuple[str, ...]) -> frozenset[int]:
    """Return numbers for what a statement does: each column that is written is one."""
    if found := _WRITES.match(statement):
        table, columns = found["table"], _COLUMN.findall(found["set"] or found["into"])
        said = [
            f"{table}.{column} {kind}" for column, kind in zip(columns, kinds, strict=False)
        ]
        said.append(_MANY.sub("", statement[found.end() :]) + table)
    else:
        said = [_MANY.sub("(?)", statement) + " ".join(sorted(set(kinds)))]
    return frozenset(crc32(one.encode()) for one in said)


def chosen(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests that together send all statements, in their order.

    A test that nothing is known of is among them. Raises FileNotFoundError without any notes.
    """
    known: dict[str, Noted] = {}
    for file in NOTES.glob("*.json"):
        for name, (statements, seconds) in json.loads(file.read_text()).items():
            known[name] = Noted(set(statements), seconds)
    if not known:
        raise FileNotFoundError(f"Nothing was noted in {NOTES}: run the tests on SQLite first.")
    kept = {
        item.nodeid
        for item in items
        if item.nodeid not in known or any(part in item.nodeid for part in ALWAYS)
    }
    missing: dict[int, int] = {}
    for item in items:
        for one in known.get(item.nodeid, Noted()).statements:
            missing[one] = min(missing.get(one, 0) + 1, TIMES)

    def take(name: str) -> None:
        kept.add(name)
        for one in known[name].statements & missing.keys():
            missing[one] -= 1
            if not missing[one]:
                del missing[one]

    def worth(name: str) -> float:
        return len(known[name].statements & missing.keys()) / (known[name].seconds + 0.05)

    for name in kept & known.keys():
        take(name)
    # What a test is worth only falls while others are taken.
    heap = [(-worth(item.nodeid), item.nodeid) for item in items if item.nodeid not in kept]
    heapify(heap)
    while missing:
        _, name = heappop(heap)
        now = -worth(name)
        if heap and now > heap[0][0]:
            heappush(heap, (now, name))
        else:
            take(name)
    return [item for item in items if item.nodeid in kept]
