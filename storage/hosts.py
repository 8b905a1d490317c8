"""Queries about other servers: what staff decided of them, and how well they answer."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.paging import Page, PageRequest
from storage.built import several
from storage.paging import page_of
from storage.tables import HostPolicyRow, HostRow

BREAKER_FAILURES = 5
BREAKER_WINDOW = timedelta(minutes=10)
"""So many failures within so long, and nothing is sent for a while."""
BREAKER_PAUSE = timedelta(minutes=30)
UNAVAILABLE_DAYS = 7
"""Failing on so many different days, a server counts as gone until it speaks to us again."""

_host: Table = HostRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_POLICIES_FOR = select(HostPolicyRow).where(HostPolicyRow.domain.in_(several("domains")))


async def policies_for(
    session: AsyncSession, domains: Sequence[str]
) -> dict[str, HostPolicyRow]:
    """Return what was decided of these very domains, by domain."""
    rows = await session.scalars(_POLICIES_FOR, {"domains": list(domains)})
    return {row.domain: row for row in rows}


async def policies(session: AsyncSession) -> list[HostPolicyRow]:
    """Return every decision, by domain."""
    return list(await session.scalars(select(HostPolicyRow).order_by(HostPolicyRow.domain)))


async def page_of_policies(
    session: AsyncSession, page: PageRequest, *, allowing: bool
) -> Page[HostPolicyRow]:
    """Return a page of the decisions that let hosts in, or of the others, the newest first."""
    allows = HostPolicyRow.severity == "allow"
    statement = select(HostPolicyRow.id).where(allows if allowing else ~allows)
    found = await page_of(session, statement, HostPolicyRow.id, page)
    rows = await session.scalars(
        select(HostPolicyRow)
        .where(HostPolicyRow.id.in_(found.items))
        .order_by(HostPolicyRow.id.desc())
    )
    return found.with_items(list(rows))


async def remove_policy(session: AsyncSession, domain: str) -> bool:
    """Forget what was decided of a domain; return whether there was anything."""
    removed = await session.execute(delete(HostPolicyRow).where(HostPolicyRow.domain == domain))
    return bool(getattr(removed, "rowcount", 0))


async def heard_from(
    session: AsyncSession, host: str, *, now: datetime, clock_skew: int = 0
) -> None:
    """Record that a host spoke to us, verified: it is there, whatever we thought.

    `clock_skew`: how many seconds its clock is ahead of ours.
    """
    await _upsert(
        session,
        host,
        now,
        last_received_at=now,
        clock_skew=clock_skew,
        failures=0,
        failing_since=None,
        failing_days=0,
        retry_at=None,
        unavailable_at=None,
    )


async def note_success(session: AsyncSession, host: str, *, now: datetime) -> None:
    """Record that a host took a delivery."""
    await _upsert(
        session,
        host,
        now,
        last_delivered_at=now,
        failures=0,
        failing_since=None,
        failing_days=0,
        retry_at=None,
        unavailable_at=None,
    )


async def note_failures(session: AsyncSession, names: Sequence[str], *, now: datetime) -> None:
    """Record that hosts did not answer; after several times deliveries to one pause.

    A host is named once for each time.
    """
    known = await _rows(session, names)
    if missing := set(names) - known.keys():
        for host in sorted(missing):
            await _upsert(session, host, now)
        known |= await _rows(session, missing)
    for host in names:
        if (row := known.get(host)) is not None:
            _fail(row, now)


async def _rows(session: AsyncSession, names: Collection[str]) -> dict[str, HostRow]:
    found = await session.scalars(select(HostRow).where(HostRow.name.in_(set(names))))
    return {row.name: row for row in found}


def _fail(row: HostRow, now: datetime) -> None:
    fresh = row.failing_since is None or now - row.failing_since > BREAKER_WINDOW
    row.failures = 1 if fresh and row.retry_at is None else row.failures + 1
    if fresh:
        row.failing_since = now
    day = now.date().isoformat()
    if row.last_failing_day != day:
        row.last_failing_day = day
        row.failing_days += 1
    if row.failures >= BREAKER_FAILURES:
        row.retry_at = now + BREAKER_PAUSE
    if row.failing_days >= UNAVAILABLE_DAYS:
        row.unavailable_at = row.unavailable_at or now


async def capabilities(session: AsyncSession, host: str) -> dict[str, Any]:
    """Return what was learnt of a host, by name."""
    row = await session.get(HostRow, host)
    return dict(row.capabilities) if row is not None else {}


async def clock_skew(session: AsyncSession, host: str) -> int:
    """Return how many seconds a host's clock was ahead of ours when it last spoke."""
    row = await session.get(HostRow, host)
    return row.clock_skew if row is not None else 0


async def learn(
    session: AsyncSession, host: str, facts: dict[str, Any], *, now: datetime
) -> None:
    """Remember facts about a host beside those that are known."""
    await _upsert(session, host, now)
    row = await session.get(HostRow, host)
    if row is not None:
        row.capabilities = {**row.capabilities, **facts}


async def group_ways(session: AsyncSession, names: Iterable[str]) -> dict[str, str]:
    """Return how these hosts take what a group passes on, where that was learnt.

    `activity` for whole activities (FEP-1b12), `id` for the ids of posts.
    """
    rows = await session.execute(
        select(HostRow.name, HostRow.capabilities).where(HostRow.name.in_(list(names)))
    )
    return {name: str(facts["groups"]) for name, facts in rows if "groups" in facts}


async def paused_hosts(session: AsyncSession, *, now: datetime) -> set[str]:
    """Return the hosts that nothing is sent to at the moment."""
    return set(await session.scalars(select(HostRow.name).where(HostRow.retry_at > now)))


async def set_clock_back(session: AsyncSession, *, now: datetime) -> None:
    """Leave hosts alone for no longer than is usual, after the clock went back."""
    await session.execute(
        update(HostRow)
        .where(HostRow.retry_at > now + BREAKER_PAUSE)
        .values(retry_at=now + BREAKER_PAUSE)
    )


async def resume(session: AsyncSession, host: str) -> None:
    """Let deliveries to a host go on at once."""
    await session.execute(update(HostRow).where(HostRow.name == host).values(retry_at=None))


async def count(session: AsyncSession) -> int:
    """Return how many other servers are known."""
    return len(list(await session.scalars(select(HostRow.name))))


async def _upsert(session: AsyncSession, host: str, now: datetime, **values: Any) -> None:
    connection = await session.connection()
    usual = {"failures": 0, "failing_days": 0, "clock_skew": 0, "capabilities": {}}
    await connection.execute(
        _put(connection.dialect.name, tuple(values)),
        {"name": host, "first_seen_at": now, **usual, **values},
    )


@lru_cache
def _put(dialect: str, changed: tuple[str, ...]) -> Any:
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = make(_host)
    if not changed:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(
        index_elements=["name"], set_={name: statement.excluded[name] for name in changed}
    )
