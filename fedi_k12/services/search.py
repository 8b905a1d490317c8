"""Search among posts that concern the one who searches."""

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView
from fedi_k12.services import views
from storage.posts import visible_to, wanted_by
from storage.tables import BookmarkRow, FavouriteRow, MentionRow, PostRow

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

    Only what the actor wrote, keeps, likes or is named in: nobody's posts can be searched by
    everybody without their wish.
    """
    words = q.split()[:MAX_WORDS]
    if not words:
        return []
    me = actor.account_id
    statement = select(PostRow.id).where(
        PostRow.boost_of_id.is_(None),
        visible_to(me),
        wanted_by(me),
        or_(
            PostRow.account_id == me,
            exists().where(BookmarkRow.post_id == PostRow.id, BookmarkRow.account_id == me),
            exists().where(FavouriteRow.post_id == PostRow.id, FavouriteRow.account_id == me),
            exists().where(MentionRow.post_id == PostRow.id, MentionRow.account_id == me),
        ),
    )
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
