"""Queries about the digest of the day."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.posts import visible_to
from storage.tables import AccountRow, DigestItemRow, DigestRow, MediaRow, PostRow


def _may_stand() -> ColumnElement[bool]:
    """Return the condition that a post may stand in a digest now.

    Public, of an account here whose member lets themselves be featured, as for collections
    (`domain.collections.own_rule`).
    """
    return and_(
        visible_to(None),
        PostRow.visibility == "public",
        PostRow.local.is_(True),
        PostRow.boost_of_id.is_(None),
        AccountRow.discoverable.is_(True),
        AccountRow.kind.not_in(("Service", "Application")),
        AccountRow.deleted_at.is_(None),
    )


async def candidates(
    session: AsyncSession, *, besides: int, begin: datetime, end: datetime, limit: int
) -> list[tuple[PostRow, AccountRow]]:
    """Return posts of a span of time that may stand in a digest, the oldest first.

    Without what answers others, and without what the account `besides` says itself.
    """
    rows = await session.execute(
        select(PostRow, AccountRow)
        .join(AccountRow, AccountRow.id == PostRow.account_id)
        .where(
            _may_stand(),
            PostRow.created_at >= begin,
            PostRow.created_at < end,
            PostRow.in_reply_to_id.is_(None),
            PostRow.account_id != besides,
        )
        .order_by(PostRow.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


async def still_standing(session: AsyncSession, digest_ids: Collection[int]) -> set[int]:
    """Return which posts of these digests may stand in a digest now."""
    return set(
        await session.scalars(
            select(PostRow.id)
            .join(AccountRow, AccountRow.id == PostRow.account_id)
            .join(DigestItemRow, DigestItemRow.post_id == PostRow.id)
            .where(_may_stand(), DigestItemRow.digest_id.in_(digest_ids))
        )
    )


async def found(
    session: AsyncSession, tokens: Sequence[str], *, limit: int, offset: int = 0
) -> list[tuple[DigestRow, DigestItemRow]]:
    """Return what stands in digests that are out with words that begin so, newest first."""
    wanted = [DigestItemRow.words.contains(f" {token}", autoescape=True) for token in tokens]
    rows = await session.execute(
        select(DigestRow, DigestItemRow)
        .join(DigestItemRow, DigestItemRow.digest_id == DigestRow.id)
        .join(PostRow, PostRow.id == DigestItemRow.post_id)
        .join(AccountRow, AccountRow.id == PostRow.account_id)
        .where(
            DigestRow.state == "out",
            DigestItemRow.included.is_(True),
            DigestItemRow.withdrawn_at.is_(None),
            _may_stand(),
            *wanted,
        )
        .order_by(DigestRow.day.desc(), DigestItemRow.position, DigestItemRow.id)
        .limit(limit)
        .offset(offset)
    )
    return [(row[0], row[1]) for row in rows]


async def of_day(session: AsyncSession, account_id: int, day: str) -> DigestRow | None:
    """Return the digest of a day that an account tells."""
    return await session.scalar(
        select(DigestRow).where(DigestRow.account_id == account_id, DigestRow.day == day)
    )


async def published_on(session: AsyncSession, day: str) -> DigestRow | None:
    """Return the digest of a day that everybody may read."""
    return await session.scalar(
        select(DigestRow)
        .where(DigestRow.day == day, DigestRow.state == "out")
        .order_by(DigestRow.id.desc())
        .limit(1)
    )


async def in_state(
    session: AsyncSession,
    states: Collection[str],
    *,
    account_ids: Collection[int] | None = None,
    since: str = "",
    before: str = "",
    limit: int = 400,
) -> list[DigestRow]:
    """Return digests that stand so, of these accounts and days, the newest first."""
    wanted = [DigestRow.state.in_(states), DigestRow.day >= since]
    if account_ids is not None:
        wanted.append(DigestRow.account_id.in_(account_ids))
    if before:
        wanted.append(DigestRow.day < before)
    rows = await session.scalars(
        select(DigestRow).where(*wanted).order_by(DigestRow.day.desc()).limit(limit)
    )
    return list(rows)


async def items(session: AsyncSession, digest_id: int) -> list[DigestItemRow]:
    """Return the posts of a digest in their order."""
    rows = await session.scalars(
        select(DigestItemRow)
        .where(DigestItemRow.digest_id == digest_id)
        .order_by(DigestItemRow.position, DigestItemRow.id)
    )
    return list(rows)


async def items_of(
    session: AsyncSession, digest_ids: Collection[int]
) -> dict[int, list[DigestItemRow]]:
    """Return the posts of digests, each in their order."""
    rows = await session.scalars(
        select(DigestItemRow)
        .where(DigestItemRow.digest_id.in_(digest_ids))
        .order_by(DigestItemRow.digest_id, DigestItemRow.position, DigestItemRow.id)
    )
    found: dict[int, list[DigestItemRow]] = {number: [] for number in digest_ids}
    for row in rows:
        found[row.digest_id].append(row)
    return found


async def copies(session: AsyncSession, digest_ids: Collection[int]) -> dict[int, MediaRow]:
    """Return the copied pictures of digests, by their ids."""
    rows = await session.scalars(
        select(MediaRow)
        .join(DigestItemRow, DigestItemRow.media_id == MediaRow.id)
        .where(DigestItemRow.digest_id.in_(digest_ids))
    )
    return {row.id: row for row in rows}


async def pictures(session: AsyncSession, post_ids: Sequence[int]) -> dict[int, MediaRow]:
    """Return the first picture of each of these posts."""
    rows = await session.scalars(
        select(MediaRow)
        .where(MediaRow.post_id.in_(post_ids), MediaRow.kind == "image")
        .order_by(MediaRow.position.desc())
    )
    return {row.post_id or 0: row for row in rows}


async def turn(
    session: AsyncSession,
    row: DigestRow,
    *,
    before: str,
    to: str,
    version: int,
    step: int = 0,
    **values: object,
) -> bool:
    """Change where a digest stands, if it still stands so and reads so; return whether."""
    done = await session.execute(
        update(DigestRow)
        .where(DigestRow.id == row.id, DigestRow.state == before, DigestRow.version == version)
        .values(state=to, version=DigestRow.version + step, **values)
        .returning(DigestRow.id)
        .execution_options(synchronize_session=False)
    )
    turned = done.scalar_one_or_none() is not None
    await session.refresh(row)
    return turned
