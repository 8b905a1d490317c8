"""Reminders of events: to the guests here, and to everybody in a short post of its own."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.errors import DomainError
from fedi_k12.domain.event_jobs import RemindGuests
from fedi_k12.domain.events import Attending, summary_line
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import event_news, posts
from storage import events
from storage import posts as post_rows
from storage.tables import EventRow, PostRow

AHEAD = timedelta(days=1)
EVERY = timedelta(minutes=15)
MAX_AT_ONCE = 200


async def remind_guests(ctx: Context, job: RemindGuests) -> None:
    """Job: remind of what begins within a day, once."""
    del job
    now = ctx.clock()
    async with ctx.read() as session:
        due = await events.due_reminders(
            session, after=now, before=now + AHEAD, limit=MAX_AT_ONCE
        )
    for post_id in due:
        await ctx.write(remind_of, post_id=post_id, ctx=ctx)


async def remind_of(session: AsyncSession, *, post_id: int, ctx: Context) -> None:
    """Remind of one event, unless somebody else just did."""
    now = ctx.clock()
    event = await events.locked(session, post_id)
    post = await post_rows.by_id(session, post_id)
    if event is None or post is None or event.reminded_at is not None:
        return
    event.reminded_at = now
    await session.flush()
    coming = await events.guests(session, post_id, states=(Attending.GOING, Attending.MAYBE))
    await event_news.tell(
        session,
        "event_reminder",
        post_id=post_id,
        from_id=post.account_id,
        account_ids=[row.account_id for row in coming],
        now=now,
    )
    # One that is announced less than a day ahead needs no reminder after its announcement.
    if post.local and event.remind and now - post.created_at >= AHEAD:
        await _say(session, post, event, ctx)


async def _say(session: AsyncSession, post: PostRow, event: EventRow, ctx: Context) -> None:
    """Say it as a post: servers that show no events show this (mastodon#20407)."""
    line = summary_line(events.details_of(event))
    draft = Draft(
        f"{post.title}\n{line}\n{post.url or post.uri}",
        visibility=Visibility(post.visibility),
        local_only=post.local_only,
        language=post.language,
    )
    try:
        async with session.begin_nested():
            await posts.publish(
                session,
                actor=Actor(post.account_id, post.author_member_id),
                draft=draft,
                addresses=ctx.addresses,
                now=ctx.clock(),
            )
    except DomainError:
        return  # an account that may not post any more says nothing
