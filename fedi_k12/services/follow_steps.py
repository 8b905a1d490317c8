"""The steps that following, blocking and answering requests have in common."""

from datetime import datetime

from sqlalchemy import and_, or_
from sqlalchemy import delete as delete_rows
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import Relationship
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import FederateUnfollow, SendAccept, SendReject
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.words import words
from fedi_k12.services import class_rules, notifications, records
from fedi_k12.services.notifications import Notice
from storage import accounts, follows, groups, jobs, officials, timelines
from storage.tables import (
    AccountRow,
    EndorsementRow,
    FollowRow,
    MemberRow,
    MuteRow,
    NotificationRow,
)


def new_follow(
    follower: AccountRow, target: AccountRow, *, uri: str | None, asked_by: str, now: datetime
) -> FollowRow:
    """Return the wish of one account to follow another, not accepted yet."""
    return FollowRow(
        id=new_id(),
        follower_id=follower.id,
        target_id=target.id,
        follower_local=follower.is_local,
        uri=uri,
        asked_by=asked_by,
        accepted=False,
        show_boosts=True,
        notify=False,
        created_at=now,
    )


async def choose(
    row: FollowRow,
    show_boosts: bool | None,
    notify: bool | None,
    languages: list[str] | None,
) -> None:
    """Take over what is wanted of a follow; None leaves as it is."""
    if show_boosts is not None:
        row.show_boosts = show_boosts
    if notify is not None:
        row.notify = notify
    if languages is not None:
        row.languages = languages or None


async def demand_welcome(
    session: AsyncSession, follower: AccountRow, target: AccountRow, *, now: datetime
) -> None:
    """Raise `ForbiddenError` where one blocks the other, or a group keeps the follower out."""
    if await follows.blocked_either_way(session, follower.id, target.id):
        raise ForbiddenError("This action is not allowed")
    await class_rules.demand_open(session, target)
    if target.kind == "Group" and target.is_local:
        ban = await groups.ban_of(session, target.id, follower.id, now=now)
        if ban is not None:
            raise ForbiddenError("The moderators of this group have closed it to this account.")


async def demand_open(session: AsyncSession, actor: Actor) -> None:
    """Raise `ForbiddenError` where an official account would keep somebody from reading it."""
    if await officials.official_among(session, [actor.account_id]):
        raise ForbiddenError(
            words(
                "An official account speaks to everybody, so nobody and no server can be "
                "blocked from it. Hide single answers with a reason instead."
            )
        )


async def answer(
    session: AsyncSession,
    kind: type[SendAccept | SendReject],
    row: FollowRow,
    *,
    now: datetime,
) -> None:
    """Tell somebody elsewhere what came of their wish, in the way they asked."""
    if not row.follower_local and row.uri:
        job = kind(row.target_id, row.follower_id, row.uri, row.asked_by)
        about = jobs.between(row.follower_id, row.target_id)
        await jobs.enqueue(session, job, now=now, about=about)


async def settle(session: AsyncSession, row: FollowRow, *, now: datetime) -> None:
    """Make a follow count: numbers on both sides, and the newest posts into the home."""
    del now
    row.accepted = True
    await session.flush()
    await follows.count(session, follower_id=row.follower_id, target_id=row.target_id, step=1)
    if row.follower_local:
        await timelines.fill_home(session, account_id=row.follower_id, author_id=row.target_id)


async def part(
    session: AsyncSession, follower_id: int, target: AccountRow, *, now: datetime
) -> None:
    """End a follow, or the wish for one, and tell the other server."""
    row = await follows.between(session, follower_id, target.id)
    if row is None:
        return
    if not target.is_local and row.uri:
        job = FederateUnfollow(follower_id, target.id, row.uri)
        await jobs.enqueue(session, job, now=now, about=jobs.between(follower_id, target.id))
    await timelines.clear_home(session, account_id=follower_id, author_id=target.id)
    await follows.remove(session, row)
    # Recommended is who is followed.
    await session.execute(
        delete_rows(EndorsementRow).where(
            EndorsementRow.account_id == follower_id, EndorsementRow.target_id == target.id
        )
    )
    await forget(session, target.id, "follow_request", follower_id)


async def tell(session: AsyncSession, kind: str, row: FollowRow, *, now: datetime) -> None:
    """Tell somebody of a follow or the wish for one; of one to join a group, who decides."""
    target = await accounts.by_id(session, row.target_id)
    if kind == "follow_request" and target is not None and target.kind == "Group":
        about = {"group_id": str(target.id), "group": target.display_name or target.username}
        found = (await groups.moderators(session, [target.id])).get(target.id, [])
        notices = [
            Notice(one.id, "group_request", row.follower_id, None, about)
            for _uri, one in found
            if one is not None
        ]
        await notifications.notify_many(session, notices, now=now)
        return
    await notifications.notify(
        session, account_id=row.target_id, kind=kind, from_id=row.follower_id, now=now
    )


async def forget(session: AsyncSession, account_id: int, kind: str, from_id: int) -> None:
    """Take back what an account was told of by another, or what was told of a group."""
    group = NotificationRow.detail["group_id"].as_string()
    told = and_(NotificationRow.kind == kind, NotificationRow.account_id == account_id)
    if kind == "follow_request":
        asked = and_(NotificationRow.kind == "group_request", group == str(account_id))
        told = or_(told, asked)
    await session.execute(
        delete_rows(NotificationRow).where(told, NotificationRow.from_id == from_id)
    )


async def block_uri(
    session: AsyncSession, actor: Actor, target: AccountRow, addresses: Addresses | None
) -> str | None:
    """Return the id of the Block to send, None where the member did not choose to send any."""
    if target.is_local or addresses is None or actor.member_id is None:
        return None
    member = await session.get(MemberRow, actor.member_id)
    if member is None or not member.preferences.get("send_blocks"):
        return None
    me = await accounts.by_id(session, actor.account_id)
    return addresses.activity(me.username, "blocks", new_id()) if me is not None else None


async def keep(
    session: AsyncSession,
    kind: str,
    actor: Actor,
    other: AccountRow | int,
    *,
    now: datetime,
) -> None:
    """Record what an account here does towards another, where one of them is official."""
    target = await accounts.by_id(session, other) if isinstance(other, int) else other
    if target is not None:
        await records.note_account(session, kind=kind, actor=actor, account=target, now=now)


def relationship_between(
    target: AccountRow,
    out: FollowRow | None,
    back: FollowRow | None,
    muted: MuteRow | None,
    *,
    blocking: bool,
    blocked_by: bool,
    domain_blocking: bool,
    endorsed: bool,
    comment: str,
) -> Relationship:
    """Return what two accounts are to each other, seen from the first."""
    accepted = out is not None and out.accepted
    return Relationship(
        target_id=target.id,
        following=accepted,
        requested=out is not None and not out.accepted,
        showing_boosts=accepted and out is not None and out.show_boosts,
        notifying=accepted and out is not None and out.notify,
        languages=tuple(out.languages) if out is not None and out.languages else None,
        followed_by=back is not None and back.accepted,
        requested_by=back is not None and not back.accepted,
        blocking=blocking,
        blocked_by=blocked_by,
        muting=muted is not None,
        muting_notifications=muted is not None and muted.notifications,
        muting_expires_at=muted.expires_at if muted is not None else None,
        domain_blocking=domain_blocking,
        endorsed=endorsed,
        note=comment,
    )
