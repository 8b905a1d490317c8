"""Find out which account sent a request, and believe nothing before that is known."""

import asyncio
from datetime import timedelta

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from federation.fetch import fetch_document
from federation.learn import fetch_account, take_in_signer
from federation.policy import demand, is_allowed
from federation.sig.incoming import Signature, check, made_at, parse_signature, verify
from federation.sig.keys import load_public
from federation.sig.request import Request
from federation.vocab.actor import KINDS
from federation.vocab.values import Json, id_of, remote_id, types
from fedi_k12.context import Context
from fedi_k12.domain.errors import (
    DomainError,
    ForbiddenError,
    GoneError,
    InvalidError,
    TooManyError,
    UnauthenticatedError,
    UnavailableError,
)
from fedi_k12.domain.registrable import registrable
from fedi_k12.domain.urls import host_of, same_origin
from fedi_k12.guard import FetchError
from fedi_k12.guard_lanes import Lane, in_lane
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.limits import remote_address
from fedi_k12.web.remembered import TALK, Remembered
from fedi_k12.web.shelf import Fresh, kept
from storage import federation as queries

REFETCH_PAUSE = timedelta(minutes=5)
FAILED_FOR = timedelta(minutes=5)
KEYS_PER_HOST, KEYS_PER_SOURCE = 60, 120
"""Unknown keys fetched per minute for one host, and because of one address (FED-31)."""


class Sender(Struct, frozen=True):
    """Whose key signed a request."""

    account_id: int
    uri: str
    host: str
    suspended: bool
    skew: int = 0
    """Seconds that its clock is ahead of ours, as far as its signature tells."""


class Signed(Struct, frozen=True):
    """A signed request: what of it the signature speaks about."""

    request: Request
    source: str
    """The address it came from, for limits."""

    @classmethod
    def of(cls, request: web.Request, body: bytes | None) -> "Signed":
        """Return what the signature of `request` speaks about."""
        found = as_signed(request.app[CONTEXT], request, body)
        return cls(found, remote_address(request))

    @property
    def lane(self) -> Lane:
        """The queue that its key is asked for in."""
        return Lane.READERS if self.request.method == "GET" else Lane.SENDERS


def as_signed(ctx: Context, request: web.Request, body: bytes | None) -> Request:
    """Return what a signature of `request` speaks about."""
    base_url = ctx.addresses.base_url
    return Request(request.method, base_url, request.raw_path, request.headers, body)


class _Keys(Remembered[str, tuple[str, Sender]]):
    """Keys that others sign with, and whose they are: with each letter they are asked for.

    All were vetted before they were asked for; what was decided about their hosts is another
    matter, which changes.
    """

    ONLY = frozenset({"account", "key"})
    BUT = TALK | {"account.version"}
    SIZE = 10_000


class _Failed(Fresh[str, str]):
    """Keys that could not be had a moment ago."""

    def __init__(self) -> None:
        super().__init__(size=10_000, lasts=FAILED_FOR)


class _Refetched(Fresh[str, bool]):
    """Owners whose keys were asked for anew a moment ago."""

    def __init__(self) -> None:
        super().__init__(size=10_000, lasts=REFETCH_PAUSE)


class _Counts(Fresh[str, int]):
    """How many unknown keys were fetched within a minute, by host and by source."""

    def __init__(self) -> None:
        super().__init__(size=10_000, lasts=timedelta(minutes=1))


class _UnderWay(dict[str, "asyncio.Task[tuple[str, Sender] | None]"]):
    """Keys being fetched: a burst from one new actor causes one fetch."""


class _Refetching(dict[str, "asyncio.Task[None]"]):
    """Owners who are asked for changed keys: all who wait for one share that."""


async def authenticate(ctx: Context, signed: Signed) -> Sender:
    """Return who signed the request.

    Raises `MalformedError` for what cannot be read, `ForbiddenError` for hosts that we do not
    talk to, `UnauthenticatedError` for everything that does not prove who sent it, and
    `UnavailableError` where the key's server does not answer, so that the sender tries again.
    """
    signature = parse_signature(signed.request.headers)
    check(signature, signed.request, now=ctx.clock())
    away = made_at(signature, signed.request) - ctx.clock()
    await _vet(ctx, signature)
    sender = await _prove(ctx, signature, signed)
    return replace(sender, skew=round(away.total_seconds()))


def known_sender(ctx: Context, request: Request) -> Sender | None:
    """Return who signed a request, where all that proves it is remembered.

    None says nothing but that `authenticate` has to be asked: nothing is refused here, and
    nobody is asked or counted.
    """
    try:
        signature = parse_signature(request.headers)
        check(signature, request, now=ctx.clock())
        known = kept(ctx, _Keys).get(ctx, signature.key_id)
        if known is None or not is_allowed(ctx, host_of(signature.key_id)):
            return None
        verify(signature, request, key=load_public(known[0]))
    except DomainError:
        return None
    return known[1]


async def _prove(ctx: Context, signature: Signature, signed: Signed) -> Sender:
    key_id = signature.key_id
    found = await _known_key(ctx, key_id)
    if found is None:
        found = await _fetch_key_once(ctx, key_id, signed.source, signed.lane)
        if found is None:
            raise UnauthenticatedError("The key is not one that its owner names.")
        _verify(signature, signed, found[0])
        return found[1]
    try:
        _verify(signature, signed, found[0])
    except UnauthenticatedError:
        # The key may have been changed: ask its owner, but not for every bad signature.
        if not await _refetch_once(ctx, found[1].uri, signed.lane):
            raise
        again = await _known_key(ctx, key_id)
        if again is None:
            raise
        _verify(signature, signed, again[0])
        return again[1]
    return found[1]


def key_of(signed: Signed) -> str:
    """Return the id of the key that the signature names, unverified."""
    return parse_signature(signed.request.headers).key_id


async def is_known(ctx: Context, actor_uri: str) -> bool:
    """Return whether an account with this id was ever seen here."""
    async with ctx.read() as session:
        return bool(await queries.uris_known(session, [actor_uri]))


def _verify(signature: Signature, signed: Signed, pem: str) -> None:
    verify(signature, signed.request, key=load_public(pem))


async def _vet(ctx: Context, signature: Signature) -> None:
    """Refuse keys that we would not ask for, before anything is asked (FED-30, FED-34)."""
    try:
        remote_id(signature.key_id)
        host = host_of(signature.key_id)
    except InvalidError as error:
        raise UnauthenticatedError("The key's id is no address.") from error
    if host in ctx.settings.own_hosts:
        raise UnauthenticatedError("Nobody here signs requests to this server.")
    if signature.key_id.startswith("http:") and not ctx.settings.private_networks:
        raise UnauthenticatedError("The key's id is not an https address.")
    await demand(ctx, host)


async def _known_key(ctx: Context, key_id: str) -> tuple[str, Sender] | None:
    """Return a key as PEM, and whose it is."""
    keys = kept(ctx, _Keys)
    if (known := keys.get(ctx, key_id)) is not None:
        return known
    as_of = keys.as_of(ctx)
    async with ctx.read() as session:
        found = await queries.key_and_whose(session, key_id)
    if found is None or not found.domain:
        return None
    suspended = found.suspended_at is not None
    sender = Sender(found.account_id, found.uri, found.host, suspended)
    keys.put(ctx, key_id, (found.public_key, sender), as_of=as_of)
    return found.public_key, sender


async def _fetch_key_once(
    ctx: Context, key_id: str, source: str, lane: Lane
) -> tuple[str, Sender] | None:
    failed = kept(ctx, _Failed)
    if (why := failed.get(key_id, now=ctx.clock())) is not None:
        raise UnauthenticatedError(why)
    under_way = kept(ctx, _UnderWay)
    task = under_way.get(key_id)
    if task is None:
        _count(ctx, f"host {host_of(key_id)}", KEYS_PER_HOST)
        _count(ctx, f"domain {registrable(host_of(key_id))}", 2 * KEYS_PER_HOST)
        _count(ctx, f"source {source}", KEYS_PER_SOURCE)
        with in_lane(lane):
            task = asyncio.create_task(_fetch_key(ctx, key_id))
        under_way[key_id] = task

        def settle(done: "asyncio.Task[tuple[str, Sender] | None]") -> None:
            under_way.pop(key_id, None)
            if not done.cancelled():
                # Whoever waited may have hung up: then nobody else looks at it.
                done.exception()

        task.add_done_callback(settle)
    try:
        return await asyncio.shield(task)
    except ForbiddenError:
        raise
    except GoneError as error:
        failed.put(key_id, f"The key cannot be had: {error}", now=ctx.clock())
        raise
    except FetchError as error:
        if error.permanent:
            failed.put(key_id, f"The key cannot be had: {error}", now=ctx.clock())
            raise UnauthenticatedError(f"The key cannot be had: {error}") from error
        raise UnavailableError(f"The key cannot be had at the moment: {error}") from error
    except DomainError as error:
        failed.put(key_id, f"The key cannot be had: {error}", now=ctx.clock())
        raise UnauthenticatedError(f"The key cannot be had: {error}") from error


def _count(ctx: Context, who: str, limit: int) -> None:
    if not ctx.settings.rate_limits:
        return
    counts = kept(ctx, _Counts)
    so_far = counts.get(who, now=ctx.clock()) or 0
    if so_far >= limit:
        raise TooManyError("Too many unknown keys at once.", retry_after=60)
    counts.put(who, so_far + 1, now=ctx.clock())


async def _fetch_key(ctx: Context, key_id: str) -> tuple[str, Sender] | None:
    """Take in the owner of a key from the owner's own document (FED-29); return both.

    None where the key is not the owner's.

    A key has a document of its own, or is part of its owner's; where a document names an
    owner, that owner's must name the key.
    """
    fetched = await fetch_document(ctx, key_id.partition("#")[0])
    document = fetched.document
    if not set(KINDS) & set(types(document)):
        owner = id_of(document.get("owner")) or id_of(document.get("controller"))
        if not same_origin(owner, key_id):
            raise UnauthenticatedError("The key's owner is of another server.")
        document = (await fetch_document(ctx, owner)).document
    row, keys = await take_in_signer(ctx, document)
    if (pem := keys.get(key_id)) is None:
        return None
    return pem, Sender(row.id, row.uri, row.host, row.suspended_at is not None)


async def _refetch_once(ctx: Context, owner: str, lane: Lane) -> bool:
    """Ask an owner for changed keys, once for all who wait; return False if that just was."""
    under_way, refetched = kept(ctx, _Refetching), kept(ctx, _Refetched)
    if (task := under_way.get(owner)) is None:
        if refetched.get(owner, now=ctx.clock()):
            return False
        refetched.put(owner, True, now=ctx.clock())
        with in_lane(lane):
            task = under_way[owner] = asyncio.create_task(_refetch(ctx, owner))

        def settle(done: "asyncio.Task[None]") -> None:
            under_way.pop(owner, None)
            if not done.cancelled():
                # Whoever waited may have hung up: then nobody else looks at it.
                done.exception()

        task.add_done_callback(settle)
    await asyncio.shield(task)
    return True


async def _refetch(ctx: Context, owner: str) -> None:
    try:
        await fetch_account(ctx, owner, check_handle=False)
    except FetchError as error:
        if not error.permanent:
            raise UnavailableError(f"The key cannot be had at the moment: {error}") from error
        raise UnauthenticatedError(f"The key cannot be had: {error}") from error


def is_self_deletion(raw: Json) -> bool:
    """Return whether an activity says that its actor is gone."""
    actor = id_of(raw.get("actor"))
    return "Delete" in types(raw) and bool(actor) and id_of(raw.get("object")) == actor
