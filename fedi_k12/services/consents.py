"""A member's word about what others want to do with their posts."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.approvals import Consent, Interaction
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import quotes, replies
from storage import approvals, posts


async def decide(
    session: AsyncSession, *, actor: Actor, post_id: int, accept: bool, now: datetime
) -> None:
    """Let a post that quotes or answers one of the actor's be, or not.

    Raises `NotFoundError` where nothing of that post waits for the actor's word.
    """
    decided = False
    for kind, settle in (
        (Interaction.QUOTE, quotes.decide),
        (Interaction.REPLY, replies.decide),
    ):
        row = await approvals.of_post(session, kind.value, post_id)
        if row is None or row.state != Consent.PENDING:
            continue
        target = await posts.by_id(session, row.target_id or 0)
        if target is None or target.account_id != actor.account_id:
            continue
        await settle(session, actor=actor, approval=row, accept=accept, now=now)
        decided = True
    if not decided:
        raise NotFoundError("Record not found")
