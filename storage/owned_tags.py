"""Queries of the district's hashtags: which there are, and what their accounts pass on."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, delete, exists, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import InstrumentedAttribute

from storage.built import columns, number
from storage.tables import (
    AccountRow,
    MemberRow,
    OfficialRow,
    OwnedTagRow,
    PostRow,
    PostTagRow,
    TagRemovalRow,
    TagRow,
    TagStewardRow,
)

_POST = number("post")
_CONCERNS = select(
    exists().where(PostTagRow.post_id == _POST, OwnedTagRow.tag_id == PostTagRow.tag_id)
    | exists().where(PostRow.boost_of_id == _POST, OwnedTagRow.account_id == PostRow.account_id)
)


async def all_of_them(session: AsyncSession) -> list[tuple[OwnedTagRow, TagRow]]:
    """Return the hashtags that are the district's now, by name."""
    rows = await session.execute(
        select(OwnedTagRow, TagRow)
        .join(TagRow, TagRow.id == OwnedTagRow.tag_id)
        .where(OwnedTagRow.ended_at.is_(None))
        .order_by(TagRow.name)
    )
    return [(row[0], row[1]) for row in rows]


async def named(
    session: AsyncSession, key: str, *, ended: bool = False
) -> tuple[OwnedTagRow, TagRow] | None:
    """Return the district's hashtag of this key; with `ended`, also what is no more."""
    statement = (
        select(OwnedTagRow, TagRow)
        .join(TagRow, TagRow.id == OwnedTagRow.tag_id)
        .where(TagRow.name == key)
    )
    if not ended:
        statement = statement.where(OwnedTagRow.ended_at.is_(None))
    row = (await session.execute(statement)).first()
    return (row[0], row[1]) if row is not None else None


async def stewards(
    session: AsyncSession, tag_ids: Sequence[int]
) -> dict[int, list[AccountRow]]:
    """Return who looks after each of these hashtags, by their names."""
    found: dict[int, list[AccountRow]] = {}
    rows = await session.execute(
        select(TagStewardRow.tag_id, AccountRow)
        .join(AccountRow, AccountRow.id == TagStewardRow.account_id)
        .where(TagStewardRow.tag_id.in_(tag_ids), AccountRow.deleted_at.is_(None))
        .order_by(AccountRow.username)
    )
    for row in rows:
        found.setdefault(row[0], []).append(row[1])
    return found


async def is_steward(session: AsyncSession, tag_id: int, account_id: int) -> bool:
    """Return whether an account's owner looks after a hashtag."""
    return await session.get(TagStewardRow, (tag_id, account_id)) is not None


async def name_stewards(session: AsyncSession, tag_id: int, ids: Sequence[int]) -> None:
    """Let exactly these look after a hashtag."""
    await session.execute(delete(TagStewardRow).where(TagStewardRow.tag_id == tag_id))
    if ids:
        rows = [{"tag_id": tag_id, "account_id": one} for one in ids]
        await session.execute(insert(TagStewardRow), rows)


async def concerns(session: AsyncSession, post_id: int) -> bool:
    """Return whether a post has a hashtag of the district, or was passed on for one."""
    return bool((await columns(session, _CONCERNS, {"post": post_id})).scalar())


async def announcers(session: AsyncSession, post_id: int) -> list[AccountRow]:
    """Return which accounts of hashtags pass a post on, as it stands now."""
    rows = await session.scalars(
        select(AccountRow)
        .join(OwnedTagRow, OwnedTagRow.account_id == AccountRow.id)
        .join(PostTagRow, PostTagRow.tag_id == OwnedTagRow.tag_id)
        .join(PostRow, PostRow.id == PostTagRow.post_id)
        .where(
            PostRow.id == post_id,
            PostRow.visibility == "public",
            PostRow.local_only.is_(False),
            PostRow.reply_state.is_(None),
            by_staff(),
            stays_on(OwnedTagRow.tag_id),
            OwnedTagRow.ended_at.is_(None),
            AccountRow.suspended_at.is_(None),
            AccountRow.deleted_at.is_(None),
        )
    )
    return list(rows)


async def announced(session: AsyncSession, post_id: int) -> list[PostRow]:
    """Return the boosts of a post that accounts of hashtags made."""
    rows = await session.scalars(
        select(PostRow)
        .join(OwnedTagRow, OwnedTagRow.account_id == PostRow.account_id)
        .where(PostRow.boost_of_id == post_id)
    )
    return list(rows)


async def accounts_among(session: AsyncSession, ids: Sequence[int]) -> list[int]:
    """Return which of these accounts pass on what has a hashtag."""
    rows = await session.scalars(
        select(OwnedTagRow.account_id).where(OwnedTagRow.account_id.in_(ids))
    )
    return list(rows)


async def removals(session: AsyncSession, tag_id: int, *, limit: int) -> list[TagRemovalRow]:
    """Return what was taken off the page of a hashtag, the newest first."""
    rows = await session.scalars(
        select(TagRemovalRow)
        .where(TagRemovalRow.tag_id == tag_id)
        .order_by(TagRemovalRow.at.desc(), TagRemovalRow.post_id.desc())
        .limit(limit)
    )
    return list(rows)


def stays_on(tag_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the condition that a post was not taken off the page of a hashtag."""
    return ~exists().where(TagRemovalRow.tag_id == tag_id, TagRemovalRow.post_id == PostRow.id)


def by_staff() -> ColumnElement[bool]:
    """Return the condition that verified staff of this server wrote a post.

    That is an official account, or a member for whom those who run the place stand
    (`MemberRow.staff_since`): not whoever says so of themselves.
    """
    return and_(
        PostRow.local.is_(True),
        exists()
        .where(
            AccountRow.id == PostRow.account_id,
            AccountRow.silenced_at.is_(None),
            AccountRow.suspended_at.is_(None),
            AccountRow.deleted_at.is_(None),
            or_(
                exists().where(OfficialRow.account_id == AccountRow.id),
                exists().where(
                    MemberRow.account_id == AccountRow.id,
                    MemberRow.staff_since.is_not(None),
                    MemberRow.approved_at.is_not(None),
                    MemberRow.disabled_at.is_(None),
                ),
            ),
        )
        .correlate(PostRow),
    )
