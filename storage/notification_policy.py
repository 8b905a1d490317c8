"""Queries about whom members want to be told of, and who waits to be let through."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.ids import new_id
from fedi_k12.domain.paging import Page, PageRequest
from storage.built import several
from storage.paging import page_of
from storage.tables import (
    AccountRow,
    FollowRow,
    MemberRow,
    NotificationPermissionRow,
    NotificationPolicyRow,
    NotificationRequestRow,
    NotificationRow,
)

Pair = tuple[int, int]
"""Who is told, and of whom."""
_POLICIES = select(NotificationPolicyRow).where(
    NotificationPolicyRow.account_id.in_(several("ids"))
)


async def policies(
    session: AsyncSession, account_ids: Collection[int]
) -> dict[int, NotificationPolicyRow]:
    """Return the policies that these accounts chose, by account."""
    rows = await session.scalars(_POLICIES, {"ids": list(account_ids)})
    return {row.account_id: row for row in rows}


async def let_through(session: AsyncSession, pairs: Collection[Pair]) -> set[Pair]:
    """Return which of these were let through by hand, or are from staff of this server."""
    owners, others = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
    rows = await session.execute(
        select(NotificationPermissionRow.account_id, NotificationPermissionRow.from_id).where(
            NotificationPermissionRow.account_id.in_(owners),
            NotificationPermissionRow.from_id.in_(others),
        )
    )
    staff = set(
        await session.scalars(
            select(MemberRow.account_id).where(
                MemberRow.account_id.in_(others), MemberRow.role != "member"
            )
        )
    )
    return {(owner, other) for owner, other in rows} | {
        pair for pair in pairs if pair[1] in staff
    }


async def follows_between(
    session: AsyncSession, pairs: Collection[Pair]
) -> dict[Pair, datetime]:
    """Return since when each follows the other, of these pairs either way round."""
    both = {number for pair in pairs for number in pair}
    rows = await session.execute(
        select(FollowRow.follower_id, FollowRow.target_id, FollowRow.created_at).where(
            FollowRow.follower_id.in_(both),
            FollowRow.target_id.in_(both),
            FollowRow.accepted.is_(True),
        )
    )
    return {(follower, target): since for follower, target, since in rows}


async def ask_for(
    session: AsyncSession, waiting: Sequence[tuple[int, int, int | None]], *, now: datetime
) -> None:
    """Remember that notices wait: (account, from, post), the latest post of each pair."""
    latest: dict[Pair, int | None] = {}
    for owner, other, post_id in waiting:
        latest[owner, other] = post_id or latest.get((owner, other))
    pairs = tuple_(NotificationRequestRow.account_id, NotificationRequestRow.from_id)
    known = {
        (row.account_id, row.from_id): row
        for row in await session.scalars(
            select(NotificationRequestRow).where(pairs.in_(list(latest)))
        )
    }
    for (owner, other), post_id in latest.items():
        row = known.get((owner, other))
        if row is None:
            row = NotificationRequestRow(
                id=new_id(), account_id=owner, from_id=other, created_at=now
            )
            session.add(row)
        row.last_post_id, row.updated_at = post_id or row.last_post_id, now
    await session.flush()


async def requests(session: AsyncSession, account_id: int, page: PageRequest) -> Page[int]:
    """Return a page of who waits to be let through."""
    statement = select(NotificationRequestRow.id).where(*_open(account_id))
    return await page_of(session, statement, NotificationRequestRow.id, page)


async def requests_by_ids(
    session: AsyncSession, account_id: int, ids: Collection[int]
) -> dict[int, NotificationRequestRow]:
    """Return these of an account's requests, by id."""
    rows = await session.scalars(
        select(NotificationRequestRow).where(
            *_open(account_id), NotificationRequestRow.id.in_(ids)
        )
    )
    return {row.id: row for row in rows}


async def waiting(
    session: AsyncSession, account_id: int, from_ids: Collection[int] | None = None
) -> dict[int, int]:
    """Return how many notices wait, by whom they are from."""
    statement = (
        select(NotificationRow.from_id, func.count())
        .join(
            NotificationRequestRow,
            (NotificationRequestRow.account_id == NotificationRow.account_id)
            & (NotificationRequestRow.from_id == NotificationRow.from_id),
        )
        .where(*_open(account_id), NotificationRow.filtered.is_(True))
        .group_by(NotificationRow.from_id)
    )
    if from_ids is not None:
        statement = statement.where(NotificationRow.from_id.in_(from_ids))
    found = await session.execute(statement)
    return {number: count for number, count in found}  # noqa: C416 - a row is no pair to mypy


async def accept(
    session: AsyncSession, account_id: int, from_ids: Collection[int], *, now: datetime
) -> None:
    """Let accounts through: what waited of them is told, and what will come."""
    known = await let_through(session, [(account_id, number) for number in from_ids])
    for number in from_ids:
        if (account_id, number) not in known:
            session.add(
                NotificationPermissionRow(account_id=account_id, from_id=number, created_at=now)
            )
    await session.execute(
        update(NotificationRow)
        .where(
            NotificationRow.account_id == account_id,
            NotificationRow.from_id.in_(from_ids),
            NotificationRow.filtered.is_(True),
        )
        .values(filtered=False)
    )
    await _close(session, account_id, from_ids)


async def dismiss(session: AsyncSession, account_id: int, from_ids: Collection[int]) -> None:
    """Forget what waited of these accounts; what they do later waits anew."""
    await session.execute(
        delete(NotificationRow).where(
            NotificationRow.account_id == account_id,
            NotificationRow.from_id.in_(from_ids),
            NotificationRow.filtered.is_(True),
        )
    )
    await _close(session, account_id, from_ids)


async def _close(session: AsyncSession, account_id: int, from_ids: Collection[int]) -> None:
    await session.execute(
        delete(NotificationRequestRow).where(
            NotificationRequestRow.account_id == account_id,
            NotificationRequestRow.from_id.in_(from_ids),
        )
    )


def _open(account_id: int) -> list[ColumnElement[bool]]:
    """Conditions of requests that something waits behind, from somebody who is there."""
    return [
        NotificationRequestRow.account_id == account_id,
        exists()
        .where(
            NotificationRow.account_id == account_id,
            NotificationRow.from_id == NotificationRequestRow.from_id,
            NotificationRow.filtered.is_(True),
        )
        .correlate(NotificationRequestRow),
        ~exists().where(
            AccountRow.id == NotificationRequestRow.from_id,
            AccountRow.suspended_at.is_not(None),
        ),
    ]
