"""Moving house: an account goes to another server, and its followers go with it (FEP-7628).

Both sides have to agree: the old account says where it goes, and the new one names the old
among those it was known as. Nobody moves twice within a week.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import CarryFollowers, FederateMove, FederateProfile
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import follow_steps, follows
from storage import accounts, jobs
from storage import follows as queries
from storage.tables import (
    AccountNoteRow,
    AccountRow,
    BlockRow,
    FollowRow,
    ListMemberRow,
    ListRow,
    MuteRow,
)

COOLDOWN = timedelta(days=7)
BATCH = 100
BATCH_PAUSE = timedelta(seconds=10)
"""Followers are carried over in parts, so that a big account's move floods nobody."""
MAX_ALIASES = 16


class Alias(Struct, frozen=True):
    """An account that one was, or is, known as: its id, and its handle where it is known."""

    uri: str
    handle: str


class Moving(Struct, frozen=True):
    """What an account says of where it came from and where it went."""

    aliases: tuple[Alias, ...]
    moved_to: str
    """The handle of where it went; empty where it is still here."""
    may_move_at: datetime | None
    """When it may move again; None for at once."""


async def moving(session: AsyncSession, *, actor: Actor, now: datetime) -> Moving:
    """Return what the actor's account says of its moves."""
    row = await _own(session, actor)
    known = await accounts.by_uris(session, row.also_known_as)
    target = await accounts.by_id(session, row.moved_to_id) if row.moved_to_id else None
    again = row.moved_at + COOLDOWN if row.moved_at else None
    return Moving(
        aliases=tuple(
            Alias(uri, f"@{known[uri].acct}" if uri in known else uri)
            for uri in row.also_known_as
        ),
        moved_to=f"@{target.acct}" if target is not None else "",
        may_move_at=again if again is not None and again > now else None,
    )


async def add_alias(
    session: AsyncSession, *, actor: Actor, target_id: int, now: datetime
) -> None:
    """Name another account as the actor's own, so that it can move here."""
    row = await _own(session, actor)
    target = await accounts.by_id(session, target_id)
    if target is None or target.deleted_at is not None:
        raise NotFoundError("Record not found")
    if target.id == row.id:
        raise InvalidError("That is this very account.")
    if target.uri in row.also_known_as:
        return
    if len(row.also_known_as) >= MAX_ALIASES:
        raise InvalidError(f"An account can name {MAX_ALIASES} others at most.")
    await _say(session, row, [*row.also_known_as, target.uri], now=now)


async def remove_alias(session: AsyncSession, *, actor: Actor, uri: str, now: datetime) -> None:
    """No longer name another account as the actor's own."""
    row = await _own(session, actor)
    if uri in row.also_known_as:
        await _say(session, row, [item for item in row.also_known_as if item != uri], now=now)


async def move_away(
    session: AsyncSession, *, actor: Actor, target_id: int, now: datetime
) -> None:
    """Send the actor's followers to another account, which was just fetched."""
    row = await _own(session, actor)
    target = await accounts.by_id(session, target_id)
    if target is None:
        raise NotFoundError("Record not found")
    _demand_agreement(row, target)
    if row.moved_at is not None and now - row.moved_at < COOLDOWN:
        again = (row.moved_at + COOLDOWN).date().isoformat()
        raise InvalidError(f"An account moves once in seven days: again from {again}.")
    row.updated_at = now
    await _gone(session, row, target, now=now)
    await jobs.enqueue(session, FederateMove(row.id, target.id), now=now, about=row.uri)
    await jobs.enqueue(session, FederateProfile(row.id), now=now, about=row.uri)


async def stay(session: AsyncSession, *, actor: Actor, now: datetime) -> None:
    """Take back that the actor's account went elsewhere; followers who left stay there."""
    row = await _own(session, actor)
    row.moved_to_id = row.moved_to_uri = None
    row.updated_at = now
    row.version += 1
    await session.flush()
    await jobs.enqueue(session, FederateProfile(row.id), now=now, about=row.uri)


async def moved_by_remote(
    session: AsyncSession, *, row: AccountRow, target: AccountRow, now: datetime
) -> None:
    """Take in that `row`, elsewhere, went to `target`; both were just looked at.

    Raises `InvalidError` for what is no move: the two do not agree, one of them is gone, the
    target went elsewhere itself, or it is the second within a week (FED-73).
    """
    if row.is_local:
        raise InvalidError("That account is ours.")
    _demand_agreement(row, target)
    if row.moved_at is not None and now - row.moved_at < COOLDOWN:
        raise InvalidError("An account moves once in seven days.")
    await _gone(session, row, target, now=now)


async def take_redirect(session: AsyncSession, row: AccountRow, uri: str | None) -> None:
    """Take over where an account's own document says that it went; shown once confirmed."""
    row.moved_to_uri = uri if uri != row.uri else None
    target = await accounts.by_uri(session, row.moved_to_uri) if row.moved_to_uri else None
    agreed = target is not None and row.uri in target.also_known_as
    row.moved_to_id = target.id if target is not None and agreed else None


async def confirm_redirect(session: AsyncSession, *, account_id: int, target_id: int) -> None:
    """Show where an account went, if the other one says that it is the same."""
    row = await accounts.by_id(session, account_id)
    target = await accounts.by_id(session, target_id)
    if row is None or target is None or row.moved_to_uri != target.uri:
        return
    if row.uri in target.also_known_as and target.deleted_at is None:
        row.moved_to_id = target.id
        row.version += 1


async def carry(
    session: AsyncSession, job: CarryFollowers, *, addresses: Addresses, now: datetime
) -> None:
    """Let the next part of an account's followers here follow where it went.

    What they noted, muted and blocked comes along, first of all.
    """
    row = await accounts.by_id(session, job.account_id)
    target = await accounts.by_id(session, job.target_id)
    if row is None or target is None or row.moved_to_id != target.id:
        return
    if not job.after:
        await _carry_blocks(session, row, target, now=now)
        await _carry_mutes(session, row, target, now=now)
        await _carry_notes(session, row, target)
    found = await queries.local_followers(session, row.id, after=job.after, limit=BATCH)
    people = await accounts.by_ids(session, [item.follower_id for item in found])
    for item in found:
        await _carry_follow(
            session, item, people[item.follower_id], row, target, addresses=addresses, now=now
        )
    if len(found) == BATCH:
        await jobs.enqueue(
            session,
            CarryFollowers(row.id, target.id, found[-1].id),
            now=now,
            due_at=now + BATCH_PAUSE,
        )


async def _carry_follow(
    session: AsyncSession,
    old: FollowRow,
    follower: AccountRow,
    row: AccountRow,
    target: AccountRow,
    *,
    addresses: Addresses,
    now: datetime,
) -> None:
    if follower.deleted_at is not None or follower.suspended_at is not None:
        return
    if follower.id != target.id:
        try:
            await follows.request_follow(
                session,
                follower=follower,
                target=target,
                uri=addresses.activity(follower.username, "follows", new_id()),
                now=now,
                show_boosts=old.show_boosts,
                notify=old.notify,
                languages=old.languages,
            )
        except ForbiddenError:
            # One blocks the other: nobody is made to follow.
            return
    await _carry_lists(session, follower.id, row.id, target.id)
    await follow_steps.part(session, follower.id, row, now=now)


async def _carry_lists(
    session: AsyncSession, follower_id: int, old_id: int, target_id: int
) -> None:
    mine = select(ListRow.id).where(ListRow.account_id == follower_id)
    rows = list(
        await session.scalars(
            select(ListMemberRow).where(
                ListMemberRow.list_id.in_(mine),
                ListMemberRow.account_id.in_((old_id, target_id)),
            )
        )
    )
    there = {item.list_id for item in rows if item.account_id == target_id}
    for item in rows:
        if item.account_id != old_id:
            continue
        if item.list_id in there:
            await session.delete(item)
        else:
            item.account_id = target_id
    await session.flush()


async def _carry_blocks(
    session: AsyncSession, row: AccountRow, target: AccountRow, *, now: datetime
) -> None:
    ours = await _local(
        session,
        await session.scalars(select(BlockRow.account_id).where(BlockRow.target_id == row.id)),
    )
    friends = await _followers_among(session, target.id, ours)
    for account_id in ours:
        if account_id != target.id and account_id not in friends:
            await follows.block(session, actor=Actor(account_id), target_id=target.id, now=now)


async def _carry_mutes(
    session: AsyncSession, row: AccountRow, target: AccountRow, *, now: datetime
) -> None:
    mutes = {
        item.account_id: item
        for item in await session.scalars(select(MuteRow).where(MuteRow.target_id == row.id))
    }
    ours = await _local(session, mutes)
    spared = await _followers_among(session, target.id, ours)
    spared |= set(
        await session.scalars(select(MuteRow.account_id).where(MuteRow.target_id == target.id))
    )
    for account_id in ours:
        if account_id == target.id or account_id in spared:
            continue
        old = mutes[account_id]
        session.add(
            MuteRow(
                id=new_id(),
                account_id=account_id,
                target_id=target.id,
                notifications=old.notifications,
                expires_at=old.expires_at,
                created_at=now,
            )
        )
    await session.flush()


async def _carry_notes(session: AsyncSession, row: AccountRow, target: AccountRow) -> None:
    rows = await session.scalars(
        select(AccountNoteRow).where(AccountNoteRow.target_id.in_((row.id, target.id)))
    )
    notes = {(item.account_id, item.target_id): item.comment for item in rows}
    for (account_id, about), comment in notes.items():
        if about == row.id and account_id != target.id and (account_id, target.id) not in notes:
            session.add(
                AccountNoteRow(account_id=account_id, target_id=target.id, comment=comment)
            )
    await session.flush()


async def _local(session: AsyncSession, ids: Iterable[int]) -> list[int]:
    wanted = list(ids)
    people = await accounts.by_ids(session, wanted)
    return [number for number in wanted if number in people and people[number].is_local]


async def _followers_among(
    session: AsyncSession, target_id: int, ids: Sequence[int]
) -> set[int]:
    _out, back = await queries.follows_among(session, target_id, ids)
    return {number for number, item in back.items() if item.accepted}


async def _gone(
    session: AsyncSession, row: AccountRow, target: AccountRow, *, now: datetime
) -> None:
    row.moved_to_id, row.moved_to_uri, row.moved_at = target.id, target.uri, now
    row.version += 1
    await session.flush()
    await jobs.enqueue(session, CarryFollowers(row.id, target.id), now=now)


async def _say(
    session: AsyncSession, row: AccountRow, aliases: list[str], *, now: datetime
) -> None:
    row.also_known_as = aliases
    row.updated_at = now
    row.version += 1
    await session.flush()
    await jobs.enqueue(session, FederateProfile(row.id), now=now, about=row.uri)


async def _own(session: AsyncSession, actor: Actor) -> AccountRow:
    row = await accounts.by_id(session, actor.account_id)
    if row is None or not row.is_local or row.deleted_at is not None:
        raise NotFoundError("Record not found")
    return row


def _demand_agreement(row: AccountRow, target: AccountRow) -> None:
    if target.id == row.id:
        raise InvalidError("That is this very account.")
    if target.deleted_at is not None or target.suspended_at is not None:
        raise InvalidError("That account is gone, or suspended here.")
    if target.kind == "Application":
        raise InvalidError("That is a server, nobody's account.")
    if target.moved_to_uri or target.moved_to_id:
        raise InvalidError("That account has moved elsewhere itself.")
    if row.uri not in target.also_known_as:
        raise InvalidError(
            "That account does not name this one yet: sign in there first, and add this one "
            "as an alias (in Mastodon: Preferences, Account, Moving from a different account)."
        )
