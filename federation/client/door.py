"""Outbox and inbox for the member's own programs, and the endpoints their actor names.

ActivityPub, section 6, and https://www.w3.org/wiki/ActivityPub/MediaUpload. Who asks shows a
token of the member (RFC 6750), got as every app gets one; only the owner is let in.
"""

from datetime import timedelta
from http import HTTPStatus

from aiohttp import web

from federation.authenticate import Sender
from federation.client.acts import Asked, act
from federation.client.received import received
from federation.client.wish import parse_wish
from federation.documents import document, readable_post
from federation.fetch import fetch_document
from federation.objects import actor_of, encode, note_of
from federation.policy import demand_all
from federation.signing import signer_for
from federation.vocab.build_actor import build_actor
from federation.vocab.build_media import build_media
from federation.vocab.decode import decode
from fedi_k12.context import Context
from fedi_k12.domain.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    TooLargeError,
    TooManyError,
    UnauthenticatedError,
)
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.scopes import covers
from fedi_k12.services import media
from fedi_k12.web.auth import actor, identity, public
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.limits import RATE_LIMITS
from fedi_k12.web.params import FORM_SLACK, allow_body, params
from fedi_k12.web.uploads import take_in
from storage import accounts
from storage.tables import AccountRow

MAX_BODY = 1_048_576
ACTS_LIMIT, PROXY_LIMIT, WINDOW = 300, 60, timedelta(minutes=5)
_SECRET = ("bto", "bcc")


@public
async def post_outbox(request: web.Request) -> web.StreamResponse:
    """Do what the member's program posts; answer 201 with the activity and where it is."""
    asked = await _asked(request)
    done = await act(asked)
    return web.Response(
        status=HTTPStatus.CREATED,
        body=encode(done.activity),
        headers={
            "Location": done.uri,
            "Content-Type": "application/activity+json; charset=utf-8",
            "Cache-Control": "private, no-store",
        },
    )


@public
async def get_inbox(request: web.Request) -> web.StreamResponse:
    """Show the member what came in, newest first (section 5.2)."""
    row = await _owner(request, "read:statuses", "read:notifications")
    before = parse_id(request.query.get("max_id", ""))
    return document(
        await received(
            request.app[CONTEXT],
            row,
            whole="page" not in request.query,
            before=before,
        )
    )


@public
async def post_proxy(request: web.Request) -> web.StreamResponse:
    """Fetch what the member's program names, signed by the member (`proxyUrl`, section 4.1)."""
    row = await _owner(request, "read:statuses")
    _limit(request, "proxy", row, PROXY_LIMIT)
    ctx = request.app[CONTEXT]
    uri = (await params(request)).text("id")
    if not uri:
        raise InvalidError("id: say what is to be fetched.")
    if uri.startswith(f"{ctx.addresses.base_url}/"):
        return document(await _own_document(ctx, row, uri))
    await demand_all(ctx, uri)
    fetched = await fetch_document(ctx, uri, signer=await signer_for(ctx, row.id))
    said = {key: value for key, value in fetched.document.items() if key not in _SECRET}
    return web.json_response(
        said,
        content_type="application/activity+json",
        headers={"Cache-Control": "private, no-store"},
    )


@public
async def post_media(request: web.Request) -> web.StreamResponse:
    """Take a file in for a post to come (`uploadMedia`); its id is in `Location`."""
    row = await _owner(request, "write:media")
    _limit(request, "media", row, PROXY_LIMIT)
    ctx = request.app[CONTEXT]
    allow_body(request, ctx.settings.max_film_bytes + FORM_SLACK)
    asked = await params(request)
    file = asked.upload("file")
    if file is None:
        raise InvalidError("file: send the file.")
    about = decode(asked.text("object").encode()) if asked.text("object") else {}
    alt = about.get("name") or about.get("summary")
    view = await take_in(
        ctx,
        file.file,
        actor=actor(request),
        alt=alt if isinstance(alt, str) else "",
        wait=True,
    )
    if view.failed:
        raise InvalidError(view.failure)
    made = build_media(_media_uri(ctx, row, view.id), view, addresses=ctx.addresses)
    return web.Response(
        status=HTTPStatus.CREATED,
        body=encode(made),
        headers={
            "Location": _media_uri(ctx, row, view.id),
            "Content-Type": "application/activity+json; charset=utf-8",
        },
    )


@public
async def get_media(request: web.Request) -> web.StreamResponse:
    """Show the member an upload that waits for its post."""
    row = await _owner(request, "write:media")
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        view = await media.get(
            session, actor=actor(request), media_id=int(request.match_info["media_id"])
        )
    return document(build_media(_media_uri(ctx, row, view.id), view, addresses=ctx.addresses))


async def _asked(request: web.Request) -> Asked:
    row = await _owner(request)
    _limit(request, "acts", row, ACTS_LIMIT)
    if (request.content_length or 0) > MAX_BODY:
        raise TooLargeError(f"An activity has at most {MAX_BODY} bytes.")
    body = await request.content.read(MAX_BODY + 1)
    while len(body) <= MAX_BODY and not request.content.at_eof():
        body += await request.content.read(MAX_BODY + 1 - len(body))
    if len(body) > MAX_BODY:
        raise TooLargeError(f"An activity has at most {MAX_BODY} bytes.")
    who = identity(request)
    return Asked(
        ctx=request.app[CONTEXT],
        who=actor(request),
        account=row,
        scopes=frozenset(who.scopes),
        app_id=who.app_id,
        wish=parse_wish(decode(body), actor_uri=row.uri),
    )


async def _owner(request: web.Request, *scopes: str) -> AccountRow:
    """Return the account of the path, if the token is its member's and covers `scopes`."""
    found = identity(request)
    if found.token_id is None or found.actor is None:
        raise UnauthenticatedError("Show a token of the member: Authorization: Bearer …")
    if missing := [scope for scope in scopes if not covers(found.scopes, scope)]:
        raise ForbiddenError(f"This token does not reach so far: {missing[0]} is needed.")
    async with request.app[CONTEXT].read() as session:
        row = await accounts.local_by_username(session, request.match_info["username"])
    if row is None or row.deleted_at is not None or row.suspended_at is not None:
        raise NotFoundError("There is no such account.")
    if row.id != found.actor.account_id:
        raise ForbiddenError("Only the owner of this account may do that.")
    return row


def _limit(request: web.Request, kind: str, row: AccountRow, limit: int) -> None:
    ctx = request.app[CONTEXT]
    if not ctx.settings.rate_limits:
        return
    taken = request.app[RATE_LIMITS].take(
        f"client {kind}", str(row.id), limit=limit, window=WINDOW
    )
    if taken.remaining < 0:
        wait = int((taken.resets_at - ctx.clock()).total_seconds()) + 1
        raise TooManyError("Too many requests", retry_after=max(1, wait))


async def _own_document(ctx: Context, row: AccountRow, uri: str) -> dict[str, object]:
    """Return what of this server the member may read: never asked over the network (FED-53)."""
    async with ctx.read() as session:
        account = await accounts.by_uri(session, uri)
        if account is not None and account.is_local:
            return build_actor(await actor_of(session, account, addresses=ctx.addresses))
        asker = Sender(row.id, row.uri, row.host, suspended=False)
        post, _author = await readable_post(session, ctx, uri, asker)
        return await note_of(session, post, addresses=ctx.addresses)


def _media_uri(ctx: Context, row: AccountRow, media_id: int) -> str:
    return f"{ctx.addresses.actor(row.username)}/media/{media_id}"
