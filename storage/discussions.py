"""Queries about discussions, and what people answered to their points."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.posts import visible_to
from storage.tables import DiscussionPointRow, DiscussionRow, PostRow


async def by_id(
    session: AsyncSession, discussion_id: int, *, locked: bool = False
) -> DiscussionRow | None:
    """Return the discussion with this id; `locked` until the write is over."""
    wanted = select(DiscussionRow).where(DiscussionRow.id == discussion_id)
    return await session.scalar(wanted.with_for_update() if locked else wanted)


async def of_post(session: AsyncSession, post_id: int) -> DiscussionRow | None:
    """Return the discussion that an article announces."""
    return await session.scalar(select(DiscussionRow).where(DiscussionRow.post_id == post_id))


async def points_of(session: AsyncSession, discussion_id: int) -> list[DiscussionPointRow]:
    """Return the points of a discussion, in order."""
    rows = await session.scalars(
        select(DiscussionPointRow)
        .where(DiscussionPointRow.discussion_id == discussion_id)
        .order_by(DiscussionPointRow.number)
    )
    return list(rows)


async def newest(session: AsyncSession, *, before: int, limit: int) -> list[DiscussionRow]:
    """Return the discussions before an id, the newest first."""
    rows = await session.scalars(
        select(DiscussionRow)
        .where(DiscussionRow.id < before)
        .order_by(DiscussionRow.id.desc())
        .limit(limit)
    )
    return list(rows)


async def answers(
    session: AsyncSession,
    thread_id: int,
    *,
    viewer_id: int | None,
    until: datetime | None = None,
    public: bool = False,
) -> Sequence[tuple[int, int]]:
    """Return (post, what it answers) of a thread as a viewer may see it, oldest first.

    `until`: only what was written by then. `public`: only what everybody may read.
    """
    statement = select(PostRow.id, PostRow.in_reply_to_id).where(
        PostRow.thread_id == thread_id,
        PostRow.in_reply_to_id.is_not(None),
        PostRow.boost_of_id.is_(None),
        visible_to(viewer_id),
    )
    if until is not None:
        statement = statement.where(PostRow.created_at <= until)
    if public:
        statement = statement.where(
            or_(PostRow.visibility == "public", PostRow.visibility == "unlisted"),
            PostRow.local_only.is_(False),
        )
    rows = await session.execute(statement.order_by(PostRow.id))
    return [(number, parent) for number, parent in rows if parent is not None]
