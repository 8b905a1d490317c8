"""Queries about what official accounts are for."""

from collections.abc import Collection

from sqlalchemy import and_, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.built import several
from storage.tables import CharterRow, FeedRow, OfficialRow, PostRow

_FED = exists().where(FeedRow.account_id == OfficialRow.account_id)
_SAID = exists().where(
    PostRow.account_id == OfficialRow.account_id,
    PostRow.posted_by != "feed",
    PostRow.boost_of_id.is_(None),
)
_OFFICIAL = select(
    OfficialRow.account_id,
    exists().where(CharterRow.account_id == OfficialRow.account_id),
    and_(_FED, ~_SAID),
).where(OfficialRow.account_id.in_(several("ids")))


async def current(session: AsyncSession, account_id: int) -> CharterRow | None:
    """Return the newest version of an account's charter, whether it still holds or not."""
    return await session.scalar(
        select(CharterRow)
        .where(CharterRow.account_id == account_id)
        .order_by(CharterRow.version.desc())
        .limit(1)
    )


async def versions(session: AsyncSession, account_id: int) -> list[CharterRow]:
    """Return all versions of an account's charter, the newest first."""
    rows = await session.scalars(
        select(CharterRow)
        .where(CharterRow.account_id == account_id)
        .order_by(CharterRow.version.desc())
    )
    return list(rows)


async def official_among(
    session: AsyncSession, ids: Collection[int]
) -> dict[int, tuple[bool, bool]]:
    """Return which of these are official accounts of here.

    Of each, whether it has a charter, and whether it has feeds and says nothing besides.
    """
    if not ids:
        return {}
    rows = await session.execute(_OFFICIAL, {"ids": list(ids)})
    return {row[0]: (row[1], row[2]) for row in rows}
