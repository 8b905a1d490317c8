"""The boosts that an official account has for a day (S-42): looked at, and used up."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.boosts import Budget, day_of, next_midnight
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import site
from storage import alerts, break_glass, officials
from storage.tables import PostRow


async def budget(session: AsyncSession, account_id: int, *, now: datetime) -> Budget | None:
    """Return how many boosts an official account has left today, None for other accounts."""
    row = await officials.by_id(session, account_id)
    if row is None:
        return None
    zone = await site.zone(session)
    used = row.boosts if row.boosts_on == day_of(now, zone).isoformat() else 0
    return Budget(row.boosts_a_day, used, next_midnight(now, zone))


async def demand(session: AsyncSession, actor: Actor, post: PostRow, *, now: datetime) -> None:
    """Refuse with `InvalidError` a boost for which nothing is left today."""
    found = await budget(session, actor.account_id, now=now)
    if found is not None and found.used_up and not await _exempt(session, actor, post):
        raise InvalidError(found.used_up)


async def spend(session: AsyncSession, actor: Actor, post: PostRow, *, now: datetime) -> None:
    """Use one boost of today, or refuse with `InvalidError`.

    One statement, so that two people who boost at once do not use the last one twice. What is
    taken back later was sent all the same, and stays used.
    """
    if await _exempt(session, actor, post):
        return
    found = await budget(session, actor.account_id, now=now)
    if found is None:
        return
    day = day_of(now, await site.zone(session)).isoformat()
    if not await officials.use_boost(session, actor.account_id, day=day):
        raise InvalidError(Budget(found.most, found.most, found.resets_at).used_up)


async def _exempt(session: AsyncSession, actor: Actor, post: PostRow) -> bool:
    """Return whether somebody's safety depends on it: an alert, or a post in an emergency."""
    if actor.delegation is not None and actor.delegation.emergency:
        return True
    if await alerts.told_in(session, post.id):
        return True
    return await break_glass.of_post(session, post.id) is not None
