"""The worker: does what is due, tries again what failed, and stops when asked."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from fedi_k12 import worker
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.jobs import FederatePost, RefreshAccount, SweepStore
from fedi_k12.guard import FetchError
from fedi_k12.worker import RETRY_DELAYS, Worker, run_default, run_until_idle
from storage import jobs
from storage.tables import JobRow


@pytest.fixture
def enqueue(ctx):
    async def run(job=None, **parts):
        await ctx.write(jobs.enqueue, job or FederatePost(1), now=ctx.clock(), **parts)

    return run


@pytest.fixture
def rows(ctx):
    async def run():
        async with ctx.read() as session:
            return list(await session.scalars(select(JobRow).order_by(JobRow.id)))

    return run


@pytest.fixture
def handled(monkeypatch):
    """Replace what does the jobs; return what was done, and let a test say what happens."""
    done = []

    class Handled(list):
        error = None

    seen = Handled(done)

    async def handle(ctx, job):
        del ctx
        seen.append(job)
        if seen.error is not None:
            raise seen.error

    monkeypatch.setattr(worker, "JOB_HANDLERS", dict.fromkeys(worker.JOB_HANDLERS, handle))
    return seen


async def test_a_job_that_is_done_is_forgotten(ctx, enqueue, rows, handled):
    await enqueue()

    assert await run_until_idle(ctx) == 1

    assert handled == [FederatePost(1)]
    assert await rows() == []


async def test_a_job_that_is_refused_is_not_tried_again(ctx, enqueue, rows, handled):
    handled.error = InvalidError("No.")
    await enqueue()

    await run_until_idle(ctx)

    assert await rows() == []


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (FetchError("Later.", reason="timeout"), 1),
        (FetchError("Never.", reason="address", permanent=True), 0),
        (RuntimeError("Broken."), 1),
    ],
    ids=["the other server is slow", "it will never do", "a fault of ours"],
)
async def test_what_failed_is_tried_again_where_that_helps(
    ctx, clock, enqueue, rows, handled, error, left
):
    handled.error = error
    await enqueue()

    await run_until_idle(ctx)

    assert len(await rows()) == left
    assert len(handled) == 1
    clock.advance(seconds=RETRY_DELAYS[0].total_seconds() + 1)
    handled.error = None
    await run_until_idle(ctx)
    assert len(handled) == 1 + left
    assert await rows() == []


async def test_what_fails_for_ever_is_given_up(ctx, clock, enqueue, rows, handled):
    handled.error = RuntimeError("Broken.")
    await enqueue()

    for _ in range(len(RETRY_DELAYS) + 3):
        await run_until_idle(ctx)
        clock.advance(seconds=timedelta(days=2).total_seconds())

    assert len(handled) == len(RETRY_DELAYS) + 1
    [row] = await rows()
    assert "Broken" in row.last_error


async def test_a_few_jobs_are_done_side_by_side(ctx, enqueue, handled):
    for number in range(worker.DEFAULT_BATCH + 1):
        await enqueue(FederatePost(number))

    assert await run_default(ctx) == worker.DEFAULT_BATCH
    assert await run_default(ctx) == 1


async def until(condition, *, seconds=5.0):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_worker_wakes_for_a_job_and_stops_when_asked(ctx, enqueue, handled):
    running = Worker(ctx)
    await running.start(alone=True)
    await until(lambda: SweepStore() in handled)

    await enqueue(FederatePost(7))
    await enqueue(RefreshAccount("http://remote.example/a"))

    await until(
        lambda: {FederatePost(7), RefreshAccount("http://remote.example/a")} <= set(handled)
    )
    await running.stop(patience=2)
    await running.stop()
    assert FederatePost(7) in handled


async def test_what_a_dead_worker_left_is_taken_up_at_once(ctx, enqueue, handled):
    await enqueue(FederatePost(7))
    await ctx.write(jobs.claim, lane="default", limit=1, now=ctx.clock())
    running = Worker(ctx)

    await running.start(alone=True)

    await until(lambda: FederatePost(7) in handled)
    await running.stop(patience=2)


async def test_a_lane_that_fails_goes_on(ctx, enqueue, handled, monkeypatch):
    failed = []
    run = worker.run_default

    async def once(ctx):
        if not failed:
            failed.append(1)
            raise OSError("disk full")
        return await run(ctx)

    monkeypatch.setattr(worker, "run_default", once)
    monkeypatch.setattr(worker, "IDLE", 0.01)
    running = Worker(ctx)
    await running.start(alone=False)

    await enqueue(FederatePost(7))

    await until(lambda: FederatePost(7) in handled)
    await running.stop(patience=2)
    assert failed


async def test_a_job_that_hangs_is_given_up_to_its_lease(ctx, enqueue, rows, monkeypatch):
    started = asyncio.Event()

    async def hang(ctx, job):
        started.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(worker, "JOB_HANDLERS", dict.fromkeys(worker.JOB_HANDLERS, hang))
    running = Worker(ctx)
    await running.start(alone=True)
    await enqueue(FederatePost(7))
    await started.wait()

    await running.stop(patience=0.05)

    assert "FederatePost" in {row.kind for row in await rows()}


async def test_jobs_about_one_thing_never_stand_side_by_side(ctx, enqueue, monkeypatch):
    seen = []

    async def handle(ctx, job):
        seen.append(("begins", job.post_id))
        # The first takes longer: beside it, the second would overtake it.
        for _turn in range(100 if job.post_id == 1 else 1):
            await asyncio.sleep(0)
        seen.append(("ends", job.post_id))

    monkeypatch.setattr(worker, "JOB_HANDLERS", dict.fromkeys(worker.JOB_HANDLERS, handle))
    await enqueue(FederatePost(1), about="this")
    await enqueue(FederatePost(2), about="this")

    await run_until_idle(ctx)

    assert seen == [("begins", 1), ("ends", 1), ("begins", 2), ("ends", 2)]
