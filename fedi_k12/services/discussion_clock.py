"""What the clock does with a discussion: points come out, and it ends with a transcript (S-25).

Late answers are ordinary replies: nothing is closed for them.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.discussions import Line, transcript
from fedi_k12.domain.errors import DomainError, NotFoundError, SavedForApprovalError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.submissions import Paper
from fedi_k12.domain.text import short_text
from fedi_k12.domain.timed_jobs import EndDiscussion, OpenPoint
from fedi_k12.services import acting, discussions, posts, views
from fedi_k12.services.posts import MAX_ARTICLE, MAX_TITLE
from storage import discussions as store
from storage import posts as post_rows
from storage.tables import DiscussionRow

MAX_LINE = 500
"""So much of an answer stands in the transcript; the rest is behind its link."""
NOTHING = "–"


async def open_point(ctx: Context, job: OpenPoint) -> None:
    """Job: publish a point that is due; what is refused is kept, with the reason."""
    now = ctx.clock()
    try:
        await ctx.write(
            _open,
            discussion_id=job.discussion_id,
            number=job.number,
            addresses=ctx.addresses,
            now=now,
        )
    except DomainError as error:
        await ctx.write(
            _refuse,
            discussion_id=job.discussion_id,
            number=job.number,
            why=str(error),
            now=now,
        )


async def end_discussion(ctx: Context, job: EndDiscussion) -> None:
    """Job: publish the transcript of a discussion that is over, or send it for approval."""
    try:
        await ctx.write(
            _end,
            discussion_id=job.discussion_id,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except SavedForApprovalError:
        return  # It waits for a second person, like all that the account says.
    except DomainError:
        await ctx.write(_ended, discussion_id=job.discussion_id, now=ctx.clock())


async def told(session: AsyncSession, *, discussion_id: int, post_id: int) -> None:
    """Remember which article is the transcript of a discussion."""
    row = await store.by_id(session, discussion_id, locked=True)
    if row is not None:
        row.transcript_id = post_id
        await session.flush()


async def _open(
    session: AsyncSession,
    *,
    discussion_id: int,
    number: int,
    addresses: Addresses,
    now: datetime,
) -> None:
    row = await store.by_id(session, discussion_id, locked=True)
    if row is None or await post_rows.by_id(session, row.post_id) is None:
        return
    point = next(one for one in await store.points_of(session, row.id) if one.number == number)
    if point.post_id is not None or point.refused or point.due_at > now:
        return
    words = f"Q{number}. {point.text}" + (f" #{row.tag}" if row.tag else "")
    point.post_id = await posts.publish(
        session,
        actor=await _actor(session, row),
        draft=Draft(words, in_reply_to_id=row.post_id, language=row.language),
        addresses=addresses,
        now=now,
        # Whoever approved the article approved its points.
        paper=Paper(given=True),
    )
    await session.flush()


async def _refuse(
    session: AsyncSession, *, discussion_id: int, number: int, why: str, now: datetime
) -> None:
    for point in await store.points_of(session, discussion_id):
        if point.number == number and point.post_id is None and point.due_at <= now:
            point.refused = why


async def _end(
    session: AsyncSession, *, discussion_id: int, addresses: Addresses, now: datetime
) -> None:
    row = await store.by_id(session, discussion_id, locked=True)
    article = await post_rows.by_id(session, row.post_id) if row is not None else None
    if row is None or article is None or row.ended_at is not None or row.ends_at > now:
        return
    row.ended_at = now
    text = await _transcript(session, row, article.thread_id)
    row.transcript_id = await posts.publish(
        session,
        actor=await _actor(session, row),
        draft=Draft(
            text[:MAX_ARTICLE],
            title=f"{row.title}: Q&A"[:MAX_TITLE],
            content_type="text/markdown",
            in_reply_to_id=row.post_id,
            language=row.language,
        ),
        addresses=addresses,
        now=now,
        paper=Paper("transcript", row.id),
    )
    await session.flush()


async def _ended(session: AsyncSession, *, discussion_id: int, now: datetime) -> None:
    row = await store.by_id(session, discussion_id, locked=True)
    if row is not None and row.ends_at <= now:
        row.ended_at = row.ended_at or now


async def _transcript(session: AsyncSession, row: DiscussionRow, thread_id: int) -> str:
    points = await store.points_of(session, row.id)
    out = [point.post_id for point in points if point.post_id is not None]
    replies = await store.answers(
        session, thread_id, viewer_id=None, until=row.ends_at, public=True
    )
    answers = discussions.by_point(out, replies)
    ids = [number for found in answers.values() for number in found]
    shown = {post.id: post for post in await views.post_views(session, ids, viewer=None)}
    told = [
        (
            point.number,
            point.text,
            [
                Line(
                    post.account.name,
                    post.account.acct,
                    post.url,
                    short_text(plain_text(post.content), MAX_LINE),
                )
                for number in answers.get(point.post_id or 0, ())
                if (post := shown.get(number)) is not None
            ],
        )
        for point in points
    ]
    return transcript(told, nothing=NOTHING)


async def _actor(session: AsyncSession, row: DiscussionRow) -> Actor:
    """Return who planned it as they act for the account now, if they still do."""
    if not row.member_id:
        raise NotFoundError("Whoever planned this can no longer sign in.")
    return await acting.actor_for(session, member_id=row.member_id, account_id=row.account_id)
