"""Which workers are alive, on PostgreSQL: jobs of one that died are taken over within seconds.

Each process holds a lock under its own number for as long as its connection lives
(`storage.wire`). What a number has taken that no lock stands for any more is nobody's.
"""

from collections.abc import Collection

from sqlalchemy import BindParameter, bindparam, select, text, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.db import signal_after_commit
from storage.deliveries import WAKE as DELIVERIES
from storage.jobs import WAKE as JOBS
from storage.tables import DeliveryRow, JobRow
from storage.tables.work import DOING, TODO
from storage.wire import ALIVE

_ALIVE = text(
    "SELECT l.objid::bigint FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
    " WHERE l.locktype = 'advisory' AND l.classid = :of AND d.datname = current_database()"
)
_BUSY = union(
    *(
        select(row.worker).where(row.state == DOING, row.worker.is_not(None))
        for row in (JobRow, DeliveryRow)
    )
)
_GONE: BindParameter[list[int]] = bindparam("gone", expanding=True)


async def lost(session: AsyncSession) -> set[int]:
    """Return the numbers of workers that have taken something and are not there any more."""
    busy = {number for number in await session.scalars(_BUSY) if number is not None}
    if not busy:
        return set()
    return busy - set(await session.scalars(_ALIVE, {"of": ALIVE}))


async def take_over(session: AsyncSession, gone: Collection[int]) -> int:
    """Put back what these workers had taken; return how much that was."""
    number = 0
    for row in (JobRow, DeliveryRow):
        done = await session.execute(
            update(row)
            .where(row.state == DOING, row.worker.in_(_GONE))
            .values(state=TODO, locked_until=None, worker=None)
            .execution_options(synchronize_session=False),
            {"gone": list(gone)},
        )
        number += int(getattr(done, "rowcount", 0))
    lanes = ("inbox", "default", "fetch", "backfill", "push", "mail", "media", "archive")
    for topic in (DELIVERIES, *(f"{JOBS}:{lane}" for lane in lanes)):
        signal_after_commit(session, topic)
    return number
