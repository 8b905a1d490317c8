"""Queries about follows, blocks and mutes."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from sqlalchemy import (
    ColumnElement,
    Table,
    Update,
    delete,
    exists,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from fedi_k12.domain.paging import Page, PageRequest
from storage.built import columns, held, number, several
from storage.paging import page_of
from storage.tables import (
    AccountNoteRow,
    AccountRow,
    BlockRow,
    DomainMuteRow,
    EndorsementRow,
    FollowRow,
    MuteRow,
)

_account: Table = AccountRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_ME, _OTHERS = number("account"), several("others")
# A list for each side, not one condition: each has an index of its own.
_APART = union_all(
    select(BlockRow.account_id, BlockRow.target_id).where(
        BlockRow.account_id == _ME, BlockRow.target_id.in_(_OTHERS)
    ),
    select(BlockRow.account_id, BlockRow.target_id).where(
        BlockRow.target_id == _ME, BlockRow.account_id.in_(_OTHERS)
    ),
)
_WATCHING = select(FollowRow.follower_id).where(
    FollowRow.target_id == number("author"),
    FollowRow.accepted.is_(True),
    FollowRow.follower_local.is_(True),
    FollowRow.notify.is_(True),
)
_REMOTE_INBOXES = (
    select(AccountRow.inbox, AccountRow.shared_inbox, AccountRow.host)
    .join(FollowRow, FollowRow.follower_id == AccountRow.id)
    .where(
        FollowRow.target_id == number("target"),
        FollowRow.accepted.is_(True),
        FollowRow.follower_local.is_(False),
        AccountRow.suspended_at.is_(None),
        AccountRow.deleted_at.is_(None),
    )
)
_BLOCKED_EITHER_WAY = select(
    exists().where(
        (BlockRow.account_id == number("one")) & (BlockRow.target_id == number("other"))
        | (BlockRow.account_id == number("other")) & (BlockRow.target_id == number("one"))
    )
)
_ONES, _TARGETS = several("ones"), several("targets")
_BLOCKED_AMONG = union_all(
    select(BlockRow.account_id, BlockRow.target_id).where(
        BlockRow.account_id.in_(_ONES), BlockRow.target_id.in_(_OTHERS)
    ),
    select(BlockRow.account_id, BlockRow.target_id).where(
        BlockRow.account_id.in_(_OTHERS), BlockRow.target_id.in_(_ONES)
    ),
)
_PAIRS = select(FollowRow.follower_id, FollowRow.target_id).where(
    FollowRow.follower_id.in_(_ONES), FollowRow.target_id.in_(_TARGETS)
)
_BETWEEN = select(FollowRow).where(
    FollowRow.follower_id == number("follower"), FollowRow.target_id == number("target")
)


async def between(session: AsyncSession, follower_id: int, target_id: int) -> FollowRow | None:
    """Return the follow, asked for or accepted, of one account by another."""
    given = {"follower": follower_id, "target": target_id}
    return await session.scalar(_BETWEEN, given)


async def known_among(
    session: AsyncSession, followers: Collection[int], targets: Collection[int]
) -> set[tuple[int, int]]:
    """Return who of these follows whom of those, or asks to: (follower, target)."""
    given = {"ones": list(followers), "targets": list(targets)}
    return {(one, other) for one, other in await columns(session, _PAIRS, given)}


async def by_id(session: AsyncSession, follow_id: int) -> FollowRow | None:
    """Return the follow with this id of ours."""
    return await session.get(FollowRow, follow_id)


async def is_following(session: AsyncSession, follower_id: int, target_id: int) -> bool:
    """Return whether one account follows another, accepted."""
    found = await between(session, follower_id, target_id)
    return found is not None and found.accepted


async def watching(session: AsyncSession, author_id: int) -> list[int]:
    """Return the local followers who want to be told of each post of the author."""
    return [one for (one,) in await columns(session, _WATCHING, {"author": author_id})]


async def has_local_follower(session: AsyncSession, account_ids: Sequence[int]) -> set[int]:
    """Return which of these accounts somebody here follows."""
    if not account_ids:
        return set()
    rows = await session.scalars(
        select(FollowRow.target_id)
        .where(
            FollowRow.target_id.in_(account_ids),
            FollowRow.accepted.is_(True),
            FollowRow.follower_local.is_(True),
        )
        .distinct()
    )
    return set(rows)


async def local_followers(
    session: AsyncSession, target_id: int, *, after: int, limit: int
) -> list[FollowRow]:
    """Return some of the follows of an account by those here, in order of their ids."""
    rows = await session.scalars(
        select(FollowRow)
        .where(
            FollowRow.target_id == target_id,
            FollowRow.accepted.is_(True),
            FollowRow.follower_local.is_(True),
            FollowRow.id > after,
        )
        .order_by(FollowRow.id)
        .limit(limit)
    )
    return list(rows)


async def of_target(session: AsyncSession, target_id: int) -> list[FollowRow]:
    """Return the follows of an account by those here, and their requests."""
    rows = await session.scalars(
        select(FollowRow).where(
            FollowRow.target_id == target_id, FollowRow.follower_local.is_(True)
        )
    )
    return list(rows)


async def local_follower_uris(
    session: AsyncSession, target_id: int, *, limit: int
) -> list[str]:
    """Return the ids of those here who follow an account."""
    rows = await session.scalars(
        select(AccountRow.uri)
        .join(FollowRow, FollowRow.follower_id == AccountRow.id)
        .where(
            FollowRow.target_id == target_id,
            FollowRow.accepted.is_(True),
            FollowRow.follower_local.is_(True),
        )
        .limit(limit)
    )
    return list(rows)


async def remote_followers(
    session: AsyncSession, target_id: int, *, host: str | None = None
) -> list[tuple[str, str]]:
    """Return (id, host) of an account's followers elsewhere, or on one host."""
    statement = (
        select(AccountRow.uri, AccountRow.host)
        .join(FollowRow, FollowRow.follower_id == AccountRow.id)
        .where(
            FollowRow.target_id == target_id,
            FollowRow.accepted.is_(True),
            FollowRow.follower_local.is_(False),
            AccountRow.deleted_at.is_(None),
        )
        .order_by(FollowRow.id)
    )
    if host is not None:
        statement = statement.where(AccountRow.host == host)
    return [(uri, name) for uri, name in await session.execute(statement)]


async def remote_inboxes(
    session: AsyncSession, target_id: int
) -> list[tuple[str, str | None, str]]:
    """Return (inbox, shared inbox, host) of the target's followers on other servers."""
    rows = await columns(session, _REMOTE_INBOXES, {"target": target_id})
    return [(inbox, shared, host) for inbox, shared, host in rows]


async def block_between(session: AsyncSession, one: int, other: int) -> BlockRow | None:
    """Return the block of `other` by `one`."""
    return await session.scalar(
        select(BlockRow).where(BlockRow.account_id == one, BlockRow.target_id == other)
    )


async def block_by_uri(session: AsyncSession, uri: str) -> BlockRow | None:
    """Return the block whose Block activity has this id."""
    return await session.scalar(select(BlockRow).where(BlockRow.uri == uri))


async def blocked_either_way(session: AsyncSession, one: int, other: int) -> bool:
    """Return whether one of two accounts blocks the other."""
    return bool(await session.scalar(_BLOCKED_EITHER_WAY, {"one": one, "other": other}))


async def blocked_among(
    session: AsyncSession, ones: Collection[int], others: Collection[int]
) -> set[frozenset[int]]:
    """Return between which of these and which of those there is a block, by either."""
    given = {"ones": list(ones), "others": list(others)}
    return {frozenset(pair) for pair in await columns(session, _BLOCKED_AMONG, given)}


async def mute_between(session: AsyncSession, one: int, other: int) -> MuteRow | None:
    """Return the mute of `other` by `one`."""
    return await session.scalar(
        select(MuteRow).where(MuteRow.account_id == one, MuteRow.target_id == other)
    )


async def count(session: AsyncSession, *, follower_id: int, target_id: int, step: int) -> None:
    """Add `step` to what both accounts count of each other's follow."""
    await count_many(session, [(follower_id, target_id)], step=step)


async def count_many(
    session: AsyncSession, pairs: Collection[tuple[int, int]], *, step: int = 1
) -> None:
    """Add `step`, for each (follower, target), to what both accounts count of their follow."""
    connection = await session.connection()
    followers, targets = (Counter(side) for side in zip(*pairs, strict=True))
    for counted, column in ((followers, "following_count"), (targets, "followers_count")):
        # In one order always: two writers must not wait for one another.
        steps = [{"counted": one, "step": step * counted[one]} for one in sorted(counted)]
        await connection.execute(_count(column), steps)
        for one in steps:
            if (row := held(session, AccountRow, one["counted"])) is not None:
                # The statement went by the session, which shows its rows as they are now.
                set_committed_value(row, column, getattr(row, column) + one["step"])
                set_committed_value(row, "version", row.version + 1)


async def remove(session: AsyncSession, follow: FollowRow) -> None:
    """Delete a follow and, if it was accepted, count it off."""
    if follow.accepted:
        await count(
            session, follower_id=follow.follower_id, target_id=follow.target_id, step=-1
        )
    await session.execute(delete(FollowRow).where(FollowRow.id == follow.id))


async def follows_among(
    session: AsyncSession, account_id: int, others: Iterable[int]
) -> tuple[dict[int, FollowRow], dict[int, FollowRow]]:
    """Return the account's follows of these, and theirs of it, by the other's id."""
    ids = list(others)
    out = await session.scalars(
        select(FollowRow).where(
            FollowRow.follower_id == account_id, FollowRow.target_id.in_(ids)
        )
    )
    back = await session.scalars(
        select(FollowRow).where(
            FollowRow.target_id == account_id, FollowRow.follower_id.in_(ids)
        )
    )
    return {row.target_id: row for row in out}, {row.follower_id: row for row in back}


async def blocks_among(
    session: AsyncSession, account_id: int, others: Iterable[int]
) -> tuple[set[int], set[int]]:
    """Return whom of these the account blocks, and who of them blocks it."""
    out: set[int] = set()
    back: set[int] = set()
    if not (ids := list(others)):
        return out, back
    for blocking, blocked in await session.execute(
        _APART, {"account": account_id, "others": ids}
    ):
        if blocking == account_id:
            out.add(blocked)
        else:
            back.add(blocking)
    return out, back


async def apart_among(
    session: AsyncSession, account_ids: Iterable[int], others: Iterable[int]
) -> dict[int, set[int]]:
    """Return for each of the accounts whom of the others it blocks, or is blocked by."""
    ours, ids = list(account_ids), list(others)
    rows = await session.execute(
        select(BlockRow.account_id, BlockRow.target_id).where(
            or_(
                BlockRow.account_id.in_(ours) & BlockRow.target_id.in_(ids),
                BlockRow.target_id.in_(ours) & BlockRow.account_id.in_(ids),
            )
        )
    )
    found: dict[int, set[int]] = {mine: set() for mine in ours}
    for one, other in rows:
        for mine, apart in ((one, other), (other, one)):
            if mine in found:
                found[mine].add(apart)
    return found


async def mutes_among(
    session: AsyncSession, account_id: int, others: Iterable[int]
) -> dict[int, MuteRow]:
    """Return the account's mutes of these, by whom."""
    rows = await session.scalars(
        select(MuteRow).where(
            MuteRow.account_id == account_id,
            MuteRow.target_id.in_(list(others)),
            _holds(),
        )
    )
    return {row.target_id: row for row in rows}


async def notes_among(
    session: AsyncSession, account_id: int, others: Iterable[int]
) -> dict[int, str]:
    """Return what the account noted about these, by whom."""
    rows = await session.scalars(
        select(AccountNoteRow).where(
            AccountNoteRow.account_id == account_id,
            AccountNoteRow.target_id.in_(list(others)),
        )
    )
    return {row.target_id: row.comment for row in rows}


async def muted_domains(session: AsyncSession, account_id: int) -> set[str]:
    """Return the hosts that the account wants nothing from."""
    return set(
        await session.scalars(
            select(DomainMuteRow.domain).where(DomainMuteRow.account_id == account_id)
        )
    )


async def followers(session: AsyncSession, account_id: int, page: PageRequest) -> Page[int]:
    """Return a page of who follows the account."""
    statement = select(FollowRow.follower_id, FollowRow.id).where(
        FollowRow.target_id == account_id, FollowRow.accepted.is_(True)
    )
    return await page_of(session, statement, FollowRow.id, page)


async def following(session: AsyncSession, account_id: int, page: PageRequest) -> Page[int]:
    """Return a page of whom the account follows."""
    statement = select(FollowRow.target_id, FollowRow.id).where(
        FollowRow.follower_id == account_id, FollowRow.accepted.is_(True)
    )
    return await page_of(session, statement, FollowRow.id, page)


async def requests(session: AsyncSession, account_id: int, page: PageRequest) -> Page[int]:
    """Return a page of who asks to follow the account."""
    statement = select(FollowRow.follower_id, FollowRow.id).where(
        FollowRow.target_id == account_id, FollowRow.accepted.is_(False)
    )
    return await page_of(session, statement, FollowRow.id, page)


async def blocks(session: AsyncSession, account_id: int, page: PageRequest) -> Page[int]:
    """Return a page of whom the account blocks."""
    statement = select(BlockRow.target_id, BlockRow.id).where(BlockRow.account_id == account_id)
    return await page_of(session, statement, BlockRow.id, page)


async def mutes(session: AsyncSession, account_id: int, page: PageRequest) -> Page[int]:
    """Return a page of whom the account mutes."""
    statement = select(MuteRow.target_id, MuteRow.id).where(
        MuteRow.account_id == account_id, _holds()
    )
    return await page_of(session, statement, MuteRow.id, page)


async def domain_mutes(session: AsyncSession, account_id: int, page: PageRequest) -> Page[str]:
    """Return a page of the hosts that the account wants nothing from."""
    statement = select(DomainMuteRow.id, DomainMuteRow.id).where(
        DomainMuteRow.account_id == account_id
    )
    ids = await page_of(session, statement, DomainMuteRow.id, page)
    rows = await session.scalars(select(DomainMuteRow).where(DomainMuteRow.id.in_(ids.items)))
    names = {row.id: row.domain for row in rows}
    return ids.with_items([names[number] for number in ids.items])


async def count_requests(session: AsyncSession, account_id: int) -> int:
    """Return how many ask to follow the account."""
    found = await session.scalars(
        select(FollowRow.id).where(
            FollowRow.target_id == account_id, FollowRow.accepted.is_(False)
        )
    )
    return len(list(found))


async def endorsed_among(
    session: AsyncSession, account_id: int, others: Iterable[int]
) -> set[int]:
    """Return whom of these the account recommends."""
    rows = await session.scalars(
        select(EndorsementRow.target_id).where(
            EndorsementRow.account_id == account_id,
            EndorsementRow.target_id.in_(list(others)),
        )
    )
    return set(rows)


def _holds() -> ColumnElement[bool]:
    """Return that a mute is not over: it is swept away some time after that."""
    return or_(MuteRow.expires_at.is_(None), MuteRow.expires_at > func.current_timestamp())


@lru_cache
def _count(column: str) -> Update:
    counted = _account.c[column]
    return (
        update(_account)
        .where(_account.c.id == number("counted"))
        .values({counted: counted + number("step"), _account.c.version: _account.c.version + 1})
    )
