"""What a statement writes is read out of it; what cannot be read writes everything."""

import asyncio

import pytest
from sqlalchemy import text

from fedi_k12.domain.writes import WORK, Changes
from storage.changes import once_a_round, writes
from tests.databases import POSTGRESQL


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("SELECT post.id FROM post WHERE x = 'UPDATE post SET a'", set()),
        ("PRAGMA data_version", set()),
        ("SAVEPOINT sa_savepoint_1", set()),
        ("INSERT INTO mute (id) VALUES (?) ON CONFLICT DO NOTHING RETURNING id", {"mute"}),
        ("INSERT OR REPLACE INTO mute (id) VALUES (?)", {"mute"}),
        ("UPDATE job SET state=?, kind=? WHERE job.id = ?", {"job.state", "job.kind"}),
        (
            "UPDATE account SET posts_count=(account.posts_count + ?), "
            "last_post_at=coalesce(?, account.last_post_at) WHERE account.id = ?",
            {"account.posts_count", "account.last_post_at"},
        ),
        ("UPDATE post SET content='a, b=c WHERE' WHERE id = 1", {"post.content"}),
        ("UPDATE post SET (a, b) = (SELECT 1, 2)", {"post"}),
        (
            "WITH due AS (SELECT id FROM job WHERE x = 'DELETE') UPDATE job SET state=? "
            "WHERE job.id IN (SELECT id FROM due)",
            {"job.state"},
        ),
        ("WITH a AS (SELECT 1) SELECT * FROM a", set()),
        ("CREATE TABLE more (id INTEGER)", {"*"}),
        ("REPLACE INTO mute (id) VALUES (1)", {"*"}),
        ("WITH what", {"*"}),
    ],
)  # fmt: skip
def test_writes_are_read_out_of_a_statement(statement, names):
    assert writes(statement) == names


def test_rows_that_go_take_along_what_hangs_on_them():
    assert {"post", "home_entry", "favourite", "poll", "poll_option"} <= writes(
        "DELETE FROM post WHERE post.id = ?"
    )


def test_watch_counts_all_but_what_it_was_told_to_let_pass():
    changes = Changes()
    watch = changes.watch(but={"job", "account.posts_count"})
    for names, counted in (
        ({"job"}, False),
        ({"job.state"}, False),
        ({"account.posts_count"}, False),
        ({"account.posts_count", "account.note"}, True),
        ({"account"}, True),
        ({"nobody knows"}, True),
        ({"*"}, True),
        (set(), False),
    ):
        before = watch.version
        changes.written(names)
        assert (watch.version != before) is counted, names


async def test_other_processes_are_asked_about_once_in_each_round_of_the_loop():
    asked, told = [], []

    def wrote():
        asked.append(len(asked))
        return len(asked) == 2

    look = once_a_round(wrote, lambda: told.append(len(asked)))
    look()
    look()
    assert (asked, told) == ([0], [])

    await asyncio.sleep(0)
    look()
    look()

    assert (asked, told) == ([0, 1], [2])


async def test_transaction_counts_before_its_caller_goes_on(database):
    await database.write(_nothing)
    # On PostgreSQL whoever listens to other processes says so (`storage.wire`).
    assert database.changes.exact is not POSTGRESQL
    watch = database.changes.watch(but=WORK)

    async def mark(session):
        await session.execute(text("UPDATE account SET note = ''"))

    await database.write(mark)
    assert watch.version == 1
    await database.write(_nothing)
    assert watch.version == 1


async def _nothing(_session):
    pass
