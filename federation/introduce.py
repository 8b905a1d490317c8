"""Job: make a profile whole that somebody here looks at or follows for the first time.

Its pinned posts and hashtags, now and then anew, as not every server tells of changes; its
newest posts once. Each post is fetched from its own id; one profile of a host at a time.
"""

import asyncio
from contextlib import suppress

import structlog

from federation.collect import Caps, read_collection
from federation.fetch import Budget
from federation.learn import STALE, fetch_account
from federation.resolve import post_of
from federation.vocab import values
from fedi_k12.context import Context
from fedi_k12.domain.errors import DomainError
from fedi_k12.domain.jobs import IntroduceAccount
from fedi_k12.domain.urls import same_origin
from fedi_k12.guard import FetchError
from fedi_k12.services import featuring as services
from fedi_k12.services.collections_elsewhere import learn_all
from fedi_k12.web.shelf import kept
from storage import accounts
from storage.tables import AccountRow, ProfileFetchRow

POSTS = 40
COLLECTIONS = 10
SECONDS = 60.0
_log = structlog.get_logger("introduce")


class _Busy(set[str]):
    """Hosts that a profile is being fetched of."""


async def introduce_account(ctx: Context, job: IntroduceAccount) -> None:
    """Job: fetch what an account features and, the first time, its newest posts."""
    async with ctx.read() as session:
        row = await accounts.by_id(session, job.account_id)
        asked = await session.get(ProfileFetchRow, job.account_id)
    if row is None or row.is_local or row.deleted_at or row.suspended_at or asked is None:
        return
    busy = kept(ctx, _Busy)
    if row.host in busy:
        raise FetchError(f"Another profile of {row.host} is being fetched.", reason="busy")
    busy.add(row.host)
    newest = asked.posts_at is None
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                newest = await _introduce(ctx, row, newest=newest)
    finally:
        busy.discard(row.host)
    if newest:
        await ctx.write(services.introduced, account_id=row.id, now=ctx.clock())


async def _introduce(ctx: Context, row: AccountRow, *, newest: bool) -> bool:
    """Do what is to be done; return whether the newest posts were read now."""
    if row.fetched_at is None or ctx.clock() - row.fetched_at > STALE:
        row = await fetch_account(ctx, row.uri)
    budget = Budget(actors=POSTS, objects=POSTS + services.MAX_PINS_ELSEWHERE)
    read = False
    for part in (
        (_pins, _tags, _collections, _newest) if newest else (_pins, _tags, _collections)
    ):
        try:
            await part(ctx, row, budget)
        except DomainError as error:
            _log.info("left out", account=row.uri, part=part.__name__, reason=str(error))
        else:
            read = part is _newest
    return read


async def _pins(ctx: Context, row: AccountRow, budget: Budget) -> None:
    if not row.featured_uri:
        return
    caps = Caps(items=services.MAX_PINS_ELSEWHERE, pages=3, seconds=15)
    found = await read_collection(ctx, row.featured_uri, of=row.uri, caps=caps)
    uris = [uri for uri in found.ids if same_origin(uri, row.uri)]
    await _fetch(ctx, row, uris, budget)
    await ctx.write(services.receive_pins, account_id=row.id, uris=uris, now=ctx.clock())


async def _tags(ctx: Context, row: AccountRow, budget: Budget) -> None:
    del budget
    if not row.featured_tags_uri:
        return
    caps = Caps(items=services.MAX_TAGS_ELSEWHERE, pages=3, seconds=15)
    found = await read_collection(ctx, row.featured_tags_uri, of=row.uri, caps=caps)
    names = [
        values.text(item, "name", limit=200)
        for item in values.objects(found.items, limit=services.MAX_TAGS_ELSEWHERE)
        if {"Hashtag", "as:Hashtag"} & set(values.types(item))
    ]
    await ctx.write(services.receive_tags, account_id=row.id, names=names, now=ctx.clock())


async def _collections(ctx: Context, row: AccountRow, budget: Budget) -> None:
    del budget
    if not row.featured_collections_uri:
        return
    caps = Caps(items=COLLECTIONS, pages=3, seconds=15)
    found = await read_collection(ctx, row.featured_collections_uri, of=row.uri, caps=caps)
    uris = [uri for uri in found.ids if same_origin(uri, row.uri)]
    await ctx.write(learn_all, uris, now=ctx.clock())


async def _newest(ctx: Context, row: AccountRow, budget: Budget) -> None:
    if not row.outbox:
        return
    caps = Caps(items=POSTS, pages=4, seconds=20)
    found = await read_collection(ctx, row.outbox, of=row.uri, caps=caps)
    uris = [uri for item in found.items if (uri := _written(item, row))]
    await _fetch(ctx, row, uris, budget)


async def _fetch(ctx: Context, row: AccountRow, uris: list[str], budget: Budget) -> None:
    """Fetch posts one after the other; what cannot be had is left out."""
    for uri in uris:
        try:
            await post_of(ctx, uri, budget=budget)
        except DomainError as error:
            _log.info("left out", uri=uri[:300], reason=str(error))
            if isinstance(error, FetchError) and not error.permanent:
                return


def _written(item: object, row: AccountRow) -> str:
    """Return the id of the post that an item of an outbox says was written, else ""."""
    for activity in values.objects(item, limit=1):
        if "Create" in values.types(activity):
            item = activity.get("object")
        elif "object" in activity:
            return ""
    uri = values.id_of(item)
    return uri if same_origin(uri, row.uri) else ""
