"""Sessions on SQLite, whose statements run in the loop."""

import asyncio

import pytest
from sqlalchemy import literal, select, text, union_all

from fedi_k12.domain.errors import NotFoundError
from storage.built import columns
from storage.db import READERS, open_database
from storage.inline_session import InlineSession


@pytest.fixture
async def database(tmp_path):
    opened = open_database(
        f"sqlite+aiosqlite:///{tmp_path}/store.db", on_commit=lambda *_told: None
    )
    yield opened
    await opened.close()


async def test_after_a_commit_a_session_waits_for_a_connection_as_at_first(database):
    sessions = [database.read() for _ in range(READERS)]
    for session in sessions:
        await session.execute(select(1))
    first = sessions[0]
    await first.commit()
    late = database.read()
    await late.connection()

    waiting = asyncio.create_task(first.scalar(select(2)))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not waiting.done()
    await late.close()
    assert await waiting == 2

    for session in sessions:
        await session.close()


async def test_rows_are_read_before_the_next_statement_and_the_connection_is_one(database):
    async with database.read() as session:
        await session.execute(select(0))
        rows = await session.execute(union_all(*(select(literal(at)) for at in range(3))))
        connection = await session.connection()
        for row in rows:
            assert (await connection.execute(select(literal(row[0])))).scalar() == row[0]
        assert await session.connection() is connection
        assert connection.sync_connection is session.sync_session.connection()


async def test_a_write_that_takes_something_back_keeps_what_it_does_afterwards(database):
    async def make(session):
        await session.execute(text("CREATE TABLE kept (number INTEGER)"))

    async def put(session, number):
        connection = await session.connection()
        await connection.execute(text("INSERT INTO kept VALUES (:number)"), {"number": number})

    async def change_its_mind(session):
        await put(session, 1)
        await session.rollback()
        await put(session, 2)

    async def fail(session):
        await put(session, 3)
        await session.rollback()
        await put(session, 4)
        raise NotFoundError("Nothing")

    await database.write(make)
    done = await asyncio.gather(
        database.write(fail), database.write(change_its_mind), return_exceptions=True
    )

    assert isinstance(done[0], NotFoundError)
    async with database.read() as session:
        assert list(await session.scalars(text("SELECT number FROM kept"))) == [2]


async def test_whoever_stops_waiting_for_a_connection_takes_none_along(database):
    sessions = [database.read() for _ in range(READERS)]
    for session in sessions:
        await session.execute(select(1))

    async def read():
        async with database.read() as session:
            return await session.scalar(select(2))

    waiting = [asyncio.create_task(read()) for _ in range(2)]
    for _ in range(3):
        await asyncio.sleep(0)
    waiting[0].cancel()
    for session in sessions:
        await session.close()

    assert await waiting[1] == 2
    with pytest.raises(asyncio.CancelledError):
        await waiting[0]
    again = [database.read() for _ in range(READERS)]
    for session in again:
        await asyncio.wait_for(session.scalar(select(3)), 5)
        assert session.in_transaction()
    for session in again:
        await session.close()


async def test_a_session_may_not_end_the_transaction_of_others(database):
    async with database.engines[1].connect() as connection:
        with pytest.raises(ValueError, match="transaction of others"):
            InlineSession(connection)


async def test_what_is_asked_past_the_session_is_as_new_as_can_be_until_a_transaction_begins(
    database,
):
    async def make(session):
        await session.execute(text("CREATE TABLE kept (number INTEGER)"))

    async def put(session, number):
        await columns(session, text("INSERT INTO kept VALUES (:number)"), {"number": number})
        return await held(session)

    async def held(session):
        return list((await columns(session, text("SELECT number FROM kept"), {})).scalars())

    await database.write(make)
    async with database.read() as early, database.read() as late:
        assert await held(early) == []
        assert await database.write(put, 1) == [1]
        assert await held(early) == [1]
        assert not early.in_transaction()
        assert list(await late.scalars(text("SELECT number FROM kept"))) == [1]
        await database.write(put, 2)

        assert (await held(early), await held(late)) == ([1, 2], [1])
