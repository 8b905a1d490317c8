"""Search among posts that one may find."""

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain import search_query
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView
from fedi_k12.services import views
from storage import search as index
from storage.search import Bounds


async def posts(
    session: AsyncSession,
    *,
    actor: Actor,
    q: str,
    limit: int,
    offset: int = 0,
    account_id: int | None = None,
    min_id: int | None = None,
    max_id: int | None = None,
    own_host: str = "",
) -> list[PostView]:
    """Return posts that fit the words and operators of `q`, the newest first.

    Only what the actor wrote, keeps, likes or is named in, and what its author lets them find:
    nobody's posts can be searched by everybody without their wish.
    """
    ids = await index.find(
        session,
        search_query.parse(q),
        viewer_id=actor.account_id,
        own_host=own_host,
        bounds=Bounds(limit, offset, account_id, min_id, max_id),
    )
    return await views.post_views(session, ids, viewer=actor)
