"""Queries about the fetching of threads and profiles, and what origins say of posts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.built import several
from storage.tables import AccountRow, BackfillRow, PostOriginRow, PostRow

_ORIGINS = select(PostOriginRow).where(PostOriginRow.post_id.in_(several("ids")))


async def backfill_of(session: AsyncSession, thread_id: int) -> BackfillRow | None:
    """Return the fetching of a thread."""
    return await session.scalar(select(BackfillRow).where(BackfillRow.thread_id == thread_id))


async def backfill(session: AsyncSession, backfill_id: int) -> BackfillRow | None:
    """Return a fetching by its id."""
    return await session.get(BackfillRow, backfill_id)


async def has_parts_elsewhere(session: AsyncSession, thread_id: int) -> bool:
    """Return whether other servers may know more of a thread: posts of theirs are in it."""
    return bool(
        await session.scalar(
            select(
                exists().where(
                    PostRow.thread_id == thread_id,
                    PostRow.boost_of_id.is_(None),
                    or_(PostRow.local.is_(False), PostRow.in_reply_to_uri.is_not(None)),
                )
            )
        )
    )


async def thread_rows(
    session: AsyncSession, thread_id: int, *, limit: int
) -> list[tuple[PostRow, PostOriginRow | None]]:
    """Return the posts of a thread that are known, the first ones first."""
    rows = await session.execute(
        select(PostRow, PostOriginRow)
        .outerjoin(PostOriginRow, PostOriginRow.post_id == PostRow.id)
        .where(PostRow.thread_id == thread_id, PostRow.boost_of_id.is_(None))
        .order_by(PostRow.id)
        .limit(limit)
    )
    return [(post, origin) for post, origin in rows]


async def origins(session: AsyncSession, ids: Sequence[int]) -> dict[int, PostOriginRow]:
    """Return what the origins of these posts say of them, by post."""
    if not ids:
        return {}
    rows = await session.scalars(_ORIGINS, {"ids": list(ids)})
    return {row.post_id: row for row in rows}


async def author_of(session: AsyncSession, post: PostRow) -> AccountRow | None:
    """Return who wrote a post."""
    return await session.get(AccountRow, post.account_id)


async def forget_backfills(session: AsyncSession, *, before: datetime) -> None:
    """Forget fetchings that ended before."""
    await session.execute(delete(BackfillRow).where(BackfillRow.finished_at < before))
