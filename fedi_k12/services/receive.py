"""Posts that come from other servers: taken in by the batch, edited, deleted.

What is handed in here has been checked: who sent it, that it is theirs, that its HTML is safe.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.ids import id_at, new_id
from fedi_k12.domain.jobs import ClosePoll, FetchThread
from fedi_k12.domain.news import PostChanged
from fedi_k12.domain.posts import MAX_MENTION_NOTIFICATIONS, Visibility
from fedi_k12.services import (
    cards,
    desk,
    event_news,
    group_posts,
    media_hosts,
    notifications,
    polls,
    quotes,
    replies,
    shown_pictures,
    timelines,
)
from fedi_k12.services.notifications import Notice
from fedi_k12.services.received import ReceivedPost, media_rows, mention_rows, post_row
from fedi_k12.services.replies import Waits
from storage import accounts, conversations, events, jobs, post_writes, posts
from storage.db import tell_after_commit
from storage.search_words import put_first_words, put_words
from storage.tables import MediaRow, MentionRow, PostEditRow, PostRow

LATE = timedelta(days=2)
"""So long after it was published a post that we know may still arrive as new."""
FRESH = timedelta(minutes=10)
"""A post published longer ago takes its place in time; a fresh one comes as it arrives."""


class _Batch(Struct):
    """The rows of a batch on their way into the store."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    mentions: list[dict[str, object]] = field(default_factory=list)
    media: list[dict[str, Any]] = field(default_factory=list)
    polls: list[dict[str, Any]] = field(default_factory=list)
    options: list[dict[str, Any]] = field(default_factory=list)
    tagged: list[tuple[int, str]] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    arrived: list[timelines.Arrival] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    gaps: list[FetchThread] = field(default_factory=list)
    closings: list[tuple[ClosePoll, datetime]] = field(default_factory=list)


async def receive_posts(
    session: AsyncSession, received: Sequence[ReceivedPost], *, now: datetime
) -> list[int]:
    """Take in posts that are not known yet; return their ids, in order.

    A fixed number of statements, however many posts: what is known or was deleted is left. What
    was only fetched so far and is sent to us now goes to those whom it is for.
    """
    received = await _without_refused_media(session, received)
    uris = [post.uri for post in received]
    known = await posts.by_uris(
        session, [*uris, *(p.in_reply_to_uri for p in received if p.in_reply_to_uri)]
    )
    gone = await posts.tombstones(session, uris)
    new: dict[str, tuple[ReceivedPost, int]] = {}
    for post in received:
        if post.uri not in known and post.uri not in gone and post.uri not in new:
            fresh = now - post.published < FRESH and not post.fetched
            new[post.uri] = (post, new_id() if fresh else id_at(min(post.published, now)))
    held = await replies.held(session, [p for p, _ in new.values()], known, now=now)
    late = [post for post in received if _is_late(post, known.get(post.uri), now)]
    local = await _local_accounts(session, [*(post for post, _id in new.values()), *late])
    if late:
        await _hand_on(session, [(post, known[post.uri]) for post in late], local, now)
        await desk.take_in(session, [known[post.uri].id for post in late], now=now)
    if not new:
        return []
    places = {uri: (row.id, row.account_id, row.thread_id) for uri, row in known.items()}
    batch = _Batch()
    for post, post_id in new.values():
        _add(batch, post, post_id, places, local, now, held.get(post.uri))
    await shown_pictures.remember_of(session, [post for post, _id in new.values()], now=now)
    await _store(session, batch, dict(tag for p, _ in new.values() for tag in p.hashtags), now)
    links = await cards.attach_received(session, list(new.values()), now=now)
    await _let_be_found(session, batch, links)
    await events.store(session, {at: p.event for p, at in new.values() if p.event is not None})
    await replies.adopt(session, {uri: places[uri] for uri in new if uri in places}, now=now)
    await timelines.fan_out(session, batch.arrived)
    await group_posts.sort_in(session, list(new.values()), now=now)
    await notifications.notify_many(session, batch.notices, now=now)
    await quotes.receive(session, list(new.values()), now=now)
    await replies.receive(session, list(new.values()), held, now=now)
    sent = [pair for pair in new.values() if not pair[0].fetched]
    await desk.take_in(session, [at for p, at in sent if _reaches_us(p, known, local)], now=now)
    await jobs.enqueue_many(session, batch.gaps, now=now)
    for closing, due_at in batch.closings:
        await jobs.enqueue(session, closing, now=now, due_at=due_at)
    return [post_id for _post, post_id in new.values()]


async def receive_update(
    session: AsyncSession, post: ReceivedPost, *, now: datetime
) -> int | None:
    """Take in how a post reads now; return its id, or None where it is not known or not newer.

    The owner, the kind and the age stay; who may see it can only become fewer (FED-70).
    """
    row = await posts.by_uri(session, post.uri)
    if row is None or row.account_id != post.account_id or row.local:
        return None
    [post] = await _without_refused_media(session, [post])
    since = row.edited_at or row.created_at
    if post.updated is not None and post.updated < since:
        return None
    answers = await polls.receive(session, row.id, post.poll, now=now) if post.poll else []
    changed = (
        bool(answers)
        or row.content != post.content
        or row.summary != post.summary
        or row.title != post.title
        or row.sensitive != post.sensitive
    )
    if changed:
        session.add(
            PostEditRow(
                id=new_id(),
                post_id=row.id,
                content=row.content,
                source=None,
                summary=row.summary,
                sensitive=row.sensitive,
                media=await _media_words(session, row.id),
                poll_options=answers,
                created_at=since,
            )
        )
        row.edited_at = min(post.updated or now, now)
        tell_after_commit(session, PostChanged(row.id))
    row.content, row.summary, row.title = post.content, post.summary, post.title
    row.content_map = dict(post.content_map) if post.content_map else None
    row.sensitive, row.language = post.sensitive, post.language
    row.searchable_by = post.searchable_by
    row.emojis = [dict(emoji) for emoji in post.emojis]
    row.extra = dict(post.extra) if post.extra else None
    row.interaction_policy = post.policy.stored()
    if post.visibility.breadth < Visibility(row.visibility).breadth:
        row.visibility = post.visibility.value
    row.version += 1
    await session.flush()
    await _replace_parts(session, row, post, now=now)
    await conversations.put(session, [row.id])
    await desk.take_in(session, [row.id], now=now)
    await quotes.received_again(session, row, post, now=now)
    await put_words(session, [row.id])
    if changed:
        await quotes.tell_of_edit(session, row, now=now)
    if post.event is not None:
        await event_news.changed_elsewhere(session, row, post.event, now=now)
    return row.id


async def receive_deletion(
    session: AsyncSession, *, uri: str, account_uri: str, now: datetime
) -> bool:
    """Delete a post because its author's server says so; return whether it was known.

    Also remembered where it was not known: the Create may come after its Delete (FED-21).
    """
    row = await posts.by_uri(session, uri)
    if row is None:
        await post_writes.bury(
            session,
            uri=uri,
            account_uri=account_uri,
            former_type="Note",
            visibility="public",
            local=False,
            now=now,
        )
        return False
    author = await accounts.by_id(session, row.account_id)
    if author is None or author.uri != account_uri or row.local:
        return False
    await post_writes.bury(
        session,
        uri=uri,
        account_uri=account_uri,
        former_type=row.kind,
        visibility=row.visibility,
        local=False,
        now=now,
    )
    await post_writes.orphan_replies(session, row.id, uri)
    if row.in_reply_to_id is not None and row.reply_state is None:
        await post_writes.count_replies(session, [row.in_reply_to_id], step=-1)
    await quotes.gone(session, row)
    await desk.gone(session, row.id, now=now)
    await post_writes.count_posts(session, [row.account_id], step=-1)
    await session.execute(delete(MediaRow).where(MediaRow.post_id == row.id))
    await post_writes.remove_post(session, row.id)
    return True


async def _without_refused_media(
    session: AsyncSession, received: Sequence[ReceivedPost]
) -> Sequence[ReceivedPost]:
    """Return the posts without attachments that lie on suspended hosts (FED-109)."""
    urls = [media.remote_url for post in received for media in post.media]
    refused = await media_hosts.refused_among(session, urls)
    if not refused:
        return received
    return [
        replace(post, media=tuple(m for m in post.media if m.remote_url not in refused))
        for post in received
    ]


def _is_late(post: ReceivedPost, row: PostRow | None, now: datetime) -> bool:
    """Return whether a post that was fetched before is sent to us only now."""
    return (
        row is not None
        and not post.fetched
        and not row.local
        and row.account_id == post.account_id
        and row.reply_state is None
        and now - row.created_at < LATE
    )


def _reaches_us(
    post: ReceivedPost, known: Mapping[str, PostRow], local: Mapping[int, bool]
) -> bool:
    """Return whether a post names an account of this server or answers a post of one."""
    parent = known.get(post.in_reply_to_uri or "")
    answers = parent is not None and parent.local
    return answers or any(local.get(number) for number in post.mentioned_account_ids)


async def _hand_on(
    session: AsyncSession,
    late: Sequence[tuple[ReceivedPost, PostRow]],
    local: Mapping[int, bool],
    now: datetime,
) -> None:
    """Put posts into home timelines and tell those they name, as they stand here.

    A second time it changes nothing, and nobody more may see them for it (FED-77).
    """
    kept = await posts.mentions_of(session, [row.id for _post, row in late])
    arrivals, notices = [], []
    for post, row in late:
        named = [
            account.id
            for mention, account in kept.get(row.id, [])
            if not mention.silent and local.get(account.id)
        ]
        notices += [
            Notice(number, "mention", row.account_id, row.id)
            for number in named[:MAX_MENTION_NOTIFICATIONS]
        ]
        arrivals.append(
            timelines.Arrival(
                post_id=row.id,
                author_id=row.account_id,
                visibility=Visibility(row.visibility),
                reply_to_author_id=row.in_reply_to_account_id
                or (0 if row.in_reply_to_uri else None),
                named_ids=tuple(named),
                tagged=bool(post.hashtags),
                language=post.language,
            )
        )
    await timelines.fan_out(session, arrivals)
    await notifications.notify_many(session, notices, now=now)


async def _local_accounts(
    session: AsyncSession, received: Sequence[ReceivedPost]
) -> dict[int, bool]:
    ids = {number for post in received for number in post.mentioned_account_ids}
    return {
        account.id: account.is_local
        for account in (await accounts.by_ids(session, list(ids))).values()
    }


def _add(
    batch: _Batch,
    post: ReceivedPost,
    post_id: int,
    places: dict[str, tuple[int, int, int]],
    local: Mapping[int, bool],
    now: datetime,
    held: Waits | None = None,
) -> None:
    parent = places.get(post.in_reply_to_uri or "")
    parent_id, parent_author, thread_id = parent or (None, None, post_id)
    places[post.uri] = (post_id, post.account_id, thread_id)
    row = post_row(post, post_id, parent_id, parent_author, thread_id, now)
    if held is not None:
        row |= {"reply_state": held.state, "waits_at": held.at}
    batch.posts.append(row)
    if parent_id is not None and held is None:
        batch.parents.append(parent_id)
    elif parent_id is None and post.in_reply_to_uri is not None and not post.fetched:
        batch.gaps.append(FetchThread(post_id))
    batch.mentions += mention_rows(post, post_id)
    batch.media += media_rows(post, post_id, now)
    batch.tagged += [(post_id, key) for key, _display in post.hashtags]
    if post.poll is not None:
        poll_id = new_id()
        batch.polls.append(polls.opened(post.poll, poll_id, post_id, now))
        batch.options += polls.options(post.poll, poll_id)
        if (closing := polls.closing(post.poll, poll_id, now)) is not None:
            batch.closings.append(closing)
    if not post.fetched and held is None:
        named = [number for number in post.mentioned_account_ids if local.get(number)]
        batch.notices += [
            Notice(number, "mention", post.account_id, post_id)
            for number in named[:MAX_MENTION_NOTIFICATIONS]
        ]
        batch.arrived.append(
            timelines.Arrival(
                post_id=post_id,
                author_id=post.account_id,
                visibility=post.visibility,
                reply_to_author_id=parent_author
                if parent is not None
                else (0 if post.in_reply_to_uri else None),
                named_ids=tuple(named),
                tagged=bool(post.hashtags),
                language=post.language,
            )
        )


async def _store(
    session: AsyncSession, batch: _Batch, tags: Mapping[str, str], now: datetime
) -> None:
    await post_writes.insert_posts(session, batch.posts)
    await post_writes.insert_mentions(session, batch.mentions)
    await post_writes.insert_media(session, batch.media)
    await post_writes.insert_polls(session, batch.polls, batch.options)
    ids = await post_writes.tag_ids(session, tags.items(), now=now)
    await post_writes.insert_post_tags(
        session, [(post_id, ids[key]) for post_id, key in batch.tagged]
    )
    await post_writes.count_replies(session, batch.parents, step=1)
    await post_writes.count_posts(
        session, [int(str(row["account_id"])) for row in batch.posts], step=1, posted_at=now
    )


async def _let_be_found(session: AsyncSession, batch: _Batch, links: Mapping[int, str]) -> None:
    asked = {row["id"]: row["post_id"] for row in batch.polls}
    await put_first_words(
        session,
        [{**row, "card_url": links.get(row["id"])} for row in batch.posts],
        media=[(row["post_id"], row["kind"], row["alt"]) for row in batch.media],
        answers=[(asked[row["poll_id"]], row["title"]) for row in batch.options],
    )


async def _replace_parts(
    session: AsyncSession, row: PostRow, post: ReceivedPost, *, now: datetime
) -> None:
    await shown_pictures.remember_of(session, [post], now=now)
    await session.execute(delete(MediaRow).where(MediaRow.post_id == row.id))
    await post_writes.insert_media(session, media_rows(post, row.id, now))
    before = set(
        await session.scalars(select(MentionRow.account_id).where(MentionRow.post_id == row.id))
    )
    await post_writes.insert_mentions(
        session,
        [item for item in mention_rows(post, row.id) if item["account_id"] not in before],
    )
    await post_writes.remove_tags(session, row.id)
    ids = await post_writes.tag_ids(session, post.hashtags, now=now)
    await post_writes.insert_post_tags(session, [(row.id, number) for number in ids.values()])


async def _media_words(session: AsyncSession, post_id: int) -> list[dict[str, object]]:
    found = (await posts.media_of(session, [post_id])).get(post_id, [])
    return [{"id": str(row.id), "kind": row.kind, "alt": row.alt} for row in found]
