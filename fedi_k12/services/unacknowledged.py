"""Work of staff that nobody of the leadership has responded to yet, for leaders (S-17).

A leader is whoever manages an official account here. Nothing is counted: neither posts of a
person nor responses of a leader.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.delegates import DelegateRole
from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView
from fedi_k12.domain.text import tag_key
from fedi_k12.services import site, views
from storage import officials, unacknowledged

PAGE = 20


async def leads(session: AsyncSession, *, actor: Actor) -> bool:
    """Return whether the person who acts manages an official account now."""
    if actor.member_id is None:
        return False
    return any(
        row.role == DelegateRole.MANAGER and row.paused_at is None
        for row, _account in await officials.held_by(session, actor.member_id)
    )


async def page(
    session: AsyncSession, *, actor: Actor, after: int = 0
) -> tuple[list[PostView], bool]:
    """Return public posts of staff with the district's tag that wait for a leader's response.

    Oldest first, up to `PAGE` from after a post, and whether there are more. A post leaves as
    soon as any leader answers, quotes, recommends or passes it on, on a page or in an app.
    Empty where no tag was chosen (`site.district_tag`). Raises `ForbiddenError` for everybody
    who leads nothing.
    """
    if not await leads(session, actor=actor):
        raise ForbiddenError("Only people who manage an official account see this.")
    tag = await site.district_tag(session)
    if not tag:
        return [], False
    ids = await unacknowledged.waiting(
        session, viewer_id=actor.account_id, tag=tag_key(tag), after=after, limit=PAGE + 1
    )
    return await views.post_views(session, ids[:PAGE], viewer=actor), len(ids) > PAGE
