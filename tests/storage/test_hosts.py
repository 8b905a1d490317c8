"""What is known of other servers: whether they answer, and when they are left in peace."""

from datetime import timedelta

import pytest

from fedi_k12.context import utc_now
from storage import hosts
from storage.tables import HostRow

HOST = "remote.example"


@pytest.fixture
def now():
    return utc_now()


@pytest.fixture
def row(database):
    async def run():
        async with database.read() as session:
            return await session.get(HostRow, HOST)

    return run


@pytest.fixture
def paused(database):
    async def run(now):
        async with database.read() as session:
            return await hosts.paused_hosts(session, now=now)

    return run


async def fail(database, now, times):
    for _ in range(times):
        await database.write(hosts.note_failures, [HOST], now=now)


async def test_a_few_failures_are_borne(database, now, paused):
    await fail(database, now, hosts.BREAKER_FAILURES - 1)

    assert await paused(now) == set()


async def test_many_failures_pause_deliveries_for_a_while(database, now, paused):
    await fail(database, now, hosts.BREAKER_FAILURES)

    assert await paused(now) == {HOST}
    assert await paused(now + hosts.BREAKER_PAUSE + timedelta(seconds=1)) == set()


async def test_failures_told_together_count_each_for_its_own_host(database, now, paused):
    names = ["other.example", *[HOST] * hosts.BREAKER_FAILURES]
    await database.write(hosts.note_failures, names, now=now)

    assert await paused(now) == {HOST}


async def test_failures_far_apart_do_not_add_up(database, now, paused):
    for number in range(hosts.BREAKER_FAILURES * 2):
        await fail(database, now + number * (hosts.BREAKER_WINDOW * 2), 1)

    assert await paused(now) == set()


@pytest.mark.parametrize("sign", [hosts.heard_from, hosts.note_success, None])
async def test_a_sign_of_life_ends_the_pause(database, now, paused, row, sign):
    await fail(database, now, hosts.BREAKER_FAILURES)

    if sign is None:
        await database.write(hosts.resume, HOST)
    else:
        await database.write(sign, HOST, now=now)

    assert await paused(now) == set()
    if sign is not None:
        assert (await row()).failures == 0


async def test_a_week_of_failing_days_means_gone_until_it_speaks(database, now, row):
    for day in range(hosts.UNAVAILABLE_DAYS):
        await fail(database, now + timedelta(days=day), 1)
    assert (await row()).unavailable_at is not None

    await database.write(hosts.heard_from, HOST, now=now)

    assert (await row()).unavailable_at is None


async def test_hosts_are_counted(database, now):
    await database.write(hosts.heard_from, HOST, now=now)
    await database.write(hosts.heard_from, "other.example", now=now)

    async with database.read() as session:
        assert await hosts.count(session) == 2
