"""Collections between servers (FEP-7aa9): who asks and agrees, and those of other servers.

Of a collection elsewhere the row of a member in it is their word, whose stamp we serve; of a
collection here the row of an account elsewhere remembers where that server's stamp is.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain import addresses
from fedi_k12.domain.approvals import Consent, Verdict
from fedi_k12.domain.collection_jobs import AnswerFeature, LearnCollection, VerifyFeature
from fedi_k12.domain.ids import new_id
from fedi_k12.services import collections
from storage import accounts, follows, jobs
from storage import collections as queries
from storage.tables import AccountRow, CollectionItemRow, CollectionRow

MAX_ELSEWHERE = 50
"""So many collections of one account of another server are kept."""
MAX_PLACES = 100
"""So many members of this place can be in one collection elsewhere."""


class ReceivedItem(Struct, frozen=True):
    """An account in a collection elsewhere; its word was looked at, or is ours to know."""

    uri: str
    account_id: int
    stamp_uri: str | None
    looked_at: bool = False
    """Its stamp was fetched just now."""


class ReceivedCollection(Struct, frozen=True):
    """A collection of another server, cleaned. `items`: None where nobody looked at them."""

    uri: str
    account_id: int
    name: str
    description: str
    tag: str
    language: str | None
    sensitive: bool
    discoverable: bool
    url: str | None
    published: datetime | None
    updated: datetime | None
    items: Sequence[ReceivedItem] | None


async def receive(
    session: AsyncSession, received: ReceivedCollection, *, now: datetime
) -> None:
    """Take in another server's collection by its id: new, or as it is now."""
    row = await queries.by_uri(session, received.uri)
    if row is not None and row.account_id != received.account_id:
        return  # a collection does not change hands
    if row is None:
        if await queries.count_made_by(session, received.account_id) >= MAX_ELSEWHERE:
            return
        row = CollectionRow(
            id=new_id(),
            account_id=received.account_id,
            uri=received.uri,
            created_at=min(received.published or now, now),
        )
        session.add(row)
        before = None
    else:
        before = collections.words_of(row)
    row.name, row.description, row.tag = received.name, received.description, received.tag
    row.language, row.sensitive = received.language, received.sensitive
    row.discoverable, row.url = received.discoverable, received.url
    row.updated_at = min(received.updated or now, now)
    row.fetched_at = now
    await session.flush()
    if received.items is not None:
        await _receive_items(session, row, received.items, now=now)
    if before is not None and before != collections.words_of(row):
        await collections.tell_of_change(session, row, now=now)


async def gone(session: AsyncSession, row: CollectionRow) -> None:
    """Forget a collection of another server."""
    await collections.untell(session, row)
    await session.delete(row)
    await session.flush()


async def is_wanted(session: AsyncSession, account: AccountRow, uri: str) -> bool:
    """Return whether anybody cares for a collection: it is known, or its maker followed."""
    if await queries.by_uri(session, uri) is not None:
        return True
    return account.id in await follows.has_local_follower(session, [account.id])


async def learn(session: AsyncSession, uri: str, *, now: datetime) -> None:
    """Let a collection of another server be fetched anew, once however often that is asked."""
    job = LearnCollection(uri)
    if not await jobs.is_waiting(session, job):
        await jobs.enqueue(session, job, now=now)


async def learn_all(session: AsyncSession, uris: Sequence[str], *, now: datetime) -> None:
    """Let several collections of another server be fetched anew."""
    for uri in uris:
        await learn(session, uri, now=now)


async def asked(
    session: AsyncSession,
    *,
    row: CollectionRow,
    member: AccountRow,
    asker: AccountRow,
    request_uri: str,
    now: datetime,
) -> None:
    """Answer somebody elsewhere who wants to put a member into their collection.

    The member's policy says it. Asked twice, the answer is the same; who left stays out.
    """
    item = await queries.item_of(session, row.id, member.id)
    if item is None and await _may_be_in(session, row, member, asker):
        number = new_id()
        item = CollectionItemRow(
            id=number,
            collection_id=row.id,
            account_id=member.id,
            state=Consent.ACCEPTED.value,
            stamp_uri=addresses.stamp(member.uri, number),
            created_at=now,
        )
        session.add(item)
        await session.flush()
        await collections.tell_of_place(session, row, item, now=now)
    stamp = None
    if item is not None and item.state == Consent.ACCEPTED:
        item.request_uri, stamp = request_uri, item.stamp_uri
    job = AnswerFeature(member.id, asker.id, row.uri, request_uri, stamp)
    await jobs.enqueue(session, job, now=now, about=f"{member.id} {row.uri}")


async def stamp_came(
    session: AsyncSession, item: CollectionItemRow, stamp_uri: str, *, now: datetime
) -> None:
    """Remember where an account elsewhere says that it agrees; that is looked at first."""
    if item.state == Consent.PENDING:
        item.stamp_uri = stamp_uri
        await session.flush()
        await jobs.enqueue(session, VerifyFeature(item.id), now=now)


async def checked(session: AsyncSession, *, item_id: int, holds: bool, now: datetime) -> None:
    """Take in what came of looking at the stamp of an account in a collection of ours."""
    item = await queries.item(session, item_id)
    row = await _collection_of(session, item)
    if item is None or row is None:
        return
    item.checked_at = now
    if not holds:
        await refused(session, item, now=now)
    elif item.state == Consent.PENDING:
        await collections.settle_in(session, row, item, now=now)


async def refused(session: AsyncSession, item: CollectionItemRow, *, now: datetime) -> None:
    """Take in that an account elsewhere does not want to be in a collection, or no longer.

    Of one here that is remembered, so that nobody asks again and again.
    """
    row = await _collection_of(session, item)
    owner = await accounts.by_id(session, row.account_id) if row is not None else None
    if row is None or owner is None:
        return
    if not owner.is_local:
        await session.delete(item)
        await session.flush()
        return
    was_in = item.state == Consent.ACCEPTED
    if item.state in {Consent.PENDING, Consent.ACCEPTED}:
        item.state = (Consent.REVOKED if was_in else Consent.REJECTED).value
        row.updated_at = now
    await session.flush()
    if was_in:
        await collections.federate_item(session, row, item, added=False, now=now)


async def taken_out(
    session: AsyncSession, row: CollectionRow, item_uri: str, *, now: datetime
) -> None:
    """Take in that a collection elsewhere no longer has somebody in it."""
    items = (await queries.items_of(session, [row.id])).get(row.id, [])
    for item in items:
        if item.uri == item_uri and item.state != Consent.REVOKED:
            await collections.untell(session, row, account_id=item.account_id)
            await session.delete(item)
    row.updated_at = now
    await session.flush()


async def _may_be_in(
    session: AsyncSession, row: CollectionRow, member: AccountRow, asker: AccountRow
) -> bool:
    if await follows.blocked_either_way(session, member.id, asker.id):
        return False
    items = (await queries.items_of(session, [row.id])).get(row.id, [])
    if len(items) >= MAX_PLACES:
        return False
    return await collections.verdict_for(session, asker, member) is Verdict.AUTOMATIC


async def _receive_items(
    session: AsyncSession,
    row: CollectionRow,
    items: Sequence[ReceivedItem],
    *,
    now: datetime,
) -> None:
    """Keep who is in a collection elsewhere. Members are in it by their own word alone."""
    known = {
        item.account_id: item
        for item in (await queries.items_of(session, [row.id])).get(row.id, [])
    }
    people = await accounts.by_ids(session, [item.account_id for item in items])
    listed = {item.account_id: item for item in items}
    for number, item in known.items():
        # Who agreed but was never listed may be so in a moment; who left stays out.
        if number not in listed and item.uri and item.state != Consent.REVOKED:
            await collections.untell(session, row, account_id=number)
            await session.delete(item)
    for number, found in listed.items():
        place = known.get(number)
        if place is None and not people[number].is_local:
            place = CollectionItemRow(
                id=new_id(),
                collection_id=row.id,
                account_id=number,
                state=Consent.ACCEPTED.value,
                created_at=now,
            )
            session.add(place)
        if place is None:
            continue
        place.uri = found.uri
        if not people[number].is_local:
            place.stamp_uri = found.stamp_uri
            place.checked_at = now if found.looked_at else place.checked_at
    await session.flush()


async def _collection_of(
    session: AsyncSession, item: CollectionItemRow | None
) -> CollectionRow | None:
    if item is None:
        return None
    return (await queries.by_ids(session, [item.collection_id])).get(item.collection_id)
