"""Queries about posts and their parts, and the visibility rule as SQL."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.orm.attributes import InstrumentedAttribute

from storage.built import held, several
from storage.tables import (
    AccountRow,
    BlockRow,
    DomainMuteRow,
    FollowRow,
    MediaRow,
    MentionRow,
    MuteRow,
    PollOptionRow,
    PollRow,
    PollVoteRow,
    PostEditRow,
    PostRow,
    PostTagRow,
    TagRow,
    TombstoneRow,
)

PostEntity = type[PostRow]
Viewer = int | InstrumentedAttribute[int] | BindParameter[int]

_MAX_DEPTH = 100
"""So many answers below one another are read; deeper ones are reached from the last."""

_IDS = several("ids")
_BY_ID = select(PostRow).where(PostRow.id.in_(_IDS))
_BY_URI = select(PostRow).where(PostRow.uri == bindparam("uri"))
_MEDIA = (
    select(MediaRow).where(MediaRow.post_id.in_(_IDS)).order_by(MediaRow.position, MediaRow.id)
)
_MENTIONS = (
    select(MentionRow, AccountRow)
    .join(AccountRow, AccountRow.id == MentionRow.account_id)
    .where(MentionRow.post_id.in_(_IDS))
    .order_by(MentionRow.position, MentionRow.account_id)
)
_TAGS = (
    select(PostTagRow.post_id, TagRow)
    .join(TagRow, TagRow.id == PostTagRow.tag_id)
    .where(PostTagRow.post_id.in_(_IDS))
    .order_by(TagRow.id)
)
_TAG_NAMES = _TAGS.with_only_columns(PostTagRow.post_id, TagRow.name, TagRow.display)
_WITH_PARTS: CompoundSelect[int, int] = union_all(
    *(
        select(literal(kind).label("kind"), post_id).where(post_id.in_(_IDS))
        for kind, post_id in enumerate(
            (MediaRow.post_id, MentionRow.post_id, PostTagRow.post_id, PollRow.post_id)
        )
    )
)
_POLLS = select(PollRow).where(PollRow.post_id.in_(_IDS))


def visible_to(viewer_id: Viewer | None, post: PostEntity = PostRow) -> ColumnElement[bool]:
    """Return the condition that the viewer may see `post`: `domain.posts.may_see` as SQL.

    The viewer is an id, a parameter that will be one, or a column where many look at once.
    Every query that returns posts carries it; a test holds the two against each other.
    """
    account = aliased(AccountRow)
    author_well = ~exists().where(
        account.id == post.account_id, account.suspended_at.is_not(None)
    )
    if viewer_id is None:
        return and_(
            post.visibility.in_(("public", "unlisted")),
            post.local_only.is_(False),
            post.removed_at.is_(None),
            post.reply_state.is_(None),
            author_well,
        )
    let_in = or_(
        post.reply_state.is_(None),
        and_(post.reply_state == "pending", post.in_reply_to_account_id == viewer_id),
        post.waits_at == viewer_id,
    )
    not_blocked = ~exists().where(
        BlockRow.account_id == post.account_id, BlockRow.target_id == viewer_id
    )
    addressed = or_(
        exists().where(MentionRow.post_id == post.id, MentionRow.account_id == viewer_id),
        post.in_reply_to_account_id == viewer_id,
    )
    follows = exists().where(
        FollowRow.target_id == post.account_id,
        FollowRow.follower_id == viewer_id,
        FollowRow.accepted.is_(True),
    )
    member = exists().where(
        FollowRow.target_id == post.group_id,
        FollowRow.follower_id == viewer_id,
        FollowRow.accepted.is_(True),
    )
    return or_(
        post.account_id == viewer_id,
        and_(
            author_well,
            not_blocked,
            post.removed_at.is_(None),
            let_in,
            or_(
                post.visibility.in_(("public", "unlisted")),
                and_(post.visibility == "followers", or_(follows, addressed)),
                and_(post.visibility == "direct", or_(addressed, member)),
            ),
        ),
    )


def wanted_by(viewer_id: Viewer | None, post: PostEntity = PostRow) -> ColumnElement[bool]:
    """Return the condition that the viewer wants to read the author: no block, no mute."""
    if viewer_id is None:
        return true()
    author = post.account_id
    account = aliased(AccountRow)
    return and_(
        ~exists().where(BlockRow.account_id == viewer_id, BlockRow.target_id == author),
        ~exists().where(
            MuteRow.account_id == viewer_id,
            MuteRow.target_id == author,
            or_(MuteRow.expires_at.is_(None), MuteRow.expires_at > func.current_timestamp()),
        ),
        ~exists().where(
            DomainMuteRow.account_id == viewer_id,
            account.id == author,
            account.domain == DomainMuteRow.domain,
        ),
    )


async def by_id(session: AsyncSession, post_id: int) -> PostRow | None:
    """Return the post with this id."""
    if (row := held(session, PostRow, post_id)) is not None:
        return row
    return await session.scalar(_BY_ID, {"ids": [post_id]})


async def by_ids(session: AsyncSession, ids: Sequence[int]) -> dict[int, PostRow]:
    """Return the posts with these ids, by id."""
    if not ids:
        return {}
    rows = await session.scalars(_BY_ID, {"ids": list(set(ids))})
    return {row.id: row for row in rows}


async def writers(session: AsyncSession, ids: Sequence[int]) -> dict[int, str]:
    """Return the handles of who wrote these posts, by post."""
    if not ids:
        return {}
    rows = await session.execute(
        select(PostRow.id, AccountRow)
        .join(AccountRow, AccountRow.id == PostRow.account_id)
        .where(PostRow.id.in_(ids))
    )
    return {number: account.acct for number, account in rows}


async def by_uri(session: AsyncSession, uri: str) -> PostRow | None:
    """Return the post with this ActivityPub id."""
    return await session.scalar(_BY_URI, {"uri": uri})


async def by_uris(session: AsyncSession, uris: Sequence[str]) -> dict[str, PostRow]:
    """Return the posts with these ActivityPub ids, by id."""
    if not uris:
        return {}
    rows = await session.scalars(select(PostRow).where(PostRow.uri.in_(set(uris))))
    return {row.uri: row for row in rows}


async def boost_by(session: AsyncSession, account_id: int, post_id: int) -> PostRow | None:
    """Return the account's boost of the post."""
    return await session.scalar(
        select(PostRow).where(PostRow.account_id == account_id, PostRow.boost_of_id == post_id)
    )


class WithParts(Struct, frozen=True):
    """Which of some posts have parts of a kind."""

    media: set[int]
    mentions: set[int]
    tags: set[int]
    polls: set[int]


async def with_parts(session: AsyncSession, ids: Sequence[int]) -> WithParts:
    """Return which of these posts have which parts, so that only those are asked for.

    Most have none but words, and one question costs less than four.
    """
    found: tuple[set[int], ...] = (set(), set(), set(), set())
    if ids:
        for kind, post_id in await session.execute(_WITH_PARTS, {"ids": list(ids)}):
            found[kind].add(post_id)
    return WithParts(*found)


async def media_of(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[MediaRow]]:
    """Return the attachments of these posts, in their order, by post."""
    found: dict[int, list[MediaRow]] = {}
    if ids:
        for row in await session.scalars(_MEDIA, {"ids": list(ids)}):
            found.setdefault(row.post_id or 0, []).append(row)
    return found


async def mentions_of(
    session: AsyncSession, ids: Sequence[int]
) -> dict[int, list[tuple[MentionRow, AccountRow]]]:
    """Return whom these posts name or address, in their order, by post."""
    found: dict[int, list[tuple[MentionRow, AccountRow]]] = {}
    if ids:
        for mention, account in await session.execute(_MENTIONS, {"ids": list(ids)}):
            found.setdefault(mention.post_id, []).append((mention, account))
    return found


async def tags_of(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[TagRow]]:
    """Return the hashtags of these posts, by post."""
    found: dict[int, list[TagRow]] = {}
    if ids:
        for post_id, tag in await session.execute(_TAGS, {"ids": list(ids)}):
            found.setdefault(post_id, []).append(tag)
    return found


async def tag_names_of(
    session: AsyncSession, ids: Sequence[int]
) -> dict[int, list[tuple[str, str]]]:
    """Return the hashtags of these posts as (key, how it is written), by post."""
    found: dict[int, list[tuple[str, str]]] = {}
    if ids:
        for post_id, name, display in await session.execute(_TAG_NAMES, {"ids": list(ids)}):
            found.setdefault(post_id, []).append((name, display))
    return found


async def polls_of(
    session: AsyncSession, ids: Sequence[int]
) -> dict[int, tuple[PollRow, list[PollOptionRow]]]:
    """Return the polls of these posts with their options in order, by post."""
    found: dict[int, tuple[PollRow, list[PollOptionRow]]] = {}
    if ids:
        polls = {poll.id: poll for poll in await session.scalars(_POLLS, {"ids": list(ids)})}
        if polls:
            options = await session.scalars(
                select(PollOptionRow)
                .where(PollOptionRow.poll_id.in_(polls))
                .order_by(PollOptionRow.poll_id, PollOptionRow.position)
            )
            found = {poll.post_id: (poll, []) for poll in polls.values()}
            for option in options:
                found[polls[option.poll_id].post_id][1].append(option)
    return found


async def votes_of(
    session: AsyncSession, poll_ids: Sequence[int], account_id: int
) -> dict[int, list[int]]:
    """Return which options of these polls the account chose, by poll."""
    found: dict[int, list[int]] = {}
    if poll_ids:
        rows = await session.execute(
            select(PollVoteRow.poll_id, PollVoteRow.position)
            .where(PollVoteRow.poll_id.in_(poll_ids), PollVoteRow.account_id == account_id)
            .order_by(PollVoteRow.position)
        )
        for poll_id, position in rows:
            found.setdefault(poll_id, []).append(position)
    return found


async def edits_of(session: AsyncSession, post_id: int) -> list[PostEditRow]:
    """Return how the post read before, oldest first."""
    rows = await session.scalars(
        select(PostEditRow).where(PostEditRow.post_id == post_id).order_by(PostEditRow.id)
    )
    return list(rows)


async def tombstone(session: AsyncSession, uri: str) -> TombstoneRow | None:
    """Return what is remembered of a deleted thing with this id."""
    return await session.get(TombstoneRow, uri)


async def tombstones(session: AsyncSession, uris: Sequence[str]) -> set[str]:
    """Return which of these ids belong to something deleted."""
    if not uris:
        return set()
    rows = await session.scalars(
        select(TombstoneRow.uri).where(TombstoneRow.uri.in_(set(uris)))
    )
    return set(rows)


async def ancestor_ids(session: AsyncSession, post_id: int, *, limit: int) -> list[int]:
    """Return what the post answers, up to the first post, the nearest first."""
    chain = (
        select(PostRow.id, PostRow.in_reply_to_id, literal(0).label("depth"))
        .where(PostRow.id == post_id)
        .cte("chain", recursive=True)
    )
    parent = aliased(PostRow)
    chain = chain.union_all(
        select(parent.id, parent.in_reply_to_id, chain.c.depth + 1)
        .join(chain, parent.id == chain.c.in_reply_to_id)
        .where(chain.c.depth < limit)
    )
    rows = await session.scalars(
        select(chain.c.id).where(chain.c.depth > 0).order_by(chain.c.depth)
    )
    return list(dict.fromkeys(rows))


async def descendant_rows(
    session: AsyncSession, post_id: int, *, limit: int
) -> list[tuple[int, int]]:
    """Return (id, id of what it answers) of everything below the post, oldest first."""
    tree = (
        select(PostRow.id, PostRow.in_reply_to_id, literal(1).label("depth"))
        .where(PostRow.in_reply_to_id == post_id)
        .cte("tree", recursive=True)
    )
    child = aliased(PostRow)
    tree = tree.union_all(
        select(child.id, child.in_reply_to_id, tree.c.depth + 1)
        .join(tree, child.in_reply_to_id == tree.c.id)
        .where(tree.c.depth < _MAX_DEPTH)
    )
    rows = await session.execute(
        select(tree.c.id, tree.c.in_reply_to_id).order_by(tree.c.id).limit(limit)
    )
    return [(post, parent) for post, parent in rows]
