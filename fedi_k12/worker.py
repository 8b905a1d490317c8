"""Do the jobs: what arrived, what is to be delivered, and the rest, each in a lane."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from federation.deliver import deliver_due, let_deliveries_end
from federation.process import process_inbox_batch
from fedi_k12.context import Context
from fedi_k12.domain.errors import DomainError
from fedi_k12.domain.jobs import ProcessInbox
from fedi_k12.domain.troubles import Part
from fedi_k12.guard import FetchError
from fedi_k12.observe import count_job
from fedi_k12.services.films import PATIENCE
from fedi_k12.timekeeping import Timekeeper, keep_time
from fedi_k12.web.shelf import kept
from fedi_k12.web.together import Together
from fedi_k12.wiring import JOB_HANDLERS, PERIODIC
from storage import deliveries, jobs, taking_over
from storage.trouble import in_words, is_trouble, until_written

INBOX_BATCH = 50
INBOX_PAUSE = 0.02
"""Seconds between short batches, so that the next one can gather."""
DEFAULT_BATCH = 8
GATHER = 0.02
"""Seconds between the looks of a worker that is not alone, so that jobs can gather: each that
is added wakes all workers, and one of them alone finds it."""
BACKFILL_BATCH = 4
MEDIA_LEASE = timedelta(seconds=PATIENCE) + timedelta(minutes=5)
"""Longer than a film may take, or two workers would prepare the same one."""
ARCHIVE_LEASE = timedelta(hours=2)
"""Longer than it takes to write out the records of many years."""
IDLE = 1.0
"""Seconds after which a lane looks for work that nobody announced: due retries, and jobs that
another process added while the line between them was down (`storage.wire`)."""
PERIODIC_SECONDS = 5.0
LAPSED_EVERY = timedelta(seconds=30)
"""So often it is looked for deliveries whose worker died."""
NAMES_PAUSE = timedelta(seconds=15)
"""So long a job waits while no name at all can be looked up."""
MISSED_AFTER = 3.0
"""Seconds between two looks for workers that died: who is missed twice is gone."""
UNKNOWN_WAITS = timedelta(seconds=30)
"""So long a job waits that this release does not know, for another worker to take it."""
_FULL = {"inbox": INBOX_BATCH, "default": DEFAULT_BATCH}
"""So many done in a round, and more wait: there is nothing to gather."""
RETRY_DELAYS = [timedelta(minutes=m) for m in (1, 5, 30, 120, 720, 1440)]

_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in JOB_HANDLERS}
_log = structlog.get_logger("jobs")


class _UnderWay(set[int]):
    """The jobs that this process does at the moment."""


async def run_inbox(ctx: Context) -> int:
    """Act on a batch of what arrived; return how many activities it was."""
    now = ctx.clock()
    rows = await ctx.write(
        jobs.claim, lane="inbox", limit=INBOX_BATCH, now=now, worker=ctx.number
    )
    if not rows:
        return 0
    batch = [
        (row.id, row.attempts, msgspec.json.decode(row.payload, type=ProcessInbox))
        for row in rows
    ]
    began = perf_counter()
    try:
        await process_inbox_batch(ctx, batch)
    except Exception as error:
        if is_trouble(error):
            ids = [row.id for row in rows]
            await until_written(ctx.write, jobs.put_back, ids, due_at=ctx.clock())
        raise
    seconds = perf_counter() - began
    _log.info("inbox", activities=len(rows), ms=round(seconds * 1000, 1))
    return len(rows)


async def run_default(ctx: Context) -> int:
    """Do a few of the other jobs, side by side; return how many."""
    return await _run_lane(ctx, "default")


async def run_fetches(ctx: Context) -> int:
    """Do a few of the jobs that wait for other servers; return how many."""
    return await _run_lane(ctx, "fetch")


async def run_backfills(ctx: Context) -> int:
    """Fetch parts of a few threads and profiles; return how many.

    In a lane of its own: what somebody would like to read too holds up nothing that arrived.
    """
    return await _run_lane(ctx, "backfill", limit=BACKFILL_BATCH)


async def run_media(ctx: Context) -> int:
    """Make an upload safe, one at a time: it takes long, and all of a processor."""
    return await _run_lane(ctx, "media", limit=1, lease=MEDIA_LEASE)


async def run_archive(ctx: Context) -> int:
    """Write out records that somebody asked for, one file at a time: it may take an hour."""
    return await _run_lane(ctx, "archive", limit=1, lease=ARCHIVE_LEASE)


async def run_pushes(ctx: Context) -> int:
    """Wake a few apps; return how many jobs that was.

    In a lane of its own: a push service that is slow holds up nothing else.
    """
    return await _run_lane(ctx, "push")


async def run_mail(ctx: Context) -> int:
    """Send a few letters; return how many. A mail server that is slow holds up nothing else."""
    return await _run_lane(ctx, "mail")


async def _run_lane(
    ctx: Context, lane: str, *, limit: int = DEFAULT_BATCH, lease: timedelta = jobs.LEASE
) -> int:
    now, worker = ctx.clock(), ctx.number
    claimed = await ctx.write(
        jobs.claim, lane=lane, limit=limit, now=now, lease=lease, worker=worker
    )
    # A clock that jumped ahead ends leases of what is being done here at this moment.
    under_way = kept(ctx, _UnderWay)
    rows = [row for row in claimed if row.id not in under_way]
    under_way.update(row.id for row in rows)
    try:
        await asyncio.gather(*(_run_one(ctx, row) for row in rows))
    finally:
        under_way.difference_update(row.id for row in rows)
    return len(rows)


async def run_deliveries(ctx: Context) -> int:
    """Deliver what is due; return how many deliveries were tried."""
    return await deliver_due(ctx)


async def run_until_idle(ctx: Context) -> int:
    """Do all that is due now; return how many jobs and deliveries. Tests and the CLI use it."""
    lanes: dict[str, Callable[[Context], Awaitable[int]]] = {
        "inbox": run_inbox,
        "default": run_default,
        "fetch": run_fetches,
        "backfill": run_backfills,
        "push": run_pushes,
        "mail": run_mail,
        "media": run_media,
        "archive": run_archive,
    }
    total = 0
    while True:
        async with ctx.read() as session:
            due = await jobs.lanes_due(session, now=ctx.clock())
        done = [await run(ctx) for lane, run in lanes.items() if lane in due]
        done.append(await run_deliveries(ctx))
        if not sum(done):
            return total
        total += sum(done)


class Worker:
    """Runs the lanes in the background until it is stopped."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._tasks: list[asyncio.Task[None]] = []
        self._topics: list[str] = []
        self._stopping = asyncio.Event()

    async def start(self, *, alone: bool) -> None:
        """Start the lanes.

        `alone`: no other worker runs, so whatever is marked as being done was left by one
        that died, and is put back at once rather than when its lease ends.
        """
        if alone:
            await self._ctx.write(jobs.release_all)
            await self._ctx.write(deliveries.release_all)
        # Whatever the clock was before: what was to be done at once is not to wait for that.
        now = self._ctx.clock()
        await self._ctx.write(jobs.set_clock_back, now=now, back=timedelta(0))
        gather = 0.0 if self._ctx.number is None else GATHER
        lanes: list[tuple[str, Callable[[Context], Any], str, float]] = [
            ("inbox", run_inbox, "jobs:inbox", INBOX_PAUSE),
            ("default", run_default, "jobs:default", gather),
            ("fetch", run_fetches, "jobs:fetch", 0.0),
            ("backfill", run_backfills, "jobs:backfill", 0.0),
            ("media", run_media, "jobs:media", 0.0),
            ("archive", run_archive, "jobs:archive", 0.0),
            ("push", run_pushes, "jobs:push", 0.0),
            ("mail", run_mail, "jobs:mail", 0.0),
            ("deliveries", run_deliveries, "deliveries", 0.0),
        ]
        self._topics = [topic for _name, _run, topic, _pause in lanes]
        self._tasks = [
            asyncio.create_task(self._lane(*lane), name=f"worker {lane[0]}") for lane in lanes
        ]
        self._tasks.append(asyncio.create_task(self._periodic(), name="worker periodic"))
        if self._ctx.number is not None:
            self._tasks.append(asyncio.create_task(self._watch_others(), name="worker watch"))

    async def stop(self, *, patience: float = 10.0) -> None:
        """Let running jobs finish for `patience` seconds, then give them up to their leases."""
        self._stopping.set()
        self._ctx.signals.announce(self._topics)
        if not self._tasks:
            return
        await let_deliveries_end(self._ctx, patience=patience)
        _done, pending = await asyncio.wait(self._tasks, timeout=patience)
        for task in pending:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        self._tasks = []

    async def _lane(
        self, name: str, run: Callable[[Context], Any], topic: str, pause: float
    ) -> None:
        wake = self._ctx.signals.event(topic)
        while not self._stopping.is_set():
            wake.clear()
            try:
                await self._ctx.changes.confirm()
                done = await run(self._ctx)
            except Exception as error:  # noqa: BLE001 - the lane goes on
                _note(self._ctx, error, lane=name)
                done = 0
                await asyncio.sleep(IDLE)
            if done or self._ctx.number is not None:
                await asyncio.sleep(pause if done < _FULL.get(name, 1) else 0)
            if done:
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), IDLE)

    async def _watch_others(self) -> None:
        """Take over what others had taken that died."""
        missing: set[int] = set()
        while not self._stopping.is_set():
            try:
                async with self._ctx.read() as session:
                    lost = await taking_over.lost(session)
                # Who is missed twice is gone: a connection alone is soon made anew.
                if gone := lost & missing:
                    number = await self._ctx.write(taking_over.take_over, gone)
                    _log.warning("a worker died", workers=len(gone), taken_over=number)
                missing = lost
            except Exception as error:  # noqa: BLE001 - as in the lanes
                _note(self._ctx, error, lane="watch")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), MISSED_AFTER)

    async def _periodic(self) -> None:
        keeper = Timekeeper(self._ctx.clock)
        due = dict.fromkeys(range(len(PERIODIC)), self._ctx.clock())
        lapsed = self._ctx.clock()
        while not self._stopping.is_set():
            try:
                moved = await keep_time(self._ctx, keeper)
                now = self._ctx.clock()
                if moved < timedelta(0):
                    due, lapsed = {at: then + moved for at, then in due.items()}, now
                for at, (job, every) in enumerate(PERIODIC):
                    if due[at] <= now:
                        await self._ctx.write(_enqueue, job=job, now=now)
                        due[at] = now + every
                if lapsed <= now:
                    await self._ctx.write(deliveries.release_lapsed, now=now)
                    lapsed = now + LAPSED_EVERY
            except Exception as error:  # noqa: BLE001 - as in the lanes
                _note(self._ctx, error, lane="periodic")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), PERIODIC_SECONDS)


def _note(ctx: Context, error: Exception, *, lane: str) -> None:
    """Log why a lane stops for a moment: at length, unless it is the store."""
    if is_trouble(error):
        ctx.troubles.begin(Part.STORE, in_words(error))
        _log.warning("lane waits for the store", lane=lane)
    else:
        _log.exception("lane failed", lane=lane)


async def _enqueue(session: AsyncSession, *, job: Any, now: datetime) -> None:
    await jobs.enqueue(session, job, now=now)


async def _run_one(ctx: Context, row: jobs.Taken) -> None:
    kind = _KINDS.get(row.kind)
    if kind is None:
        # A newer release runs beside this one, while one process after another is replaced.
        _log.warning("a job of a newer release waits", job=row.kind, job_id=row.id)
        why = "not known to this release"
        await ctx.write(jobs.retry, row.id, due_at=ctx.clock() + UNKNOWN_WAITS, error=why)
        return
    began = perf_counter()
    outcome = "done"
    with structlog.contextvars.bound_contextvars(job=row.kind, job_id=row.id):
        try:
            await JOB_HANDLERS[kind](ctx, msgspec.json.decode(row.payload, type=kind))
        except DomainError as error:
            outcome = await _refused(ctx, row, error)
        except Exception as error:  # noqa: BLE001 - logged, and tried again later
            outcome = "failed"
            if is_trouble(error):
                ctx.troubles.begin(Part.STORE, in_words(error))
                await until_written(ctx.write, jobs.put_back, [row.id], due_at=ctx.clock())
            else:
                _log.exception("job failed", attempts=row.attempts)
                await _retry(ctx, row, error)
        else:
            await _finish(ctx, row)
        seconds = perf_counter() - began
        count_job(kind=row.kind, outcome=outcome, seconds=seconds)
        _log.info("job", outcome=outcome, ms=round(seconds * 1000, 1))


async def _refused(ctx: Context, row: jobs.Taken, error: DomainError) -> str:
    """End a job that came to nothing, or put it back; return what came of it."""
    if not isinstance(error, FetchError):
        _log.info("job refused", reason=str(error))
        await _finish(ctx, row)
        return "refused"
    _log.info("job waits", reason=str(error), attempts=row.attempts)
    if error.reason == "dns" and ctx.troubles.of(Part.NAMES):
        later = ctx.clock() + NAMES_PAUSE
        await until_written(ctx.write, jobs.put_back, [row.id], due_at=later)
    elif error.permanent:
        await _finish(ctx, row)
    else:
        await _retry(ctx, row, error)
    return "failed"


async def _finish(ctx: Context, row: jobs.Taken) -> None:
    await kept(ctx, _Finish)(ctx, row.id)


class _Finish(Together[int, None]):
    """Forgets jobs that are done, those that ended at the same time together."""

    def __init__(self) -> None:
        super().__init__(_finish_all)


async def _finish_all(ctx: Context, ids: Sequence[int]) -> list[None]:
    await until_written(ctx.write, jobs.finish, ids)
    return [None] * len(ids)


async def _retry(ctx: Context, row: jobs.Taken, error: Exception) -> None:
    later = RETRY_DELAYS[row.attempts - 1] if row.attempts <= len(RETRY_DELAYS) else None
    if later is not None and isinstance(error, FetchError) and error.wait is not None:
        later = max(later, error.wait)
    await until_written(
        ctx.write,
        jobs.retry,
        row.id,
        due_at=None if later is None else ctx.clock() + later,
        error=f"{type(error).__name__}: {error}",
    )
