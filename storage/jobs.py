"""The job queue: a table, so that a job is enqueued in the transaction that calls for it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Table,
    Update,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningUpdate

from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import Job
from storage.db import signal_after_commit
from storage.tables import JobRow, SeenRow
from storage.tables.work import DOING, FAILED, TODO

LEASE = timedelta(minutes=5)
"""A job whose worker is not heard of for so long is taken by another."""
WAKE = "jobs"
"""Prefix of the topics announced when a job was added: `jobs:inbox`, `jobs:default`."""

_job: Table = JobRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_seen: Table = SeenRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_insert_job = insert(_job)
_LANE: BindParameter[str] = bindparam("of_lane")
_AT: BindParameter[datetime] = bindparam("at", type_=JobRow.due_at.type)
_encode = msgspec.json.Encoder().encode


class Taken(NamedTuple):
    """A job that somebody has begun: what is to be done, and how often it was tried."""

    id: int
    kind: str
    payload: bytes
    attempts: int
    due_at: datetime


async def enqueue(
    session: AsyncSession,
    job: Job,
    *,
    now: datetime,
    due_at: datetime | None = None,
    about: str | None = None,
) -> None:
    """Add a job, due at once unless `due_at` says later.

    `about`: what it tells others of. Jobs about one thing are done one after the other, in the
    order in which they were added, whoever does them: an Undo never overtakes what it undoes.
    """
    await enqueue_many(session, [job], now=now, due_at=due_at, about=about)


def between(account_id: int, target_id: int) -> str:
    """Return what jobs are about that tell how two accounts stand to each other."""
    return f"{account_id} and {target_id}"


async def enqueue_once(
    session: AsyncSession,
    job: Job,
    *,
    key: str,
    now: datetime,
    due_at: datetime,
    about: str | None = None,
) -> None:
    """Add a job that can be found again by its key; nothing where one of that key is there."""
    connection = await session.connection()
    row = {**_row(job, now=now, due_at=due_at, about=about), "dedupe_key": key}
    await connection.execute(_insert_once(connection.dialect.name), row)
    signal_after_commit(session, f"{WAKE}:{row['lane']}")


async def untouched(session: AsyncSession, key: str) -> bool:
    """Return whether the job of this key waits and was never begun; nobody begins it meanwhile.

    The row stays locked until the transaction ends.
    """
    row = await session.scalar(
        select(JobRow.id)
        .where(JobRow.dedupe_key == key, JobRow.state == TODO, JobRow.attempts == 0)
        .with_for_update()
    )
    return row is not None


async def due_at(session: AsyncSession, key: str) -> datetime | None:
    """Return when the job of this key is due that nobody has begun."""
    return await session.scalar(
        select(JobRow.due_at).where(
            JobRow.dedupe_key == key, JobRow.state == TODO, JobRow.attempts == 0
        )
    )


async def withdraw(session: AsyncSession, key: str) -> bool:
    """Take the job of this key back; return whether that was in time."""
    found = await session.scalar(
        delete(JobRow)
        .where(JobRow.dedupe_key == key, JobRow.state == TODO, JobRow.attempts == 0)
        .returning(JobRow.id)
    )
    return found is not None


async def is_waiting(session: AsyncSession, job: Job) -> bool:
    """Return whether the very same job waits already and nobody has begun it."""
    found = await session.scalar(
        select(JobRow.id)
        .where(
            JobRow.state == TODO,
            JobRow.lane == getattr(job, "lane", "default"),
            JobRow.kind == type(job).__name__,
            JobRow.payload == _encode(job),
        )
        .limit(1)
    )
    return found is not None


async def enqueue_many(
    session: AsyncSession,
    jobs: Sequence[Job],
    *,
    now: datetime,
    due_at: datetime | None = None,
    about: str | None = None,
) -> None:
    """Add several jobs in one statement; `about` as with `enqueue`."""
    await enqueue_each(session, [(job, about) for job in jobs], now=now, due_at=due_at)


async def enqueue_each(
    session: AsyncSession,
    jobs: Sequence[tuple[Job, str | None]],
    *,
    now: datetime,
    due_at: datetime | None = None,
) -> None:
    """Add several jobs in one statement, each with what it is `about` (see `enqueue`)."""
    if not jobs:
        return
    rows = [_row(job, now=now, due_at=due_at or now, about=about) for job, about in jobs]
    connection = await session.connection()
    await connection.execute(_insert_job, rows)
    for lane in {getattr(job, "lane", "default") for job, _about in jobs}:
        signal_after_commit(session, f"{WAKE}:{lane}")


async def remember_new(
    session: AsyncSession, seen: Sequence[tuple[str, str]], *, now: datetime
) -> set[str]:
    """Remember (activity id, actor) pairs; return the ids that were not known before.

    One statement and no select before: two web processes may take in the same activity at the
    same time. Of an id that is given twice, the first actor counts.
    """
    if not seen:
        return set()
    connection = await session.connection()
    # Sorted, so that no two transactions wait for each other's rows.
    rows = [
        {"uri": uri, "actor": actor, "at": now}
        for uri, actor in sorted(dict(reversed(seen)).items())
    ]
    found = await connection.execute(_remember(connection.dialect.name), rows)
    return set(found.scalars())


async def forget_seen(session: AsyncSession, uris: Sequence[str]) -> None:
    """Forget ids taken in before, so that a repeated delivery is done again."""
    await session.execute(delete(SeenRow).where(SeenRow.uri.in_(uris)))


async def claim(
    session: AsyncSession,
    *,
    lane: str,
    limit: int,
    now: datetime,
    lease: timedelta = LEASE,
    worker: int | None = None,
) -> list[Taken]:
    """Take up to `limit` jobs that are due, the longest due first, for as long as a lease.

    `worker`: who takes them, so that they can be taken over should that process die.
    Left out is what an older job about the same thing has to go before. Those whose lease ended
    are put back first, so that the index gives the rest in order however long the queue is.

    One statement for both databases: PostgreSQL skips rows that another worker has locked,
    SQLite (for which SQLAlchemy leaves FOR UPDATE out) has a single writer anyway.
    """
    given: dict[str, Any] = {"of_lane": lane, "at": now}
    connection = await session.connection()
    await connection.execute(_put_back_lapsed(), given)
    given |= {"most": limit, "until": now + lease, "by": worker}
    rows = await connection.execute(_take(), given)
    return sorted((Taken(*row) for row in rows), key=lambda job: (job.due_at, job.id))


async def lanes_due(session: AsyncSession, *, now: datetime) -> set[str]:
    """Return the lanes in which something could be claimed."""
    return set(await session.scalars(select(JobRow.lane).where(_is_due(now)).distinct()))


async def finish(session: AsyncSession, ids: Sequence[int]) -> None:
    """Forget jobs that are done."""
    connection = await session.connection()
    await connection.execute(_delete_jobs(), {"ids": list(ids)})


async def retry(
    session: AsyncSession, job_id: int, *, due_at: datetime | None, error: str
) -> None:
    """Put a job back for `due_at`, or mark it failed for good where that is None."""
    values: dict[str, Any] = {"locked_until": None, "last_error": error[:500]}
    values |= {"state": FAILED} if due_at is None else {"state": TODO, "due_at": due_at}
    await session.execute(update(JobRow).where(JobRow.id == job_id).values(values))


async def move(session: AsyncSession, ids: Sequence[int], *, lane: str) -> None:
    """Put jobs back untried, to be done in another lane."""
    await session.execute(
        update(JobRow)
        .where(JobRow.id.in_(ids))
        .values(lane=lane, state=TODO, locked_until=None, attempts=JobRow.attempts - 1)
    )
    signal_after_commit(session, f"{WAKE}:{lane}")


async def put_back(session: AsyncSession, ids: Sequence[int], *, due_at: datetime) -> None:
    """Put jobs back untried: what kept them from being done was no fault of theirs."""
    await session.execute(
        update(JobRow)
        .where(JobRow.id.in_(ids))
        .values(state=TODO, locked_until=None, due_at=due_at, attempts=JobRow.attempts - 1)
    )


async def set_clock_back(session: AsyncSession, *, now: datetime, back: timedelta) -> None:
    """Let jobs be due when they were meant to be, after a clock that was ahead went `back`.

    What somebody wants done at a moment of the calendar keeps that moment.
    """
    waiting = JobRow.state == TODO
    await session.execute(
        update(JobRow)
        .where(waiting, JobRow.due_at > now, JobRow.attempts == 0)
        .where(JobRow.due_at == JobRow.created_at)
        .values(due_at=now)
    )
    rows = await session.execute(
        select(JobRow.id, JobRow.due_at, JobRow.locked_until).where(
            or_(
                waiting & (JobRow.attempts > 0) & (JobRow.due_at > now),
                (JobRow.state == DOING) & (JobRow.locked_until > now + back),
            )
        )
    )
    for number, due_at, locked_until in rows.all():
        values = {"due_at": max(now, due_at - back)}
        if locked_until is not None:
            values["locked_until"] = locked_until - back
        await session.execute(update(JobRow).where(JobRow.id == number).values(values))


async def release_all(session: AsyncSession) -> int:
    """Put back every job that is marked as being done: right only while no worker runs."""
    released = await session.execute(
        update(JobRow).where(JobRow.state == DOING).values(state=TODO, locked_until=None)
    )
    return int(getattr(released, "rowcount", 0))


async def next_due(session: AsyncSession, *, lane: str) -> datetime | None:
    """Return when the next waiting job of the lane is due, or None where none waits."""
    return await session.scalar(
        select(JobRow.due_at)
        .where(JobRow.lane == lane, JobRow.state == TODO)
        .order_by(JobRow.due_at)
        .limit(1)
    )


async def count_waiting(session: AsyncSession) -> int:
    """Return how many jobs are still to be done."""
    return (
        await session.scalar(
            select(func.count()).select_from(JobRow).where(JobRow.state != FAILED)
        )
        or 0
    )


def _row(job: Job, *, now: datetime, due_at: datetime, about: str | None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "lane": getattr(job, "lane", "default"),
        "kind": type(job).__name__,
        "payload": _encode(job),
        "about": about,
        "state": TODO,
        "attempts": 0,
        "due_at": due_at,
        "created_at": now,
    }


@lru_cache
def _insert_once(dialect: str) -> Any:
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return make(_job).on_conflict_do_nothing()


@lru_cache
def _remember(dialect: str) -> Any:
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return make(_seen).on_conflict_do_nothing().returning(_seen.c.uri)


@lru_cache
def _delete_jobs() -> Any:
    return delete(_job).where(_job.c.id.in_(bindparam("ids", expanding=True)))


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(
        (JobRow.state == TODO) & (JobRow.due_at <= now),
        (JobRow.state == DOING) & (JobRow.locked_until < now),
    )


@lru_cache
def _put_back_lapsed() -> Update:
    return (
        update(_job)
        .where(_job.c.lane == _LANE, _job.c.state == DOING, _job.c.locked_until < _AT)
        .values(state=TODO, locked_until=None)
    )


@lru_cache
def _take() -> ReturningUpdate[Any]:
    due = (
        select(JobRow.id)
        .where(
            JobRow.lane == _LANE,
            JobRow.state == TODO,
            JobRow.due_at <= _AT,
            ~_has_to_wait(_AT),
        )
        .order_by(JobRow.due_at, JobRow.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
    )
    # PostgreSQL may run a plain subquery again and again, and take more than the limit.
    once = due.cte("due").prefix_with("MATERIALIZED", dialect="postgresql")
    return (
        update(_job)
        .where(_job.c.id.in_(select(once.c.id)))
        .values(
            state=DOING,
            attempts=_job.c.attempts + 1,
            locked_until=bindparam("until", type_=JobRow.locked_until.type),
            worker=bindparam("by", type_=Integer),
        )
        .returning(*(_job.c[name] for name in Taken._fields))
    )


def _has_to_wait(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    older = aliased(JobRow)
    return (
        exists()
        .where(
            JobRow.about.is_not(None),
            older.about == JobRow.about,
            older.id < JobRow.id,
            older.state != FAILED,
            # One that is for later and was never tried stands in nobody's way.
            or_(older.state == DOING, older.attempts > 0, older.due_at <= now),
        )
        .correlate(JobRow)
    )
