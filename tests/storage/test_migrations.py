"""The migrations make the very tables that `storage.tables` describes, on both databases."""

from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import UnavailableError
from fedi_k12.domain.search_query import parse
from storage import migrate
from storage.db import open_engine
from storage.post_writes import insert_posts
from storage.search import Bounds, find
from storage.search_words import is_of_the_index
from storage.tables import AccountRow, Base, MediaRow
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


async def test_posts_from_before_are_found_by_all_that_they_say(url):
    await migrate.upgrade(url)
    engine = open_engine(url, writer=True)
    now = datetime(2026, 9, 1, tzinfo=UTC)
    async with AsyncSession(engine) as session, session.begin():
        session.add(
            AccountRow(
                id=1, uri="https://a.example", username="a", username_key="a", created_at=now
            )
        )
        await session.flush()
        await insert_posts(
            session,
            [
                {
                    "id": number, "uri": f"https://a.example/{number}", "account_id": 1,
                    "local": True, "visibility": "public", "thread_id": number,
                    "content": "<p>Volcanoes</p>", "created_at": now, "received_at": now,
                }
                for number in range(1, 6)
            ],
        )  # fmt: skip
        session.add(
            MediaRow(account_id=1, post_id=3, kind="image", alt="A bee", created_at=now)
        )

    async with engine.begin() as connection:
        await connection.run_sync(_anew, "0030")
    async with AsyncSession(engine) as session:
        found = {
            q: await find(
                session, parse(q), viewer_id=1, own_host="a.example", bounds=Bounds(9)
            )
            for q in ("volcano", "bee has:image", "from:me language:en")
        }
    await engine.dispose()

    assert found == {
        "volcano": [5, 4, 3, 2, 1],
        "bee has:image": [3],
        "from:me language:en": [],
    }


def _anew(connection: Connection, back_to: str) -> None:
    """Undo the newest migrations, and do them again."""
    config = Config()
    config.set_main_option("script_location", str(migrate._MIGRATIONS))
    config.attributes["connection"] = connection
    command.downgrade(config, back_to)
    command.upgrade(config, "head")
