"""Many people elsewhere who want to follow accounts here, at the same time."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.jobs import SendAccept
from fedi_k12.services import class_rules, follow_steps, notifications
from fedi_k12.services.follows import request_follow
from fedi_k12.services.notifications import Notice
from storage import follows, jobs
from storage.tables import AccountRow


class Wish(NamedTuple):
    """Somebody elsewhere wants to follow an account here, which is no group."""

    follower: AccountRow
    target: AccountRow
    uri: str
    """The id of the activity that asks for it."""
    asked_by: str

    @property
    def pair(self) -> tuple[int, int]:
        """Who it is about: (follower, target)."""
        return self.follower.id, self.target.id


async def request_follows(
    session: AsyncSession, wishes: Sequence[Wish], *, now: datetime
) -> list[Wish]:
    """Do what `follows.request_follow` does for each of these, in a fixed number of statements.

    Each pair may be there once. Returns those that are refused, which that raises for.
    """
    if not wishes:
        return []
    followers = {wish.follower.id for wish in wishes}
    targets = {wish.target.id: wish.target for wish in wishes}
    blocked = await follows.blocked_among(session, followers, targets)
    over = {target.id for target in targets.values() if await _is_over(session, target)}
    known = await follows.known_among(session, followers, targets)
    new, refused = [], []
    for wish in wishes:
        if frozenset(wish.pair) in blocked or wish.target.id in over:
            refused.append(wish)
        elif wish.pair in known:
            await request_follow(session, **wish._asdict(), now=now)
        else:
            new.append(wish)
    await _record(session, new, now=now)
    return refused


async def _record(session: AsyncSession, new: Sequence[Wish], *, now: datetime) -> None:
    for wish in new:
        row = follow_steps.new_follow(**wish._asdict(), now=now)
        row.accepted = not wish.target.locked
        session.add(row)
    await session.flush()
    settled = [wish for wish in new if not wish.target.locked]
    if settled:
        await follows.count_many(session, [wish.pair for wish in settled])
    told = [
        Notice(
            wish.target.id,
            "follow_request" if wish.target.locked else "follow",
            wish.follower.id,
        )
        for wish in new
    ]
    await notifications.notify_many(session, told, now=now)
    accepts = [
        (
            SendAccept(wish.target.id, wish.follower.id, wish.uri, wish.asked_by),
            jobs.between(*wish.pair),
        )
        for wish in settled
    ]
    await jobs.enqueue_each(session, accepts, now=now)


async def _is_over(session: AsyncSession, target: AccountRow) -> bool:
    try:
        await class_rules.demand_open(session, target)
    except ForbiddenError:
        return True
    return False
