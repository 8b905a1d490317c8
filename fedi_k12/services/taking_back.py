"""Taking a post back while no other server was told of it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.permissions import Actor
from fedi_k12.services import holding, posts


async def take_back(
    session: AsyncSession, *, actor: Actor, post_id: int, now: datetime
) -> bool:
    """Delete a post of the actor's that no server was told of; return whether that was so.

    Its pictures stay the actor's, to be posted again. Raises `NotFoundError` for another's.
    """
    if not await holding.is_held(session, post_id):
        return False
    await posts.delete(session, actor=actor, post_id=post_id, now=now)
    return True
