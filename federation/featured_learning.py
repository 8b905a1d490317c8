"""Jobs: fetch collections of other servers, and the stamps of who is in them (FEP-7aa9)."""

import asyncio
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from federation.collect import Caps, read_collection
from federation.fetch import Budget, Fetched, fetch_document
from federation.learn import account_of
from federation.policy import demand_all
from federation.vocab.featured import (
    MAX_ITEMS_ELSEWHERE,
    MAX_NAME_ELSEWHERE,
    MAX_SUMMARY_ELSEWHERE,
    FeaturedCollectionIn,
    FeaturedItemIn,
    items_in,
    parse_featured_collection,
)
from federation.vocab.quote import FEATURE, vouches
from fedi_k12.context import Context
from fedi_k12.domain.approvals import Consent
from fedi_k12.domain.collection_jobs import LearnCollection, RecheckFeatures, VerifyFeature
from fedi_k12.domain.collections import MAX_TAG
from fedi_k12.domain.errors import DomainError, InvalidError, NotFoundError
from fedi_k12.domain.languages import normalise_language
from fedi_k12.domain.sanitise import plain_text, safe_html
from fedi_k12.domain.text import clean_line
from fedi_k12.domain.urls import same_origin
from fedi_k12.guard import FetchError
from fedi_k12.services import collections_elsewhere as elsewhere
from fedi_k12.services.collections_elsewhere import ReceivedCollection, ReceivedItem
from storage import accounts, collections, jobs
from storage.tables import AccountRow, CollectionItemRow

RECHECKED_AFTER = timedelta(days=7)
RECHECKED_AT_ONCE = 200
RECHECK_EVERY = timedelta(hours=1)
AT_ONCE = 4
SECONDS = 60.0


async def learn_collection(ctx: Context, job: LearnCollection) -> None:
    """Job: take in a collection as it is at its own id, and who is in it with their word."""
    budget = Budget(
        actors=MAX_ITEMS_ELSEWHERE,
        objects=MAX_ITEMS_ELSEWHERE,
        hosts_of_a_domain=MAX_ITEMS_ELSEWHERE,
    )
    async with asyncio.timeout(SECONDS):
        await collection_of(ctx, job.uri, budget=budget, with_people=True)


async def collection_of(
    ctx: Context, uri: str, *, budget: Budget, with_people: bool = False
) -> None:
    """Fetch a collection from its own id and take it in; one that is gone is forgotten.

    `with_people`: its accounts are learnt and their stamps looked at, too. Raises what the
    fetch raises, and `FetchError` for what is no collection.
    """
    budget.spend_object()
    await demand_all(ctx, uri)
    try:
        fetched = await fetch_document(ctx, uri)
    except NotFoundError:
        await ctx.write(_gone, uri=uri)
        return
    await take_in_collection(ctx, fetched, budget=budget, with_people=with_people)


async def take_in_collection(
    ctx: Context, fetched: Fetched, *, budget: Budget, with_people: bool = False
) -> None:
    """Take in a collection's document that was fetched from its own id."""
    try:
        found = parse_featured_collection(fetched.document)
    except InvalidError as error:
        raise FetchError(
            f"{fetched.id} is no collection: {error}", reason="form", permanent=True
        ) from error
    owner = await account_of(ctx, found.owner_uri, budget=budget)
    if owner.is_local or owner.suspended_at is not None:
        return
    items = await _agreed(ctx, found, budget) if with_people else None
    await ctx.write(elsewhere.receive, _received(found, owner, items), now=ctx.clock())


async def verify_feature(ctx: Context, job: VerifyFeature) -> None:
    """Job: look at the stamp of an account elsewhere that is to be in a collection here."""
    async with ctx.read() as session:
        item = await collections.item(session, job.item_id)
        if item is None:
            return
        rows = await collections.by_ids(session, [item.collection_id])
        account = await accounts.by_id(session, item.account_id)
    row = rows.get(item.collection_id)
    if row is None or account is None or account.is_local:
        return
    holds = await _holds(ctx, item.stamp_uri, account.uri, row.uri)
    await ctx.write(elsewhere.checked, item_id=item.id, holds=holds, now=ctx.clock())


async def recheck_features(ctx: Context, job: RecheckFeatures) -> None:
    """Job: look again at stamps and collections elsewhere that nobody looked at for a week."""
    del job
    now = ctx.clock()
    before = now - RECHECKED_AFTER
    async with ctx.read() as session:
        stamps = await collections.stamps_due(session, before=before, limit=RECHECKED_AT_ONCE)
        uris = await collections.collections_due(
            session, before=before, limit=RECHECKED_AT_ONCE
        )
    await ctx.write(jobs.enqueue_many, [VerifyFeature(one) for one in stamps], now=now)
    await ctx.write(jobs.enqueue_many, [LearnCollection(uri) for uri in uris], now=now)


async def _agreed(
    ctx: Context, found: FeaturedCollectionIn, budget: Budget
) -> list[ReceivedItem]:
    """Return who is in a collection with their own word; who cannot be asked is left out."""
    items = found.items
    if not items and found.first:
        caps = Caps(items=MAX_ITEMS_ELSEWHERE, pages=5, seconds=15)
        read = await read_collection(ctx, found.first, of=found.id, caps=caps)
        items = items_in(read.items, found.id)
    known = await _known(ctx, found.id)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(item: FeaturedItemIn) -> ReceivedItem | None:
        async with gate:
            return await _agrees(ctx, found.id, item, known, budget)

    return [one for one in await asyncio.gather(*map(one, items)) if one is not None]


async def _agrees(
    ctx: Context,
    collection_uri: str,
    item: FeaturedItemIn,
    known: dict[int, CollectionItemRow],
    budget: Budget,
) -> ReceivedItem | None:
    try:
        account = await account_of(ctx, item.account_uri, budget=budget)
    except DomainError:
        return None
    place = known.get(account.id)
    if account.is_local or (place is not None and _is_fresh(ctx, place, item)):
        return ReceivedItem(item.uri, account.id, item.stamp)
    try:
        holds = await _holds(ctx, item.stamp, account.uri, collection_uri)
    except FetchError:
        # Not to be had now: who was in it stays until it can be.
        if place is None or place.stamp_uri != item.stamp:
            return None
        return ReceivedItem(item.uri, account.id, item.stamp)
    if not holds:
        return None
    return ReceivedItem(item.uri, account.id, item.stamp, looked_at=True)


async def _holds(
    ctx: Context, stamp: str | None, account_uri: str, collection_uri: str
) -> bool:
    """Return whether a stamp is an account's word that it may be in a collection (FED-111)."""
    if stamp is None or not same_origin(stamp, account_uri):
        return False
    try:
        await demand_all(ctx, stamp)
        document = (await fetch_document(ctx, stamp)).document
    except DomainError as error:
        if isinstance(error, FetchError) and not error.permanent:
            raise
        return False
    return vouches(
        document,
        kind=FEATURE,
        author=account_uri,
        interaction_uri=collection_uri,
        target_uri=account_uri,
    )


def _is_fresh(ctx: Context, place: CollectionItemRow, item: FeaturedItemIn) -> bool:
    return (
        place.state == Consent.ACCEPTED
        and place.stamp_uri == item.stamp
        and place.checked_at is not None
        and ctx.clock() - place.checked_at < RECHECKED_AFTER
    )


async def _known(ctx: Context, uri: str) -> dict[int, CollectionItemRow]:
    async with ctx.read() as session:
        row = await collections.by_uri(session, uri)
        if row is None:
            return {}
        items = (await collections.items_of(session, [row.id])).get(row.id, [])
    return {item.account_id: item for item in items}


async def _gone(session: AsyncSession, *, uri: str) -> None:
    row = await collections.by_uri(session, uri)
    owner = await accounts.by_id(session, row.account_id) if row is not None else None
    if row is not None and owner is not None and not owner.is_local:
        await elsewhere.gone(session, row)


def _received(
    found: FeaturedCollectionIn, owner: AccountRow, items: list[ReceivedItem] | None
) -> ReceivedCollection:
    tag = clean_line(found.tag, MAX_TAG)
    return ReceivedCollection(
        uri=found.id,
        account_id=owner.id,
        name=clean_line(found.name, MAX_NAME_ELSEWHERE),
        description=clean_line(plain_text(safe_html(found.summary)), MAX_SUMMARY_ELSEWHERE),
        tag=tag if tag.replace("_", "").isalnum() else "",
        language=normalise_language(found.language) if found.language else None,
        sensitive=found.sensitive,
        discoverable=found.discoverable,
        url=found.url,
        published=found.published,
        updated=found.updated,
        items=items,
    )
