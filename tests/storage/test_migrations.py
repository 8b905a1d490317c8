"""The migrations make the very tables that `storage.tables` describes, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from fedi_k12.domain.errors import UnavailableError
from storage import migrate
from storage.db import open_engine
from storage.search import is_of_the_index
from storage.tables import Base
from tests.databases import PostgresServer, sqlite_url


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request, tmp_path):
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
        return
    server = PostgresServer()
    made = await server.create()
    yield made
    await server.drop(made)


async def test_migrations_from_zero_equal_the_tables(url):
    await migrate.upgrade(url)

    # What the migration makes beside the tables, because SQLAlchemy has no word for it.
    opts = {
        "compare_type": True,
        "include_name": lambda name, kind, parents: not is_of_the_index(name),
    }
    engine = open_engine(url, writer=True)
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts=opts), Base.metadata
            )
        )
    await engine.dispose()

    assert differences == []


async def test_a_store_that_is_up_to_date_is_left_alone(url):
    assert await migrate.upgrade(url) is True

    assert await migrate.upgrade(url) is False


async def test_a_store_of_a_newer_release_is_refused(url):
    await migrate.upgrade(url)
    engine = open_engine(url, writer=True)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await engine.dispose()

    with pytest.raises(UnavailableError, match="9999"):
        await migrate.upgrade(url)


def test_head_names_the_newest_revision():
    script = ScriptDirectory(str(migrate._MIGRATIONS))

    assert script.get_current_head() == migrate.HEAD
