"""Queries about what accounts show of themselves first: pinned posts, hashtags."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, delete, func, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.posts import visible_to
from storage.tables import (
    FeaturedTagRow,
    FollowRow,
    HomeEntryRow,
    PostRow,
    PostTagRow,
    TagRow,
)


async def pinned(session: AsyncSession, account_id: int) -> list[PostRow]:
    """Return all that an account has pinned."""
    rows = await session.scalars(
        select(PostRow).where(PostRow.account_id == account_id, PostRow.pinned_at.is_not(None))
    )
    return list(rows)


async def count_pins(session: AsyncSession, account_id: int) -> int:
    """Return how many posts an account has pinned."""
    statement = select(func.count()).where(
        PostRow.account_id == account_id, PostRow.pinned_at.is_not(None)
    )
    return await session.scalar(statement) or 0


async def featured_tags(
    session: AsyncSession, account_id: int
) -> list[tuple[int, int, str, str]]:
    """Return (id, tag id, key, how it is written) of an account's featured hashtags."""
    rows = await session.execute(
        select(FeaturedTagRow.id, TagRow.id, TagRow.name, TagRow.display)
        .join(TagRow, TagRow.id == FeaturedTagRow.tag_id)
        .where(FeaturedTagRow.account_id == account_id)
        .order_by(FeaturedTagRow.id)
    )
    return [(number, tag_id, name, display) for number, tag_id, name, display in rows]


async def tag_names(session: AsyncSession, account_id: int) -> dict[str, str]:
    """Return how an account's featured hashtags are written, by key, in their order."""
    return {name: display for _i, _t, name, display in await featured_tags(session, account_id)}


async def remove_tags(session: AsyncSession, account_id: int, keys: Sequence[str]) -> None:
    """Take hashtags from those that an account features."""
    if keys:
        await session.execute(
            delete(FeaturedTagRow).where(
                FeaturedTagRow.account_id == account_id,
                FeaturedTagRow.tag_id.in_(select(TagRow.id).where(TagRow.name.in_(keys))),
            )
        )


def tag_named(name: str) -> Select[int]:
    """Return the query for the hashtag with this key."""
    return select(TagRow.id).where(TagRow.name == name)


async def tag_use(
    session: AsyncSession, account_id: int, tag_ids: Sequence[int]
) -> dict[int, tuple[int, datetime | None]]:
    """Return how often and when last an account used hashtags where everybody can see it."""
    if not tag_ids:
        return {}
    rows = await session.execute(
        select(PostTagRow.tag_id, func.count(), func.max(PostRow.created_at))
        .join(PostRow, PostRow.id == PostTagRow.post_id)
        .where(
            PostTagRow.tag_id.in_(tag_ids), PostRow.account_id == account_id, visible_to(None)
        )
        .group_by(PostTagRow.tag_id)
    )
    return {tag_id: (count, last) for tag_id, count, last in rows}


async def used_tags(session: AsyncSession, account_id: int, *, limit: int) -> list[str]:
    """Return the keys of the hashtags that an account used last and does not feature."""
    featured = select(FeaturedTagRow.tag_id).where(FeaturedTagRow.account_id == account_id)
    rows = await session.scalars(
        select(TagRow.name)
        .join(PostTagRow, PostTagRow.tag_id == TagRow.id)
        .join(PostRow, PostRow.id == PostTagRow.post_id)
        .where(PostRow.account_id == account_id, TagRow.id.not_in(featured), visible_to(None))
        .group_by(TagRow.name)
        .order_by(func.max(PostRow.id).desc())
        .limit(limit)
    )
    return list(rows)


async def fill_homes(session: AsyncSession, *, author_id: int, since: datetime) -> None:
    """Put an author's latest posts into the home timelines of those who follow them here."""
    connection = await session.connection()
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    rows = (
        select(FollowRow.follower_id, PostRow.id)
        .join(PostRow, PostRow.account_id == FollowRow.target_id)
        .where(
            FollowRow.target_id == literal(author_id),
            FollowRow.accepted.is_(True),
            FollowRow.follower_local.is_(True),
            PostRow.boost_of_id.is_(None),
            PostRow.visibility.in_(("public", "unlisted")),
            PostRow.created_at > since,
            PostRow.in_reply_to_uri.is_(None),
            or_(
                PostRow.in_reply_to_id.is_(None),
                PostRow.in_reply_to_account_id == author_id,
            ),
        )
    )
    statement = make(HomeEntryRow.__table__).from_select(["account_id", "post_id"], rows)  # type: ignore[arg-type]  # a mapped class's table is a Table
    await session.execute(statement.on_conflict_do_nothing())
