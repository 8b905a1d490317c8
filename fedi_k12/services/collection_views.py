"""Collections of accounts as they are shown, in a fixed number of queries for all of them."""

from collections.abc import Sequence
from itertools import islice

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.approvals import Consent
from fedi_k12.domain.cards import links
from fedi_k12.domain.collections import CollectionView, ItemView
from fedi_k12.domain.permissions import Actor
from fedi_k12.services.account_views import account_views
from storage import accounts
from storage import collections as queries
from storage import follows as follow_queries
from storage.tables import CollectionItemRow, CollectionRow, PostRow

MAX_LINKS = 10
"""So many links of a post are looked at."""


async def collection_views(
    session: AsyncSession,
    ids: Sequence[int],
    *,
    viewer: Actor | None,
    reported: bool = False,
) -> list[CollectionView]:
    """Return these collections in this order as the viewer may see them.

    `reported` ones are for moderators, who need to see what a suspended account made.
    """
    rows = await queries.by_ids(session, ids)
    items = await queries.items_of(session, list(rows))
    numbers = {row.account_id for row in rows.values()}
    numbers |= {item.account_id for found in items.values() for item in found}
    people = {
        one.id: one
        for one in await account_views(session, list(numbers), viewer=viewer)
        if reported or not one.suspended
    }
    gone = await accounts.by_ids(session, list(people))
    people = {number: one for number, one in people.items() if not gone[number].deleted_at}
    apart: set[int] = set()
    blocking: set[int] = set()
    if viewer is not None:
        mine, blocking = await follow_queries.blocks_among(session, viewer.account_id, people)
        apart = mine | blocking
    owners = {row.account_id for row in rows.values()}
    from_owner = await follow_queries.apart_among(session, owners, people)
    shown = []
    for number in ids:
        row = rows.get(number)
        if row is None or row.account_id not in people or row.account_id in blocking:
            continue
        kept = {one: people[one] for one in people.keys() - apart - from_owner[row.account_id]}
        own = viewer is not None and viewer.account_id == row.account_id
        found = [
            item for item in items.get(number, []) if own or item.state == Consent.ACCEPTED
        ]
        shown.append(_view(row, found, people[row.account_id], kept))
    return shown


async def linked_collections(
    session: AsyncSession, rows: Sequence[PostRow], *, viewer: Actor | None
) -> dict[int, tuple[CollectionView, ...]]:
    """Return the collections that posts link to, by post, as the viewer may see them."""
    linked = {row.id: list(islice(links(row.content), MAX_LINKS)) for row in rows}
    found = await queries.at(session, {url for urls in linked.values() for url in urls})
    if not found:
        return {}
    ids = list(dict.fromkeys(row.id for row in found.values()))
    seen = {view.id: view for view in await collection_views(session, ids, viewer=viewer)}
    return {
        post_id: tuple(
            seen[number]
            for number in dict.fromkeys(found[url].id for url in urls if url in found)
            if number in seen
        )
        for post_id, urls in linked.items()
    }


def _view(
    row: CollectionRow,
    items: Sequence[CollectionItemRow],
    owner: AccountView,
    people: dict[int, AccountView],
) -> CollectionView:
    return CollectionView(
        id=row.id,
        uri=row.uri,
        owner=owner,
        name=row.name,
        description=row.description,
        tag=row.tag,
        language=row.language,
        sensitive=row.sensitive,
        discoverable=row.discoverable,
        items=tuple(
            ItemView(
                item.id,
                people[item.account_id],
                Consent(item.state),
                item.created_at,
                item.uri,
                item.stamp_uri,
            )
            for item in items
            if item.account_id in people
        ),
        url=row.url,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
