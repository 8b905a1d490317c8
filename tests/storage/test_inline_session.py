"""Sessions on SQLite, whose statements run in the loop."""

import asyncio

import pytest
from sqlalchemy import literal, select, union_all

from storage.db import open_database


@pytest.fixture
async def database(tmp_path):
    opened = open_database(
        f"sqlite+aiosqlite:///{tmp_path}/store.db", on_commit=lambda *_told: None
    )
    yield opened
    await opened.close()


async def test_after_a_commit_a_session_waits_for_a_connection_as_at_first(database):
    sessions = [database.read() for _ in range(8)]
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
