"""Queries about notifications and reading marks."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, exists, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.news import Notified
from fedi_k12.domain.paging import Page, PageRequest
from storage import follows
from storage.built import columns, several
from storage.db import tell_after_commit
from storage.paging import page_of
from storage.posts import visible_to
from storage.tables import (
    AccountRow,
    DomainMuteRow,
    MarkerRow,
    MuteRow,
    NotificationRow,
    PostRow,
    ThreadMuteRow,
)

_notification: Table = NotificationRow.__table__  # type: ignore[assignment]  # a mapped class's table
_OWNERS, _OTHERS = several("owners"), several("others")
_MUTED = select(MuteRow.account_id, MuteRow.target_id).where(
    MuteRow.account_id.in_(_OWNERS),
    MuteRow.target_id.in_(_OTHERS),
    MuteRow.notifications.is_(True),
    or_(
        MuteRow.expires_at.is_(None),
        MuteRow.expires_at > bindparam("now", type_=MuteRow.expires_at.type),
    ),
)
_MUTED_HOSTS = (
    select(DomainMuteRow.account_id, AccountRow.id)
    .join(AccountRow, AccountRow.domain == DomainMuteRow.domain)
    .where(DomainMuteRow.account_id.in_(_OWNERS), AccountRow.id.in_(_OTHERS))
)
_TOLD_ALREADY = select(
    NotificationRow.account_id, NotificationRow.kind, NotificationRow.from_id
).where(
    NotificationRow.account_id.in_(_OWNERS),
    NotificationRow.kind.in_(several("kinds")),
    NotificationRow.from_id.in_(_OTHERS),
    NotificationRow.post_id.is_(None),
)


def told(
    account_id: int,
    *,
    kinds: Sequence[str],
    from_id: int | None = None,
    with_filtered: bool = False,
    row: type[NotificationRow] = NotificationRow,
) -> list[ColumnElement[bool]]:
    """Return the conditions of what an account is told of; posts are asked for besides."""
    conditions = [
        row.account_id == account_id,
        row.kind.in_(kinds),
        ~exists().where(AccountRow.id == row.from_id, AccountRow.suspended_at.is_not(None)),
    ]
    if not with_filtered:
        conditions.append(row.filtered.is_(False))
    if from_id is not None:
        conditions.append(row.from_id == from_id)
    return conditions


def about_seen(account_id: int) -> ColumnElement[bool]:
    """Return that what a notice is about may be seen; `PostRow` is to be joined outside."""
    return or_(NotificationRow.post_id.is_(None), visible_to(account_id))


async def page(
    session: AsyncSession,
    account_id: int,
    request: PageRequest,
    *,
    kinds: Sequence[str],
    from_id: int | None,
    with_filtered: bool,
) -> Page[int]:
    """Return a page of what an account is told of, of these kinds."""
    statement = (
        select(NotificationRow.id)
        .outerjoin(PostRow, PostRow.id == NotificationRow.post_id)
        .where(
            *told(account_id, kinds=kinds, from_id=from_id, with_filtered=with_filtered),
            about_seen(account_id),
        )
    )
    return await page_of(session, statement, NotificationRow.id, request)


async def by_ids(session: AsyncSession, ids: Sequence[int]) -> dict[int, NotificationRow]:
    """Return these notifications, by id."""
    if not ids:
        return {}
    rows = await session.scalars(select(NotificationRow).where(NotificationRow.id.in_(ids)))
    return {row.id: row for row in rows}


async def unwelcome(
    session: AsyncSession, pairs: Sequence[tuple[int, int, int | None]], *, now: datetime
) -> set[tuple[int, int, int | None]]:
    """Return which (account, from, thread) triples the account does not want to be told of.

    Blocked either way, muted with notifications, of a host or in a thread it is tired of.
    """
    if not pairs:
        return set()
    given = {
        "owners": sorted({owner for owner, _from, _thread in pairs}),
        "others": sorted({other for _owner, other, _thread in pairs}),
    }
    blocked = await follows.blocked_among(session, given["owners"], given["others"])
    muted = {tuple(pair) for pair in await columns(session, _MUTED, {**given, "now": now})}
    muted |= {tuple(pair) for pair in await columns(session, _MUTED_HOSTS, given)}
    threads = {thread for _owner, _from, thread in pairs if thread is not None}
    quiet: set[tuple[int, int]] = set()
    if threads:
        rows = await session.execute(
            select(ThreadMuteRow.account_id, ThreadMuteRow.thread_id).where(
                ThreadMuteRow.account_id.in_(given["owners"]),
                ThreadMuteRow.thread_id.in_(threads),
            )
        )
        quiet = set(rows)
    return {
        (owner, other, thread)
        for owner, other, thread in pairs
        if frozenset((owner, other)) in blocked
        or (owner, other) in muted
        or (thread is not None and (owner, thread) in quiet)
    }


async def insert_many(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert notifications; one that is there already stays as it is."""
    if rows:
        connection = await session.connection()
        await connection.execute(_insert(connection.dialect.name), list(rows))
        told = [row for row in rows if not row["filtered"]]
        tell_after_commit(session, *(Notified(row["account_id"], row["id"]) for row in told))


async def told_already(
    session: AsyncSession, notices: Collection[tuple[int, str, int]]
) -> set[tuple[int, str, int]]:
    """Return which notifications without a post are there already: (account, kind, from)."""
    if not notices:
        return set()
    owners, kinds, others = (sorted(set(part)) for part in zip(*notices, strict=True))
    given = {"owners": owners, "kinds": kinds, "others": others}
    found = {tuple(row) for row in await columns(session, _TOLD_ALREADY, given)}
    return found.intersection(notices)


async def unread(
    session: AsyncSession,
    account_id: int,
    *,
    limit: int,
    kinds: Sequence[str],
    from_id: int | None = None,
) -> int:
    """Return how many notifications came after the reading mark, at most `limit`."""
    after = (
        select(NotificationRow.id)
        .where(
            *told(account_id, kinds=kinds, from_id=from_id),
            NotificationRow.id > await last_read(session, account_id),
        )
        .limit(limit)
        .subquery()
    )
    return await session.scalar(select(func.count()).select_from(after)) or 0


async def last_read(session: AsyncSession, account_id: int) -> int:
    """Return the id up to which an account has read its notifications, 0 for none."""
    mark = await session.get(MarkerRow, (account_id, "notifications"))
    return mark.last_read_id if mark is not None else 0


async def markers(session: AsyncSession, account_id: int) -> dict[str, MarkerRow]:
    """Return an account's reading marks, by timeline."""
    rows = await session.scalars(select(MarkerRow).where(MarkerRow.account_id == account_id))
    return {row.timeline: row for row in rows}


@lru_cache
def _insert(dialect: str) -> Any:
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return make(_notification).on_conflict_do_nothing()
