"""Search among posts that one may find."""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView
from fedi_k12.services import views
from storage.posts import wanted_by
from storage.searching import findable_by
from storage.tables import PostRow

MAX_WORDS = 8


async def posts(
    session: AsyncSession,
    *,
    actor: Actor,
    q: str,
    limit: int,
    offset: int = 0,
    account_id: int | None = None,
) -> list[PostView]:
    """Return posts with all the words, the newest first.

    Only what the actor wrote, keeps, likes or is named in, and what its author lets them find:
    nobody's posts can be searched by everybody without their wish.
    """
    words = q.split()[:MAX_WORDS]
    if not words:
        return []
    me = actor.account_id
    statement = select(PostRow.id).where(findable_by(me), wanted_by(me))
    for word in words:
        statement = statement.where(
            or_(
                PostRow.content.icontains(word, autoescape=True),
                PostRow.summary.icontains(word, autoescape=True),
                PostRow.title.icontains(word, autoescape=True),
            )
        )
    if account_id is not None:
        statement = statement.where(PostRow.account_id == account_id)
    ids = list(
        await session.scalars(statement.order_by(PostRow.id.desc()).limit(limit).offset(offset))
    )
    return await views.post_views(session, ids, viewer=actor)
