"""Queries about other servers as staff look at them: what waits for them, what went wrong."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.db import signal_after_commit
from storage.deliveries import WAKE
from storage.tables import AccountRow, DeliveryRow, HostRow
from storage.tables.work import FAILED, TODO


class Queue(Struct, frozen=True):
    """What is owed to a host."""

    waiting: int = 0
    failed: int = 0


async def found(session: AsyncSession, *, q: str, limit: int) -> list[HostRow]:
    """Return hosts whose name contains `q`: those in trouble first, then who spoke last."""
    statement = select(HostRow)
    if q:
        statement = statement.where(HostRow.name.contains(q, autoescape=True))
    return list(
        await session.scalars(
            statement.order_by(
                HostRow.paused_at.is_(None),
                HostRow.failures.desc(),
                HostRow.last_received_at.desc().nulls_last(),
                HostRow.name,
            ).limit(limit)
        )
    )


async def queues(session: AsyncSession, names: Sequence[str]) -> dict[str, Queue]:
    """Return what is owed to each of these hosts."""
    rows = await session.execute(
        select(
            DeliveryRow.host,
            func.sum(case((DeliveryRow.state != FAILED, 1), else_=0)),
            func.sum(case((DeliveryRow.state == FAILED, 1), else_=0)),
        )
        .where(DeliveryRow.host.in_(names))
        .group_by(DeliveryRow.host)
    )
    return {host: Queue(int(waiting), int(failed)) for host, waiting, failed in rows}


async def last_errors(session: AsyncSession, names: Sequence[str]) -> dict[str, str]:
    """Return the newest thing that went wrong with each of these hosts."""
    newest = (
        select(func.max(DeliveryRow.id))
        .where(DeliveryRow.host.in_(names), DeliveryRow.last_error.is_not(None))
        .group_by(DeliveryRow.host)
    )
    rows = await session.execute(
        select(DeliveryRow.host, DeliveryRow.last_error).where(DeliveryRow.id.in_(newest))
    )
    return {host: error or "" for host, error in rows}


async def count_accounts(session: AsyncSession, name: str) -> int:
    """Return how many accounts of a host are known here."""
    return (
        await session.scalar(
            select(func.count()).select_from(AccountRow).where(AccountRow.host == name)
        )
        or 0
    )


async def retry_now(session: AsyncSession, name: str, *, now: datetime) -> None:
    """Let everything that is owed to a host, also what was given up, be tried at once."""
    await session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.host == name, DeliveryRow.state.in_([TODO, FAILED]))
        .values(state=TODO, due_at=now, attempts=0, locked_until=None)
    )
    await session.execute(
        update(HostRow)
        .where(HostRow.name == name)
        .values(retry_at=None, unavailable_at=None, failures=0)
    )
    signal_after_commit(session, WAKE)


async def drop(session: AsyncSession, name: str) -> int:
    """Forget what is owed to a host and not under way; return how much it was."""
    dropped = await session.execute(
        delete(DeliveryRow).where(
            DeliveryRow.host == name, DeliveryRow.state.in_([TODO, FAILED])
        )
    )
    return int(getattr(dropped, "rowcount", 0))
