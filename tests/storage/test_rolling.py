"""While a release is rolled out, processes of the one before run on the store of the new one.

So a migration only adds: what an older process reads is still there, and what it writes is
still taken. What nobody uses any more goes a release later (`CONTRACTS`).
"""

from dataclasses import dataclass

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect

from storage import migrate
from storage.db import open_engine
from tests.databases import sqlite_url

SINCE = 81
"""The last revision before this rule."""
CONTRACTS: dict[str, str] = {}
"""Revisions that take something away, and the release since which nothing uses it."""
REVISIONS = [f"{number:04}" for number in range(SINCE + 1, int(migrate.HEAD) + 1)]


@dataclass(frozen=True)
class Form:
    """What a process that knows this store counts on."""

    columns: dict[str, str]
    """Types by `table.column`."""
    needed: frozenset[str]
    """Columns without which no row is taken."""
    held: frozenset[str]
    """What rows are held to: unique sets of columns, references, checks."""


def form_of(connection: Connection) -> Form:
    look = inspect(connection)
    columns, needed, held = {}, set(), set()
    for table in look.get_table_names():
        for column in look.get_columns(table):
            name = f"{table}.{column['name']}"
            columns[name] = str(column["type"])
            if not column["nullable"] and column["default"] is None:
                needed.add(name)
        held |= {
            f"{table} unique {sorted(one['column_names'])}"
            for one in [*look.get_unique_constraints(table), *look.get_indexes(table)]
            if one.get("unique", True)
        }
        held |= {
            f"{table} {one['constrained_columns']} is in {one['referred_table']}"
            for one in look.get_foreign_keys(table)
        }
        held |= {f"{table} check {one['sqltext']}" for one in look.get_check_constraints(table)}
    return Form(columns, frozenset(needed), frozenset(held))


def faults(old: Form, new: Form) -> list[str]:
    """Return what a process that knows the old form runs into on the new one."""
    tables = {name.partition(".")[0] for name in old.columns}

    def known(what: str) -> bool:
        return what.replace(".", " ").split()[0] in tables

    gone = [f"{name} is gone" for name in old.columns if name not in new.columns]
    other = [
        f"{name} is another type now"
        for name, kind in old.columns.items()
        if new.columns.get(name, kind) != kind
    ]
    needed = [f"{name} must be given now" for name in new.needed - old.needed if known(name)]
    held = [f"new rule: {rule}" for rule in new.held - old.held if known(rule)]
    return [*gone, *other, *needed, *held]


def to(connection: Connection, revision: str) -> Form:
    config = Config()
    config.set_main_option("script_location", str(migrate._MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    return form_of(connection)


async def test_processes_of_the_release_before_can_run_on(tmp_path):
    engine = open_engine(sqlite_url(tmp_path), writer=True)
    found = {}
    async with engine.begin() as connection:
        old = await connection.run_sync(to, f"{SINCE:04}")
        for revision in REVISIONS:
            new = await connection.run_sync(to, revision)
            if revision not in CONTRACTS and (wrong := faults(old, new)):
                found[revision] = wrong
            old = new
    await engine.dispose()

    assert found == {}


OLD = Form({"post.id": "INTEGER", "post.text": "VARCHAR"}, frozenset({"post.id"}), frozenset())


@pytest.mark.parametrize(
    ("columns", "needed", "held", "fault"),
    [
        ({"post.id": "INTEGER"}, (), (), "post.text is gone"),
        ({**OLD.columns, "post.text": "INTEGER"}, (), (), "post.text is another type now"),
        ({**OLD.columns, "post.a": "TEXT"}, ("post.a",), (), "post.a must be given now"),
        (OLD.columns, ("post.text",), (), "post.text must be given now"),
        (OLD.columns, (), ("post unique ['text']",), "new rule: post unique ['text']"),
        ({**OLD.columns, "card.id": "INTEGER"}, ("card.id",), ("card unique ['id']",), None),
        ({**OLD.columns, "post.a": "TEXT"}, (), (), None),
    ],
    ids=["gone", "type", "new and needed", "needed", "unique", "new table", "new column"],
)
def test_what_an_older_process_runs_into_is_found(columns, needed, held, fault):
    new = Form(columns, frozenset({"post.id", *needed}), frozenset(held))

    assert faults(OLD, new) == ([fault] if fault else [])
