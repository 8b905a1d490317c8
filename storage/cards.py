"""Queries about the pages that posts lead to."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.built import several
from storage.tables import AccountRow, CardRow, PostRow

_card: Table = CardRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_post: Table = PostRow.__table__  # type: ignore[assignment]  # as above
_lead_to = (
    update(_post)
    .where(_post.c.id == bindparam("of_post"))
    .values(card_url=bindparam("leads_to", type_=_post.c.card_url.type))
)


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
    rows = [
        {
            "url": url, "host": host, "state": "due", "title": "", "description": "",
            "image": None, "image_alt": "", "site": "", "author_name": "", "author_id": None,
            "language": None, "fetched_at": None, "created_at": now,
        }
        for url, host in wanted.items()
    ]  # fmt: skip
    new = set(await connection.scalars(_expect(connection.dialect.name), rows))
    if len(new) == len(wanted):
        return sorted(new)
    old = await connection.scalars(
        _look_again(), {"urls": list(wanted.keys() - new), "stale": stale, "now": now}
    )
    return sorted(new | set(old))


async def lead_to(session: AsyncSession, posts: Iterable[tuple[int, str | None]]) -> None:
    """Record to which page posts lead, None for none."""
    rows = [{"of_post": post_id, "leads_to": url} for post_id, url in posts]
    if rows:
        connection = await session.connection()
        await connection.execute(_lead_to, rows)


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


@lru_cache
def _expect(dialect: str) -> Any:
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return make(_card).on_conflict_do_nothing().returning(_card.c.url)


@lru_cache
def _look_again() -> Any:
    kind = _card.c.fetched_at.type
    return (
        update(_card)
        .where(
            _card.c.url.in_(several("urls")),
            _card.c.fetched_at < bindparam("stale", type_=kind),
        )
        .values(fetched_at=bindparam("now", type_=kind))
        .returning(_card.c.url)
    )
