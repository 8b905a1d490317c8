"""The steps that following, blocking and answering requests have in common."""

from datetime import datetime

from sqlalchemy import delete as delete_rows
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import Relationship
from fedi_k12.domain.jobs import FederateUnfollow
from fedi_k12.services import notifications
from storage import follows, jobs, timelines
from storage.tables import (
    AccountRow,
    FollowRow,
    MuteRow,
    NotificationRow,
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
        await jobs.enqueue(session, FederateUnfollow(follower_id, target.id, row.uri), now=now)
    await timelines.clear_home(session, account_id=follower_id, author_id=target.id)
    await follows.remove(session, row)
    await forget(session, target.id, "follow_request", follower_id)


async def tell(session: AsyncSession, kind: str, row: FollowRow, *, now: datetime) -> None:
    """Tell somebody of a follow or the wish for one."""
    await notifications.notify(
        session, account_id=row.target_id, kind=kind, from_id=row.follower_id, now=now
    )


async def forget(session: AsyncSession, account_id: int, kind: str, from_id: int) -> None:
    """Take back what an account was told of by another."""
    await session.execute(
        delete_rows(NotificationRow).where(
            NotificationRow.account_id == account_id,
            NotificationRow.kind == kind,
            NotificationRow.from_id == from_id,
        )
    )


def relationship_between(
    target: AccountRow,
    out: FollowRow | None,
    back: FollowRow | None,
    muted: MuteRow | None,
    *,
    blocking: bool,
    blocked_by: bool,
    domain_blocking: bool,
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
        note=comment,
    )
