"""Posts of staff to which no leader has responded yet."""

from sqlalchemy import ColumnElement, exists, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.officials import stands
from storage.posts import visible_to
from storage.tables import (
    DelegationRow,
    FavouriteRow,
    MemberRow,
    OfficialRow,
    PostRow,
    PostTagRow,
    TagRow,
)


async def waiting(
    session: AsyncSession, *, viewer_id: int, tag: str, after: int, limit: int
) -> list[int]:
    """Return public posts of staff with a tag (its key) that no leader responded to, by age.

    Responses are replies, quotes, boosts and favourites of whoever manages or managed an
    official account, and of the official accounts themselves.
    """
    leading = (
        select(MemberRow.account_id)
        .join(DelegationRow, DelegationRow.member_id == MemberRow.id)
        .where(DelegationRow.role == "manager")
    )
    leaders = union(leading, select(OfficialRow.account_id)).subquery()
    response = aliased(PostRow)
    by_leaders = response.account_id.in_(select(leaders.c.account_id))
    responded = or_(
        _there(response, response.in_reply_to_id == PostRow.id, by_leaders),
        _there(response, response.boost_of_id == PostRow.id, by_leaders),
        _there(response, response.quote_of_id == PostRow.id, by_leaders),
        exists().where(
            FavouriteRow.post_id == PostRow.id,
            FavouriteRow.account_id.in_(select(leaders.c.account_id)),
        ),
    )
    rows = await session.scalars(
        select(PostRow.id)
        .join(PostTagRow, PostTagRow.post_id == PostRow.id)
        .join(TagRow, TagRow.id == PostTagRow.tag_id)
        .join(MemberRow, MemberRow.account_id == PostRow.account_id)
        .where(
            TagRow.name == tag,
            MemberRow.affiliation == "staff",
            PostRow.visibility == "public",
            PostRow.local_only.is_(False),
            PostRow.boost_of_id.is_(None),
            PostRow.account_id.not_in(leading.where(stands())),
            PostRow.id > after,
            visible_to(viewer_id),
            ~responded,
        )
        .order_by(PostRow.id)
        .limit(limit)
    )
    return list(rows)


def _there(response: type[PostRow], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(response.id).where(*conditions).correlate(PostRow).exists()
