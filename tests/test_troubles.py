"""What the server stands on fails: nothing acknowledged is lost, and it is said plainly."""

import asyncio
import errno
import socket
import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError, PendingRollbackError

from federation import deliver
from fedi_k12 import worker
from fedi_k12.domain.jobs import FederatePost, SweepStore
from fedi_k12.domain.troubles import Part, Troubles
from fedi_k12.guard_names import MANY, Names
from fedi_k12.timekeeping import Timekeeper, keep_time
from fedi_k12.worker import Worker
from storage import deliveries, jobs, trouble
from storage.db import open_database
from storage.tables import DeliveryRow, JobRow
from storage.trouble import in_words, is_trouble, until_written, watch
from tests import owing
from tests.databases import sqlite_url


def broken(code: int, said: str) -> OperationalError:
    error = sqlite3.OperationalError(said)
    error.sqlite_errorcode = code
    return OperationalError("SELECT", None, error)


async def until(condition, *, seconds=5.0):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("error", "so", "sentence"),
    [
        (broken(sqlite3.SQLITE_FULL, "database or disk is full"), True, "is full"),
        (broken(sqlite3.SQLITE_IOERR, "disk I/O error"), True, "read or written"),
        (broken(sqlite3.SQLITE_BUSY, "database is locked"), True, "Another program"),
        (broken(sqlite3.SQLITE_ERROR, "no such table: x"), False, ""),
        (OSError(errno.ENOSPC, "No space left on device: /secret/place"), True, "is full"),
        (OSError(errno.ENOENT, "No such file"), False, ""),
        (ConnectionRefusedError("10.1.2.3:5432"), True, "does not answer"),
        (PendingRollbackError("Can't reconnect until it is rolled back"), True, "answer"),
        (PendingRollbackError("This Session's transaction has been rolled back"), False, ""),
        (ValueError("disk is full"), False, ""),
    ],
    ids=[
        "full",
        "broken",
        "locked",
        "a wrong statement",
        "files",
        "none",
        "refused",
        "cut off",
        "a fault",
        "other",
    ],
)
def test_the_troubles_of_the_store_are_told_from_others(error, so, sentence):
    assert is_trouble(error) == so
    if so:
        assert sentence in in_words(error)
        assert "secret" not in in_words(error)
        assert "10.1" not in in_words(error)


async def test_a_full_disk_lets_no_acknowledged_write_vanish(tmp_path):
    """SQLite takes back a whole transaction then: what others wrote before it is gone too."""
    troubles = Troubles()
    database = open_database(
        sqlite_url(tmp_path), on_commit=lambda *_said: None, troubles=troubles
    )

    async def run(session, *statements):
        for statement in statements:
            await session.execute(text(statement))

    async def put(session, number, size):
        row = {"n": number, "size": size}
        await session.execute(text("INSERT INTO kept VALUES (:n, zeroblob(:size))"), row)
        return number

    await database.write(run, "CREATE TABLE kept (n INTEGER, b BLOB)")
    await database.write(run, "PRAGMA max_page_count = 40")

    said = await asyncio.gather(
        *(database.write(put, n, 400_000 if n == 3 else 10) for n in range(6)),
        return_exceptions=True,
    )

    async with database.read() as session:
        kept = set(await session.scalars(text("SELECT n FROM kept")))
    assert {one for one in said if isinstance(one, int)} == kept
    assert all(is_trouble(one) for one in said if not isinstance(one, int))
    assert "is full" in troubles.of(Part.STORE).sentence
    assert await database.write(put, 9, 10) == 9
    await database.close()


async def test_who_holds_the_file_holds_up_only_writes_and_those_not_for_ever(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("storage.lock.LOCK_SECONDS", 0.2)
    database = open_database(sqlite_url(tmp_path), on_commit=lambda *_said: None)

    async def make(session):
        await session.execute(text("CREATE TABLE kept (n INTEGER)"))

    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    slowest, waiting = 0.0, asyncio.create_task(database.write(make))
    while not waiting.done():
        before = asyncio.get_running_loop().time()
        await asyncio.sleep(0.01)
        slowest = max(slowest, asyncio.get_running_loop().time() - before)
    assert is_trouble(waiting.exception())
    assert slowest < 0.2
    other.execute("ROLLBACK")

    await database.write(make)

    other.close()
    await database.close()


async def test_a_trouble_is_told_once_and_again_when_it_is_over():
    told = []
    troubles = Troubles(lambda one, over: told.append((one.part, one.sentence, over)))

    troubles.begin(Part.STORE, "Full.")
    troubles.begin(Part.STORE, "Full.")
    troubles.begin(Part.STORE, "Gone.")
    troubles.end(Part.STORE)
    troubles.end(Part.STORE)

    assert told == [
        ("store", "Full.", False),
        ("store", "Gone.", False),
        ("store", "Gone.", True),
    ]


async def test_ready_again_as_soon_as_something_can_be_written(client, ctx, monkeypatch):
    monkeypatch.setattr(trouble, "AGAIN", 0.01)
    ctx.troubles.begin(Part.STORE, "The disk of the store is full.")
    answer = await client.get("/readyz")
    assert answer.status == 503
    assert "disk of the store is full" in await answer.text()

    watching = asyncio.create_task(watch(ctx.write, ctx.troubles))
    await until(lambda: not ctx.troubles.now)

    watching.cancel()
    answer = await client.get("/readyz")
    assert (answer.status, await answer.text()) == (200, "ready\n")


async def test_what_is_done_is_written_down_as_soon_as_that_is_possible(ctx, monkeypatch):
    monkeypatch.setattr(trouble, "AGAIN", 0.01)
    failures = [broken(sqlite3.SQLITE_FULL, "disk is full")] * 3

    async def write(fn, *args):
        if failures:
            raise failures.pop()
        return await ctx.write(fn, *args)

    async def answer(session):
        del session
        return "written"

    assert await until_written(write, answer) == "written"
    failures.append(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        await until_written(write, answer)


async def test_a_store_that_fails_ends_no_lane(ctx, monkeypatch):
    """Not the one either that looks what is due every hour."""
    done = []

    async def handle(ctx, job):
        del ctx
        done.append(job)
        if len(done) == 1:
            raise broken(sqlite3.SQLITE_FULL, "disk is full")

    fails = [True]

    async def enqueue(session, *, job, now):
        if fails.pop() if fails else False:
            raise broken(sqlite3.SQLITE_FULL, "disk is full")
        await jobs.enqueue(session, job, now=now)

    monkeypatch.setattr(worker, "_enqueue", enqueue)
    monkeypatch.setattr(worker, "PERIODIC_SECONDS", 0.01)
    monkeypatch.setattr(worker, "IDLE", 0.01)
    monkeypatch.setattr(worker, "JOB_HANDLERS", dict.fromkeys(worker.JOB_HANDLERS, handle))
    running = Worker(ctx)

    await running.start(alone=True)

    await until(lambda: done.count(SweepStore()) > 1 or len(done) > len(set(done)))
    await running.stop(patience=2)
    async with ctx.read() as session:
        tried = set(await session.scalars(select(JobRow.attempts)))
    assert tried <= {0}


async def test_a_delivery_whose_worker_died_is_taken_up(ctx, clock, monkeypatch, make_member):
    maya = await make_member("maya")
    await owing.owe(ctx, maya.account.id, "http://far.example/in")
    await ctx.write(deliveries.claim, limit=5, now=ctx.clock())
    clock.advance(seconds=deliveries.LEASE.total_seconds() + 1)
    tried = []

    async def deliver(ctx):
        tried.extend(await ctx.write(deliveries.claim, limit=5, now=ctx.clock()))
        return 0

    monkeypatch.setattr(worker, "run_deliveries", deliver)
    running = Worker(ctx)

    await running.start(alone=False)

    await until(lambda: tried)
    await running.stop(patience=2)


async def test_nothing_waits_for_a_moment_that_a_wrong_clock_gave_it(ctx, clock):
    keeper = Timekeeper(ctx.clock)
    clock.advance(hours=3)
    moved = await keep_time(ctx, keeper)
    assert timedelta(hours=2.9) < moved < timedelta(hours=3.1)
    assert "forward" in ctx.troubles.of(Part.CLOCK).sentence
    calendar = ctx.clock() + timedelta(days=1)
    await ctx.write(jobs.enqueue, FederatePost(1), now=ctx.clock())
    await ctx.write(jobs.enqueue, FederatePost(2), now=ctx.clock(), due_at=calendar)

    clock.advance(hours=-3)
    await keep_time(ctx, keeper)

    assert "back" in ctx.troubles.of(Part.CLOCK).sentence
    async with ctx.read() as session:
        due = sorted(await session.scalars(select(JobRow.due_at)))
    assert due[0] <= ctx.clock()
    assert due[1] == calendar
    assert await keep_time(ctx, keeper) == timedelta(0)


def test_a_resolver_that_does_not_answer_is_told_from_names_that_nobody_has():
    troubles = Troubles()
    names = Names(troubles)
    silent = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    for number in range(MANY):
        names.failed(f"{number}.example", socket.gaierror(socket.EAI_NONAME, "unknown"))
        names.failed("one.example", OSError("DNS").with_traceback(None))
        names.failed("one.example", silent)
    assert not troubles.now

    for number in range(MANY):
        names.failed(f"{number}.example", silent)

    assert troubles.of(Part.NAMES) is not None
    names.found()
    assert not troubles.now


async def test_while_no_name_is_found_no_server_is_blamed(
    ctx, resolver, make_member, monkeypatch
):
    """A delivery is put back untried, as often as it takes."""
    maya = await make_member("maya")
    names = [f"far{number}.example" for number in range(MANY + 2)]

    async def silent(*_asked):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(resolver, "resolve", silent)
    await owing.owe(ctx, maya.account.id, *(f"http://{name}/in" for name in names))

    await worker.run_until_idle(ctx)

    async with ctx.read() as session:
        tried = sorted(await session.scalars(select(DeliveryRow.attempts)))
    assert tried.count(0) >= 2
    assert ctx.troubles.of(Part.NAMES) is not None


async def test_hosts_that_died_take_no_place_from_others(
    ctx, resolver, remote, make_member, monkeypatch
):
    monkeypatch.setattr(deliver, "AT_ONCE", 4)
    monkeypatch.setattr(deliver, "YOUNG_SECONDS", 0.05)
    monkeypatch.setattr(deliver, "SLOW_SECONDS", 0.1)
    lines = []

    class Silent(asyncio.Protocol):
        def connection_made(self, transport):
            lines.append(transport)

    silent = await asyncio.get_running_loop().create_server(Silent, "127.0.0.1", 0)
    dead = [f"dead{number}.example" for number in range(12)]
    resolver.ports |= dict.fromkeys(dead, silent.sockets[0].getsockname()[1])
    maya = await make_member("maya")
    for number, names in enumerate((dead, dead, [remote.host])):
        await owing.owe(
            ctx,
            maya.account.id,
            *(f"http://{name}/inbox" for name in names),
            number=number,
            body=b'{"type": "Create"}',
        )
    running = Worker(ctx)

    await running.start(alone=False)

    await until(lambda: remote.delivered, seconds=3.0)
    async with ctx.read() as session:
        assert await deliveries.count_waiting(session) >= len(dead) * 2
    await running.stop(patience=0.1)
    for line in lines:
        line.abort()
    silent.close()
    await silent.wait_closed()
