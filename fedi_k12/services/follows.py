"""Following, blocking and muting: what accounts are to one another."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete as delete_rows
from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView, Relationship
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import FederateFollow, SendAccept, SendBlock, SendReject, SendUnblock
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.people import normalise_host
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import access, featuring, follow_steps, views
from storage import accounts, follows, jobs, timelines
from storage.tables import (
    AccountNoteRow,
    AccountRow,
    BlockRow,
    DomainMuteRow,
    FollowRow,
    MuteRow,
    NotificationRow,
)

MAX_FOLLOWS = 7500
MAX_NOTE = 2000


async def follow(
    session: AsyncSession,
    *,
    actor: Actor,
    target_id: int,
    addresses: Addresses,
    now: datetime,
    show_boosts: bool | None = None,
    notify: bool | None = None,
    languages: list[str] | None = None,
) -> Relationship:
    """Follow an account, or ask to; change what is wanted of one already followed."""
    follower = await access.account_for(session, actor.account_id, viewer=actor)
    target = await access.account_for(session, target_id, viewer=actor)
    if target.id == follower.id:
        raise ForbiddenError("One cannot follow oneself.")
    if target.suspended_at is not None:
        raise ForbiddenError("This action is not allowed")
    if follower.following_count >= MAX_FOLLOWS:
        raise InvalidError(
            f"Validation failed: You cannot follow more than {MAX_FOLLOWS} people"
        )
    known = await follows.between(session, follower.id, target.id)
    uri = known.uri if known else addresses.activity(follower.username, "follows", new_id())
    await request_follow(
        session,
        follower=follower,
        target=target,
        uri=uri,
        now=now,
        show_boosts=show_boosts,
        notify=notify,
        languages=languages,
    )
    await follow_steps.keep(session, "Follow", actor, target, now=now)
    return (await relationships(session, actor=actor, target_ids=[target.id]))[0]


async def request_follow(
    session: AsyncSession,
    *,
    follower: AccountRow,
    target: AccountRow,
    uri: str | None,
    asked_by: str = "Follow",
    now: datetime,
    show_boosts: bool | None = None,
    notify: bool | None = None,
    languages: list[str] | None = None,
) -> FollowRow:
    """Record that `follower` wants to follow `target`; accept at once unless it is locked.

    A repeated request is answered again: the sender may have missed our first answer.
    Raises `ForbiddenError` where one blocks the other, or a group keeps the follower out.
    """
    await follow_steps.demand_welcome(session, follower, target, now=now)
    row = await follows.between(session, follower.id, target.id)
    if row is None:
        row = follow_steps.new_follow(follower, target, uri=uri, asked_by=asked_by, now=now)
        session.add(row)
        await follow_steps.choose(row, show_boosts, notify, languages)
        if not target.is_local or target.locked:
            await session.flush()
        if target.is_local and not target.locked:
            await follow_steps.settle(session, row, now=now)
            await follow_steps.tell(session, "follow", row, now=now)
        elif target.is_local:
            await follow_steps.tell(session, "follow_request", row, now=now)
        else:
            about = jobs.between(follower.id, target.id)
            await jobs.enqueue(session, FederateFollow(row.id), now=now, about=about)
            await featuring.introduce(session, account_id=target.id, now=now)
    else:
        await follow_steps.choose(row, show_boosts, notify, languages)
        if not follower.is_local:
            row.uri, row.asked_by = uri, asked_by
        await session.flush()
    if row.accepted:
        await follow_steps.answer(session, SendAccept, row, now=now)
    return row


async def unfollow(
    session: AsyncSession, *, actor: Actor, target_id: int, now: datetime
) -> Relationship:
    """No longer follow an account, or no longer ask to."""
    target = await access.account_for(session, target_id, viewer=actor)
    await follow_steps.part(session, actor.account_id, target, now=now)
    await follow_steps.keep(session, "Undo Follow", actor, target, now=now)
    return (await relationships(session, actor=actor, target_ids=[target.id]))[0]


async def accept(
    session: AsyncSession, *, actor: Actor, follower_id: int, now: datetime
) -> None:
    """Let somebody who asked follow the actor."""
    row = await follows.between(session, follower_id, actor.account_id)
    if row is None:
        raise NotFoundError("Record not found")
    if not row.accepted:
        await follow_steps.settle(session, row, now=now)
        await follow_steps.forget(session, actor.account_id, "follow_request", follower_id)
        await follow_steps.tell(session, "follow", row, now=now)
    await follow_steps.answer(session, SendAccept, row, now=now)
    await follow_steps.keep(session, "Accept", actor, follower_id, now=now)


async def reject(
    session: AsyncSession, *, actor: Actor, follower_id: int, now: datetime
) -> None:
    """Do not let somebody who asked follow the actor."""
    await remove_follower(session, actor=actor, follower_id=follower_id, now=now)
    await follow_steps.forget(session, actor.account_id, "follow_request", follower_id)


async def remove_follower(
    session: AsyncSession, *, actor: Actor, follower_id: int, now: datetime
) -> None:
    """End somebody's follow of the actor, or their wish for one, if there is one."""
    row = await follows.between(session, follower_id, actor.account_id)
    if row is None:
        await access.account_for(session, follower_id, viewer=actor)
        return
    if row.follower_local:
        await timelines.clear_home(session, account_id=follower_id, author_id=actor.account_id)
    await follow_steps.answer(session, SendReject, row, now=now)
    await follows.remove(session, row)
    await follow_steps.keep(session, "Reject", actor, follower_id, now=now)


async def accepted_by_remote(
    session: AsyncSession,
    *,
    target: AccountRow,
    follower: AccountRow,
    follow_uri: str | None,
    now: datetime,
) -> None:
    """Take in that `target`, elsewhere, accepts a follow of ours; others are ignored."""
    row = await follows.between(session, follower.id, target.id)
    if row is None or not row.follower_local or (follow_uri and row.uri != follow_uri):
        return
    if not row.accepted:
        await follow_steps.settle(session, row, now=now)


async def rejected_by_remote(
    session: AsyncSession,
    *,
    target: AccountRow,
    follower: AccountRow,
    follow_uri: str | None,
    now: datetime,
) -> None:
    """Take in that `target`, elsewhere, rejects or ends a follow of ours."""
    del now
    row = await follows.between(session, follower.id, target.id)
    if row is None or not row.follower_local or (follow_uri and row.uri != follow_uri):
        return
    await timelines.clear_home(session, account_id=follower.id, author_id=target.id)
    await follows.remove(session, row)


async def undone_by_remote(
    session: AsyncSession,
    *,
    follower: AccountRow,
    target: AccountRow,
    uri: str | None,
    now: datetime,
) -> None:
    """Take in that `follower`, elsewhere, no longer follows `target`."""
    del uri, now  # the pair says which follow is meant; ids of Follows change with retries
    row = await follows.between(session, follower.id, target.id)
    if row is None or row.follower_local:
        return
    await follows.remove(session, row)
    await follow_steps.forget(session, target.id, "follow_request", follower.id)


async def block(
    session: AsyncSession,
    *,
    actor: Actor,
    target_id: int,
    addresses: Addresses | None = None,
    now: datetime,
) -> Relationship:
    """Want nothing to do with an account: follows end both ways, and it is not told why.

    Other servers hear a Reject and an Undo, and no Block, which would tell a harasser: unless
    the member chose that it is sent. Nobody blocks anybody as an official account.
    """
    await follow_steps.demand_open(session, actor)
    target = await access.account_for(session, target_id, viewer=actor)
    if target.id == actor.account_id:
        raise ForbiddenError("One cannot block oneself.")
    if await follows.block_between(session, actor.account_id, target.id) is None:
        uri = await follow_steps.block_uri(session, actor, target, addresses)
        session.add(
            BlockRow(
                id=new_id(),
                account_id=actor.account_id,
                target_id=target.id,
                uri=uri,
                created_at=now,
            )
        )
        await session.flush()
        if uri is not None:
            job = SendBlock(actor.account_id, target.id, uri)
            about = f"block {jobs.between(actor.account_id, target.id)}"
            await jobs.enqueue(session, job, now=now, about=about)
    await follow_steps.part(session, actor.account_id, target, now=now)
    await remove_follower(session, actor=actor, follower_id=target.id, now=now)
    await timelines.clear_home(session, account_id=actor.account_id, author_id=target.id)
    await session.execute(
        delete_rows(NotificationRow).where(
            or_(
                (NotificationRow.account_id == actor.account_id)
                & (NotificationRow.from_id == target.id),
                (NotificationRow.account_id == target.id)
                & (NotificationRow.from_id == actor.account_id),
            )
        )
    )
    await follow_steps.keep(session, "Block", actor, target, now=now)
    return (await relationships(session, actor=actor, target_ids=[target.id]))[0]


async def unblock(
    session: AsyncSession, *, actor: Actor, target_id: int, now: datetime
) -> Relationship:
    """End a block; follows that it ended stay ended."""
    target = await access.account_for(session, target_id, viewer=actor)
    row = await follows.block_between(session, actor.account_id, target.id)
    if row is not None and row.uri is not None:
        job = SendUnblock(actor.account_id, target.id, row.uri)
        about = f"block {jobs.between(actor.account_id, target.id)}"
        await jobs.enqueue(session, job, now=now, about=about)
    await session.execute(
        delete_rows(BlockRow).where(
            BlockRow.account_id == actor.account_id, BlockRow.target_id == target.id
        )
    )
    await follow_steps.keep(session, "Undo Block", actor, target, now=now)
    return (await relationships(session, actor=actor, target_ids=[target.id]))[0]


async def blocked_by_remote(
    session: AsyncSession,
    *,
    blocker: AccountRow,
    target: AccountRow,
    uri: str | None,
    now: datetime,
) -> None:
    """Take in that an account elsewhere blocks one of ours; follows end both ways, silently."""
    if await follows.block_between(session, blocker.id, target.id) is None:
        session.add(
            BlockRow(
                id=new_id(),
                account_id=blocker.id,
                target_id=target.id,
                uri=uri,
                created_at=now,
            )
        )
    for one, other in ((blocker.id, target.id), (target.id, blocker.id)):
        row = await follows.between(session, one, other)
        if row is not None:
            await follows.remove(session, row)
    await timelines.clear_home(session, account_id=target.id, author_id=blocker.id)


async def unblocked_by_remote(
    session: AsyncSession, *, blocker: AccountRow, target: AccountRow
) -> None:
    """Take in that an account elsewhere no longer blocks one of ours."""
    await session.execute(
        delete_rows(BlockRow).where(
            BlockRow.account_id == blocker.id, BlockRow.target_id == target.id
        )
    )


async def mute(
    session: AsyncSession,
    *,
    actor: Actor,
    target_id: int,
    notifications: bool = True,
    duration: int | None = None,
    now: datetime,
) -> Relationship:
    """No longer read an account; `duration` in seconds, for good where there is none."""
    target = await access.account_for(session, target_id, viewer=actor)
    if target.id == actor.account_id:
        raise ForbiddenError("One cannot mute oneself.")
    row = await follows.mute_between(session, actor.account_id, target.id)
    if row is None:
        row = MuteRow(
            id=new_id(), account_id=actor.account_id, target_id=target.id, created_at=now
        )
        session.add(row)
    row.notifications = notifications
    row.expires_at = now + timedelta(seconds=duration) if duration else None
    await session.flush()
    return (await relationships(session, actor=actor, target_ids=[target.id]))[0]


async def unmute(
    session: AsyncSession, *, actor: Actor, target_id: int, now: datetime
) -> Relationship:
    """Read an account again."""
    del now
    target = await access.account_for(session, target_id, viewer=actor)
    await session.execute(
        delete_rows(MuteRow).where(
            MuteRow.account_id == actor.account_id, MuteRow.target_id == target.id
        )
    )
    return (await relationships(session, actor=actor, target_ids=[target.id]))[0]


async def block_domain(
    session: AsyncSession, *, actor: Actor, domain: str, now: datetime
) -> None:
    """Want nothing from a whole host. No official account may: it listens to everybody."""
    await follow_steps.demand_open(session, actor)
    domain = normalise_host(domain)
    if domain not in await follows.muted_domains(session, actor.account_id):
        session.add(
            DomainMuteRow(
                id=new_id(), account_id=actor.account_id, domain=domain, created_at=now
            )
        )
        await session.flush()


async def unblock_domain(session: AsyncSession, *, actor: Actor, domain: str) -> None:
    """Take things from a host again."""
    await session.execute(
        delete_rows(DomainMuteRow).where(
            DomainMuteRow.account_id == actor.account_id,
            DomainMuteRow.domain == normalise_host(domain),
        )
    )


async def note(
    session: AsyncSession, *, actor: Actor, target_id: int, comment: str
) -> Relationship:
    """Note something about an account, for the actor alone."""
    target = await access.account_for(session, target_id, viewer=actor)
    if len(comment) > MAX_NOTE:
        raise InvalidError(f"Validation failed: Comment is too long (maximum is {MAX_NOTE})")
    row = await session.get(AccountNoteRow, (actor.account_id, target.id))
    if not comment.strip():
        if row is not None:
            await session.delete(row)
    elif row is None:
        session.add(
            AccountNoteRow(account_id=actor.account_id, target_id=target.id, comment=comment)
        )
    else:
        row.comment = comment
    await session.flush()
    return (await relationships(session, actor=actor, target_ids=[target.id]))[0]


async def relationships(
    session: AsyncSession, *, actor: Actor, target_ids: Sequence[int]
) -> list[Relationship]:
    """Return what the actor and each of these are to each other; unknown ones are left out."""
    me = actor.account_id
    rows = await accounts.by_ids(session, target_ids)
    out, back = await follows.follows_among(session, me, rows)
    blocking, blocked_by = await follows.blocks_among(session, me, rows)
    mutes_ = await follows.mutes_among(session, me, rows)
    notes = await follows.notes_among(session, me, rows)
    domains = await follows.muted_domains(session, me)
    endorsed = await follows.endorsed_among(session, me, rows)
    return [
        follow_steps.relationship_between(
            rows[number],
            out.get(number),
            back.get(number),
            mutes_.get(number),
            blocking=number in blocking,
            blocked_by=number in blocked_by,
            domain_blocking=rows[number].domain in domains,
            endorsed=number in endorsed,
            comment=notes.get(number, ""),
        )
        for number in dict.fromkeys(target_ids)
        if number in rows
    ]


async def followers(
    session: AsyncSession, *, account_id: int, viewer: Actor | None, page: PageRequest
) -> Page[AccountView]:
    """Return a page of who follows an account; nobody's where it does not show them."""
    if not await _shows(session, account_id, viewer):
        return Page([])
    return await _seen(session, await follows.followers(session, account_id, page), viewer)


async def following(
    session: AsyncSession, *, account_id: int, viewer: Actor | None, page: PageRequest
) -> Page[AccountView]:
    """Return a page of whom an account follows; nobody where it does not show them."""
    if not await _shows(session, account_id, viewer):
        return Page([])
    return await _seen(session, await follows.following(session, account_id, page), viewer)


async def follow_requests(
    session: AsyncSession, *, actor: Actor, page: PageRequest
) -> Page[AccountView]:
    """Return a page of who asks to follow the actor."""
    return await _seen(session, await follows.requests(session, actor.account_id, page), actor)


async def blocks(
    session: AsyncSession, *, actor: Actor, page: PageRequest
) -> Page[AccountView]:
    """Return a page of whom the actor blocks."""
    return await _seen(session, await follows.blocks(session, actor.account_id, page), actor)


async def mutes(session: AsyncSession, *, actor: Actor, page: PageRequest) -> Page[AccountView]:
    """Return a page of whom the actor mutes."""
    return await _seen(session, await follows.mutes(session, actor.account_id, page), actor)


async def domain_blocks(session: AsyncSession, *, actor: Actor, page: PageRequest) -> Page[str]:
    """Return a page of the hosts that the actor wants nothing from."""
    return await follows.domain_mutes(session, actor.account_id, page)


async def _shows(session: AsyncSession, account_id: int, viewer: Actor | None) -> bool:
    row = await access.account_for(session, account_id, viewer=viewer)
    own = viewer is not None and viewer.account_id == account_id
    return own or (not row.hide_collections and row.suspended_at is None)


async def _seen(session: AsyncSession, ids: Page[int], by: Actor | None) -> Page[AccountView]:
    return ids.with_items(await views.account_views(session, ids.items, viewer=by))
