"""Threads are made whole: asked for when somebody looks, done by a job, told of on the way."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import BackfillThread, GatherThread
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.threads import Gathering, OriginCounts
from fedi_k12.services import access
from fedi_k12.services.receive import receive_deletion
from storage import jobs, posts, threads
from storage.tables import BackfillRow, PostOriginRow, PostRow

COOLDOWN = timedelta(minutes=15)
"""So long after a thread was fetched it is not fetched again."""
INITIAL_WAIT = timedelta(minutes=5)
"""Where nobody looks, a new post is given so long to be answered."""
MISSING_FOR = timedelta(days=1)
"""What its server does not find for so long is gone; once may be an accident."""


async def gather(ctx: Context, *, post_id: int, viewer: Actor | None) -> Gathering | None:
    """Return how the thread that a viewer looks at is being fetched; begin it if it is due.

    None for threads that are all ours. Visitors see how it goes and make nobody work.
    """
    async with ctx.read() as session:
        post = await _subject(session, post_id, viewer)
        row = await threads.backfill_of(session, post.thread_id)
        due = (
            viewer is not None
            and ctx.settings.federation != "off"
            and _is_due(row, ctx.clock())
            and await threads.has_parts_elsewhere(session, post.thread_id)
        )
    if due:
        return await ctx.write(begin, post_id=post.id, now=ctx.clock())
    return _view(row) if row is not None else None


async def begin_later(session: AsyncSession, *, post: PostRow, now: datetime) -> None:
    """Have a thread fetched that nobody looks at, after its post had time to be answered."""
    if _is_due(await threads.backfill_of(session, post.thread_id), now):
        due_at = max(now, post.created_at + INITIAL_WAIT)
        await jobs.enqueue(session, GatherThread(post.id), now=now, due_at=due_at)


async def begin(session: AsyncSession, *, post_id: int, now: datetime) -> Gathering | None:
    """Have a post's thread fetched, unless that was done a moment ago; return how it goes."""
    post = await posts.by_id(session, post_id)
    if post is None or Visibility(post.visibility).breadth < Visibility.UNLISTED.breadth:
        return None
    row = await threads.backfill_of(session, post.thread_id)
    if not _is_due(row, now):
        return _view(row) if row is not None else None
    if row is not None:
        await session.delete(row)
        await session.flush()
    row = BackfillRow(
        id=new_id(),
        thread_id=post.thread_id,
        post_id=post.id,
        found=0,
        progress={},
        asked_at=now,
    )
    session.add(row)
    await session.flush()
    await jobs.enqueue(session, BackfillThread(row.id), now=now)
    return _view(row)


async def gathering(session: AsyncSession, *, backfill_id: int) -> Gathering:
    """Return how the fetching with this id goes, or raise `NotFoundError`."""
    row = await threads.backfill(session, backfill_id)
    if row is None:
        raise NotFoundError("Record not found")
    return _view(row)


async def save(
    session: AsyncSession,
    *,
    backfill_id: int,
    progress: Mapping[str, Any],
    found: int,
    done: bool,
    now: datetime,
) -> None:
    """Keep how far the fetching of a thread has come, and go on with it unless it is done."""
    row = await threads.backfill(session, backfill_id)
    if row is None:
        return
    await _follow_thread(session, row)
    row.found = found
    row.progress = {} if done else dict(progress)
    if done:
        row.finished_at = now
    else:
        await jobs.enqueue(session, BackfillThread(row.id), now=now)
    await session.flush()


async def note_counts(
    session: AsyncSession,
    *,
    post_id: int,
    counts: OriginCounts,
    now: datetime,
    crawled: bool = False,
) -> None:
    """Keep what a post's own server says of it, and whether its replies are looked for now."""
    row = await session.get(PostOriginRow, post_id)
    if row is None:
        if await posts.by_id(session, post_id) is None:
            return
        row = PostOriginRow(post_id=post_id, fetched_at=now)
        session.add(row)
    row.likes, row.shares, row.replies = counts.likes, counts.shares, counts.replies
    row.fetched_at, row.missing_at = now, None
    if crawled:
        row.crawled_at = now
    await session.flush()


async def note_missing(session: AsyncSession, *, uri: str, gone: bool, now: datetime) -> None:
    """Take in that a post's own server does not have it: deleted at once if it says so.

    What it only does not find, perhaps for us, is deleted when that is so a day later too.
    """
    post = await posts.by_uri(session, uri)
    if post is None or post.local:
        return
    row = await session.get(PostOriginRow, post.id)
    if not gone and (row is None or row.missing_at is None):
        if row is None:
            row = PostOriginRow(post_id=post.id, fetched_at=now)
            session.add(row)
        row.crawled_at = row.missing_at = now
        await session.flush()
        return
    if not gone and row is not None and row.missing_at is not None:
        row.crawled_at = now
        if now - row.missing_at < MISSING_FOR:
            return
    author = await threads.author_of(session, post)
    if author is not None:
        await receive_deletion(session, uri=uri, account_uri=author.uri, now=now)


async def _subject(session: AsyncSession, post_id: int, viewer: Actor | None) -> PostRow:
    post = await access.post_for(session, post_id, viewer=viewer)
    if post.boost_of_id is not None:
        return await access.post_for(session, post.boost_of_id, viewer=viewer)
    return post


async def _follow_thread(session: AsyncSession, row: BackfillRow) -> None:
    """Stay with the post that was looked at: its thread may have become part of a larger."""
    post = await posts.by_id(session, row.post_id)
    if post is None or post.thread_id == row.thread_id:
        return
    other = await threads.backfill_of(session, post.thread_id)
    if other is not None:
        await session.delete(other)
        await session.flush()
    row.thread_id = post.thread_id


def _is_due(row: BackfillRow | None, now: datetime) -> bool:
    return row is None or (row.finished_at is not None and now - row.finished_at >= COOLDOWN)


def _view(row: BackfillRow) -> Gathering:
    return Gathering(row.id, row.found, row.asked_at, row.finished_at)
