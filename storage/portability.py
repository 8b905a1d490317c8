"""Queries about what members take along, and what they bring from elsewhere."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.portability import Entry
from storage.tables import (
    AccountRow,
    BlockRow,
    BookmarkRow,
    DomainMuteRow,
    FollowRow,
    ImportLineRow,
    ImportRow,
    LinkRow,
    ListMemberRow,
    ListRow,
    MuteRow,
    PostRow,
)

ROWS_AT_ONCE = 2_000
"""So many lines are written in one go, which leaves others their turn in between."""
_HANDLE = (AccountRow.username, AccountRow.domain)


async def held(session: AsyncSession, account_id: int, kind: str) -> list[Entry]:
    """Return what an account has of a kind now, the newest first; `followers` is one too."""
    rows = await session.execute(_held(account_id, kind))
    return [_entry(kind, tuple(row)) for row in rows]


async def count_held(session: AsyncSession, account_id: int, kind: str) -> int:
    """Return how much an account has of a kind now."""
    inner = _held(account_id, kind).order_by(None).subquery()
    return await session.scalar(select(func.count()).select_from(inner)) or 0


async def list_titles(session: AsyncSession, account_id: int) -> list[str]:
    """Return what an account's lists are called, the empty ones too."""
    return list(
        await session.scalars(select(ListRow.title).where(ListRow.account_id == account_id))
    )


async def lists_called(session: AsyncSession, account_id: int, title: str) -> list[ListRow]:
    """Return an account's lists of this name, the oldest first."""
    rows = await session.scalars(
        select(ListRow)
        .where(ListRow.account_id == account_id, ListRow.title == title)
        .order_by(ListRow.id)
    )
    return list(rows)


async def on_list(session: AsyncSession, list_id: int, account_id: int) -> bool:
    """Return whether an account is on a list."""
    found = await session.scalar(
        select(ListMemberRow.id).where(
            ListMemberRow.list_id == list_id, ListMemberRow.account_id == account_id
        )
    )
    return found is not None


async def due_lines(
    session: AsyncSession, import_id: int, *, per_host: int, limit: int, now: datetime
) -> list[ImportLineRow]:
    """Return some lines to be done, of each host only so many; none has to be asked for ""."""
    place = (
        func.row_number()
        .over(partition_by=ImportLineRow.host, order_by=ImportLineRow.id)
        .label("place")
    )
    ranked = (
        select(ImportLineRow.id, ImportLineRow.host, place)
        .where(
            ImportLineRow.import_id == import_id,
            ImportLineRow.state == "todo",
            ImportLineRow.due_at <= now,
        )
        .subquery()
    )
    rows = await session.scalars(
        select(ImportLineRow)
        .join(ranked, ranked.c.id == ImportLineRow.id)
        .where(or_(ranked.c.place <= per_host, ranked.c.host == ""))
        .order_by(ranked.c.place, ImportLineRow.id)
        .limit(limit)
    )
    return list(rows)


async def add_lines(session: AsyncSession, rows: Sequence[dict[str, object]]) -> None:
    """Keep lines of an import, thousands of them in few statements."""
    connection = await session.connection()
    for at in range(0, len(rows), ROWS_AT_ONCE):
        await connection.execute(insert(ImportLineRow), rows[at : at + ROWS_AT_ONCE])


async def next_due(session: AsyncSession, import_id: int) -> datetime | None:
    """Return when the next line of an import is due, None where all are done."""
    return await session.scalar(
        select(func.min(ImportLineRow.due_at)).where(
            ImportLineRow.import_id == import_id, ImportLineRow.state == "todo"
        )
    )


async def rest_host(
    session: AsyncSession, import_id: int, host: str, *, until: datetime
) -> None:
    """Leave all that an import would ask of a host for later."""
    await session.execute(
        update(ImportLineRow)
        .where(
            ImportLineRow.import_id == import_id,
            ImportLineRow.host == host,
            ImportLineRow.state == "todo",
            ImportLineRow.due_at < until,
        )
        .values(due_at=until)
    )


async def line_counts(session: AsyncSession, ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Return how many lines of each import are in which state."""
    rows = await session.execute(
        select(ImportLineRow.import_id, ImportLineRow.state, func.count())
        .where(ImportLineRow.import_id.in_(ids))
        .group_by(ImportLineRow.import_id, ImportLineRow.state)
    )
    found: dict[int, dict[str, int]] = {number: {} for number in ids}
    for number, state, count in rows:
        found[number][state] = count
    return found


async def lines(
    session: AsyncSession, import_id: int, *, state: str = "", limit: int | None = None
) -> list[ImportLineRow]:
    """Return lines of an import in the order of the file, all or those in one state."""
    statement = select(ImportLineRow).where(ImportLineRow.import_id == import_id)
    if state:
        statement = statement.where(ImportLineRow.state == state)
    return list(await session.scalars(statement.order_by(ImportLineRow.id).limit(limit)))


async def imports_of(session: AsyncSession, account_id: int, *, limit: int) -> list[ImportRow]:
    """Return an account's imports, the newest first."""
    rows = await session.scalars(
        select(ImportRow)
        .where(ImportRow.account_id == account_id)
        .order_by(ImportRow.id.desc())
        .limit(limit)
    )
    return list(rows)


async def forget_imports(session: AsyncSession, *, before: datetime) -> None:
    """Forget imports that nobody began, or that ended, before a moment."""
    await session.execute(
        delete(ImportRow).where(ImportRow.state != "running", ImportRow.created_at < before)
    )


def _held(account_id: int, kind: str) -> Select[*tuple[Any, ...]]:
    match kind:
        case "following":
            return (
                select(*_HANDLE, FollowRow.show_boosts, FollowRow.notify, FollowRow.languages)
                .join(FollowRow, FollowRow.target_id == AccountRow.id)
                .where(FollowRow.follower_id == account_id, FollowRow.accepted.is_(True))
                .order_by(FollowRow.id.desc())
            )
        case "followers":
            return (
                select(*_HANDLE)
                .join(FollowRow, FollowRow.follower_id == AccountRow.id)
                .where(FollowRow.target_id == account_id, FollowRow.accepted.is_(True))
                .order_by(FollowRow.id.desc())
            )
        case "blocks":
            return (
                select(*_HANDLE)
                .join(BlockRow, BlockRow.target_id == AccountRow.id)
                .where(BlockRow.account_id == account_id)
                .order_by(BlockRow.id.desc())
            )
        case "mutes":
            return (
                select(*_HANDLE, MuteRow.notifications)
                .join(MuteRow, MuteRow.target_id == AccountRow.id)
                .where(MuteRow.account_id == account_id)
                .order_by(MuteRow.id.desc())
            )
        case "domain_blocks":
            return (
                select(DomainMuteRow.domain)
                .where(DomainMuteRow.account_id == account_id)
                .order_by(DomainMuteRow.id.desc())
            )
        case "lists":
            return (
                select(*_HANDLE, ListRow.title)
                .join(ListMemberRow, ListMemberRow.account_id == AccountRow.id)
                .join(ListRow, ListRow.id == ListMemberRow.list_id)
                .where(ListRow.account_id == account_id)
                .order_by(ListRow.title, ListMemberRow.id)
            )
        case "links":
            return (
                select(LinkRow.url)
                .where(LinkRow.account_id == account_id)
                .order_by(LinkRow.id.desc())
            )
        case _:
            return (
                select(PostRow.uri)
                .join(BookmarkRow, BookmarkRow.post_id == PostRow.id)
                .where(BookmarkRow.account_id == account_id)
                .order_by(BookmarkRow.id.desc())
            )


def _entry(kind: str, row: tuple[Any, ...]) -> Entry:
    if kind in {"domain_blocks", "bookmarks", "links"}:
        return Entry(row[0])
    username, host, *rest = row
    subject = f"{username}@{host}" if host else username
    match kind:
        case "following":
            boosts, notify, languages = rest
            return Entry(
                subject,
                host,
                show_boosts=boosts,
                notify=notify,
                languages=tuple(languages or ()),
            )
        case "mutes":
            return Entry(subject, host, hide_notifications=rest[0])
        case "lists":
            return Entry(subject, host, list_title=rest[0])
        case _:
            return Entry(subject, host)
