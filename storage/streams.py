"""Queries for what is sent to open apps at once: one post, and the many who listen."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import and_, exists, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from fedi_k12.domain.news import PostGone
from storage import posts
from storage.posts import visible_to, wanted_by
from storage.tables import (
    AccountRow,
    AttendanceRow,
    BlockRow,
    BookmarkRow,
    EmojiReactionRow,
    FavouriteRow,
    FollowRow,
    HomeEntryRow,
    ListMemberRow,
    PollRow,
    PollVoteRow,
    PostRow,
    ThreadMuteRow,
)
from storage.timelines import begins_something, for_everybody, has_media, on_list

MAX_NAMED = 120
"""So many home timelines are named when a post goes; its news has to fit into 8,000 bytes."""


async def readers(session: AsyncSession, post_id: int, among: Collection[int]) -> set[int]:
    """Return who of these may see the post and wants to: the rules of every timeline."""
    viewer, original = aliased(AccountRow), aliased(PostRow)
    rows = await session.scalars(
        select(viewer.id)
        .select_from(PostRow)
        .outerjoin(original, original.id == PostRow.boost_of_id)
        .join(viewer, viewer.id.in_(among))
        .where(
            PostRow.id == post_id,
            visible_to(viewer.id),
            wanted_by(viewer.id),
            or_(
                PostRow.boost_of_id.is_(None),
                and_(visible_to(viewer.id, original), wanted_by(viewer.id, original)),
            ),
        )
    )
    return set(rows)


async def at_home(
    session: AsyncSession, post_ids: Sequence[int], among: Collection[int]
) -> dict[int, set[int]]:
    """Return in whose home timelines, of these accounts', the posts stand, by post."""
    found: dict[int, set[int]] = {}
    rows = await session.execute(
        select(HomeEntryRow.post_id, HomeEntryRow.account_id).where(
            HomeEntryRow.post_id.in_(post_ids), HomeEntryRow.account_id.in_(among)
        )
    )
    for post_id, account_id in rows:
        found.setdefault(post_id, set()).add(account_id)
    return found


async def open_to_everybody(
    session: AsyncSession, post_ids: Sequence[int]
) -> dict[int, tuple[bool, bool]]:
    """Return which posts may stand in public and hashtag timelines.

    By post: whether it begins something, so that it stands in public ones too, and whether it
    has attachments.
    """
    rows = await session.execute(
        select(PostRow.id, begins_something(), has_media()).where(
            PostRow.id.in_(post_ids), *for_everybody()
        )
    )
    return {post_id: (bool(begins), bool(media)) for post_id, begins, media in rows}


async def lists_with(
    session: AsyncSession, author_id: int, list_ids: Collection[int]
) -> set[int]:
    """Return which of these lists the author is on."""
    rows = await session.scalars(
        select(ListMemberRow.list_id).where(
            ListMemberRow.account_id == author_id, ListMemberRow.list_id.in_(list_ids)
        )
    )
    return set(rows)


async def stands_on_list(
    session: AsyncSession, post_id: int, *, account_id: int, list_id: int
) -> bool:
    """Return whether the post stands in the timeline of the account's list."""
    statement = on_list(account_id, list_id).where(PostRow.id == post_id)
    return await session.scalar(statement) is not None


async def concerned(session: AsyncSession, row: PostRow, among: Collection[int]) -> set[int]:
    """Return for whom of these the post looks different than for the others.

    Its author, and who favourited, boosted, kept or muted it, answered with an emoji, voted, or
    comes to it.
    """
    ids = (row.id, row.boost_of_id or row.id)
    polls = select(PollRow.id).where(PollRow.post_id.in_(ids))
    kinds = [
        select(table.account_id.label("who")).where(table.account_id.in_(among), condition)
        for table, condition in (
            (FavouriteRow, FavouriteRow.post_id.in_(ids)),
            (EmojiReactionRow, EmojiReactionRow.post_id.in_(ids)),
            (BookmarkRow, BookmarkRow.post_id.in_(ids)),
            (PostRow, or_(PostRow.id.in_(ids), PostRow.boost_of_id.in_(ids))),
            (ThreadMuteRow, ThreadMuteRow.thread_id == row.thread_id),
            (PollVoteRow, PollVoteRow.poll_id.in_(polls)),
            (AttendanceRow, AttendanceRow.post_id.in_(ids)),
        )
    ]
    return set(await session.scalars(union(*kinds)))


async def stances(
    session: AsyncSession, author_id: int, among: Collection[int]
) -> Mapping[int, tuple[bool, bool]]:
    """Return (follows the author, is blocked by the author) of each of these."""
    following = set(
        await session.scalars(
            select(FollowRow.follower_id).where(
                FollowRow.target_id == author_id,
                FollowRow.follower_id.in_(among),
                FollowRow.accepted.is_(True),
            )
        )
    )
    blocked = set(
        await session.scalars(
            select(BlockRow.target_id).where(
                BlockRow.account_id == author_id, BlockRow.target_id.in_(among)
            )
        )
    )
    return {number: (number in following, number in blocked) for number in among}


async def gone(session: AsyncSession, post_id: int) -> PostGone | None:
    """Return the news that a post goes, which has to be asked while it is still there."""
    row = await posts.by_id(session, post_id)
    if row is None:
        return None
    homes = list(
        await session.scalars(
            select(HomeEntryRow.account_id)
            .where(HomeEntryRow.post_id == post_id)
            .limit(MAX_NAMED + 1)
        )
    )
    boost = row.boost_of_id is not None
    named = [] if boost else (await posts.mentions_of(session, [post_id])).get(post_id, [])
    tags = [] if boost else (await posts.tags_of(session, [post_id])).get(post_id, [])
    pictures = select(exists().where(PostRow.id == post_id, has_media()))
    return PostGone(
        post_id=post_id,
        author_id=row.account_id,
        visibility=row.visibility,
        local=row.local,
        local_only=row.local_only,
        boost=boost,
        has_media=not boost and bool(await session.scalar(pictures)),
        reply_to_author_id=row.in_reply_to_account_id,
        named_ids=[account.id for _mention, account in named if account.is_local][:MAX_NAMED],
        tags=[tag.name for tag in tags][:30],
        home_ids=homes if len(homes) <= MAX_NAMED else None,
    )
