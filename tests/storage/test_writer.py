"""Writes: durable when they return, and one caller's mistake is no other's."""

import asyncio
import sqlite3
from contextlib import suppress

import pytest
from sqlalchemy import select, text

from fedi_k12.domain.errors import UnavailableError
from fedi_k12.domain.news import PostArrived
from storage.db import GroupWriter, signal_after_commit, tell_after_commit
from storage.tables import SiteRow
from tests.databases import POSTGRESQL


async def keep(session, name, value=1):
    session.add(SiteRow(name=name, value={"is": value}))
    await session.flush()
    return name


async def names(database):
    async with database.read() as session:
        return set(await session.scalars(select(SiteRow.name)))


async def test_a_write_returns_what_its_function_returned(database):
    assert await database.write(keep, "one", value=7) == "one"

    assert await names(database) == {"one"}


async def test_a_write_that_fails_leaves_nothing_and_says_why(database):
    async def fail(session):
        await keep(session, "half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.write(fail)

    assert await names(database) == set()


async def test_one_failure_among_many_waiting_writes_is_alone(database):
    await database.write(keep, "taken")

    results = await asyncio.gather(
        *(database.write(keep, f"n{number}") for number in range(20)),
        database.write(keep, "taken"),
        return_exceptions=True,
    )

    assert [result for result in results if isinstance(result, Exception)] != []
    assert await names(database) == {"taken", *(f"n{number}" for number in range(20))}


async def test_whoever_does_the_same_at_the_same_moment_is_done_again(database):
    """Two that look, find nothing and add it: on PostgreSQL one of them runs into the other."""
    looked = asyncio.Barrier(2)

    async def add_if_missing(session):
        if await session.get(SiteRow, "one") is not None:
            return "was there"
        with suppress(TimeoutError, asyncio.BrokenBarrierError):
            await asyncio.wait_for(looked.wait(), 0.2)
        await keep(session, "one")
        return "added"

    said = await asyncio.gather(database.write(add_if_missing), database.write(add_if_missing))

    assert sorted(said) == ["added", "was there"]


async def test_waiting_writes_share_a_commit(database):
    if POSTGRESQL:
        assert not isinstance(database.write, GroupWriter)
        return
    commits = []
    commit = database.write._commit_group

    async def counted(connection, neighbours):
        commits.append(1)
        await commit(connection, neighbours)

    database.write._commit_group = counted

    await asyncio.gather(*(database.write(keep, f"n{number}") for number in range(50)))

    assert len(commits) < 5


async def test_what_was_written_is_on_disk_when_the_call_returns(database, database_url):
    if POSTGRESQL:
        async with database.read() as session:
            asked = text("SELECT source FROM pg_settings WHERE name = 'synchronous_commit'")
            # Durable unless the operator (or the tests' own server) says otherwise.
            assert await session.scalar(asked) not in {"session", "client", "user"}
        return

    await database.write(keep, "durable")

    other = sqlite3.connect(database_url.partition("///")[2])
    found = other.execute("SELECT name FROM site").fetchall()
    mode = other.execute("PRAGMA journal_mode").fetchone()
    other.close()
    assert found == [("durable",)]
    assert mode == ("wal",)


async def test_news_is_announced_after_the_commit_and_not_after_a_failure(database, announced):
    async def tell(session, name):
        await keep(session, name)
        signal_after_commit(session, f"about {name}")
        tell_after_commit(session, PostArrived(1), PostArrived(2))

    async def tell_and_fail(session):
        signal_after_commit(session, "nothing")
        tell_after_commit(session, PostArrived(3))
        raise ValueError("no")

    await database.write(tell, "one")
    with pytest.raises(ValueError, match="no"):
        await database.write(tell_and_fail)

    assert announced == [({"about one"}, [PostArrived(1), PostArrived(2)])]


async def test_a_reader_cannot_write(database):
    if POSTGRESQL:
        return

    async with database.read() as session:
        with pytest.raises(Exception, match="readonly"):
            await session.execute(text("DELETE FROM site"))


async def test_a_closed_database_takes_no_more_writes(database):
    if POSTGRESQL:
        return
    await database.write.close()

    with pytest.raises(UnavailableError):
        await database.write(keep, "late")
