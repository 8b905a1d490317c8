"""Queries about groups: who looks after them, what stands in them, who is kept out."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from fedi_k12.domain.paging import Page, PageRequest
from storage.paging import page_of
from storage.posts import visible_to, wanted_by
from storage.tables import (
    AccountRow,
    FollowRow,
    GroupBanRow,
    GroupLogRow,
    GroupModeratorRow,
    GroupPostRow,
    GroupRow,
    PostRow,
)


async def profile(session: AsyncSession, group_id: int) -> GroupRow | None:
    """Return what a group is besides its account."""
    return await session.get(GroupRow, group_id)


async def profiles(session: AsyncSession, ids: Sequence[int]) -> dict[int, GroupRow]:
    """Return what these groups are besides their accounts, by account."""
    if not ids:
        return {}
    rows = await session.scalars(select(GroupRow).where(GroupRow.account_id.in_(ids)))
    return {row.account_id: row for row in rows}


async def ensure(session: AsyncSession, group_id: int) -> GroupRow:
    """Return what a group is besides its account, made with the usual values if missing."""
    row = await session.get(GroupRow, group_id)
    if row is None:
        row = GroupRow(account_id=group_id)
        session.add(row)
        await session.flush()
    return row


async def listed(session: AsyncSession, viewer_id: int | None) -> list[AccountRow]:
    """Return the groups of this server, and those elsewhere that the viewer is in, by name.

    A private group is listed too: that it exists is no secret, what is said in it is.
    """
    mine = exists().where(
        FollowRow.target_id == AccountRow.id, FollowRow.follower_id == (viewer_id or 0)
    )
    rows = await session.scalars(
        select(AccountRow)
        .where(
            AccountRow.kind == "Group",
            or_(AccountRow.domain == "", mine),
            AccountRow.deleted_at.is_(None),
            AccountRow.suspended_at.is_(None),
        )
        .order_by(AccountRow.domain, func.lower(AccountRow.display_name), AccountRow.id)
        .limit(500)
    )
    return list(rows)


async def moderator_uris(session: AsyncSession, group_id: int) -> list[str]:
    """Return the ids of those who look after a group, in the order they came."""
    rows = await session.scalars(
        select(GroupModeratorRow.account_uri)
        .where(GroupModeratorRow.group_id == group_id)
        .order_by(GroupModeratorRow.created_at, GroupModeratorRow.account_uri)
    )
    return list(rows)


async def moderators(
    session: AsyncSession, ids: Sequence[int]
) -> dict[int, list[tuple[str, AccountRow | None]]]:
    """Return (id, account if known here) of who looks after these groups, by group."""
    found: dict[int, list[tuple[str, AccountRow | None]]] = {}
    if ids:
        rows = await session.execute(
            select(GroupModeratorRow, AccountRow)
            .outerjoin(AccountRow, AccountRow.uri == GroupModeratorRow.account_uri)
            .where(GroupModeratorRow.group_id.in_(ids))
            .order_by(GroupModeratorRow.created_at, GroupModeratorRow.account_uri)
        )
        for row, account in rows:
            found.setdefault(row.group_id, []).append((row.account_uri, account))
    return found


async def is_moderator(session: AsyncSession, group_id: int, account_uri: str) -> bool:
    """Return whether an account looks after a group, as far as we know."""
    return await session.get(GroupModeratorRow, (group_id, account_uri)) is not None


async def add_moderator(
    session: AsyncSession, group_id: int, account_uri: str, *, now: datetime
) -> bool:
    """Let an account look after a group; return whether it did not before."""
    if await is_moderator(session, group_id, account_uri):
        return False
    session.add(GroupModeratorRow(group_id=group_id, account_uri=account_uri, created_at=now))
    await session.flush()
    return True


async def remove_moderator(session: AsyncSession, group_id: int, account_uri: str) -> bool:
    """Let an account no longer look after a group; return whether it did."""
    removed = await session.execute(
        delete(GroupModeratorRow).where(
            GroupModeratorRow.group_id == group_id,
            GroupModeratorRow.account_uri == account_uri,
        )
    )
    return bool(getattr(removed, "rowcount", 0))


async def set_moderators(
    session: AsyncSession, group_id: int, uris: Iterable[str], *, now: datetime
) -> None:
    """Replace the list of who looks after a group elsewhere by what its server says."""
    wanted = dict.fromkeys(uris)
    known = set(await moderator_uris(session, group_id))
    for gone in known - set(wanted):
        await remove_moderator(session, group_id, gone)
    for uri in wanted:
        if uri not in known:
            await add_moderator(session, group_id, uri, now=now)
    (await ensure(session, group_id)).moderators_at = now
    await session.flush()


async def ban_of(
    session: AsyncSession, group_id: int, account_id: int, *, now: datetime
) -> GroupBanRow | None:
    """Return the ban that keeps an account out of a group, if one holds now."""
    row = await session.get(GroupBanRow, (group_id, account_id))
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        return None
    return row


async def bans(session: AsyncSession, group_id: int, *, now: datetime) -> list[GroupBanRow]:
    """Return the bans of a group that hold now, the latest first."""
    rows = await session.scalars(
        select(GroupBanRow)
        .where(
            GroupBanRow.group_id == group_id,
            or_(GroupBanRow.expires_at.is_(None), GroupBanRow.expires_at > now),
        )
        .order_by(GroupBanRow.created_at.desc())
        .limit(500)
    )
    return list(rows)


async def state_of(session: AsyncSession, ids: Sequence[int]) -> dict[int, GroupPostRow]:
    """Return what moderators decided about these posts, by post."""
    if not ids:
        return {}
    rows = await session.scalars(select(GroupPostRow).where(GroupPostRow.post_id.in_(ids)))
    return {row.post_id: row for row in rows}


async def ensure_state(session: AsyncSession, post_id: int, group_id: int) -> GroupPostRow:
    """Return what moderators decided about a post, made empty if there is nothing yet."""
    row = await session.get(GroupPostRow, post_id)
    if row is None:
        row = GroupPostRow(post_id=post_id, group_id=group_id)
        session.add(row)
        await session.flush()
    return row


async def log(session: AsyncSession, group_id: int, page: PageRequest) -> Page[int]:
    """Return a page of what moderators of a group did, by the entries' ids."""
    statement = select(GroupLogRow.id).where(GroupLogRow.group_id == group_id)
    return await page_of(session, statement, GroupLogRow.id, page)


async def log_rows(session: AsyncSession, ids: Sequence[int]) -> dict[int, GroupLogRow]:
    """Return these entries of logs, by their ids."""
    if not ids:
        return {}
    rows = await session.scalars(select(GroupLogRow).where(GroupLogRow.id.in_(ids)))
    return {row.id: row for row in rows}


async def local_among(session: AsyncSession, ids: Iterable[int]) -> dict[int, AccountRow]:
    """Return which of these accounts are groups of this server, by id."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = await session.scalars(
        select(AccountRow).where(
            AccountRow.id.in_(wanted),
            AccountRow.kind == "Group",
            AccountRow.domain == "",
            AccountRow.deleted_at.is_(None),
        )
    )
    return {row.id: row for row in rows}


async def keep_out(
    session: AsyncSession,
    group_id: int,
    account_id: int,
    *,
    reason: str,
    expires_at: datetime | None,
    now: datetime,
) -> None:
    """Record that an account may not take part in a group; a later word replaces an earlier."""
    connection = await session.connection()
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values = {"reason": reason, "expires_at": expires_at, "created_at": now}
    statement = make(GroupBanRow).values(group_id=group_id, account_id=account_id, **values)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["group_id", "account_id"], set_=values)
    )


async def let_back(session: AsyncSession, group_id: int, account_id: int) -> bool:
    """End a ban; return whether there was one."""
    removed = await session.execute(
        delete(GroupBanRow).where(
            GroupBanRow.group_id == group_id, GroupBanRow.account_id == account_id
        )
    )
    return bool(getattr(removed, "rowcount", 0))


async def parents_of(session: AsyncSession, ids: Sequence[int]) -> dict[int, PostRow]:
    """Return what these posts answer, by post, where that stands in a group."""
    if not ids:
        return {}
    child = aliased(PostRow)
    rows = await session.execute(
        select(child.id, PostRow)
        .join(PostRow, PostRow.id == child.in_reply_to_id)
        .where(child.id.in_(ids), PostRow.group_id.is_not(None))
    )
    return dict(rows.all())


async def local_group_of(session: AsyncSession, uri: str) -> int | None:
    """Return the group of this server that the post with this id stands in."""
    return await session.scalar(
        select(PostRow.group_id)
        .join(AccountRow, AccountRow.id == PostRow.group_id)
        .where(PostRow.uri == uri, AccountRow.domain == "", AccountRow.deleted_at.is_(None))
    )


async def in_local_groups(session: AsyncSession, ids: Sequence[int]) -> dict[str, int]:
    """Return which of these posts stand in a group of this server: the group by their id."""
    if not ids:
        return {}
    rows = await session.execute(
        select(PostRow.uri, PostRow.group_id)
        .join(AccountRow, AccountRow.id == PostRow.group_id)
        .where(PostRow.id.in_(ids), AccountRow.domain == "", AccountRow.deleted_at.is_(None))
    )
    return {uri: group_id for uri, group_id in rows if group_id is not None}


async def begun(
    session: AsyncSession, group_id: int, viewer_id: int | None, page: PageRequest
) -> Page[int]:
    """Return a page of what was begun in a group and the group passed on."""
    passed_on = aliased(PostRow)
    statement = (
        select(PostRow.id, passed_on.id)
        .join(passed_on, passed_on.boost_of_id == PostRow.id)
        .where(passed_on.account_id == group_id, visible_to(viewer_id), wanted_by(viewer_id))
    )
    return await page_of(session, statement, passed_on.id, page)


async def pinned(session: AsyncSession, group_id: int) -> list[int]:
    """Return what the moderators keep at the top of a group, the latest first."""
    rows = await session.scalars(
        select(GroupPostRow.post_id)
        .where(GroupPostRow.group_id == group_id, GroupPostRow.pinned_at.is_not(None))
        .order_by(GroupPostRow.pinned_at.desc())
    )
    return list(rows)


async def with_list(session: AsyncSession, address: str) -> tuple[AccountRow, str] | None:
    """Return the group whose `featured`, `moderators` or `outbox` this is, and which."""
    if not address:
        return None
    rows = await session.execute(
        select(AccountRow, GroupRow.moderators_uri)
        .outerjoin(GroupRow, GroupRow.account_id == AccountRow.id)
        .where(
            AccountRow.kind == "Group",
            AccountRow.deleted_at.is_(None),
            or_(
                AccountRow.uri == address.removesuffix("/collections/moderators"),
                AccountRow.featured_uri == address,
                AccountRow.outbox == address,
                GroupRow.moderators_uri == address,
            ),
        )
    )
    for row, moderators in rows:
        if address == row.featured_uri:
            return row, "featured"
        if address == row.outbox:
            return row, "outbox"
        ours = f"{row.uri}/collections/moderators" if row.is_local else None
        if address in {moderators, ours}:
            return row, "moderators"
    return None
