"""Feeds by the clock: asked, read, and posted from, never more than so many a day (S-21)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.boosts import day_of
from fedi_k12.domain.errors import DomainError, ForbiddenError, SavedForApprovalError
from fedi_k12.domain.feeds import (
    EVERY,
    MAX_BYTES,
    MOST_WAITING,
    PATIENCE,
    SLOWEST,
    WAITS,
    Entry,
    PostedBy,
    Taken,
    read_feed,
)
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.posts import Draft
from fedi_k12.domain.timed_jobs import ReadFeed, ReadFeeds
from fedi_k12.domain.words import marked
from fedi_k12.guard import Answer
from fedi_k12.services import acting, notifications, officials, posts, site
from fedi_k12.services.notifications import Notice
from storage import feeds, jobs
from storage import officials as official_rows
from storage.tables import FeedItemRow, FeedRow, MemberRow

AT_ONCE = 100
SECONDS = 20.0
_ACCEPTED = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9"
_MANY = marked("More came at once than is posted.")
_LATE = marked("It waited for a week.")
_NO_LINK = marked("It has no address that a browser opens.")
_GONE = marked("Whoever named it no longer acts for the account.")


async def read_feeds(ctx: Context, _job: ReadFeeds) -> None:
    """Job: have every feed asked that is due."""
    await ctx.write(_begin, now=ctx.clock())


async def read_feed_now(ctx: Context, job: ReadFeed) -> None:
    """Job: ask a feed for what is new, keep it, and post what the day allows."""
    async with ctx.read() as session:
        row = await session.get(FeedRow, job.feed_id)
    if row is None:
        return
    try:
        answer = await ctx.http.get(
            row.url, headers=_asking(row), max_bytes=MAX_BYTES, total=SECONDS
        )
        entries = await _read(answer)
    except DomainError as error:
        await ctx.write(_failed, feed_id=row.id, why=str(error), now=ctx.clock())
    else:
        await ctx.write(
            _take_in,
            feed_id=row.id,
            entries=entries,
            etag=answer.headers.get("ETag", "")[:500],
            last_modified=answer.headers.get("Last-Modified", "")[:100],
            now=ctx.clock(),
        )
    await _post_waiting(ctx, row.id)


async def _begin(session: AsyncSession, *, now: datetime) -> None:
    for feed_id in await feeds.due(session, now=now, limit=AT_ONCE):
        row = await session.get(FeedRow, feed_id)
        if row is not None:
            row.next_at = now + EVERY
            await jobs.enqueue(session, ReadFeed(feed_id), now=now, about=f"feed {feed_id}")
    await session.flush()


def _asking(row: FeedRow) -> dict[str, str]:
    """Return the headers of a request: nothing is sent that was read before (RFC 9110, 13)."""
    headers = {"Accept": _ACCEPTED}
    if row.etag:
        headers["If-None-Match"] = row.etag
    if row.last_modified:
        headers["If-Modified-Since"] = row.last_modified
    return headers


async def _read(answer: Answer) -> list[Entry] | None:
    """Return the entries of an answer, None where nothing changed; raise `DomainError`."""
    if answer.status == HTTPStatus.NOT_MODIFIED:
        return None
    if answer.status != HTTPStatus.OK:
        raise DomainError(f"It answered with {answer.status}.")
    return await asyncio.to_thread(read_feed, answer.body)


async def _take_in(
    session: AsyncSession,
    *,
    feed_id: int,
    entries: Sequence[Entry] | None,
    etag: str,
    last_modified: str,
    now: datetime,
) -> None:
    """Keep what is new in a feed. Its first reading takes nothing: it was told before."""
    row = await session.get(FeedRow, feed_id)
    if row is None:
        return
    first, row.read_at = row.read_at is None, now
    row.failing_since, row.told_at, row.trouble = None, None, ""
    row.next_at = now + EVERY
    if entries is None:
        return
    row.etag, row.last_modified = etag, last_modified
    keys, links = await feeds.known(
        session, row.id, [one.key for one in entries], [one.link for one in entries if one.link]
    )
    room = MOST_WAITING - len(await feeds.waiting(session, row.id))
    items = []
    for entry in entries:
        if entry.key in keys:
            continue
        state, why = Taken.WAITING, ""
        before = entry.at is not None and entry.at < row.added_at
        if first or before or (entry.link and entry.link in links):
            state = Taken.OLD
        elif not entry.link:
            state, why = Taken.LEFT, _NO_LINK
        elif room <= 0:
            state, why = Taken.LEFT, _MANY
        else:
            room -= 1
        links.add(entry.link)
        items.append((entry, state, why))
    # The oldest gets the smallest number, and its turn first. Dates are not asked: they lie.
    for entry, state, why in reversed(items):
        session.add(
            FeedItemRow(
                id=new_id(),
                feed_id=row.id,
                key=entry.key,
                title=entry.title,
                said=entry.said,
                link=entry.link,
                state=state.value,
                why=why,
                seen_at=now,
            )
        )
    await session.flush()
    await feeds.forget_old(session, row.id)


async def _failed(session: AsyncSession, *, feed_id: int, why: str, now: datetime) -> None:
    """Ask a feed that fails ever more seldom, and tell its managers once after some days."""
    row = await session.get(FeedRow, feed_id)
    if row is None:
        return
    row.failing_since = row.failing_since or now
    row.trouble = why
    row.next_at = now + min(max(now - row.failing_since, EVERY), SLOWEST)
    if row.told_at is None and now - row.failing_since >= PATIENCE:
        row.told_at = now
        managers = await official_rows.managers_now(session, row.account_id)
        await notifications.notify_many(
            session,
            [
                Notice(one.account_id, "feed_failing", row.account_id, detail={"url": row.url})
                for one in managers
            ],
            now=now,
        )
    await session.flush()


async def _post_waiting(ctx: Context, feed_id: int) -> None:
    """Post what waits, the oldest first, until the day has no more."""
    async with ctx.read() as session:
        numbers = [one.id for one in await feeds.waiting(session, feed_id)]
    for number in numbers:
        try:
            going_on = await ctx.write(
                _post,
                item_id=number,
                addresses=ctx.addresses,
                hold_seconds=ctx.settings.hold_seconds,
                now=ctx.clock(),
            )
        except SavedForApprovalError:
            continue  # Kept, and counted: a second person reads it like every other draft.
        except ForbiddenError as error:
            # Whoever named the feed may not speak now: that is no fault of the entry.
            await ctx.write(_say, feed_id=feed_id, trouble=str(error))
            return
        except DomainError as error:
            await ctx.write(_leave, item_id=number, why=str(error))
            continue
        if not going_on:
            return


async def _post(
    session: AsyncSession,
    *,
    item_id: int,
    addresses: Addresses,
    hold_seconds: int,
    now: datetime,
) -> bool:
    """Post an entry; return whether there may be another today."""
    item = await session.get(FeedItemRow, item_id)
    row = await session.get(FeedRow, item.feed_id) if item is not None else None
    if item is None or row is None or item.state != Taken.WAITING.value:
        return True
    if now - item.seen_at > WAITS:
        item.state, item.why = Taken.LEFT.value, _LATE
        return True
    standing = await officials.standing(session, row.account_id, now=now)
    if standing is None or standing.silent_because:
        row.trouble = str(standing.silent_because) if standing else _GONE
        return False
    member = await session.get(MemberRow, row.member_id)
    if member is None or member.disabled_at is not None:
        row.trouble = _GONE
        return False
    day = day_of(now, await site.zone(session)).isoformat()
    if not await feeds.use_one(session, row.account_id, day=day):
        return False
    entry = Entry(item.key, item.title, item.said, item.link)
    item.state = Taken.SENT.value
    await session.flush()
    item.post_id = await posts.publish(
        session,
        actor=await acting.actor_of(session, member, row.account_id),
        draft=Draft(entry.text, posted_by=PostedBy.FEED.value),
        addresses=addresses,
        hold_seconds=hold_seconds,
        now=now,
    )
    item.state = Taken.POSTED.value
    await session.flush()
    return True


async def _leave(session: AsyncSession, *, item_id: int, why: str) -> None:
    """Leave an entry out that could not be posted, and say why."""
    item = await session.get(FeedItemRow, item_id)
    if item is not None:
        item.state, item.why = Taken.LEFT.value, why


async def _say(session: AsyncSession, *, feed_id: int, trouble: str) -> None:
    row = await session.get(FeedRow, feed_id)
    if row is not None:
        row.trouble = trouble
