"""A PostgreSQL that says nothing counts as gone."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from storage.pool import open_postgresql
from storage.trouble import in_words, is_trouble
from tests.databases import PostgresServer


@pytest.fixture
async def engine():
    server = PostgresServer()
    url = await server.create()
    engine = open_postgresql(url, connections=1, answer_seconds=0.5)
    yield engine
    await engine.dispose()
    await server.drop(url)


async def test_what_is_not_answered_in_time_is_trouble_of_the_store(engine):
    async with engine.connect() as connection:
        with pytest.raises(OperationalError) as caught:
            await connection.execute(text("SELECT pg_sleep(30)"))

    assert is_trouble(caught.value)
    assert in_words(caught.value) == "The store does not answer."


async def test_a_connection_that_went_silent_is_not_asked_again(engine):
    async with engine.connect() as connection:
        process = await connection.scalar(text("SELECT pg_backend_pid()"))
        with pytest.raises(OperationalError):
            await connection.execute(text("SELECT pg_sleep(30)"))

    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT pg_backend_pid()")) != process
