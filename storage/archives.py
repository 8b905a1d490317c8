"""Queries about what official accounts said on X and Facebook before."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.search_query import MAX_PARTS, tokens
from storage.tables import PastArchiveRow, PastPictureRow, PastPostRow


class Span(Struct, frozen=True):
    """How much is shown of one source, and from when to when it was said."""

    source: str
    posts: int
    first: datetime
    last: datetime


async def of_account(session: AsyncSession, account_id: int) -> list[PastArchiveRow]:
    """Return the archives that were brought for an account, the newest first."""
    rows = await session.scalars(
        select(PastArchiveRow)
        .where(PastArchiveRow.account_id == account_id)
        .order_by(PastArchiveRow.id.desc())
        .limit(40)
    )
    return list(rows)


async def spans(session: AsyncSession, account_id: int) -> list[Span]:
    """Return what is shown of each source that an account has an archive of."""
    rows = await session.execute(
        select(
            PastPostRow.source,
            func.count(),
            func.min(PastPostRow.at),
            func.max(PastPostRow.at),
        )
        .where(PastPostRow.account_id == account_id, PastPostRow.hidden_at.is_(None))
        .group_by(PastPostRow.source)
        .order_by(PastPostRow.source.desc())
    )
    return [Span(*row) for row in rows]


async def known(
    session: AsyncSession, account_id: int, source: str, keys: Collection[str]
) -> set[str]:
    """Return which of these posts are here already."""
    return set(
        await session.scalars(
            select(PastPostRow.key).where(
                PastPostRow.account_id == account_id,
                PastPostRow.source == source,
                PastPostRow.key.in_(keys),
            )
        )
    )


async def page(
    session: AsyncSession,
    account_id: int,
    *,
    source: str = "",
    q: str = "",
    limit: int,
    offset: int = 0,
) -> list[PastPostRow]:
    """Return posts that are shown, the newest first: all whose words begin as those of `q`."""
    rows = await session.scalars(
        select(PastPostRow)
        .where(*_shown(account_id, source, q))
        .order_by(PastPostRow.at.desc(), PastPostRow.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return list(rows)


async def count(
    session: AsyncSession, account_id: int, *, source: str = "", q: str = ""
) -> int:
    """Return how many posts `page` goes through."""
    found = await session.scalar(
        select(func.count()).select_from(PastPostRow).where(*_shown(account_id, source, q))
    )
    return found or 0


async def pictures(
    session: AsyncSession, post_ids: Sequence[int]
) -> dict[int, list[PastPictureRow]]:
    """Return the pictures of posts, in their order."""
    rows = await session.scalars(
        select(PastPictureRow)
        .where(PastPictureRow.post_id.in_(post_ids))
        .order_by(PastPictureRow.post_id, PastPictureRow.position)
    )
    found: dict[int, list[PastPictureRow]] = {}
    for row in rows:
        found.setdefault(row.post_id, []).append(row)
    return found


async def forget(session: AsyncSession, *, before: datetime) -> None:
    """Forget archives that were never begun, and the files of those that were stopped."""
    await session.execute(
        delete(PastArchiveRow).where(
            PastArchiveRow.state == "new", PastArchiveRow.created_at < before
        )
    )
    await session.execute(
        update(PastArchiveRow)
        .where(PastArchiveRow.state == "stopped", PastArchiveRow.finished_at < before)
        .values(file="")
    )


async def files(session: AsyncSession) -> set[str]:
    """Return the names of the files that are still needed."""
    return set(
        await session.scalars(select(PastArchiveRow.file).where(PastArchiveRow.file != ""))
    )


def words_of(text: str) -> str:
    """Return the words by which a post is found, each after a blank."""
    return "".join(f" {token}" for token in tokens(text))


def _shown(account_id: int, source: str, q: str) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [
        PastPostRow.account_id == account_id,
        PastPostRow.hidden_at.is_(None),
    ]
    if source:
        wanted.append(PastPostRow.source == source)
    wanted += [
        PastPostRow.words.contains(f" {token}", autoescape=True)
        for token in tokens(q)[:MAX_PARTS]
    ]
    return wanted
