"""Writing posts and their parts: few statements, many rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from fedi_k12.domain.ids import new_id
from fedi_k12.domain.search_query import tag_beginning
from storage.built import several
from storage.db import tell_after_commit
from storage.streams import gone
from storage.tables import (
    AccountRow,
    IdempotencyRow,
    MediaRow,
    MentionRow,
    PollOptionRow,
    PollRow,
    PostRow,
    PostTagRow,
    TagRow,
    TombstoneRow,
)

Row = Mapping[str, Any]

_post: Table = PostRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_mention: Table = MentionRow.__table__  # type: ignore[assignment]  # as above
_tag: Table = TagRow.__table__  # type: ignore[assignment]  # as above
_post_tag: Table = PostTagRow.__table__  # type: ignore[assignment]  # as above
_media: Table = MediaRow.__table__  # type: ignore[assignment]  # as above
_poll: Table = PollRow.__table__  # type: ignore[assignment]  # as above
_option: Table = PollOptionRow.__table__  # type: ignore[assignment]  # as above
_account: Table = AccountRow.__table__  # type: ignore[assignment]  # as above
_tombstone: Table = TombstoneRow.__table__  # type: ignore[assignment]  # as above
_idempotency: Table = IdempotencyRow.__table__  # type: ignore[assignment]  # as above

POST_DEFAULTS: dict[str, Any] = {
    "url": None,
    "kind": "Note",
    "local_only": False,
    "title": "",
    "content": "",
    "content_map": None,
    "source": None,
    "source_type": "text/plain",
    "summary": "",
    "sensitive": False,
    "language": None,
    "in_reply_to_id": None,
    "in_reply_to_account_id": None,
    "in_reply_to_uri": None,
    "context_uri": None,
    "conversation": None,
    "searchable_by": None,
    "card_url": None,
    "boost_of_id": None,
    "quote_of_id": None,
    "quote_of_uri": None,
    "quote_state": None,
    "reply_state": None,
    "waits_at": None,
    "group_id": None,
    "removed_at": None,
    "hidden": None,
    "application_id": None,
    "author_member_id": None,
    "emojis": [],
    "interaction_policy": None,
    "extra": None,
    "edited_at": None,
    "pinned_at": None,
    "replies_count": 0,
    "boosts_count": 0,
    "favourites_count": 0,
    "quotes_count": 0,
    "version": 0,
}
"""Every column that has a usual value: an executemany needs the same keys in each row."""

_tags_named = select(_tag.c.name, _tag.c.id, _tag.c.display).where(
    _tag.c.name.in_(several("names"))
)
_insert_post = insert(_post)
_insert_mention = insert(_mention)
_insert_media = insert(_media)
_insert_poll = insert(_poll)
_insert_option = insert(_option)
_count_reply = (
    update(_post)
    .where(_post.c.id == bindparam("parent_id"))
    .values(
        replies_count=_post.c.replies_count + bindparam("step"), version=_post.c.version + 1
    )
)
_count_post = (
    update(_account)
    .where(_account.c.id == bindparam("author_id"))
    .values(
        posts_count=_account.c.posts_count + bindparam("step"),
        last_post_at=func.coalesce(
            bindparam("posted_at", type_=_account.c.last_post_at.type),
            _account.c.last_post_at,
        ),
    )
)
_count_post_told = _count_post.returning(_account.c.posts_count, _account.c.last_post_at)


async def insert_posts(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Insert posts; what a row does not say has its usual value.

    Once their parts are stored as well, `search_words.put_words` lets them be found.
    """
    await _many(session, _insert_post, [{**POST_DEFAULTS, **row} for row in rows])


async def insert_mentions(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Insert whom posts name: post_id, account_id, position, silent, hidden."""
    await _many(session, _insert_mention, rows)


async def insert_media(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Insert attachments of other servers' posts; each row with all columns."""
    await _many(session, _insert_media, rows)


async def insert_polls(
    session: AsyncSession, polls: Sequence[Row], options: Sequence[Row]
) -> None:
    """Insert polls and their options."""
    await _many(session, _insert_poll, polls)
    await _many(session, _insert_option, options)


async def tag_ids(
    session: AsyncSession, tags: Iterable[tuple[str, str]], *, now: datetime
) -> dict[str, int]:
    """Return the ids of tags (key, display) by key; unknown ones are made."""
    found = await known_tags(session, tags, now=now)
    return {name: number for name, (number, _display) in found.items()}


async def known_tags(
    session: AsyncSession, tags: Iterable[tuple[str, str]], *, now: datetime
) -> dict[str, tuple[int, str]]:
    """Return (id, how it is written here) of tags (key, display) by key; new ones are made."""
    wanted = dict(tags)
    if not wanted:
        return {}
    connection = await session.connection()
    known = await _tags(session, list(wanted))
    missing = [name for name in wanted if name not in known]
    if missing:
        await connection.execute(
            _insert_new(_tag, connection.dialect.name),
            [
                {
                    "id": new_id(),
                    "name": name,
                    "display": wanted[name],
                    "plain": tag_beginning(name),
                    "created_at": now,
                }
                for name in missing
            ],
        )
        known |= await _tags(session, missing)
    return known


async def insert_post_tags(session: AsyncSession, rows: Iterable[tuple[int, int]]) -> None:
    """Insert (post, tag) pairs; pairs that are there stay."""
    pairs = [{"post_id": post, "tag_id": tag} for post, tag in rows]
    if pairs:
        connection = await session.connection()
        await connection.execute(_insert_new(_post_tag, connection.dialect.name), pairs)


async def count_replies(session: AsyncSession, parents: Iterable[int], *, step: int) -> None:
    """Add `step` to the number of replies of each of these posts."""
    await _many(session, _count_reply, [{"parent_id": p, "step": step} for p in parents])


async def count_posts(
    session: AsyncSession,
    authors: Iterable[int],
    *,
    step: int,
    posted_at: datetime | None = None,
) -> None:
    """Add `step` to the number of posts of each of these accounts."""
    await _many(
        session,
        _count_post,
        [{"author_id": a, "step": step, "posted_at": posted_at} for a in authors],
    )


async def count_post(session: AsyncSession, author: AccountRow, *, posted_at: datetime) -> None:
    """Count a new post of an account, which then says what the store does."""
    connection = await session.connection()
    counted = await connection.execute(
        _count_post_told, {"author_id": author.id, "step": 1, "posted_at": posted_at}
    )
    number, moment = counted.one()
    set_committed_value(author, "posts_count", number)
    set_committed_value(author, "last_post_at", moment)


async def adopt_orphans(
    session: AsyncSession, posts: Mapping[str, tuple[int, int, int]]
) -> list[int]:
    """Tie replies that came before what they answer to it; return what is in a thread anew.

    `posts` maps the id (uri) of a post that is now known to (id, author, thread).
    """
    moved: list[int] = []
    if not posts:
        return moved
    orphans = await session.execute(
        select(
            PostRow.id, PostRow.in_reply_to_uri, PostRow.thread_id, PostRow.reply_state
        ).where(PostRow.in_reply_to_uri.in_(list(posts)), PostRow.in_reply_to_id.is_(None))
    )
    for orphan_id, uri, thread_id, waits in orphans.all():
        parent_id, author_id, parent_thread = posts[uri or ""]
        if orphan_id == parent_id:
            continue
        await session.execute(
            update(PostRow)
            .where(PostRow.id == orphan_id)
            .values(
                in_reply_to_id=parent_id,
                in_reply_to_account_id=author_id,
                in_reply_to_uri=None,
                version=PostRow.version + 1,
            )
        )
        followed = await session.scalars(
            update(PostRow)
            .where(PostRow.thread_id == thread_id)
            .values(thread_id=parent_thread)
            .returning(PostRow.id)
        )
        moved += followed.all()
        if waits is None:
            await count_replies(session, [parent_id], step=1)
    return moved


async def orphan_replies(session: AsyncSession, post_id: int, uri: str) -> None:
    """Let replies to a post that is about to go remember what they answered."""
    await session.execute(
        update(PostRow)
        .where(PostRow.in_reply_to_id == post_id)
        .values(in_reply_to_id=None, in_reply_to_uri=uri, version=PostRow.version + 1)
    )


async def remove_post(session: AsyncSession, post_id: int) -> None:
    """Delete a post; its boosts, mentions and entries go along, its media stay unattached.

    Who listens is told of it.
    """
    if (news := await gone(session, post_id)) is not None:
        tell_after_commit(session, news)
    await session.execute(delete(PostRow).where(PostRow.id == post_id))


async def remove_tags(session: AsyncSession, post_id: int) -> None:
    """Take all tags from a post."""
    await session.execute(delete(PostTagRow).where(PostTagRow.post_id == post_id))


async def bury(
    session: AsyncSession,
    *,
    uri: str,
    account_uri: str,
    former_type: str,
    visibility: str,
    local: bool,
    now: datetime,
) -> None:
    """Remember that the thing with this id was deleted."""
    connection = await session.connection()
    await connection.execute(
        _upsert(_tombstone, connection.dialect.name).on_conflict_do_nothing(),
        {
            "uri": uri,
            "account_uri": account_uri,
            "former_type": former_type,
            "visibility": visibility,
            "local": local,
            "deleted_at": now,
        },
    )


async def claim_key(
    session: AsyncSession, *, account_id: int, key: str, post_id: int, now: datetime
) -> int:
    """Tie an Idempotency-Key to a post; return the post the key belongs to (maybe another)."""
    connection = await session.connection()
    made = await connection.execute(
        _upsert(_idempotency, connection.dialect.name)
        .on_conflict_do_nothing()
        .returning(_idempotency.c.post_id),
        {"account_id": account_id, "key": key, "post_id": post_id, "created_at": now},
    )
    if made.first() is not None:
        return post_id
    found = await session.get(IdempotencyRow, (account_id, key))
    return found.post_id if found is not None else post_id


async def _many(session: AsyncSession, statement: Any, rows: Sequence[Row]) -> None:
    if rows:
        connection = await session.connection()
        await connection.execute(statement, list(rows))


async def _tags(session: AsyncSession, names: Sequence[str]) -> dict[str, tuple[int, str]]:
    connection = await session.connection()
    rows = await connection.execute(_tags_named, {"names": list(names)})
    return {name: (number, display) for name, number, display in rows}


@lru_cache
def _upsert(table: Table, dialect: str) -> Any:
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return make(table)


@lru_cache
def _insert_new(table: Table, dialect: str) -> Any:
    """Return the statement that inserts rows but those that are there."""
    return _upsert(table, dialect).on_conflict_do_nothing()
