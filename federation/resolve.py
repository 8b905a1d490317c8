"""A handle or an address → an account or a post: the one door of federation for other faces.

Accounts and posts come back as ids of ours, so that whoever asks loads what its viewer may see
through the services.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta

from msgspec import Struct

from federation.featured_learning import take_in_collection
from federation.fetch import Budget, Fetched, fetch_document, fetch_for_person
from federation.intents import onward as _onward
from federation.learn import account_of, check_handle, fetch_account, take_in_actor
from federation.policy import demand_all
from federation.take import named_in, people_in, received_post
from federation.vocab.actor import KINDS as ACTORS
from federation.vocab.counts import counts_in
from federation.vocab.featured import KIND as COLLECTION
from federation.vocab.note import NoteIn, is_post, parse_object
from federation.vocab.values import PUBLIC_NAMES, types
from federation.webfinger import finger
from fedi_k12.context import Context
from fedi_k12.domain.errors import DomainError, InvalidError, NotFoundError
from fedi_k12.domain.jobs import FetchThread, RefreshAccount, RefreshPoll
from fedi_k12.domain.people import Handle, parse_handle
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.text import ContentType, scan
from fedi_k12.guard import FetchError
from fedi_k12.services import replies
from fedi_k12.services.backfill import note_counts
from fedi_k12.services.collections_elsewhere import learn
from fedi_k12.services.receive import receive_posts, receive_update
from fedi_k12.services.relays import somebody_wants
from storage import accounts, collections, jobs, posts
from storage import federation as queries
from storage.tables import AccountRow, PostRow

MAX_ANCESTORS = 100
STALE = timedelta(days=1)
SECONDS_FOR_PEOPLE = 10.0
"""Somebody waits for the answer."""
SECONDS_FOR_MENTIONS = 5.0
MAX_NEW_MENTIONS = 10


class Resolved(Struct, frozen=True):
    """What an address leads to: an account, a post or a collection, by its id here."""

    account_id: int | None = None
    post_id: int | None = None
    collection_id: int | None = None


async def resolve_account(ctx: Context, handle: str, *, anew: bool = False) -> int:
    """Return the account with this handle, asked of its own server if it is not known here.

    `anew`: asked whatever is known, as only its own server's word counts. Raises
    `InvalidError` for what is no handle, `NotFoundError` where there is nobody.
    """
    parsed = parse_handle(handle, own_hosts=ctx.settings.own_hosts)
    async with ctx.read() as session:
        row = await accounts.by_handle(session, parsed.username.lower(), parsed.host or "")
    if anew and parsed.host:
        return await _ask_for(ctx, parsed)
    if row is not None and row.deleted_at is None:
        if parsed.host and (row.fetched_at is None or ctx.clock() - row.fetched_at > STALE):
            with suppress(DomainError, TimeoutError):
                async with asyncio.timeout(SECONDS_FOR_PEOPLE):
                    await fetch_account(ctx, row.uri)
        return row.id
    if parsed.host is None:
        raise NotFoundError(f"Nobody here is called {parsed}.")
    return await _ask_for(ctx, parsed)


async def resolve_url(ctx: Context, url: str, *, ask: bool = True) -> Resolved:
    """Return what an address that somebody typed or pasted leads to.

    Other servers are asked unless `ask` is false. Raises `NotFoundError` for what is neither
    an account, nor a post, nor a collection of accounts.
    """
    known = await _known_at(ctx, url)
    if known is not None:
        return known
    if ctx.settings.federation == "off" or not ask:
        raise NotFoundError("Neither an account nor a post is known at that address.")
    async with asyncio.timeout(SECONDS_FOR_PEOPLE):
        await demand_all(ctx, url)
        fetched = await fetch_for_person(ctx, url)
        kinds = set(types(fetched.document))
        if kinds & set(ACTORS):
            row = await take_in_actor(ctx, fetched.document, check_handle=True)
            return Resolved(account_id=row.id)
        if is_post(fetched.document):
            taken = await take_in_post(ctx, fetched, Budget())
            if taken is not None:
                if taken.in_reply_to_id is None and taken.in_reply_to_uri:
                    await ctx.write(jobs.enqueue, FetchThread(taken.id), now=ctx.clock())
                return Resolved(post_id=taken.id)
        if COLLECTION in kinds:
            await take_in_collection(ctx, fetched, budget=Budget())
            known = await _known_at(ctx, fetched.id)
            if known is not None:
                # Who is in it has to be asked one by one: nobody waits for that.
                await ctx.write(learn, fetched.id, now=ctx.clock())
                return known
    raise NotFoundError("Neither an account nor a post is at that address.")


async def _known_at(ctx: Context, url: str) -> Resolved | None:
    async with ctx.read() as session:
        account = await queries.account_at(session, url)
        if account is not None:
            return Resolved(account_id=account.id)
        post = await queries.post_at(session, url)
        if post is not None:
            return Resolved(post_id=post.id)
        found = (await collections.at(session, [url])).get(url)
    return Resolved(collection_id=found.id) if found is not None else None


async def onward(ctx: Context, handle: str, *, intent: str, object_uri: str) -> str:
    """Return where, at their own server, somebody goes on with what they found here.

    `intent` is a word of FEP-3b86, such as `Follow`. Raises as `federation.intents.onward`.
    """
    if ctx.settings.federation == "off":
        raise NotFoundError("This place does not talk with other servers.")
    async with asyncio.timeout(SECONDS_FOR_PEOPLE):
        return await _onward(ctx, handle, intent=intent, object_uri=object_uri)


async def resolve_mentions(
    ctx: Context, text: str, *, content_type: ContentType = "text/plain"
) -> None:
    """Learn whom a text names and who is not known here yet, before it is published.

    Who cannot be reached in time stays a plain word in the text.
    """
    unknown = []
    for name in scan(text, content_type=content_type).mentions:
        with suppress(InvalidError):
            handle = parse_handle(name, own_hosts=ctx.settings.own_hosts)
            if handle.host is not None:
                unknown.append(handle)
    async with ctx.read() as session:
        unknown = [
            handle
            for handle in unknown
            if await accounts.by_handle(session, handle.username.lower(), handle.host or "")
            is None
        ]
    if not unknown or ctx.settings.federation == "off":
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(SECONDS_FOR_MENTIONS):
            await asyncio.gather(
                *(_ask_for(ctx, handle) for handle in unknown[:MAX_NEW_MENTIONS]),
                return_exceptions=True,
            )


async def post_of(
    ctx: Context, uri: str, *, budget: Budget, anew: bool = False
) -> PostRow | None:
    """Return the post with this id, fetched where it is not known here or wanted `anew`.

    None for what must not be shown here: posts that are not public.
    """
    async with ctx.read() as session:
        known = await posts.by_uri(session, uri)
        gone = known is None and await posts.tombstone(session, uri) is not None
    if gone or (known is not None and (known.local or not anew)):
        return known
    budget.spend_object()
    await demand_all(ctx, uri)
    return await take_in_post(ctx, await fetch_document(ctx, uri), budget, known=known)


async def relayed(ctx: Context, uri: str, *, budget: Budget) -> None:
    """Take in a post that a relay names, if it is for all and somebody follows its tags."""
    async with ctx.read() as session:
        buried = await posts.tombstone(session, uri) is not None
    if ctx.settings.federation != "open" or buried:
        return
    budget.spend_object()
    await demand_all(ctx, uri)
    fetched = await fetch_document(ctx, uri)
    try:
        note = parse_object(fetched.document)
    except InvalidError as error:
        raise FetchError(f"{uri} is no post: {error}", reason="form", permanent=True) from error
    if not PUBLIC_NAMES & set(note.to):
        return
    async with ctx.read() as session:
        wanted = await somebody_wants(session, [name for name, _display in note.hashtags])
    if wanted:
        await take_in_post(ctx, fetched, budget)


async def is_gone(ctx: Context, uri: str, *, budget: Budget) -> bool:
    """Return whether its own server says that a post is gone: 410, 404, or a Tombstone."""
    budget.spend_object()
    await demand_all(ctx, uri)
    try:
        fetched = await fetch_document(ctx, uri)
    except NotFoundError:
        return True
    return "Tombstone" in types(fetched.document)


async def take_in_post(
    ctx: Context, fetched: Fetched, budget: Budget, *, known: PostRow | None = None
) -> PostRow | None:
    """Take in a post's document that was fetched from its own id; return the post.

    None for one that must not be shown here, or that a suspended account wrote.
    """
    try:
        note = parse_object(fetched.document)
    except InvalidError as error:
        raise FetchError(
            f"{fetched.id} is no post: {error}", reason="form", permanent=True
        ) from error
    author = await account_of(ctx, note.attributed_to, budget=budget)
    if author.is_local or author.suspended_at is not None:
        return None
    await _learn_mentioned(ctx, note, budget)
    now = ctx.clock()
    async with ctx.read() as session:
        people = await people_in(session, [note])
    received = received_post(note, author, people, now=now, fetched=True)
    if received.visibility not in {Visibility.PUBLIC, Visibility.UNLISTED}:
        return known
    if known is not None:
        await ctx.write(receive_update, received, now=now)
    else:
        await ctx.write(receive_posts, [received], now=now)
    async with ctx.read() as session:
        row = await posts.by_uri(session, note.id)
    if row is not None:
        counts = counts_in(fetched.document)
        await ctx.write(note_counts, post_id=row.id, counts=counts, now=now)
    return row


async def fetch_thread(ctx: Context, job: FetchThread) -> None:
    """Job: fetch what a post answers, and what that answers, up to the thread's first post."""
    async with ctx.read() as session:
        row = await posts.by_id(session, job.post_id)
    seen: set[str] = set()
    budget = Budget(objects=MAX_ANCESTORS, actors=MAX_ANCESTORS)
    while row is not None and row.in_reply_to_id is None and row.in_reply_to_uri:
        uri = row.in_reply_to_uri
        if uri in seen:
            return
        seen.add(uri)
        row = await post_of(ctx, uri, budget=budget)
        if row is not None:
            place = {row.uri: (row.id, row.account_id, row.thread_id)}
            await ctx.write(replies.adopt, place, now=ctx.clock())


async def refresh_account(ctx: Context, job: RefreshAccount) -> None:
    """Job: take in an account as it is now, its handle checked."""
    await check_handle(ctx, job.uri)


async def refresh_poll(ctx: Context, job: RefreshPoll) -> None:
    """Job: fetch a question anew, for its numbers."""
    await post_of(ctx, job.uri, budget=Budget(), anew=True)


async def _ask_for(ctx: Context, handle: Handle) -> int:
    if ctx.settings.federation == "off":
        raise NotFoundError("This server does not federate.")
    async with asyncio.timeout(SECONDS_FOR_PEOPLE):
        found = await finger(ctx, handle)
        row = await fetch_account(ctx, found.actor_uri)
    if found.actor_uri != row.uri:
        raise NotFoundError(f"{handle} could not be confirmed.")
    return row.id


async def _learn_mentioned(ctx: Context, note: NoteIn, budget: Budget) -> None:
    async with ctx.read() as session:
        known: dict[str, AccountRow] = await accounts.by_uris(session, named_in(note))
    unknown = [mention.href for mention in note.mentions if mention.href not in known]
    await asyncio.gather(
        *(account_of(ctx, uri, budget=budget) for uri in unknown[:MAX_NEW_MENTIONS]),
        return_exceptions=True,
    )
