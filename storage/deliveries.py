"""Deliveries: what goes out, to which inboxes, in which order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from fedi_k12.domain.ids import new_id
from storage.built import columns, several
from storage.db import signal_after_commit
from storage.tables import ActivityRow, DeliveryRow, HostRow, SentRow
from storage.tables.work import DOING, FAILED, TODO

WAKE = "deliveries"
"""The topic announced when there is something to deliver."""
LEASE = timedelta(minutes=5)
"""A delivery whose worker is not heard of for so long is taken by another."""
ABOUT_POSTS = {0, 1, 3}
"""Of these priorities it is remembered for a while where they went (`storage.sent`)."""
PRIORITIES = range(6)
"""0 direct, 1 reply, 2 follow or accept, 3 post, 4 like, 5 delete."""

_delivery: Table = DeliveryRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_sent: Table = SentRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_OVER = (
    update(_delivery)
    .where(_delivery.c.id == bindparam("number"))
    .values(
        state=FAILED,
        locked_until=None,
        last_status=bindparam("status"),
        last_error=bindparam("error"),
    )
)
_AGAIN = _OVER.values(state=TODO, due_at=bindparam("due"))
_activity: Table = ActivityRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_BODIES = select(
    ActivityRow.id, ActivityRow.account_id, ActivityRow.body, ActivityRow.key_id
).where(ActivityRow.id.in_(several("ids")))
_ADD_ACTIVITY, _ADD_SENT, _ADD_DELIVERY = insert(_activity), insert(_sent), insert(_delivery)


class Owed(Struct, frozen=True):
    """An activity that is owed to each of these (inbox, host)."""

    uri: str
    account_id: int
    body: bytes
    object_key: str
    priority: int
    inboxes: Sequence[tuple[str, str]]
    key_id: int | None = None
    """The key that signs, where it is not the account's newest."""
    remembered: bool = False
    """It is kept for a while where it went, as it is for posts (`storage.sent`)."""


class Claimed(Struct, frozen=True):
    """A delivery that this worker has taken."""

    id: int
    activity_id: int
    inbox: str
    host: str
    attempts: int
    """How often it has been tried, this time included."""


class Body(Struct, frozen=True):
    """What is sent: the bytes, and whose key signs them."""

    account_id: int
    body: bytes
    key_id: int | None = None
    """The key that signs, where it is not the account's newest."""


async def add(session: AsyncSession, some: Sequence[Owed], *, now: datetime) -> None:
    """Keep activities and one delivery for each (inbox, host); nothing of those without any."""
    owed = [(new_id(), one) for one in some if one.inboxes]
    if not owed:
        return
    connection = await session.connection()
    await connection.execute(_ADD_ACTIVITY, [_activity_of(*one, now) for one in owed])
    # One row however many deliveries: those that are done cost nothing more.
    traced = [
        {
            "activity_id": number,
            "object_key": one.object_key,
            "hosts": sorted({host for _inbox, host in one.inboxes}),
            "refused": {},
            "created_at": now,
        }
        for number, one in owed
        if one.remembered or one.priority in ABOUT_POSTS
    ]
    if traced:
        await connection.execute(_ADD_SENT, traced)
    await connection.execute(
        _ADD_DELIVERY,
        [
            {
                "id": new_id(),
                "activity_id": number,
                "inbox": inbox,
                "host": host,
                "object_key": one.object_key,
                "priority": one.priority,
                "state": TODO,
                "attempts": 0,
                "due_at": now,
            }
            for number, one in owed
            for inbox, host in one.inboxes
        ],
    )
    signal_after_commit(session, WAKE)


async def claim(
    session: AsyncSession, *, limit: int, now: datetime, worker: int | None = None
) -> list[Claimed]:
    """Take up to `limit` deliveries that are due, the most urgent kind first.

    One statement for each kind of which something is due, so that the index gives the rows in
    order however long the queue is. Left out: what an older, unfinished delivery of the same
    object to the same inbox has to go before, and hosts that are paused.
    """
    connection = await session.connection()
    due = (await connection.execute(_due(), {"now": now})).one()
    found: list[Claimed] = []
    for priority in PRIORITIES:
        if not due[priority]:
            continue
        rows = await connection.execute(
            _claim(),
            {
                "of": priority,
                "now": now,
                "until": now + LEASE,
                "by": worker,
                "many": limit - len(found),
            },
        )
        found += [Claimed(*row) for row in rows]
        if len(found) >= limit:
            break
    return found


async def bodies(session: AsyncSession, activity_ids: Sequence[int]) -> dict[int, Body]:
    """Return what is to be sent, by activity."""
    rows = await columns(session, _BODIES, {"ids": list(activity_ids)})
    return {number: Body(account_id, body, key_id) for number, account_id, body, key_id in rows}


async def finish(
    session: AsyncSession, ids: Sequence[int], *, activity_ids: Sequence[int]
) -> None:
    """Forget deliveries that are done, and activities whose last one it was."""
    connection = await session.connection()
    await connection.execute(_finish(), {"ids": list(ids)})
    await connection.execute(_forget_activities(), {"ids": list(activity_ids)})
    # What had to wait for one of these to arrive first may go now.
    signal_after_commit(session, WAKE)


class Failure(Struct, frozen=True):
    """A delivery that failed, and when it is tried again: never where `due_at` is None."""

    id: int
    due_at: datetime | None
    status: int | None
    """What the host answered, None where it did not."""
    error: str


async def retry(session: AsyncSession, failures: Sequence[Failure]) -> None:
    """Put deliveries that failed back for later, or give them up."""
    again = [one for one in failures if one.due_at is not None]
    over = [one for one in failures if one.due_at is None]
    for some, statement in ((again, _AGAIN), (over, _OVER)):
        if some:
            await session.execute(statement, [_said(one) for one in some])
    if over:
        signal_after_commit(session, WAKE)


def _said(one: Failure) -> dict[str, object]:
    said: dict[str, object] = {"number": one.id, "status": one.status, "error": one.error[:500]}
    return said if one.due_at is None else said | {"due": one.due_at}


async def put_back(session: AsyncSession, ids: Sequence[int], *, due_at: datetime) -> None:
    """Put deliveries back untried: the host has enough under way."""
    await session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(ids))
        .values(state=TODO, locked_until=None, due_at=due_at, attempts=DeliveryRow.attempts - 1)
    )


async def postpone(session: AsyncSession, host: str, *, until: datetime) -> None:
    """Let everything that waits for a host wait until its pause is over."""
    await session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.host == host, DeliveryRow.state == TODO, DeliveryRow.due_at < until)
        .values(due_at=until)
    )


async def release_all(session: AsyncSession) -> int:
    """Put back every delivery that is marked as under way: right only while no worker runs."""
    released = await session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.state == DOING)
        .values(state=TODO, locked_until=None)
    )
    return int(getattr(released, "rowcount", 0))


async def release_lapsed(session: AsyncSession, *, now: datetime) -> int:
    """Put back deliveries whose worker has not been heard of for too long."""
    released = await session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.state == DOING, DeliveryRow.locked_until < now)
        .values(state=TODO, locked_until=None)
    )
    return int(getattr(released, "rowcount", 0))


async def set_clock_back(session: AsyncSession, *, now: datetime) -> None:
    """Let all that waits be due, and all leases end soon, after the clock went back.

    Hosts that are left alone for a while still are: that is said of them, not of deliveries.
    """
    await session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.state == TODO, DeliveryRow.due_at > now)
        .values(due_at=now)
    )
    await session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.state == DOING, DeliveryRow.locked_until > now + LEASE)
        .values(locked_until=now + LEASE)
    )


async def sweep(session: AsyncSession, *, before: datetime) -> None:
    """Forget deliveries given up whose activity is older, and activities without any."""
    old = select(ActivityRow.id).where(ActivityRow.created_at < before)
    await session.execute(
        delete(DeliveryRow).where(DeliveryRow.state == FAILED, DeliveryRow.activity_id.in_(old))
    )
    await session.execute(
        delete(ActivityRow).where(
            ActivityRow.created_at < before,
            ~exists().where(DeliveryRow.activity_id == ActivityRow.id),
        )
    )


async def count_waiting(session: AsyncSession) -> int:
    """Return how many deliveries are still owed."""
    return (
        await session.scalar(
            select(func.count()).select_from(DeliveryRow).where(DeliveryRow.state != FAILED)
        )
        or 0
    )


def _activity_of(number: int, owed: Owed, now: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "uri": owed.uri,
        "account_id": owed.account_id,
        "key_id": owed.key_id,
        "body": owed.body,
        "object_key": owed.object_key,
        "priority": owed.priority,
        "created_at": now,
    }


@lru_cache
def _due() -> Any:
    """Return the question for which priorities, in order, anything is due."""
    now = bindparam("now", type_=_delivery.c.due_at.type)
    table = _delivery.c
    return select(
        *(
            exists()
            .where(table.priority == of, table.state == TODO, table.due_at <= now)
            .label(f"due_{of}")
            for of in PRIORITIES
        )
    )


@lru_cache
def _claim() -> Any:
    now = bindparam("now", type_=_delivery.c.due_at.type)
    older = aliased(DeliveryRow)
    row = DeliveryRow
    waits = exists().where(
        older.inbox == row.inbox,
        older.object_key == row.object_key,
        older.id < row.id,
        older.state != FAILED,
    )
    paused = exists().where(
        HostRow.name == row.host, or_(HostRow.retry_at > now, HostRow.paused_at.is_not(None))
    )
    due = (
        select(row.id)
        .where(
            row.priority == bindparam("of", type_=_delivery.c.priority.type),
            row.state == TODO,
            row.due_at <= now,
            ~waits,
            ~paused,
        )
        .order_by(row.due_at, row.id)
        .limit(bindparam("many"))
        .with_for_update(skip_locked=True)
    )
    # As in jobs: run once on PostgreSQL, or it takes more than the limit.
    once = due.cte("due").prefix_with("MATERIALIZED", dialect="postgresql")
    table = _delivery
    return (
        update(table)
        .where(table.c.id.in_(select(once.c.id)))
        .values(
            state=DOING,
            attempts=table.c.attempts + 1,
            locked_until=bindparam("until", type_=_delivery.c.due_at.type),
            worker=bindparam("by", type_=_delivery.c.worker.type),
        )
        .returning(
            table.c.id, table.c.activity_id, table.c.inbox, table.c.host, table.c.attempts
        )
    )


@lru_cache
def _finish() -> Any:
    return delete(_delivery).where(_delivery.c.id.in_(bindparam("ids", expanding=True)))


@lru_cache
def _forget_activities() -> Any:
    return delete(_activity).where(
        _activity.c.id.in_(bindparam("ids", expanding=True)),
        ~exists().where(_delivery.c.activity_id == _activity.c.id),
    )
