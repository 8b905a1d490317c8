"""Queries about the pages that posts lead to."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import AccountRow, CardRow, PostRow

_card: Table = CardRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table


async def expect(
    session: AsyncSession, cards: Iterable[tuple[str, str]], *, stale: datetime, now: datetime
) -> list[str]:
    """Remember pages as (address, host); return those that have to be looked at.

    These are new ones, and those that were looked at before `stale`.
    """
    wanted = dict(sorted(cards))
    if not wanted:
        return []
    connection = await session.connection()
    insert: Any = (
        postgresql.insert(_card)
        if connection.dialect.name == "postgresql"
        else sqlite.insert(_card)
    )
    rows = [
        {
            "url": url, "host": host, "state": "due", "title": "", "description": "",
            "image": None, "image_alt": "", "site": "", "author_name": "", "author_id": None,
            "language": None, "fetched_at": None, "created_at": now,
        }
        for url, host in wanted.items()
    ]  # fmt: skip
    made = await connection.execute(
        insert.values(rows).on_conflict_do_nothing().returning(_card.c.url)
    )
    new = set(made.scalars())
    old = await session.execute(
        update(CardRow)
        .where(CardRow.url.in_(wanted), CardRow.fetched_at < stale)
        .values(fetched_at=now)
        .returning(CardRow.url)
    )
    return sorted(new | set(old.scalars()))


async def lead_to(session: AsyncSession, posts: Iterable[tuple[int, str | None]]) -> None:
    """Record to which page posts lead, None for none."""
    for post_id, url in posts:
        await session.execute(update(PostRow).where(PostRow.id == post_id).values(card_url=url))


async def ready(
    session: AsyncSession, urls: Sequence[str]
) -> dict[str, tuple[CardRow, AccountRow | None]]:
    """Return what is known of pages, with the account that each names as its author."""
    if not urls:
        return {}
    rows = await session.execute(
        select(CardRow, AccountRow)
        .outerjoin(AccountRow, AccountRow.id == CardRow.author_id)
        .where(CardRow.url.in_(set(urls)), CardRow.state == "ready")
    )
    return {card.url: (card, author) for card, author in rows}


async def shown_anew(session: AsyncSession, url: str) -> None:
    """Record that posts that lead to a page look different now."""
    await session.execute(
        update(PostRow).where(PostRow.card_url == url).values(version=PostRow.version + 1)
    )
