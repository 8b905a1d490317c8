"""What the actor may do with posts, asked by every service that makes one visible to others.

For one's own account that is little; for an official account it is the delegate's role, and
whether the account may speak at this moment.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.delegates import Deed, may, why_not
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.permissions import Actor, Gate, gate_before_publication
from fedi_k12.domain.posts import Draft
from fedi_k12.services import officials
from storage.tables import PostRow


async def to_publish(
    session: AsyncSession, actor: Actor, draft: Draft, *, hold_seconds: int = 0
) -> Gate:
    """Return how long a new post is held; every way of writing one comes through here.

    Raises `ForbiddenError` where the actor may not write it, `InvalidError` where nobody could
    for this account at the moment, or where somebody else has to look first.
    """
    answers = draft.in_reply_to_id is not None
    return await _gate(session, actor, answers=answers, hold_seconds=hold_seconds)


async def to_boost(session: AsyncSession, actor: Actor) -> None:
    """Refuse who may not pass posts on for the actor's account."""
    await _gate(session, actor)


async def to_change(session: AsyncSession, actor: Actor, row: PostRow) -> None:
    """Refuse who may not change how a post of the actor's account reads.

    Whoever may only answer changes their own answers. What is changed is published anew, so
    the account has to be able to speak.
    """
    await _gate(session, actor, answers=_own_answer(actor, row))


async def to_take_back(session: AsyncSession, actor: Actor, row: PostRow) -> None:
    """Refuse who may not delete a post of the actor's account; deleting is always possible."""
    if await officials.is_official(session, actor.account_id):
        demand(actor, Deed.ANSWER if _own_answer(actor, row) else Deed.WRITE)


def demand(actor: Actor, deed: Deed) -> None:
    """Refuse a delegate whose role does not reach so far."""
    if not may(actor.delegation, deed):
        raise ForbiddenError(why_not(actor.delegation, deed))


async def _gate(
    session: AsyncSession, actor: Actor, *, answers: bool = False, hold_seconds: int = 0
) -> Gate:
    standing = await officials.standing(session, actor.account_id)
    gate = gate_before_publication(
        actor, standing=standing, answers=answers, hold_seconds=hold_seconds
    )
    if gate.unfit or gate.needs_approval:
        raise InvalidError(gate.why)
    if not gate.publish:
        raise ForbiddenError(gate.why)
    return gate


def _own_answer(actor: Actor, row: PostRow) -> bool:
    return row.in_reply_to_id is not None and row.author_member_id == actor.member_id
