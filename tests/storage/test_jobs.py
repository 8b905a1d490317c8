"""The queue: taken once, kept until done, taken again when a worker died."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select

from fedi_k12.context import utc_now
from fedi_k12.domain.jobs import FederatePost, ProcessInbox, SweepStore
from storage import jobs, taking_over
from storage.tables import SeenRow
from storage.wire import Wire
from tests.databases import POSTGRESQL

DEAD = 7
"""The number of a worker that is not there."""


@pytest.fixture
def now():
    return utc_now()


async def take(database, lane="default", limit=10, *, now):
    return await database.write(jobs.claim, lane=lane, limit=limit, now=now)


async def test_a_job_is_taken_once(database, now):
    await database.write(jobs.enqueue, FederatePost(7), now=now)

    [row] = await take(database, now=now)

    assert msgspec.json.decode(row.payload, type=FederatePost) == FederatePost(7)
    assert await take(database, now=now) == []


async def test_jobs_are_taken_in_the_order_they_are_due(database, now):
    for number in range(5):
        await database.write(jobs.enqueue, FederatePost(number), now=now)

    rows = await take(database, limit=3, now=now)

    assert [msgspec.json.decode(row.payload)["post_id"] for row in rows] == [0, 1, 2]


async def test_a_job_for_later_waits(database, now):
    later = now + timedelta(hours=1)
    await database.write(jobs.enqueue, SweepStore(), now=now, due_at=later)

    assert await take(database, now=now) == []
    assert len(await take(database, now=later)) == 1


async def test_lanes_are_apart(database, now):
    await database.write(jobs.enqueue, ProcessInbox("{}", "https://a.example/x"), now=now)

    assert await take(database, "default", now=now) == []
    assert len(await take(database, "inbox", now=now)) == 1


async def test_a_job_whose_worker_died_is_taken_again(database, now):
    await database.write(jobs.enqueue, FederatePost(1), now=now)
    await take(database, now=now)

    [row] = await take(database, now=now + jobs.LEASE + timedelta(seconds=1))

    assert row.attempts == 2


async def test_at_a_lone_start_what_was_being_done_is_put_back(database, now):
    await database.write(jobs.enqueue, FederatePost(1), now=now)
    await take(database, now=now)

    assert await database.write(jobs.release_all) == 1

    assert len(await take(database, now=now)) == 1


async def test_a_job_that_is_done_is_gone(database, now):
    await database.write(jobs.enqueue, FederatePost(1), now=now)
    [row] = await take(database, now=now)

    await database.write(jobs.finish, [row.id])

    assert await take(database, now=now + timedelta(days=1)) == []


async def test_a_job_given_up_is_kept_but_not_taken(database, now):
    await database.write(jobs.enqueue, FederatePost(1), now=now)
    [row] = await take(database, now=now)

    await database.write(jobs.retry, row.id, due_at=None, error="no use")

    assert await take(database, now=now + timedelta(days=365)) == []


async def test_an_id_is_new_once(database, now):
    seen = [("https://a.example/1", "https://a.example/x")]

    first = await database.write(jobs.remember_new, seen, now=now)
    second = await database.write(jobs.remember_new, seen, now=now)

    assert (first, second) == ({"https://a.example/1"}, set())


async def test_an_id_given_twice_is_new_once(database, now):
    seen = [("https://b.example/1", "x"), ("https://a.example/1", "y")]

    new = await database.write(
        jobs.remember_new, [*seen, ("https://b.example/1", "z")], now=now
    )
    async with database.read() as session:
        actors = dict((await session.execute(select(SeenRow.uri, SeenRow.actor))).all())

    assert new == set(actors)
    assert actors == dict(seen)


async def test_adding_a_job_wakes_its_lane(database, announced, now):
    await database.write(jobs.enqueue_many, [FederatePost(1), ProcessInbox("{}", "x")], now=now)

    topics, news = announced[0]
    assert topics == {"jobs:default", "jobs:inbox"}
    assert not news


async def test_what_tells_of_one_thing_is_done_in_its_order(database, now):
    for number, about in enumerate(["this", "this", "that", None, "this"]):
        await database.write(jobs.enqueue, FederatePost(number), now=now, about=about)

    rounds = []
    while rows := await take(database, now=now):
        rounds.append([msgspec.json.decode(row.payload)["post_id"] for row in rows])
        assert await take(database, now=now) == []
        await database.write(jobs.finish, [row.id for row in rows])

    assert rounds == [[0, 2, 3], [1], [4]]


async def test_what_failed_once_still_goes_before_what_came_after_it(database, now):
    for number in range(2):
        await database.write(jobs.enqueue, FederatePost(number), now=now, about="this")
    [first] = await take(database, now=now)
    later = now + timedelta(minutes=5)
    await database.write(jobs.retry, first.id, due_at=later, error="down")

    assert await take(database, now=now) == []
    [again] = await take(database, now=later)
    assert again.id == first.id

    await database.write(jobs.retry, first.id, due_at=None, error="no use")
    [second] = await take(database, now=later)
    assert second.id != first.id


async def test_what_is_for_later_stands_in_nobodys_way(database, now):
    later = now + timedelta(hours=1)
    await database.write(jobs.enqueue, FederatePost(0), now=now, due_at=later, about="this")
    await database.write(jobs.enqueue, FederatePost(1), now=now, about="this")

    [row] = await take(database, now=now)

    assert msgspec.json.decode(row.payload)["post_id"] == 1


async def test_what_a_worker_has_taken_is_its_own_while_it_lives(database, database_url, now):
    """On PostgreSQL, where several share a store; a lone worker puts back all at its start."""
    if not POSTGRESQL:
        return
    wire = Wire(database_url, heard=lambda *_: None, changes=database.changes)
    wire.open()

    async def lost():
        async with database.read() as session:
            return await taking_over.lost(session)

    for worker in (wire.number, DEAD):
        await database.write(jobs.enqueue, FederatePost(worker), now=now)
        taken = {"lane": "default", "limit": 1, "now": now, "worker": worker}
        assert len(await database.write(jobs.claim, **taken)) == 1
    async with asyncio.timeout(10):
        while await lost() != {DEAD}:
            await asyncio.sleep(0.02)

    assert await database.write(taking_over.take_over, {DEAD}) == 1

    assert await lost() == set()
    [row] = await take(database, now=now)
    assert msgspec.json.decode(row.payload, type=FederatePost) == FederatePost(DEAD)
    await wire.close()
    assert await lost() == {wire.number}
