"""The ledger of severed follows: what a suspension ended, so that it can be undone."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeVar

from msgspec import Struct
from sqlalchemy import ColumnElement, case, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import FederateFollow, FederateUnfollow, SendReject
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import follow_steps
from storage import accounts, follows, jobs, timelines
from storage.tables import (
    AccountRow,
    FollowRow,
    NotificationRow,
    SeveranceRow,
    SeveredFollowRow,
)

Kind = Literal["host", "account"]
T = TypeVar("T")
NOTICE = "severed_relationships"
_CHUNK = 500


class Severance(Struct, frozen=True):
    """A suspension that ended follows, as the staff see it."""

    id: int
    kind: str
    name: str
    follows: int
    members: int
    left: int
    """Follows that are not restored yet."""
    created_at: datetime
    undone_at: datetime | None


class Lost(Struct, frozen=True):
    """What one member lost by a suspension."""

    id: int
    kind: str
    name: str
    following: tuple[str, ...]
    """Handles of those whom the member followed."""
    followers: tuple[str, ...]
    restored: int
    created_at: datetime


class Impact(Struct, frozen=True):
    """What a suspension would end."""

    follows: int
    members: int


async def impact(session: AsyncSession, theirs: ColumnElement[bool]) -> Impact:
    """Return how many follows of how many members a suspension of these accounts would end."""
    local = case(
        (FollowRow.follower_local.is_(True), FollowRow.follower_id), else_=FollowRow.target_id
    )
    row = (
        await session.execute(
            select(func.count(), func.count(local.distinct()))
            .select_from(FollowRow)
            .where(_concerned(theirs))
        )
    ).one()
    return Impact(int(row[0]), int(row[1]))


async def sever(
    session: AsyncSession,
    *,
    kind: Kind,
    target: str,
    name: str,
    theirs: ColumnElement[bool],
    tell_them: bool,
    now: datetime,
) -> int:
    """End every follow with these accounts, keep each in the ledger; return how many.

    `tell_them`: the other side hears an Undo and a Reject. A suspended server hears nothing,
    so that its side of the follows still stands when the suspension is undone.
    """
    rows = list(await session.scalars(select(FollowRow).where(_concerned(theirs))))
    await timelines.clear_homes_of(session, select(AccountRow.id).where(theirs))
    if not rows:
        return 0
    event = SeveranceRow(
        id=new_id(), kind=kind, target=target, name=name, follows=len(rows), created_at=now
    )
    session.add(event)
    await session.flush()
    for part in _chunks(rows):
        await session.execute(insert(SeveredFollowRow), [_kept(row, event.id) for row in part])
        await session.execute(delete(FollowRow).where(FollowRow.id.in_([r.id for r in part])))
    for row in rows:
        session.expunge(row)
    await _count(session, [row for row in rows if row.accepted], step=-1)
    if tell_them:
        for row in rows:
            await _say_goodbye(session, row, now)
    await _tell_members(session, event, rows, now)
    return len(rows)


async def undo(
    session: AsyncSession, *, kind: Kind, target: str, addresses: Addresses, now: datetime
) -> int:
    """Restore what suspensions of `target` ended; return how many follows.

    Members' follows are asked for anew. Followers from a server that was suspended are there
    again at once; those of a suspended account were told that it is over, and ask themselves.
    """
    events = list(
        await session.scalars(
            select(SeveranceRow).where(
                SeveranceRow.kind == kind,
                SeveranceRow.target == target,
                SeveranceRow.undone_at.is_(None),
            )
        )
    )
    restored = 0
    for event in events:
        restored += await _restore(session, event, addresses=addresses, now=now)
        event.undone_at = now
    return restored


async def undo_one(
    session: AsyncSession, *, severance_id: int, addresses: Addresses, now: datetime
) -> int:
    """Restore what one suspension ended; return how many follows."""
    event = await session.get(SeveranceRow, severance_id)
    if event is None:
        raise NotFoundError("There is no such entry in the ledger of severed follows.")
    if event.undone_at is not None:
        raise InvalidError("That has been undone already.")
    restored = await _restore(session, event, addresses=addresses, now=now)
    event.undone_at = now
    return restored


async def listed(session: AsyncSession, *, limit: int = 100) -> list[Severance]:
    """Return the newest suspensions that ended follows, for the staff."""
    events = list(
        await session.scalars(
            select(SeveranceRow).order_by(SeveranceRow.id.desc()).limit(limit)
        )
    )
    ids = [event.id for event in events]
    counted = await session.execute(
        select(
            SeveredFollowRow.severance_id,
            func.count(SeveredFollowRow.local_account_id.distinct()),
            func.sum(case((SeveredFollowRow.restored_at.is_(None), 1), else_=0)),
        )
        .where(SeveredFollowRow.severance_id.in_(ids))
        .group_by(SeveredFollowRow.severance_id)
    )
    numbers = {row[0]: (int(row[1]), int(row[2])) for row in counted}
    return [
        Severance(
            event.id,
            event.kind,
            event.name,
            event.follows,
            *numbers.get(event.id, (0, 0)),
            event.created_at,
            event.undone_at,
        )
        for event in events
    ]


async def lost_by(session: AsyncSession, *, actor: Actor, limit: int = 50) -> list[Lost]:
    """Return what suspensions ended for the actor, the newest first."""
    ids = (
        select(SeveredFollowRow.severance_id)
        .where(SeveredFollowRow.local_account_id == actor.account_id)
        .distinct()
    )
    events = list(
        await session.scalars(
            select(SeveranceRow)
            .where(SeveranceRow.id.in_(ids))
            .order_by(SeveranceRow.id.desc())
            .limit(limit)
        )
    )
    rows = list(
        await session.scalars(
            select(SeveredFollowRow).where(
                SeveredFollowRow.local_account_id == actor.account_id,
                SeveredFollowRow.severance_id.in_([event.id for event in events]),
            )
        )
    )
    others = [row.target_id if row.follower_local else row.follower_id for row in rows]
    people = await accounts.by_ids(session, others)

    def handles(event_id: int, *, following: bool) -> tuple[str, ...]:
        ids = (
            row.target_id if following else row.follower_id
            for row in rows
            if row.severance_id == event_id and row.follower_local is following
        )
        return tuple(sorted(people[number].acct for number in ids if number in people))

    return [
        Lost(
            event.id,
            event.kind,
            event.name,
            handles(event.id, following=True),
            handles(event.id, following=False),
            sum(row.severance_id == event.id and row.restored_at is not None for row in rows),
            event.created_at,
        )
        for event in events
    ]


def as_csv(handles: Sequence[str]) -> str:
    """Return handles as the CSV that Mastodon imports as follows."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["Account address"])
    # No handle begins with what a spreadsheet takes for a formula (FED-104), but one might.
    writer.writerows([f"'{acct}" if acct[:1] in "=+-@\t" else acct] for acct in handles)
    return out.getvalue()


async def _restore(
    session: AsyncSession, event: SeveranceRow, *, addresses: Addresses, now: datetime
) -> int:
    rows = list(
        await session.scalars(
            select(SeveredFollowRow).where(
                SeveredFollowRow.severance_id == event.id,
                SeveredFollowRow.restored_at.is_(None),
            )
        )
    )
    sides = {number for row in rows for number in (row.follower_id, row.target_id)}
    people: dict[int, AccountRow] = {}
    for part in _chunks(sorted(sides)):
        people |= await accounts.by_ids(session, part)
    restored = 0
    for row in rows:
        follower, target = people.get(row.follower_id), people.get(row.target_id)
        if follower is None or target is None or not (_is_well(follower) and _is_well(target)):
            continue
        if event.kind == "account" and not row.follower_local:
            # They were told that it is over: only they can ask again.
            continue
        if await _restore_one(session, row, follower, target, addresses=addresses, now=now):
            row.restored_at = now
            restored += 1
    return restored


async def _restore_one(
    session: AsyncSession,
    row: SeveredFollowRow,
    follower: AccountRow,
    target: AccountRow,
    *,
    addresses: Addresses,
    now: datetime,
) -> bool:
    if await follows.between(session, follower.id, target.id) is not None:
        return False
    if await follows.blocked_either_way(session, follower.id, target.id):
        return False
    uri = row.uri
    if row.follower_local:
        uri = addresses.activity(follower.username, "follows", new_id())
    again = FollowRow(
        id=new_id(),
        follower_id=follower.id,
        target_id=target.id,
        follower_local=row.follower_local,
        uri=uri,
        accepted=False,
        show_boosts=row.show_boosts,
        notify=row.notify,
        languages=row.languages,
        created_at=row.followed_at,
    )
    session.add(again)
    await session.flush()
    about = jobs.between(again.follower_id, again.target_id)
    if row.follower_local:
        await jobs.enqueue(session, FederateFollow(again.id), now=now, about=about)
    elif row.accepted:
        await follow_steps.settle(session, again, now=now)
    return True


async def _say_goodbye(session: AsyncSession, row: FollowRow, now: datetime) -> None:
    if not row.uri:
        return
    about = jobs.between(row.follower_id, row.target_id)
    if row.follower_local:
        job = FederateUnfollow(row.follower_id, row.target_id, row.uri)
        await jobs.enqueue(session, job, now=now, about=about)
    else:
        await jobs.enqueue(
            session,
            SendReject(row.target_id, row.follower_id, row.uri),
            now=now,
            about=about,
        )


async def _tell_members(
    session: AsyncSession, event: SeveranceRow, rows: Sequence[FollowRow], now: datetime
) -> None:
    following = Counter(row.follower_id for row in rows if row.follower_local and row.accepted)
    followers = Counter(row.target_id for row in rows if not row.follower_local)
    found = [
        {
            "id": new_id(),
            "account_id": member,
            "kind": NOTICE,
            # Nobody else did it: as Mastodon, it is from the member's own account.
            "from_id": member,
            "post_id": None,
            "group_key": None,
            "filtered": False,
            "detail": {
                "id": str(event.id),
                "type": "domain_block" if event.kind == "host" else "account_suspension",
                "target_name": event.name,
                "following_count": following[member],
                "followers_count": followers[member],
                "created_at": now.isoformat(),
            },
            "created_at": now,
        }
        for member in sorted(following.keys() | followers.keys())
    ]
    for part in _chunks(found):
        await session.execute(insert(NotificationRow), part)


async def _count(session: AsyncSession, rows: Sequence[FollowRow], *, step: int) -> None:
    """Count follows on or off on both sides, in a statement for each number and side."""
    sides = (
        (AccountRow.following_count, Counter(row.follower_id for row in rows)),
        (AccountRow.followers_count, Counter(row.target_id for row in rows)),
    )
    for column, counted in sides:
        by_number: dict[int, list[int]] = {}
        for number, times in counted.items():
            by_number.setdefault(times, []).append(number)
        for times, ids in by_number.items():
            for part in _chunks(ids):
                await session.execute(
                    update(AccountRow)
                    .where(AccountRow.id.in_(part))
                    .values(
                        {
                            column: column + step * times,
                            AccountRow.version: AccountRow.version + 1,
                        }
                    )
                )


def _concerned(theirs: ColumnElement[bool]) -> ColumnElement[bool]:
    ids = select(AccountRow.id).where(theirs)
    return or_(FollowRow.follower_id.in_(ids), FollowRow.target_id.in_(ids))


def _kept(row: FollowRow, event_id: int) -> dict[str, object]:
    return {
        "id": new_id(),
        "severance_id": event_id,
        "follower_id": row.follower_id,
        "target_id": row.target_id,
        "local_account_id": row.follower_id if row.follower_local else row.target_id,
        "follower_local": row.follower_local,
        "uri": row.uri,
        "accepted": row.accepted,
        "show_boosts": row.show_boosts,
        "notify": row.notify,
        "languages": row.languages,
        "followed_at": row.created_at,
        "restored_at": None,
    }


def _is_well(row: AccountRow) -> bool:
    return row.suspended_at is None and row.deleted_at is None


def _chunks(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[at : at + _CHUNK] for at in range(0, len(items), _CHUNK)]
