"""SQLite reads timelines in the order of an index, however many posts there are."""

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import utc_now
from fedi_k12.domain.paging import PageRequest
from storage import timelines
from storage.db import open_engine
from storage.tables import TagRow
from storage.tables.base import Base
from tests.databases import sqlite_url

READER = 7
PAGE = PageRequest(limit=20, max_id=1 << 60)


def public(session, **only):
    kinds = {"local": False, "remote": False, "only_media": False} | only
    return timelines.public(session, READER, PAGE, **kinds)


def tagged(session, *names):
    return timelines.tagged(session, READER, PAGE, any_of=names)


READ = {
    "home": (lambda session: timelines.home(session, READER, PAGE), "home_entry USING PRIMARY"),
    "public": (public, "post USING INDEX ix_post_public "),
    "local": (lambda session: public(session, local=True), "INDEX ix_post_public_local "),
    "a tag": (lambda session: tagged(session, "maths"), "post_tag_1 USING PRIMARY KEY (tag_"),
    "tags of few posts": (
        lambda session: tagged(session, "maths", "art"), "post USING INTEGER PRIMARY KEY",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
async def test_timelines_begin_with_the_index_that_has_their_order(tmp_path, name):
    engine, said = open_engine(sqlite_url(tmp_path), writer=True), []
    read, begins = READ[name]

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, _context, _many):
        said.append((statement, parameters))

    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        for at, tag in enumerate(("maths", "art"), 1):
            session.add(TagRow(id=at, name=tag, display=tag, created_at=utc_now()))
        await session.flush()

        await read(session)

        statement, parameters = said[-1]
        connection = await session.connection()
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        first, *others = [f"{row[3]} " for row in plan]
    await engine.dispose()
    assert begins in first
    assert not [
        step for step in others if "TEMP B-TREE FOR ORDER" in step and "few" not in name
    ]
