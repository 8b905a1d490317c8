"""The inbox: limit, authenticate, check, remember, answer 202; the work is a job."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus

import structlog
from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from federation.agree import compare
from federation.authenticate import (
    Sender,
    Signed,
    authenticate,
    is_known,
    is_self_deletion,
    key_of,
)
from federation.fetch import fetch_document, is_activity_json
from federation.flood import Buckets, demand_patience, demand_room
from federation.forwarding import FORWARDED
from federation.policy import demand, demand_all
from federation.proofs import is_contradicted, verified_proof
from federation.synchronisation import HEADER
from federation.vocab import values
from federation.vocab.check import check_activity
from federation.vocab.decode import decode
from federation.vocab.parse import Activity, parse_activity
from fedi_k12.context import Context
from fedi_k12.domain.errors import (
    DomainError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NotFoundError,
    TooLargeError,
    UnauthenticatedError,
    UnsupportedTypeError,
)
from fedi_k12.domain.jobs import ProcessInbox
from fedi_k12.domain.urls import host_of, same_origin
from fedi_k12.observe import count_inbox
from fedi_k12.services import records
from fedi_k12.services.farewell import account_is_gone
from fedi_k12.web.auth import from_servers
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.remembered import TALK, Remembered
from fedi_k12.web.shelf import Fresh, kept
from fedi_k12.web.together import Together
from storage import accounts, hosts, jobs

MAX_BODY = 1_048_576
"""Bytes of an activity (Mastodon takes as many)."""
UNNAMED = frozenset({"FeatureRequest"})
"""Mastodon 4.6 names no actor in these: whoever signs one is who asks."""
_KEPT_HEADERS = {"host", "date", "digest", "content-digest", "content-type", "content-length"}
_log = structlog.get_logger("inbox")


class _Came(Struct, frozen=True):
    """An activity that was found to be what it says, and as it came: what is kept of it."""

    activity: Activity
    sender: Sender
    body: bytes
    """What is to be acted on."""
    document: values.Json
    as_it_came: bytes
    envelope: Mapping[str, object]

    @property
    def key(self) -> str:
        """What the activity is remembered under."""
        # What only somebody else said of it must not keep the author from saying it.
        of_author = self.activity.actor == self.sender.uri
        return self.activity.key if of_author else f"{self.sender.uri} {self.activity.key}"


class _Owners(Remembered[str, bool]):
    """Accounts with an inbox, and whether they are gone: asked for with each letter."""

    ONLY = frozenset({"account"})
    BUT = TALK | {"account.version"}


class _HeardFrom(Fresh[str, bool]):
    """Hosts that spoke to us a moment ago, so that not every letter writes it down."""

    def __init__(self) -> None:
        super().__init__(size=10_000, lasts=timedelta(minutes=1))


@from_servers
async def post_inbox(request: web.Request) -> web.Response:
    """Take in an activity that another server sends to everybody, or to one account, here.

    202 once it is on disk, also for what is known already or what nobody here acts on.
    """
    ctx = request.app[CONTEXT]
    if ctx.settings.federation == "off":
        raise NotFoundError("This server does not federate.")
    try:
        await _demand_owner(ctx, request.match_info.get("username"))
        body = await _read(request)
        outcome = await _take_in(ctx, Signed.of(request, body), body)
    except DomainError as error:
        count_inbox("refused", reason=error.code)
        raise
    count_inbox(outcome)
    return web.Response(status=HTTPStatus.ACCEPTED)


async def _take_in(ctx: Context, signed: Signed, body: bytes) -> str:
    key_id = key_of(signed)
    as_it_came = body
    raw = decode(body)
    if is_self_deletion(raw) and not await is_known(ctx, str(raw["actor"])):
        # Whoever was never seen here can be gone without any work of ours.
        return "dropped"
    try:
        sender = await authenticate(ctx, signed)
    except GoneError as error:
        if is_self_deletion(raw) and await _is_gone(ctx, str(raw["actor"]), key_id):
            await ctx.write(account_is_gone, uri=str(raw["actor"]), now=ctx.clock())
            return "accepted"
        raise UnauthenticatedError(f"The key {key_id[:200]} is gone.") from error
    if raw.get("actor") is None and UNNAMED.intersection(values.types(raw)):
        raw = {**raw, "actor": sender.uri}
        body = json.dumps(raw).encode()
    check_activity(raw)
    activity = parse_activity(raw)
    by = sender
    if activity.actor != sender.uri:
        demand_patience(ctx, kept(ctx, Buckets), sender.host)
        sender = await _author_of(ctx, activity, raw) or _forwarder(activity, sender)
    shown_by = _shown_by(activity, by, sender)
    if sender.suspended:
        raise ForbiddenError("This account is suspended here.")
    await _demand_hosts(ctx, activity)
    if await is_contradicted(ctx, raw):
        _log.info("dropped", key=activity.key[:300], reason="FED-36")
        return "dropped"
    answerable = (
        activity if activity.actor == sender.uri else replace(activity, actor=sender.uri)
    )
    await demand_room(ctx, kept(ctx, Buckets), answerable, signed.source)
    envelope = _envelope(signed, key_id, by, shown_by)
    new = await kept(ctx, _Remember)(
        ctx, _Came(activity, sender, body, raw, as_it_came, envelope)
    )
    await _note_host(ctx, by)
    if HEADER in signed.request.headers:
        await compare(ctx, by.account_id, signed.request.headers.get(HEADER, ""))
    return "accepted" if new else "repeated"


async def _author_of(ctx: Context, activity: Activity, raw: values.Json) -> Sender | None:
    """Return who wrote an activity that another sent, where it carries their proof."""
    if await verified_proof(ctx, raw) != activity.actor:
        return None
    async with ctx.read() as session:
        row = await accounts.by_uri(session, activity.actor)
    if row is None or row.is_local:
        return None
    return Sender(row.id, row.uri, row.host, row.suspended_at is not None)


def _forwarder(activity: Activity, sender: Sender) -> Sender:
    """Return who hands on what another wrote, of which nothing is believed but that it exists.

    What could only be believed is refused.
    """
    if activity.type not in FORWARDED:
        raise UnauthenticatedError("The activity is not the signer's.")
    return sender


async def _is_gone(ctx: Context, actor: str, key_id: str) -> bool:
    """Return whether an account's own server says that it is gone (FED-35)."""
    if not same_origin(key_id, actor):
        return False
    try:
        await fetch_document(ctx, actor)
    except GoneError:
        return True
    except DomainError:
        pass
    return False


class _Remember(Together[_Came, bool]):
    """Writes down together what came at the same time; each is answered once it is on disk."""

    def __init__(self) -> None:
        super().__init__(_write_down)


async def _write_down(ctx: Context, some: Sequence[_Came]) -> list[bool]:
    return await ctx.write(_remember, some, ctx=ctx)


async def _remember(
    session: AsyncSession, some: Sequence[_Came], *, ctx: Context
) -> list[bool]:
    """Remember activities and what is to be done with them, in one; false for known ones."""
    now = ctx.clock()
    pairs = [(came.key, came.sender.uri) for came in some]
    left = await jobs.remember_new(session, pairs, now=now)
    answers, new = [], []
    for came in some:
        answers.append(came.key in left)
        if came.key in left:
            left.discard(came.key)
            new.append(came)
    await jobs.enqueue_many(
        session,
        [ProcessInbox(came.body.decode(), signed_by=came.sender.uri) for came in new],
        now=now,
    )
    await records.received(
        session,
        [(came, came.sender.uri) for came in new],
        base_url=ctx.addresses.base_url,
        now=now,
    )
    return answers


def _envelope(signed: Signed, key_id: str, by: Sender, shown_by: str) -> dict[str, object]:
    """Return how an activity came, as it is kept with a record: headers, and who was proven.

    The address it came from is left out: it is no part of what was said.
    """
    headers = {
        name: value
        for name, value in signed.request.headers.items()
        if name.lower() in _KEPT_HEADERS or name.lower().startswith("signature")
    }
    return {
        "way": "inbox",
        "method": signed.request.method,
        "target": signed.request.target,
        "headers": headers,
        "signature": "verified",
        "key": key_id,
        "signer": by.uri,
        "author": shown_by,
    }


def _shown_by(activity: Activity, signer: Sender, author: Sender) -> str:
    """Return what speaks for the actor of an activity having written it."""
    if activity.actor == signer.uri:
        return "signed by its actor"
    if activity.actor == author.uri:
        return "carries a proof of its actor"
    return "handed on by another, its author not proven"


async def _note_host(ctx: Context, sender: Sender) -> None:
    heard = kept(ctx, _HeardFrom)
    if heard.get(sender.host, now=ctx.clock()) is None:
        heard.put(sender.host, True, now=ctx.clock())
        await ctx.write(hosts.heard_from, sender.host, now=ctx.clock(), clock_skew=sender.skew)


async def _demand_hosts(ctx: Context, activity: Activity) -> None:
    """Refuse what is about hosts that we do not talk to, also inside (FED-34)."""
    await demand(ctx, host_of(activity.actor), way="taken from")
    try:
        await demand_all(ctx, activity.object_id)
    except InvalidError as error:
        raise InvalidError("object: an id is needed.") from error


async def _demand_owner(ctx: Context, username: str | None) -> None:
    if username is None:
        return
    owners = kept(ctx, _Owners)
    if (gone := owners.get(ctx, username)) is None:
        as_of = owners.as_of(ctx)
        async with ctx.read() as session:
            found = await accounts.is_gone(session, username)
        if found is None:
            raise NotFoundError("There is no such account here.")
        gone = found
        owners.put(ctx, username, gone, as_of=as_of)
    if gone:
        raise GoneError("This account is gone.")


async def _read(request: web.Request) -> bytes:
    """Return the body, refusing what is too long as soon as that is known (FED-56)."""
    if not is_activity_json(request.headers.get("Content-Type", "")):
        raise UnsupportedTypeError("Send application/activity+json.")
    if (request.content_length or 0) > MAX_BODY:
        raise TooLargeError(f"An activity has at most {MAX_BODY} bytes.")
    parts: list[bytes] = []
    size = 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > MAX_BODY:
            raise TooLargeError(f"An activity has at most {MAX_BODY} bytes.")
        parts.append(chunk)
    return b"".join(parts)
