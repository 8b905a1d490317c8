"""Queries about favourites, boosts and bookmarks."""

from sqlalchemy import select, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.paging import Page, PageRequest
from storage.tables import (
    AccountRow,
    AttendanceRow,
    BookmarkRow,
    FavouriteRow,
    MentionRow,
    PostRow,
)
from storage.timelines import page_of


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
        select(FavouriteRow.account_id).where(FavouriteRow.post_id == post_id),
        select(AttendanceRow.account_id).where(AttendanceRow.post_id == post_id),
    )
    return set((await session.execute(everybody)).scalars())
