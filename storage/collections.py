"""Queries about accounts to follow together."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.urls import same_origin
from storage.tables import AccountRow, CollectionItemRow, CollectionRow

CHUNK = 500
_PAGE = re.compile(r"https?://[^/]+/collections/([1-9][0-9]{0,18})")
"""A collection made here keeps no address of its page: its number is in it."""


async def by_ids(session: AsyncSession, ids: Sequence[int]) -> dict[int, CollectionRow]:
    """Return these collections by id."""
    if not ids:
        return {}
    rows = await session.scalars(select(CollectionRow).where(CollectionRow.id.in_(ids)))
    return {row.id: row for row in rows}


async def items_of(
    session: AsyncSession, ids: Sequence[int]
) -> dict[int, list[CollectionItemRow]]:
    """Return what is in these collections, by collection, in the order it was put in."""
    if not ids:
        return {}
    rows = await session.scalars(
        select(CollectionItemRow)
        .where(CollectionItemRow.collection_id.in_(ids))
        .order_by(CollectionItemRow.id)
    )
    found: dict[int, list[CollectionItemRow]] = {}
    for row in rows:
        found.setdefault(row.collection_id, []).append(row)
    return found


async def made_by(
    session: AsyncSession, account_id: int, *, hidden: bool, limit: int, offset: int
) -> list[int]:
    """Return which collections an account made, the newest first; `hidden` ones too, or not."""
    statement = select(CollectionRow.id).where(CollectionRow.account_id == account_id)
    if not hidden:
        statement = statement.where(CollectionRow.discoverable.is_(True))
    rows = await session.scalars(
        statement.order_by(CollectionRow.id.desc()).limit(limit).offset(offset)
    )
    return list(rows)


async def with_account(
    session: AsyncSession, account_id: int, *, limit: int, offset: int
) -> list[int]:
    """Return the collections that an account is in with its own word, the newest first."""
    rows = await session.scalars(
        select(CollectionItemRow.collection_id)
        .where(
            CollectionItemRow.account_id == account_id, CollectionItemRow.state == "accepted"
        )
        .order_by(CollectionItemRow.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return list(rows)


async def count_made_by(session: AsyncSession, account_id: int) -> int:
    """Return how many collections an account made."""
    statement = select(func.count()).where(CollectionRow.account_id == account_id)
    return await session.scalar(statement) or 0


async def item(session: AsyncSession, item_id: int) -> CollectionItemRow | None:
    """Return somebody's place in a collection by its id."""
    return await session.get(CollectionItemRow, item_id)


async def item_of(
    session: AsyncSession, collection_id: int, account_id: int
) -> CollectionItemRow | None:
    """Return an account's place in a collection."""
    return await session.scalar(
        select(CollectionItemRow).where(
            CollectionItemRow.collection_id == collection_id,
            CollectionItemRow.account_id == account_id,
        )
    )


async def by_uri(session: AsyncSession, uri: str) -> CollectionRow | None:
    """Return the collection with this id, here or elsewhere."""
    return await session.scalar(select(CollectionRow).where(CollectionRow.uri == uri))


async def at(session: AsyncSession, addresses: Collection[str]) -> dict[str, CollectionRow]:
    """Return the collections with these ids or pages, by the address that leads to them.

    A page counts only where it is of the same server as the id.
    """
    if not addresses:
        return {}
    numbers = {url: int(page[1]) for url in addresses if (page := _PAGE.fullmatch(url))}
    rows = await session.scalars(
        select(CollectionRow).where(
            or_(
                CollectionRow.uri.in_(addresses),
                CollectionRow.url.in_(addresses),
                and_(CollectionRow.id.in_(numbers.values()), CollectionRow.url.is_(None)),
            )
        )
    )
    found: dict[str, CollectionRow] = {}
    for row in rows:
        for url in addresses:
            is_page = url == row.url or (row.url is None and numbers.get(url) == row.id)
            if url == row.uri or (is_page and same_origin(url, row.uri)):
                found[url] = row
    return found


async def of_ours(session: AsyncSession, uris: Sequence[str]) -> list[CollectionRow]:
    """Return the collections made here that have one of these ids."""
    found: list[CollectionRow] = []
    for at in range(0, len(uris), CHUNK):
        rows = await session.scalars(
            select(CollectionRow)
            .join(AccountRow, AccountRow.id == CollectionRow.account_id)
            .where(CollectionRow.uri.in_(uris[at : at + CHUNK]), AccountRow.domain == "")
        )
        found.extend(rows)
    return found


async def asked_by(session: AsyncSession, uri: str) -> list[CollectionItemRow]:
    """Return the places that an activity with this id asked for."""
    rows = await session.scalars(
        select(CollectionItemRow).where(CollectionItemRow.request_uri == uri)
    )
    return list(rows)


async def stamped(session: AsyncSession, uri: str) -> list[CollectionItemRow]:
    """Return the places that a stamp with this id allows."""
    rows = await session.scalars(
        select(CollectionItemRow).where(CollectionItemRow.stamp_uri == uri)
    )
    return list(rows)


async def stamps_due(session: AsyncSession, *, before: datetime, limit: int) -> list[int]:
    """Return the places here whose stamps elsewhere were last looked at before a time."""
    rows = await session.scalars(
        select(CollectionItemRow.id)
        .join(CollectionRow, CollectionRow.id == CollectionItemRow.collection_id)
        .join(AccountRow, AccountRow.id == CollectionRow.account_id)
        .where(
            CollectionItemRow.state == "accepted",
            CollectionItemRow.checked_at < before,
            AccountRow.domain == "",
        )
        .order_by(CollectionItemRow.checked_at)
        .limit(limit)
    )
    return list(rows)


async def collections_due(session: AsyncSession, *, before: datetime, limit: int) -> list[str]:
    """Return the collections of other servers that were last fetched before a time."""
    rows = await session.scalars(
        select(CollectionRow.uri)
        .where(CollectionRow.fetched_at < before)
        .order_by(CollectionRow.fetched_at)
        .limit(limit)
    )
    return list(rows)
