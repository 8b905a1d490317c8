"""Queries about favourites, boosts and bookmarks."""

from collections.abc import Sequence

from sqlalchemy import case, func, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.emoji import ReactionView
from fedi_k12.domain.paging import Page, PageRequest
from storage.paging import page_of
from storage.tables import (
    AccountRow,
    AttendanceRow,
    BookmarkRow,
    EmojiReactionRow,
    FavouriteRow,
    MentionRow,
    PostRow,
)

MAX_EMOJIS_SHOWN = 24
"""So many different ones of a post are shown."""


async def favourite_of(
    session: AsyncSession, account_id: int, post_id: int
) -> FavouriteRow | None:
    """Return the account's favourite of the post."""
    return await session.scalar(
        select(FavouriteRow).where(
            FavouriteRow.account_id == account_id, FavouriteRow.post_id == post_id
        )
    )


async def favourite_by_uri(session: AsyncSession, uri: str) -> FavouriteRow | None:
    """Return the favourite that came as the Like with this id."""
    return await session.scalar(select(FavouriteRow).where(FavouriteRow.uri == uri))


async def emojis_by(
    session: AsyncSession, account_id: int, post_id: int
) -> list[EmojiReactionRow]:
    """Return the emojis that the account gave the post, in order."""
    rows = await session.scalars(
        select(EmojiReactionRow)
        .where(EmojiReactionRow.account_id == account_id, EmojiReactionRow.post_id == post_id)
        .order_by(EmojiReactionRow.id)
    )
    return list(rows)


async def emoji_by_uri(session: AsyncSession, uri: str) -> EmojiReactionRow | None:
    """Return the emoji that came as the activity with this id."""
    return await session.scalar(select(EmojiReactionRow).where(EmojiReactionRow.uri == uri))


async def emojis_of(
    session: AsyncSession, ids: Sequence[int], *, viewer_id: int | None
) -> dict[int, list[ReactionView]]:
    """Return the emojis of posts, what was given first in front, by post."""
    row = EmojiReactionRow
    found: dict[int, list[ReactionView]] = {}
    if not ids:
        return found
    mine = func.max(case((row.account_id == (viewer_id or 0), 1), else_=0))
    rows = await session.execute(
        select(row.post_id, row.emoji, func.max(row.url), func.count(), mine)
        .where(row.post_id.in_(ids))
        .group_by(row.post_id, row.emoji)
        .order_by(row.post_id, func.min(row.id))
    )
    for post_id, name, url, count_, is_mine in rows:
        kept = found.setdefault(post_id, [])
        if len(kept) < MAX_EMOJIS_SHOWN:
            kept.append(ReactionView(name, url, count_, bool(is_mine)))
    return found


async def emoji_givers(
    session: AsyncSession, post_id: int, *, limit: int
) -> list[tuple[str, int]]:
    """Return (emoji, account) of those who gave the post one, the first ones."""
    rows = await session.execute(
        select(EmojiReactionRow.emoji, EmojiReactionRow.account_id)
        .where(EmojiReactionRow.post_id == post_id)
        .order_by(EmojiReactionRow.id)
        .limit(limit)
    )
    return [(emoji, account_id) for emoji, account_id in rows]


async def bookmark_of(
    session: AsyncSession, account_id: int, post_id: int
) -> BookmarkRow | None:
    """Return the account's bookmark of the post."""
    return await session.scalar(
        select(BookmarkRow).where(
            BookmarkRow.account_id == account_id, BookmarkRow.post_id == post_id
        )
    )


async def count(
    session: AsyncSession, post_id: int, *, favourites: int = 0, boosts: int = 0
) -> None:
    """Add to what a post counts of favourites and boosts."""
    await session.execute(
        update(PostRow)
        .where(PostRow.id == post_id)
        .values(
            favourites_count=PostRow.favourites_count + favourites,
            boosts_count=PostRow.boosts_count + boosts,
            version=PostRow.version + 1,
        )
    )


async def favouriters(session: AsyncSession, post_id: int, page: PageRequest) -> Page[int]:
    """Return a page of who favourited the post; the cursor is the favourite's id."""
    statement = select(FavouriteRow.account_id, FavouriteRow.id).where(
        FavouriteRow.post_id == post_id
    )
    return await page_of(session, statement, FavouriteRow.id, page)


async def boosters(session: AsyncSession, post_id: int, page: PageRequest) -> Page[int]:
    """Return a page of who boosted the post; the cursor is the boost's id."""
    statement = select(PostRow.account_id, PostRow.id).where(
        PostRow.boost_of_id == post_id, PostRow.visibility.in_(("public", "unlisted"))
    )
    return await page_of(session, statement, PostRow.id, page)


async def local_boosters(session: AsyncSession, post_id: int) -> list[int]:
    """Return the accounts of this server that boosted the post."""
    rows = await session.scalars(
        select(PostRow.account_id)
        .join(AccountRow, AccountRow.id == PostRow.account_id)
        .where(PostRow.boost_of_id == post_id, AccountRow.domain == "")
    )
    return list(rows)


async def concerned_by(session: AsyncSession, post_id: int) -> set[int]:
    """Return who has to do with a post: named, boosting, favouriting, replying, coming."""
    everybody = union(
        select(MentionRow.account_id).where(MentionRow.post_id == post_id),
        select(PostRow.account_id).where(PostRow.boost_of_id == post_id),
        select(PostRow.account_id).where(PostRow.in_reply_to_id == post_id),
        select(PostRow.account_id).where(PostRow.quote_of_id == post_id),
        select(FavouriteRow.account_id).where(FavouriteRow.post_id == post_id),
        select(AttendanceRow.account_id).where(AttendanceRow.post_id == post_id),
    )
    return set((await session.execute(everybody)).scalars())
