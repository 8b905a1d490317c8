"""Queries for timelines: ids of posts in order, and the rows home timelines are made of."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Table,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from fedi_k12.domain.paging import Page, PageRequest
from storage.built import number, several
from storage.paging import page_of
from storage.posts import visible_to, wanted_by
from storage.tables import (
    AccountRow,
    BookmarkRow,
    FavouriteRow,
    FollowedTagRow,
    FollowRow,
    HomeEntryRow,
    ListMemberRow,
    ListRow,
    MediaRow,
    PostRow,
    PostTagRow,
    TagRow,
)

_home: Table = HomeEntryRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table

HOME_BACKFILL = 40
"""So many posts of somebody newly followed are put into the home timeline."""
FEW = 500
"""Of several tags no more posts are looked at one by one; else the newest of all are."""
BOOST_MEMORY = 200
"""A boost is left out where the post stood among this many latest entries."""


async def home(session: AsyncSession, account_id: int, page: PageRequest) -> Page[int]:
    """Return a page of the account's home timeline."""
    given = {"reader": account_id}
    return await page_of(session, _of_home(), HomeEntryRow.post_id, page, given)


@lru_cache
def _of_home() -> Select[int]:
    """Return the statement of home timelines; `reader` is whose."""
    original, reader = aliased(PostRow), number("reader")
    return (
        select(HomeEntryRow.post_id)
        .join(PostRow, PostRow.id == HomeEntryRow.post_id)
        .outerjoin(original, original.id == PostRow.boost_of_id)
        .where(
            HomeEntryRow.account_id == reader,
            visible_to(reader),
            wanted_by(reader),
            or_(
                PostRow.boost_of_id.is_(None),
                and_(visible_to(reader, original), wanted_by(reader, original)),
            ),
        )
    )


async def public(
    session: AsyncSession,
    viewer_id: int | None,
    page: PageRequest,
    *,
    local: bool,
    remote: bool,
    only_media: bool,
) -> Page[int]:
    """Return a page of the public posts that this server knows."""
    statement = select(PostRow.id).where(*for_everybody(), *_listed(viewer_id))
    if local:
        statement = statement.where(PostRow.local.is_(True))
    if remote:
        statement = statement.where(PostRow.local.is_(False))
    if only_media:
        statement = statement.where(has_media())
    # Replies stand with what they answer; here only those to oneself are of use.
    statement = statement.where(begins_something())
    return await page_of(session, statement, PostRow.id, page)


async def tagged(
    session: AsyncSession,
    viewer_id: int | None,
    page: PageRequest,
    *,
    any_of: Sequence[str],
    all_of: Sequence[str] = (),
    none_of: Sequence[str] = (),
    local: bool = False,
    remote: bool = False,
    only_media: bool = False,
    also: Sequence[ColumnElement[bool]] = (),
) -> Page[int]:
    """Return a page of the public posts with any of the tags `any_of` and so on (keys).

    `also`: what else holds for each of them.
    """
    tags = list(await session.scalars(select(TagRow.id).where(TagRow.name.in_(any_of))))
    if not tags:
        return Page([])
    statement = select(PostRow.id).where(
        *for_everybody(),
        *(_has_tag([name]) for name in all_of),
        *also,
        *_listed(viewer_id),
    )
    if none_of:
        statement = statement.where(~_has_tag(none_of))
    if local:
        statement = statement.where(PostRow.local.is_(True))
    if remote:
        statement = statement.where(PostRow.local.is_(False))
    if only_media:
        statement = statement.where(has_media())
    if len(tags) == 1:
        # What has one tag stands in order in its index: that leads, be the tag rare or not.
        lead = aliased(PostTagRow)
        statement = statement.join(lead, lead.post_id == PostRow.id)
        return await page_of(
            session, statement.where(lead.tag_id == tags[0]), lead.post_id, page
        )
    held = select(PostTagRow.post_id).where(PostTagRow.tag_id.in_(tags)).limit(FEW + 1)
    few = set(await session.scalars(held))
    among = PostRow.id.in_(few) if len(few) <= FEW else _has_tag(any_of)
    return await page_of(session, statement.where(among), PostRow.id, page)


async def of_account(
    session: AsyncSession,
    account_id: int,
    viewer_id: int | None,
    page: PageRequest,
    *,
    only_media: bool,
    exclude_replies: bool,
    exclude_boosts: bool,
    pinned: bool,
    tag: str | None,
) -> Page[int]:
    """Return a page of what an account posted and boosted, as far as the viewer may see."""
    original = aliased(PostRow)
    statement = (
        select(PostRow.id)
        .outerjoin(original, original.id == PostRow.boost_of_id)
        .where(
            PostRow.account_id == account_id,
            visible_to(viewer_id),
            or_(PostRow.boost_of_id.is_(None), visible_to(viewer_id, original)),
        )
    )
    if exclude_replies:
        statement = statement.where(
            or_(
                and_(PostRow.in_reply_to_id.is_(None), PostRow.in_reply_to_uri.is_(None)),
                PostRow.in_reply_to_account_id == account_id,
            )
        )
    if exclude_boosts:
        statement = statement.where(PostRow.boost_of_id.is_(None))
    if only_media:
        statement = statement.where(has_media())
    if pinned:
        statement = statement.where(PostRow.pinned_at.is_not(None))
    if tag is not None:
        statement = statement.where(_has_tag([tag]))
    return await page_of(session, statement, PostRow.id, page)


async def of_people(
    session: AsyncSession, account_ids: Sequence[int], page: PageRequest
) -> Page[int]:
    """Return a page of what accounts of this server say to everybody, without answers."""
    statement = select(PostRow.id).where(
        PostRow.account_id.in_(account_ids),
        PostRow.local.is_(True),
        PostRow.visibility == "public",
        PostRow.boost_of_id.is_(None),
        PostRow.in_reply_to_id.is_(None),
        PostRow.in_reply_to_uri.is_(None),
        visible_to(None),
    )
    return await page_of(session, statement, PostRow.id, page)


async def bookmarked(session: AsyncSession, account_id: int, page: PageRequest) -> Page[int]:
    """Return a page of the posts an account keeps; the cursor is the bookmark's id."""
    statement = (
        select(PostRow.id, BookmarkRow.id)
        .join(BookmarkRow, BookmarkRow.post_id == PostRow.id)
        .where(BookmarkRow.account_id == account_id, visible_to(account_id))
    )
    return await page_of(session, statement, BookmarkRow.id, page)


async def favourited(session: AsyncSession, account_id: int, page: PageRequest) -> Page[int]:
    """Return a page of the posts an account favourited; the cursor is the favourite's id."""
    statement = (
        select(PostRow.id, FavouriteRow.id)
        .join(FavouriteRow, FavouriteRow.post_id == PostRow.id)
        .where(FavouriteRow.account_id == account_id, visible_to(account_id))
    )
    return await page_of(session, statement, FavouriteRow.id, page)


async def of_list(
    session: AsyncSession, account_id: int, list_id: int, page: PageRequest
) -> Page[int]:
    """Return a page of what the accounts on a list posted, as far as its owner may see."""
    return await page_of(session, on_list(account_id, list_id), PostRow.id, page)


def on_list(account_id: int, list_id: int) -> Select[int]:
    """Return the statement for the posts that stand in a list's timeline."""
    original = aliased(PostRow)
    members = select(ListMemberRow.account_id).where(ListMemberRow.list_id == list_id)
    replies_policy = (
        select(ListRow.replies_policy).where(ListRow.id == list_id).scalar_subquery()
    )
    followed = select(FollowRow.target_id).where(
        FollowRow.follower_id == account_id, FollowRow.accepted.is_(True)
    )
    return (
        select(PostRow.id)
        .outerjoin(original, original.id == PostRow.boost_of_id)
        .where(
            PostRow.account_id.in_(members),
            visible_to(account_id),
            wanted_by(account_id),
            or_(PostRow.boost_of_id.is_(None), visible_to(account_id, original)),
            or_(
                and_(PostRow.in_reply_to_id.is_(None), PostRow.in_reply_to_uri.is_(None)),
                PostRow.in_reply_to_account_id == PostRow.account_id,
                PostRow.in_reply_to_account_id == account_id,
                and_(replies_policy == "list", PostRow.in_reply_to_account_id.in_(members)),
                and_(
                    replies_policy == "followed",
                    PostRow.in_reply_to_account_id.in_(followed),
                ),
            ),
        )
    )


async def fan_out(session: AsyncSession, posts: Sequence[dict[str, Any]]) -> None:
    """Put posts into the home timelines of the author's local followers.

    Each item: `post_id`, `author_id`, `reply_to_author_id` (None where it answers nobody),
    `language` (None where nobody said; those who chose others do not get it),
    `limited` (true for letters: only those addressed get it, see `put_home`). Replies reach
    those who follow both sides, as in Mastodon.
    """
    if posts:
        connection = await session.connection()
        await connection.execute(_fan_out(connection.dialect.name), list(posts))


def kept_apart(reader: ColumnElement[int], author: ColumnElement[int]) -> ColumnElement[bool]:
    """Return that an account is on a list whose members stay out of the reader's home."""
    return exists().where(
        ListRow.id == ListMemberRow.list_id,
        ListRow.account_id == reader,
        ListRow.exclusive.is_(True),
        ListMemberRow.account_id == author,
    )


async def fan_out_boost(
    session: AsyncSession, *, boost_id: int, booster_id: int, original_id: int
) -> None:
    """Put a boost into the home timelines of those who want this account's boosts.

    Left out where the post, or another boost of it, stands among the latest entries.
    """
    follow = FollowRow
    recent = (
        select(HomeEntryRow.post_id)
        .where(HomeEntryRow.account_id == follow.follower_id)
        .order_by(HomeEntryRow.post_id.desc())
        .limit(BOOST_MEMORY)
        .correlate(follow)
    )
    shown = aliased(PostRow)
    already = exists().where(
        shown.id.in_(recent), or_(shown.id == original_id, shown.boost_of_id == original_id)
    )
    original_author = (
        select(PostRow.account_id).where(PostRow.id == original_id).scalar_subquery()
    )
    rows = select(follow.follower_id, literal(boost_id)).where(
        follow.target_id == booster_id,
        follow.accepted.is_(True),
        follow.follower_local.is_(True),
        follow.show_boosts.is_(True),
        follow.follower_id != original_author,
        ~kept_apart(FollowRow.__table__.c.follower_id, literal(booster_id)),
        ~already,
    )
    connection = await session.connection()
    statement = _upsert(connection.dialect.name).from_select(["account_id", "post_id"], rows)
    await session.execute(statement.on_conflict_do_nothing())


async def fan_out_tags(session: AsyncSession, post_ids: Sequence[int]) -> None:
    """Put public posts into the home timelines of those who follow one of their tags."""
    if not post_ids:
        return
    connection = await session.connection()
    statement = _fan_out_tags(connection.dialect.name)
    await connection.execute(statement, {"posts": list(post_ids)})


async def put_home(session: AsyncSession, entries: Sequence[tuple[int, int]]) -> None:
    """Put (account, post) pairs into home timelines."""
    if entries:
        connection = await session.connection()
        await connection.execute(
            _insert_new(connection.dialect.name),
            [{"account_id": account, "post_id": post} for account, post in entries],
        )


async def fill_home(session: AsyncSession, *, account_id: int, author_id: int) -> None:
    """Put the newest posts of somebody newly followed into a home timeline."""
    newest = (
        select(literal(account_id), PostRow.id)
        .where(
            PostRow.account_id == author_id,
            PostRow.visibility != "direct",
            PostRow.boost_of_id.is_(None),
            PostRow.in_reply_to_uri.is_(None),
            or_(
                PostRow.in_reply_to_id.is_(None),
                PostRow.in_reply_to_account_id == author_id,
            ),
        )
        .order_by(PostRow.id.desc())
        .limit(HOME_BACKFILL)
    )
    connection = await session.connection()
    statement = _upsert(connection.dialect.name).from_select(["account_id", "post_id"], newest)
    await session.execute(statement.on_conflict_do_nothing())


async def clear_home(session: AsyncSession, *, account_id: int, author_id: int) -> None:
    """Take everything of an author, and boosts of it, out of a home timeline."""
    original = aliased(PostRow)
    theirs = (
        select(PostRow.id)
        .outerjoin(original, original.id == PostRow.boost_of_id)
        .where(or_(PostRow.account_id == author_id, original.account_id == author_id))
    )
    await session.execute(
        delete(HomeEntryRow).where(
            HomeEntryRow.account_id == account_id, HomeEntryRow.post_id.in_(theirs)
        )
    )


async def clear_homes_of(session: AsyncSession, author_ids: Select[int]) -> None:
    """Take everything of these authors, and boosts of it, out of every home timeline."""
    original = aliased(PostRow)
    theirs = (
        select(PostRow.id)
        .outerjoin(original, original.id == PostRow.boost_of_id)
        .where(or_(PostRow.account_id.in_(author_ids), original.account_id.in_(author_ids)))
    )
    await session.execute(delete(HomeEntryRow).where(HomeEntryRow.post_id.in_(theirs)))


async def public_replies(session: AsyncSession, post_id: int, page: PageRequest) -> Page[int]:
    """Return a page of the public replies to a post."""
    statement = select(PostRow.id).where(PostRow.in_reply_to_id == post_id, visible_to(None))
    return await page_of(session, statement, PostRow.id, page)


def for_everybody() -> list[ColumnElement[bool]]:
    """Return the conditions for posts that may stand where nobody chose their authors."""
    author = aliased(AccountRow)
    return [
        # Written out: only then SQLite sees that the index of public posts has what is asked.
        PostRow.visibility == literal_column("'public'"),
        PostRow.boost_of_id.is_(None),
        ~exists().where(author.id == PostRow.account_id, author.silenced_at.is_not(None)),
    ]


def begins_something() -> ColumnElement[bool]:
    """Return the condition that a post answers nobody but its author."""
    return or_(
        and_(PostRow.in_reply_to_id.is_(None), PostRow.in_reply_to_uri.is_(None)),
        PostRow.in_reply_to_account_id == PostRow.account_id,
    )


def _listed(viewer_id: int | None) -> list[ColumnElement[bool]]:
    return [visible_to(viewer_id), wanted_by(viewer_id)]


def has_media() -> ColumnElement[bool]:
    """Return the condition that a post has attachments."""
    return exists().where(MediaRow.post_id == PostRow.id)


def _has_tag(names: Sequence[str]) -> ColumnElement[bool]:
    return exists().where(
        PostTagRow.post_id == PostRow.id,
        PostTagRow.tag_id == TagRow.id,
        TagRow.name.in_(names),
    )


def _upsert(dialect: str) -> Any:
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return make(_home)


@lru_cache
def _insert_new(dialect: str) -> Any:
    return _upsert(dialect).on_conflict_do_nothing()


@lru_cache
def _fan_out_tags(dialect: str) -> Any:
    rows = (
        select(FollowedTagRow.account_id, PostTagRow.post_id)
        .join(PostTagRow, PostTagRow.tag_id == FollowedTagRow.tag_id)
        .join(PostRow, PostRow.id == PostTagRow.post_id)
        .where(PostTagRow.post_id.in_(several("posts")), PostRow.visibility == "public")
        .distinct()
    )
    fill = _upsert(dialect).from_select(["account_id", "post_id"], rows)
    return fill.on_conflict_do_nothing()


@lru_cache
def _fan_out(dialect: str) -> Any:
    """Build, once, the statement that a whole batch of posts runs with."""
    follow = FollowRow.__table__.alias("f")
    also = FollowRow.__table__.alias("also")
    post = bindparam("post_id", type_=_home.c.post_id.type)
    author = bindparam("author_id", type_=_home.c.post_id.type)
    answered = bindparam("reply_to_author_id", type_=_home.c.post_id.type)
    language = bindparam("language", type_=String())
    chosen = cast(follow.c.languages, String)
    rows = select(follow.c.follower_id, post).where(
        follow.c.target_id == author,
        follow.c.accepted.is_(True),
        follow.c.follower_local.is_(True),
        or_(language.is_(None), chosen.is_(None), chosen == "null", chosen.like(language)),
        ~kept_apart(follow.c.follower_id, author),
        or_(
            answered.is_(None),
            answered == author,
            answered == follow.c.follower_id,
            exists().where(
                also.c.follower_id == follow.c.follower_id,
                also.c.target_id == answered,
                also.c.accepted.is_(True),
            ),
        ),
    )
    fill = _upsert(dialect).from_select(["account_id", "post_id"], rows)
    # A post that was fetched before it was sent may be there already.
    return fill.on_conflict_do_nothing()


async def home_size(session: AsyncSession, account_id: int) -> int:
    """Return how many entries a home timeline holds."""
    of = select(func.count()).select_from(HomeEntryRow)
    return await session.scalar(of.where(HomeEntryRow.account_id == account_id)) or 0
