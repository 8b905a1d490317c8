"""Learn accounts of other servers: fetched from their own id, checked, taken in."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from federation.collect import Caps, read_collection
from federation.fetch import Budget, fetch_document
from federation.knock import advertised
from federation.policy import decide, demand, demand_all
from federation.sig.keys import from_multibase, kind_of, normal
from federation.vocab.actor import ActorIn, KeyIn, parse_actor
from federation.vocab.build_actor import RFC_9421
from federation.vocab.note import EmojiIn
from federation.vocab.values import Json
from federation.webfinger import Verified, verified
from fedi_k12.context import Context
from fedi_k12.domain.errors import DomainError, UnauthenticatedError
from fedi_k12.domain.groups import MAX_MODERATORS
from fedi_k12.domain.jobs import LearnMove
from fedi_k12.domain.sanitise import safe_html
from fedi_k12.domain.text import clean_line, clean_name
from fedi_k12.domain.urls import host_of
from fedi_k12.guard import FetchError
from fedi_k12.services.profiles import (
    ReceivedAccount,
    ReceivedKey,
    receive_account,
    receive_keys,
)
from fedi_k12.web.shelf import Fresh, kept
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


class _JustTakenIn(Fresh[str, tuple[datetime, Json]]):
    """Documents that were taken in a moment ago, and when, whose handles are still to check."""

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
    actor = parse_actor(document)
    await demand_all(ctx, actor.id, actor.inbox, actor.shared_inbox)
    decision = await decide(ctx, host_of(actor.id))
    if RFC_9421 in actor.implements:
        await advertised(ctx, host_of(actor.id))
    async with ctx.read() as session:
        known = await accounts.by_uri(session, actor.id)
    if known is not None and is_stripped(actor, known):
        return await ctx.write(
            receive_keys, account_id=known.id, keys=_keys(actor.keys), now=ctx.clock()
        )
    handle = await _handle(ctx, actor, known, check=check_handle)
    await demand(ctx, handle.host)
    received = received_account(actor, handle, with_pictures=not decision.reject_media)
    return await ctx.write(_receive, received, now=ctx.clock())


def keep_for_check(ctx: Context, row: AccountRow, document: Json) -> None:
    """Keep the document that an account was just learnt from, until its handle is checked."""
    if row.fetched_at is not None:
        kept(ctx, _JustTakenIn).put(row.uri, (row.fetched_at, document), now=ctx.clock())


async def check_handle(ctx: Context, uri: str) -> None:
    """Take in an account with its handle checked, fetched anew unless that was just done."""
    just = kept(ctx, _JustTakenIn)
    found = just.get(uri, now=ctx.clock())
    just.drop(uri)
    if found is not None:
        async with ctx.read() as session:
            row = await accounts.by_uri(session, uri)
        # Whoever heard of something newer meanwhile knows better.
        if row is not None and row.fetched_at == found[0]:
            await take_in_actor(ctx, found[1], check_handle=True)
            return
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


async def _receive(
    session: AsyncSession, received: ReceivedAccount, *, now: datetime
) -> AccountRow:
    row = await receive_account(session, received, now=now)
    # Only where somebody here follows it: a chain of movers leads no further than that.
    if (
        row.moved_to_uri
        and row.moved_to_id is None
        and await follows.has_local_follower(session, [row.id])
    ):
        await jobs.enqueue(session, LearnMove(row.uri), now=now)
    return row


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


async def _handle(
    ctx: Context, actor: ActorIn, known: AccountRow | None, *, check: bool
) -> Verified:
    if check:
        return await verified(ctx, actor)
    if known is not None and known.handle_verified and known.username == actor.username:
        return Verified(known.username, known.domain, ok=True)
    return Verified(actor.username, host_of(actor.id), ok=False)


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
