"""The balance of talk and answer of an official account, for its team alone (S-18)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.balance import WINDOW, Balance
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import desk
from storage import balance


async def of_account(session: AsyncSession, *, actor: Actor, now: datetime) -> Balance:
    """Return what the official account that the actor speaks for said in the last 30 days.

    Raises `ForbiddenError` for everybody who does not speak for one. There are no figures of a
    person, and none of another account to rank it by.
    """
    desk.demand_team(actor)
    since = now - WINDOW
    own, boosts, staff, families = await balance.said(
        session, actor.account_id, since=since, until=now
    )
    asked, unanswered = await balance.asked(session, actor.account_id, since=since, until=now)
    return Balance(since, now, own, boosts, staff, families, asked, unanswered)
