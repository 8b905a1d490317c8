"""Accounts to follow together: made, shared, and left by those who do not want to be in one.

Only who may be found is in a collection, and who blocks its maker, or is blocked by them
or by whoever looks, is not shown in it (GHSA-ccpr-m53r-mfwr).
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete as delete_rows
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain import addresses
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.approvals import Consent, Standing, Verdict
from fedi_k12.domain.collection_jobs import (
    FederateCollection,
    FederateCollectionEnd,
    FederateItem,
    RequestFeature,
    SendFeatureRevocation,
)
from fedi_k12.domain.collections import (
    MAX_COLLECTIONS,
    MAX_ITEMS,
    CollectionDraft,
    CollectionView,
    may_feature,
)
from fedi_k12.domain.errors import DomainError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.notifications import COLLECTION_KINDS
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import access, follows, notifications, views
from fedi_k12.services.collection_views import collection_views
from fedi_k12.services.notifications import Notice
from storage import accounts, approvals, jobs
from storage import collections as queries
from storage import follows as follow_queries
from storage.tables import AccountRow, CollectionItemRow, CollectionRow, NotificationRow

_IN = frozenset({Consent.PENDING, Consent.ACCEPTED})
_NOT_FOUND = "Record not found"
_NOT_ALLOWED = "This action is not allowed"


async def create(
    session: AsyncSession,
    *,
    actor: Actor,
    draft: CollectionDraft,
    account_ids: Sequence[int] = (),
    addresses: Addresses,
    now: datetime,
) -> int:
    """Make a collection, with accounts in it; return its id."""
    account = await access.account_for(session, actor.account_id, viewer=actor)
    cleaned = draft.cleaned()
    if await queries.count_made_by(session, account.id) >= MAX_COLLECTIONS:
        raise InvalidError(f"Validation failed: There are {MAX_COLLECTIONS} at most")
    number = new_id()
    row = CollectionRow(
        id=number,
        account_id=account.id,
        uri=addresses.collection(account.username, number),
        created_at=now,
    )
    _fill(row, cleaned, now)
    session.add(row)
    await session.flush()
    if row.discoverable:
        job = FederateCollection(number, added=True)
        await jobs.enqueue(session, job, now=now, about=row.uri)
    for account_id in dict.fromkeys(account_ids):
        await add(session, actor=actor, collection_id=number, account_id=account_id, now=now)
    return number


async def update(
    session: AsyncSession,
    *,
    actor: Actor,
    collection_id: int,
    draft: CollectionDraft,
    now: datetime,
) -> None:
    """Change what a collection says; those in it are told where its name or words change."""
    row = await _own(session, actor, collection_id)
    before, listed = words_of(row), row.discoverable
    _fill(row, draft.cleaned(), now)
    await session.flush()
    if listed and not row.discoverable:
        await _federate_end(session, row, now=now)
    else:
        new = row.discoverable and not listed
        job = FederateCollection(row.id, added=new)
        await jobs.enqueue(session, job, now=now, about=row.uri)
    if before != words_of(row):
        await tell_of_change(session, row, now=now)


def words_of(row: CollectionRow) -> tuple[str, str, str, bool]:
    """Return what a collection says, whose change is told to those in it."""
    return (row.name, row.description, row.tag, row.sensitive)


async def tell_of_change(session: AsyncSession, row: CollectionRow, *, now: datetime) -> None:
    """Tell members who are in a collection that it reads differently now."""
    items = (await queries.items_of(session, [row.id])).get(row.id, [])
    told = [
        Notice(item.account_id, "collection_update", row.account_id, None, _about(row))
        for item in items
        if item.state == Consent.ACCEPTED
    ]
    await notifications.notify_many(session, told, now=now)


async def delete(
    session: AsyncSession, *, actor: Actor, collection_id: int, now: datetime
) -> None:
    """Forget a collection."""
    row = await _own(session, actor, collection_id)
    await _federate_end(session, row, now=now)
    await untell(session, row)
    await session.delete(row)
    await session.flush()


async def add(
    session: AsyncSession,
    *,
    actor: Actor,
    collection_id: int,
    account_id: int,
    now: datetime,
) -> int:
    """Put an account into a collection and tell it, or ask it; return the item's id.

    One of another server is asked there, and waits. Raises `InvalidError` for one that cannot
    be found, and `ForbiddenError` for one that does not let itself be put there, blocks the
    actor or is blocked by them, or left it before.
    """
    row = await _own(session, actor, collection_id)
    found = await accounts.by_id(session, account_id)
    if found is None or found.deleted_at is not None or found.suspended_at is not None:
        raise InvalidError("Validation failed: There is no such account")
    known = await queries.item_of(session, row.id, found.id)
    if known is not None and known.state in _IN:
        return known.id
    asker = await access.account_for(session, actor.account_id, viewer=actor)
    if await follow_queries.blocked_either_way(session, asker.id, found.id):
        raise ForbiddenError(_NOT_ALLOWED)
    view = views.view_of_account(found)
    if known is not None or not (await verdict_for(session, asker, found)).possible:
        raise ForbiddenError(f"{view.name} does not want to be put into collections.")
    items = (await queries.items_of(session, [row.id])).get(row.id, [])
    if sum(item.state in _IN for item in items) >= MAX_ITEMS:
        raise InvalidError(f"Validation failed: There are {MAX_ITEMS} accounts at most")
    number = new_id()
    item = CollectionItemRow(
        id=number,
        uri=addresses.collection_item(row.uri, number),
        collection_id=row.id,
        account_id=found.id,
        state=Consent.PENDING.value,
        created_at=now,
    )
    session.add(item)
    row.updated_at = now
    if found.is_local:
        item.stamp_uri = addresses.stamp(found.uri, number)
        await settle_in(session, row, item, now=now)
    else:
        item.request_uri = f"{asker.uri}#feature-requests/{number}"
        await session.flush()
        await jobs.enqueue(session, RequestFeature(number), now=now)
    return number


async def verdict_for(session: AsyncSession, asker: AccountRow, account: AccountRow) -> Verdict:
    """Return whether somebody, here or elsewhere, may put an account into a collection."""
    pairs = [(asker.id, account.id), (account.id, asker.id)]
    following = await approvals.follows_among(session, pairs)
    standing = Standing(
        uri=asker.uri,
        is_author=asker.id == account.id,
        follows_author=pairs[0] in following,
        followed_by_author=pairs[1] in following,
    )
    return may_feature(views.view_of_account(account), standing)


async def settle_in(
    session: AsyncSession, row: CollectionRow, item: CollectionItemRow, *, now: datetime
) -> None:
    """Let an account that agreed be in a collection of ours; tell it, and other servers."""
    item.state = Consent.ACCEPTED.value
    row.updated_at = now
    await session.flush()
    await tell_of_place(session, row, item, now=now)
    await federate_item(session, row, item, added=True, now=now)


async def tell_of_place(
    session: AsyncSession, row: CollectionRow, item: CollectionItemRow, *, now: datetime
) -> None:
    """Tell a member that they are in somebody's collection."""
    notice = Notice(item.account_id, "added_to_collection", row.account_id, None, _about(row))
    await notifications.notify_many(session, [notice], now=now)


async def federate_item(
    session: AsyncSession,
    row: CollectionRow,
    item: CollectionItemRow,
    *,
    added: bool,
    now: datetime,
) -> None:
    """Let other servers know that an account is in a collection of ours, or no longer."""
    job = FederateItem(row.id, item.account_id, item.uri or "", added)
    await jobs.enqueue(session, job, now=now, about=row.uri)


async def remove(
    session: AsyncSession, *, actor: Actor, collection_id: int, item_id: int, now: datetime
) -> None:
    """Take an account out of a collection of the actor's. Who left by themselves stays out."""
    row = await _own(session, actor, collection_id)
    item = await session.get(CollectionItemRow, item_id)
    if item is None or item.collection_id != row.id:
        raise NotFoundError(_NOT_FOUND)
    if item.state in _IN:
        await untell(session, row, account_id=item.account_id)
        await federate_item(session, row, item, added=False, now=now)
        await session.delete(item)
        row.updated_at = now
        await session.flush()


async def leave(
    session: AsyncSession, *, actor: Actor, collection_id: int, item_id: int, now: datetime
) -> None:
    """Take oneself out of somebody's collection, for good."""
    row = (await queries.by_ids(session, [collection_id])).get(collection_id)
    item = await session.get(CollectionItemRow, item_id)
    if row is None or item is None or item.collection_id != row.id:
        raise NotFoundError(_NOT_FOUND)
    if item.account_id != actor.account_id:
        raise ForbiddenError(_NOT_ALLOWED)
    if item.state == Consent.REVOKED:
        return
    item.state = Consent.REVOKED.value
    row.updated_at = now
    await untell(session, row, account_id=item.account_id)
    await session.flush()
    owner = await accounts.by_id(session, row.account_id)
    if owner is not None and owner.is_local:
        await federate_item(session, row, item, added=False, now=now)
    else:
        about = f"{item.account_id} {row.uri}"
        await jobs.enqueue(session, SendFeatureRevocation(item.id), now=now, about=about)


async def follow_all(
    session: AsyncSession,
    *,
    actor: Actor,
    collection_id: int,
    addresses: Addresses,
    now: datetime,
) -> int:
    """Follow everybody in a collection; return how many are new. Who cannot be is left out."""
    view = await get(session, collection_id=collection_id, viewer=actor)
    ids = [one.id for one in view.people if one.id != actor.account_id]
    known, _ = await follow_queries.follows_among(session, actor.account_id, ids)
    new = 0
    for number in ids:
        if number in known:
            continue
        try:
            await follows.follow(
                session, actor=actor, target_id=number, addresses=addresses, now=now
            )
        except DomainError:
            continue
        new += 1
    return new


async def get(
    session: AsyncSession, *, collection_id: int, viewer: Actor | None
) -> CollectionView:
    """Return a collection as the viewer may see it, or raise `NotFoundError`."""
    found = await collection_views(session, [collection_id], viewer=viewer)
    if not found:
        raise NotFoundError(_NOT_FOUND)
    return found[0]


async def made_by(
    session: AsyncSession, *, account_id: int, viewer: Actor | None, limit: int, offset: int = 0
) -> list[CollectionView]:
    """Return the collections on somebody's profile; one's own with those that are not there."""
    await access.account_for(session, account_id, viewer=viewer)
    own = viewer is not None and viewer.account_id == account_id
    ids = await queries.made_by(session, account_id, hidden=own, limit=limit, offset=offset)
    return await collection_views(session, ids, viewer=viewer)


async def with_me(
    session: AsyncSession, *, actor: Actor, account_id: int, limit: int, offset: int
) -> list[CollectionView]:
    """Return the collections that one is in; of others it is not for everybody to collect."""
    await access.account_for(session, account_id, viewer=actor)
    if account_id != actor.account_id:
        raise ForbiddenError(_NOT_ALLOWED)
    ids = await queries.with_account(session, account_id, limit=limit, offset=offset)
    return await collection_views(session, ids, viewer=actor)


def _fill(row: CollectionRow, draft: CollectionDraft, now: datetime) -> None:
    row.name, row.description, row.tag = draft.name, draft.description, draft.tag
    row.language, row.sensitive = draft.language, draft.sensitive
    row.discoverable, row.updated_at = draft.discoverable, now


def _about(row: CollectionRow) -> dict[str, object]:
    return {"collection_id": str(row.id)}


async def _federate_end(session: AsyncSession, row: CollectionRow, *, now: datetime) -> None:
    items = (await queries.items_of(session, [row.id])).get(row.id, [])
    people = [item.account_id for item in items if item.state in _IN]
    job = FederateCollectionEnd(row.account_id, row.uri, people)
    await jobs.enqueue(session, job, now=now, about=row.uri)


async def _own(session: AsyncSession, actor: Actor, collection_id: int) -> CollectionRow:
    row = (await queries.by_ids(session, [collection_id])).get(collection_id)
    if row is None:
        raise NotFoundError(_NOT_FOUND)
    if row.account_id != actor.account_id:
        raise ForbiddenError(_NOT_ALLOWED)
    return row


async def untell(
    session: AsyncSession, row: CollectionRow, *, account_id: int | None = None
) -> None:
    """Take back what members were told of a collection."""
    statement = delete_rows(NotificationRow).where(
        NotificationRow.kind.in_(COLLECTION_KINDS),
        NotificationRow.from_id == row.account_id,
        NotificationRow.detail["collection_id"].as_string() == str(row.id),
    )
    if account_id is not None:
        statement = statement.where(NotificationRow.account_id == account_id)
    await session.execute(statement)
