"""Learn accounts of other servers: fetched from their own id, checked, taken in."""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from federation.collect import Caps, read_collection
from federation.fetch import Budget, fetch_document
from federation.knock import advertised
from federation.policy import decide, demand, demand_all, demand_within
from federation.sig.keys import from_multibase, kind_of, normal
from federation.vocab.actor import ActorIn, KeyIn, parse_actor
from federation.vocab.build_actor import RFC_9421
from federation.vocab.note import EmojiIn
from federation.vocab.values import Json
from federation.webfinger import Verified, verified
from fedi_k12.context import Context
from fedi_k12.domain.errors import DomainError, UnauthenticatedError
from fedi_k12.domain.groups import MAX_MODERATORS
from fedi_k12.domain.jobs import LearnMove, RefreshAccount
from fedi_k12.domain.sanitise import safe_html
from fedi_k12.domain.text import clean_line, clean_name
from fedi_k12.domain.urls import host_of
from fedi_k12.guard import FetchError
from fedi_k12.services.received_accounts import (
    ReceivedAccount,
    ReceivedKey,
    TakenIn,
    receive_accounts,
    receive_keys,
)
from fedi_k12.web.shelf import Fresh, kept
from fedi_k12.web.together import Together
from storage import accounts, follows, groups, jobs
from storage.tables import AccountRow

_BADGE = re.compile(
    r"verif|official|admin|moderat|(?:blue|check)_?(?:tick|mark)", re.IGNORECASE
)
"""Emojis of such names would pass their bearer off as somebody confirmed (FED-102)."""
STALE = timedelta(days=1)
"""An account looked at after so long is fetched anew (in the background)."""
FAILED_FOR = timedelta(minutes=5)


class _Failed(Fresh[str, str]):
    """Ids that could not be fetched a moment ago: not asked for again at once."""

    def __init__(self) -> None:
        super().__init__(size=10_000, lasts=FAILED_FOR)


class _Arrival(Struct, frozen=True):
    """An actor's document that was fetched from its own id, as it is to be taken in."""

    actor: ActorIn
    received: ReceivedAccount
    checked: bool
    """Whether its handle was: otherwise one that was checked before still is."""
    check_later: bool
    """A handle that was not checked is, by a job."""


class _JustTakenIn(Fresh[str, tuple[datetime, ActorIn]]):
    """Actors who were taken in a moment ago, and when, whose handles are still to check."""

    def __init__(self) -> None:
        super().__init__(size=500, lasts=timedelta(minutes=1))


class _UnderWay(dict[str, "asyncio.Task[AccountRow]"]):
    """Fetches that run: who needs the same account waits for the same one."""


async def account_of(
    ctx: Context, uri: str, *, budget: Budget | None = None, check_handle: bool = True
) -> AccountRow:
    """Return the account with this id, fetched where it is not known here.

    Raises what the fetch raises; `FetchError` at once for one that failed a moment ago.
    """
    async with ctx.read() as session:
        row = await accounts.by_uri(session, uri)
    if row is not None and row.deleted_at is None:
        return row
    if budget is not None:
        budget.spend_actor(uri)
    failed = kept(ctx, _Failed)
    if (why := failed.get(uri, now=ctx.clock())) is not None:
        raise FetchError(why, reason="failed_before", permanent=True)
    try:
        return await fetch_account(ctx, uri, check_handle=check_handle)
    except DomainError as error:
        failed.put(uri, str(error), now=ctx.clock())
        raise


async def fetch_account(ctx: Context, uri: str, *, check_handle: bool = True) -> AccountRow:
    """Fetch an account, take it in as it is now, and return it."""
    under_way = kept(ctx, _UnderWay)
    task = under_way.get(uri)
    if task is None:
        task = asyncio.create_task(_fetch(ctx, uri, check_handle=check_handle))
        under_way[uri] = task

        def settle(done: "asyncio.Task[AccountRow]") -> None:
            under_way.pop(uri, None)
            if not done.cancelled():
                # Whoever waited may be gone by now: then nobody else looks at it.
                done.exception()

        task.add_done_callback(settle)
    return await asyncio.shield(task)


async def take_in_actor(ctx: Context, document: Json, *, check_handle: bool) -> AccountRow:
    """Take in an actor's document that was fetched from its own id."""
    actor = await _welcome(ctx, document)
    handle = None
    if check_handle:
        async with ctx.read() as session:
            known = await accounts.by_uri(session, actor.id)
        if known is None or not is_stripped(actor, known):
            handle = await verified(ctx, actor)
    return (await _take_in(ctx, actor, handle)).row


async def take_in_signer(ctx: Context, document: Json) -> TakenIn:
    """Take in the document of somebody who waits for an answer, and have the handle checked.

    Who it is called elsewhere is asked in the background.
    """
    actor = await _welcome(ctx, document)
    return await _take_in(ctx, actor, None, check_later=True)


async def check_handle(ctx: Context, uri: str) -> None:
    """Take in an account with its handle checked, fetched anew unless that was just done."""
    just = kept(ctx, _JustTakenIn)
    found = just.get(uri, now=ctx.clock())
    just.drop(uri)
    if found is None or not await _is_checked(ctx, *found):
        await fetch_account(ctx, uri)


async def learn_moderators(ctx: Context, group_uri: str) -> None:
    """Fetch who looks after a group elsewhere, as its own server has it."""
    async with ctx.read() as session:
        group = await accounts.by_uri(session, group_uri)
        profile = await groups.profile(session, group.id) if group is not None else None
    if group is None:
        return
    uris: list[str] = []
    if profile is not None and profile.moderators_uri:
        caps = Caps(items=MAX_MODERATORS, pages=5)
        uris = (await read_collection(ctx, profile.moderators_uri, of=group.uri, caps=caps)).ids
    await ctx.write(groups.set_moderators, group.id, uris, now=ctx.clock())


class _TakeIn(Together[_Arrival, TakenIn]):
    """Takes in together those whose documents came at the same time."""

    def __init__(self) -> None:
        super().__init__(_take_in_all)


async def _take_in_all(ctx: Context, arrivals: Sequence[_Arrival]) -> list[TakenIn]:
    taken = await ctx.write(_receive, arrivals, ctx=ctx, now=ctx.clock())
    just = kept(ctx, _JustTakenIn)
    for arrival, (row, _own) in zip(arrivals, taken, strict=True):
        if _is_to_check(arrival, row) and row.fetched_at is not None:
            just.put(row.uri, (row.fetched_at, arrival.actor), now=ctx.clock())
    return taken


async def _receive(
    session: AsyncSession, arrivals: Sequence[_Arrival], *, ctx: Context, now: datetime
) -> list[TakenIn]:
    first: dict[str, _Arrival] = {}
    again = [one for one in arrivals if first.setdefault(one.actor.id, one) is not one]
    known = await accounts.by_uris(session, list(first))
    stripped = {
        uri: known[uri]
        for uri, one in first.items()
        if uri in known and is_stripped(one.actor, known[uri])
    }
    taken = {uri: TakenIn(row, {}) for uri, row in stripped.items()}
    named = [(row, keys) for uri, row in stripped.items() if (keys := first[uri].received.keys)]
    owned = await receive_keys(session, named, now=now) if named else []
    for (row, _all), own in zip(named, owned, strict=True):
        taken[row.uri] = TakenIn(row, own)
    whole = [
        await _as_called(ctx, session, one, known.get(uri))
        for uri, one in first.items()
        if uri not in stripped
    ]
    for found in await receive_accounts(session, whole, known=known, now=now):
        taken[found.row.uri] = found
    rows = [found.row for found in taken.values()]
    # Only where somebody here follows it: a chain of movers leads no further than that.
    moved = [row for row in rows if row.moved_to_uri and row.moved_to_id is None]
    followed = await follows.has_local_follower(session, [row.id for row in moved])
    later = [LearnMove(row.uri) for row in moved if row.id in followed]
    checks = [RefreshAccount(row.uri) for row in rows if _is_to_check(first[row.uri], row)]
    await jobs.enqueue_many(session, [*later, *checks], now=now)
    repeated = await _receive(session, again, ctx=ctx, now=now) if again else []
    by_id = {id(one): taken[uri] for uri, one in first.items()}
    by_id |= {id(one): found for one, found in zip(again, repeated, strict=True)}
    return [by_id[id(one)] for one in arrivals]


def is_stripped(actor: ActorIn, known: AccountRow) -> bool:
    """Return whether a document says less than was known, as some answer who is not believed.

    What they leave out is not gone: the keys count, and the rest stays as it was.
    """
    return actor.outbox is None and known.outbox is not None and known.deleted_at is None


def received_account(
    actor: ActorIn, handle: Verified, *, with_pictures: bool = True
) -> ReceivedAccount:
    """Return what an actor's document says, cleaned, as the services take it."""
    return ReceivedAccount(
        uri=actor.id,
        kind=actor.kind,
        username=handle.username,
        domain=handle.host,
        host=host_of(actor.id),
        inbox=actor.inbox,
        url=actor.url,
        handle_verified=handle.ok,
        display_name=clean_name(actor.name),
        note=safe_html(actor.summary),
        fields=tuple(
            {"name": clean_line(name, 255), "value": safe_html(value)}
            for name, value in actor.fields
        ),
        emojis=emojis(actor.emojis),
        avatar_remote_url=actor.icon_url if with_pictures else None,
        avatar_alt=clean_line(actor.icon_alt, 1500),
        header_remote_url=actor.image_url if with_pictures else None,
        header_alt=clean_line(actor.image_alt, 1500),
        locked=actor.locked,
        discoverable=actor.discoverable,
        indexable=actor.indexable,
        searchable_by=actor.searchable_by,
        show_media=actor.show_media,
        show_media_replies=actor.show_media_replies,
        show_featured=actor.show_featured,
        memorial=actor.memorial,
        suspended=actor.suspended,
        shared_inbox=actor.shared_inbox,
        outbox=actor.outbox,
        followers_uri=actor.followers,
        following_uri=actor.following,
        featured_uri=actor.featured,
        featured_tags_uri=actor.featured_tags,
        featured_collections_uri=actor.featured_collections,
        feature_policy=actor.featuring.stored() if actor.featuring else None,
        also_known_as=actor.also_known_as,
        moved_to_uri=actor.moved_to,
        attribution_domains=actor.attribution_domains,
        published=actor.published,
        updated=actor.updated,
        moderators_uri=actor.moderators,
        restricted=actor.restricted,
        keys=tuple(_keys(actor.keys)),
    )


def emojis(found: Sequence[EmojiIn]) -> tuple[dict[str, str], ...]:
    """Return custom emojis as they are stored; none that looks like a badge of ours."""
    return tuple(
        {"shortcode": item.shortcode, "url": item.url}
        for item in found
        if not _BADGE.search(item.shortcode)
    )


async def _fetch(ctx: Context, uri: str, *, check_handle: bool) -> AccountRow:
    await demand_all(ctx, uri)
    fetched = await fetch_document(ctx, uri)
    return await take_in_actor(ctx, fetched.document, check_handle=check_handle)


async def _welcome(ctx: Context, document: Json) -> ActorIn:
    """Return the actor that a document describes, where it is one that we talk to."""
    actor = parse_actor(document)
    await demand_all(ctx, actor.id, actor.inbox, actor.shared_inbox)
    if RFC_9421 in actor.implements:
        await advertised(ctx, host_of(actor.id))
    return actor


async def _take_in(
    ctx: Context, actor: ActorIn, handle: Verified | None, *, check_later: bool = False
) -> TakenIn:
    called = handle or _unchecked(actor)
    await demand(ctx, called.host)
    decision = await decide(ctx, host_of(actor.id))
    received = received_account(actor, called, with_pictures=not decision.reject_media)
    arrival = _Arrival(actor, received, handle is not None, check_later)
    return await kept(ctx, _TakeIn)(ctx, arrival)


async def _as_called(
    ctx: Context, session: AsyncSession, arrival: _Arrival, known: AccountRow | None
) -> ReceivedAccount:
    """Return what is taken in, under the handle that was checked before where that holds."""
    received = arrival.received
    if (
        arrival.checked
        or known is None
        or not known.handle_verified
        or known.username != received.username
    ):
        return received
    await demand_within(ctx, session, known.domain)
    return replace(received, domain=known.domain, handle_verified=True)


async def _is_checked(ctx: Context, as_of: datetime, actor: ActorIn) -> bool:
    """Check the handle of an actor who was taken in; false where something newer is known."""
    handle, before = await verified(ctx, actor), _unchecked(actor)
    if handle == replace(before, ok=True):
        # The usual case: it is called as was thought.
        return await kept(ctx, _Confirm)(ctx, (actor.id, as_of))
    async with ctx.read() as session:
        row = await accounts.by_uri(session, actor.id)
    # Whoever heard of something newer meanwhile knows better.
    if row is None or row.fetched_at != as_of:
        return False
    await _take_in(ctx, actor, handle)
    return True


class _Confirm(Together[tuple[str, datetime], bool]):
    """Writes down together whose handles were found right at the same time."""

    def __init__(self) -> None:
        super().__init__(_confirm_all)


async def _confirm_all(ctx: Context, some: Sequence[tuple[str, datetime]]) -> list[bool]:
    confirmed = await ctx.write(accounts.confirm_handles, some)
    return [one in confirmed for one in some]


def _unchecked(actor: ActorIn) -> Verified:
    return Verified(actor.username, host_of(actor.id), ok=False)


def _is_to_check(arrival: _Arrival, row: AccountRow) -> bool:
    return arrival.check_later and not row.handle_verified


def _keys(found: Sequence[KeyIn]) -> list[ReceivedKey]:
    """Return the keys that we can use; the others are as if they were not there.

    A key that is named twice under one id, for requests and for proofs, is one key.
    """
    usable: dict[str, ReceivedKey] = {}
    for key in found:
        try:
            pem = normal(key.pem) if key.pem else from_multibase(key.multibase)
            kind = kind_of(pem)
        except UnauthenticatedError:
            continue
        first = usable.setdefault(key.id, ReceivedKey(key.id, kind, pem, asserts=key.asserts))
        if key.asserts and first.public_pem == pem:
            usable[key.id] = replace(first, asserts=True)
    return list(usable.values())
