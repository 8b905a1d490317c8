"""Posts of other servers that nobody here touched: which they are, and how they go."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage import post_writes
from storage.tables import (
    AccountRow,
    Base,
    EventRow,
    MediaRow,
    MentionRow,
    PostRow,
    RecordRow,
    ReportRow,
)

LOOKED_AT = 2000
"""So many posts are looked at by one statement."""

OF_THE_POST = frozenset(
    {
        "backfill", "event", "home_entry", "media", "mention", "poll", "post_edit",
        "post_origin", "post_tag", "post_words", "translation",
    }
)  # fmt: skip
"""Tables whose rows are parts of a post, or were made for it: they go with it.

A row of any other table that names a post keeps it, so that a new one is safe before anybody
thinks of this."""

_Other = aliased(PostRow)
_InThread = aliased(PostRow)


async def candidates(
    session: AsyncSession, *, before: datetime, now: datetime, after: int
) -> tuple[list[int], int | None]:
    """Return which of the next posts nobody touched, and the last that was looked at.

    They came before a moment. It is None at the end.
    """
    rows = await session.execute(
        select(PostRow.id)
        .where(PostRow.id > after, PostRow.local.is_(False))
        .where(PostRow.boost_of_id.is_(None), PostRow.received_at < before)
        .order_by(PostRow.id)
        .limit(LOOKED_AT)
    )
    looked = [row.id for row in rows]
    if not looked:
        return [], None
    return await untouched(session, looked, now=now), looked[-1]


async def untouched(session: AsyncSession, ids: Sequence[int], *, now: datetime) -> list[int]:
    """Return which of these posts of other servers nobody here touched, in order."""
    rows = await session.scalars(
        select(PostRow.id)
        .where(PostRow.id.in_(ids), PostRow.local.is_(False), PostRow.boost_of_id.is_(None))
        .where(*(~kept for kept in _kept(now)))
    )
    left = set(rows)
    for column in naming():
        if left:
            left -= set(await session.scalars(select(column).where(column.in_(left))))
    for reported in await session.scalars(select(ReportRow.post_ids)):
        left -= {int(number) for number in reported}
    return sorted(left)


async def forget(session: AsyncSession, ids: Sequence[int], *, now: datetime) -> list[str]:
    """Let posts go as if they had never come; return the keys of files that they showed.

    What was touched meanwhile stays. They may come again: no grave is dug, and answers to them
    remember what they answer.
    """
    going = await untouched(session, ids, now=now)
    if not going:
        return []
    rows = (
        await session.execute(
            select(
                PostRow.id,
                PostRow.uri,
                PostRow.account_id,
                PostRow.in_reply_to_id,
                PostRow.reply_state,
                PostRow.quote_of_id,
                PostRow.quote_state,
            ).where(PostRow.id.in_(going))
        )
    ).all()
    gone = set(going)
    for row in rows:
        await post_writes.orphan_replies(session, row.id, row.uri)
    parents = [
        row.in_reply_to_id
        for row in rows
        if row.in_reply_to_id is not None and row.reply_state is None
    ]
    left = [number for number in parents if number not in gone]
    await post_writes.count_replies(session, left, step=-1)
    for row in rows:
        if row.quote_of_id is not None and row.quote_state == "accepted":
            await session.execute(
                update(PostRow)
                .where(PostRow.id == row.quote_of_id)
                .values(quotes_count=PostRow.quotes_count - 1, version=PostRow.version + 1)
            )
    await post_writes.count_posts(session, [row.account_id for row in rows], step=-1)
    media = (
        await session.execute(
            select(MediaRow.file, MediaRow.preview_file).where(MediaRow.post_id.in_(going))
        )
    ).all()
    await session.execute(delete(MediaRow).where(MediaRow.post_id.in_(going)))
    await session.execute(delete(PostRow).where(PostRow.id.in_(going)))
    return sorted({key for row in media for key in row if key is not None})


def _kept(now: datetime) -> Iterator[ColumnElement[bool]]:
    """Yield the reasons to keep a post."""
    yield PostRow.pinned_at.is_not(None)
    yield PostRow.group_id.is_not(None)
    # Letters, and what was said to a few.
    yield PostRow.visibility == "direct"
    yield exists().where(
        MentionRow.post_id == PostRow.id,
        MentionRow.account_id == AccountRow.id,
        AccountRow.domain == "",
    )
    # A member wrote in its thread.
    yield exists().where(_InThread.thread_id == PostRow.thread_id, _InThread.local.is_(True))
    # A member boosted it, or anybody that is kept quotes it.
    yield exists().where(_Other.boost_of_id == PostRow.id, _Other.local.is_(True))
    yield exists().where(_Other.quote_of_id == PostRow.id)
    yield exists().where(EventRow.post_id == PostRow.id, EventRow.ends_at > now)
    yield exists().where(RecordRow.object_id == PostRow.uri)
    poll, vote = Base.metadata.tables["poll"], Base.metadata.tables["poll_vote"]
    yield exists().where(poll.c.post_id == PostRow.id, vote.c.poll_id == poll.c.id)


def naming() -> list[ColumnElement[int]]:
    """Return the columns of other tables that name a post, with a foreign key or without."""
    post = Base.metadata.tables["post"]
    return [
        column
        for table in Base.metadata.sorted_tables
        if table.name not in OF_THE_POST and table is not post
        for column in table.columns
        if column.references(post.c.id)
        or (column.name == "post_id" and not column.foreign_keys)
    ]
