"""What processes that share a store say to one another."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from fedi_k12.domain.news import AccessEnded, Notified, PostArrived, PostGone
from fedi_k12.domain.writes import WORK
from storage.db import open_database, signal_after_commit, tell_after_commit
from storage.wire import MAX_BYTES, Wire, packed, unpacked
from tests.databases import POSTGRESQL

NEWS = st.one_of(
    st.builds(PostArrived, st.integers(0, 2**63 - 1)),
    st.builds(Notified, st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1)),
    st.builds(AccessEnded, st.none() | st.integers(0, 2**63 - 1), st.none()),
)


@given(
    topics=st.lists(st.sampled_from(["jobs:inbox", "jobs:default", "deliveries"]), unique=True),
    news=st.lists(NEWS, max_size=400),
)
def test_what_is_packed_comes_out_whole_and_in_order(topics, news):
    parts = packed(topics, news)

    assert all(len(part.encode()) < MAX_BYTES + 100 for part in parts)
    heard = [unpacked(part) for part in parts]
    assert [one for _topics, some in heard for one in some] == news
    assert [topic for some, _news in heard for topic in some] == topics


def test_news_too_long_for_the_line_is_left_out():
    gone = PostGone(
        1, 2, "public", True, False, False, False, None, [], ["ä" * 400] * 30, [2**62] * 120
    )

    assert packed([], [gone, PostArrived(1)]) == [packed([], [PostArrived(1)])[0]]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '[[],[["Unheard", {}]]]', '[[],[["Notified", {}]]]']
)
def test_what_is_not_understood_is_passed_over(text):
    assert unpacked(text) == ([], [])


async def test_what_another_process_wrote_is_heard_before_it_is_asked_for(database_url):
    """As soon as the writer has its answer, whoever asks what is new is told of it."""
    if not POSTGRESQL:
        return
    own, beside = (open_database(database_url, on_commit=lambda *_: None) for _ in range(2))
    wire = Wire(database_url, heard=lambda *_: None, changes=own.changes, origin=own.origin)
    watch = own.changes.watch(but=WORK)

    async def work(session):
        await session.execute(text("DELETE FROM job"))

    async def mark(session):
        await session.execute(text("UPDATE account SET note = ''"))

    async def mark_and_fail(session):
        await mark(session)
        raise RuntimeError

    wire.open()
    try:
        async with asyncio.timeout(10):
            while not own.changes.exact:
                await own.changes.confirm()
                own.changes.look()
                await asyncio.sleep(0.01)
        for _ in range(20):
            before = watch.version
            await beside.write(mark)
            await own.changes.confirm()
            assert watch.version == before + 1
        with pytest.raises(RuntimeError):
            await beside.write(mark_and_fail)
        await beside.write(work)
        await own.write(mark)
        await own.changes.confirm()
        assert watch.version == before + 2
    finally:
        await wire.close()
        own.changes.look()
        assert not own.changes.exact
        await own.close()
        await beside.close()


async def test_line_that_broke_is_not_believed_until_it_is_back(database_url):
    if not POSTGRESQL:
        return
    own = open_database(database_url, on_commit=lambda *_: None)
    wire = Wire(database_url, heard=lambda *_: None, changes=own.changes, origin=own.origin)
    watch = own.changes.watch(but=WORK)

    async def exact():
        async with asyncio.timeout(10):
            while not own.changes.exact:
                await own.changes.confirm()
                own.changes.look()
                await asyncio.sleep(0.01)

    wire.open()
    try:
        await exact()
        before = watch.version
        async with own.read() as session:
            await session.execute(
                text("SELECT pg_terminate_backend(:pid)"),
                {"pid": wire._line.get_server_pid()},
            )
        async with asyncio.timeout(5):
            while own.changes.exact:
                await own.changes.confirm()
                own.changes.look()
                await asyncio.sleep(0.01)
        await exact()
        assert watch.version > before
    finally:
        await wire.close()
        await own.close()


async def test_one_process_hears_what_another_wrote(database_url):
    if not POSTGRESQL:
        return
    heard, ready = asyncio.Queue(), asyncio.Queue()
    other = Wire(database_url, heard=lambda *said: heard.put_nowait(said))
    own = Wire(database_url, heard=lambda *said: ready.put_nowait(said))
    database = open_database(database_url, on_commit=own.send)

    async def write(session):
        signal_after_commit(session, "jobs:inbox")
        tell_after_commit(session, PostArrived(7))

    other.open()
    own.open()
    try:
        async with asyncio.timeout(10):
            while ready.empty():
                other.send(["hello"], [])
                await asyncio.sleep(0.02)
        await database.write(write)
        async with asyncio.timeout(5):
            topics, news = await heard.get()
        assert (set(topics), news) == ({"jobs:inbox"}, [PostArrived(7)])
    finally:
        await other.close()
        await own.close()
        await database.close()
