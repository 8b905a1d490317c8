"""What it costs a member to shut a whole host out."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.people import normalise_host
from fedi_k12.domain.permissions import Actor
from storage.tables import AccountRow, FollowRow


async def ties_with(session: AsyncSession, *, actor: Actor, domain: str) -> tuple[int, int]:
    """Return how many of a host the actor follows, and how many of it follow the actor."""
    if not domain.strip():
        raise InvalidError("Validation failed: Domain can't be blank")
    theirs = select(AccountRow.id).where(AccountRow.domain == normalise_host(domain))
    me = actor.account_id
    following = await session.scalar(
        select(func.count()).where(
            FollowRow.follower_id == me,
            FollowRow.target_id.in_(theirs),
            FollowRow.accepted.is_(True),
        )
    )
    followers = await session.scalar(
        select(func.count()).where(
            FollowRow.target_id == me,
            FollowRow.follower_id.in_(theirs),
            FollowRow.accepted.is_(True),
        )
    )
    return following or 0, followers or 0
