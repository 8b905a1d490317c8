"""Streams, by WebSocket and as server-sent events.

https://docs.joinmastodon.org/methods/streaming/.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from fedi_k12.api.answers import context
from fedi_k12.api.connections import Connection
from fedi_k12.api.hub import HUB
from fedi_k12.domain.errors import DomainError, NotFoundError
from fedi_k12.domain.streams import Subscription, check_scopes, subscription
from fedi_k12.services import streams
from fedi_k12.web.auth import Handle, identity, public, streams_token, token_subprotocol
from fedi_k12.web.limits import remote_address

PING_SECONDS = 30.0
THUMP_SECONDS = 15.0
MAX_MESSAGE_BYTES = 4096
MAX_SUBSCRIPTIONS = 64
MAX_MESSAGES_A_MINUTE = 240

_GOODBYES = {
    "revoked": (WSCloseCode.POLICY_VIOLATION, b"The access token is no longer valid"),
    "shut out": (WSCloseCode.POLICY_VIOLATION, b"Nobody comes in here from your network"),
    "leaving": (WSCloseCode.GOING_AWAY, b"The server is stopping"),
}
_encode = msgspec.json.Encoder().encode


@public
async def health(request: web.Request) -> web.Response:
    """Say that streams are served."""
    del request
    return web.Response(text="OK")


@streams_token
async def socket(request: web.Request) -> web.StreamResponse:
    """Open a WebSocket, or answer one stream's events where none is asked for."""
    name = request.query.get("stream", "")
    if request.headers.get("Upgrade", "").lower() != "websocket":
        if not name:
            raise NotFoundError("Not found")
        return await _events(request, name)
    first = await _wanted(request, _words(request.query)) if name else None
    protocol = token_subprotocol(request)
    # Packing costs more memory for each connection than a page of posts.
    answer = web.WebSocketResponse(
        heartbeat=PING_SECONDS,
        compress=False,
        max_msg_size=MAX_MESSAGE_BYTES,
        protocols=(protocol,) if protocol else (),
    )
    if not answer.can_prepare(request):
        raise NotFoundError("Not found")
    connection = _connection(request, socket=True)
    hub = request.app[HUB]
    hub.admit(connection, limited=context(request).settings.rate_limits)
    try:
        await answer.prepare(request)
        if first is not None:
            hub.subscribe(connection, first)
        sending = asyncio.create_task(_send_frames(answer, connection))
        try:
            await _listen(request, answer, connection)
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending
    finally:
        hub.let_go(connection)
    return answer


def _sent(name: str) -> Handle:
    """Return the handler that answers one stream's events."""

    @streams_token
    async def events(request: web.Request) -> web.StreamResponse:
        return await _events(request, name)

    return events


async def _events(request: web.Request, name: str) -> web.StreamResponse:
    """Answer with a stream's events until one side hangs up."""
    if name.startswith("public") and request.query.get("only_media") in {"true", "1"}:
        name = f"{name.removesuffix(':media')}:media"
    wanted = await _wanted(request, {**_words(request.query), "stream": name})
    connection = _connection(request, socket=False)
    hub = request.app[HUB]
    hub.admit(connection, limited=context(request).settings.rate_limits)
    answer = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream",
            "Cache-Control": "private, no-store",
            # nginx would hold back what is small.
            "X-Accel-Buffering": "no",
        }
    )
    try:
        await answer.prepare(request)
        hub.subscribe(connection, wanted)
        await answer.write(b":)\n")
        while not connection.ended:
            try:
                async with asyncio.timeout(THUMP_SECONDS):
                    parts = await connection.take()
            except TimeoutError:
                parts = [b":thump\n"]
            if parts:
                await answer.write(b"".join(parts))
    except ConnectionResetError:
        pass
    finally:
        hub.let_go(connection)
    return answer


async def _send_frames(answer: web.WebSocketResponse, connection: Connection) -> None:
    with suppress(ConnectionResetError):
        while not connection.ended:
            for frame in await connection.take():
                await answer.send_frame(frame, WSMsgType.TEXT)
        code, reason = _GOODBYES.get(connection.ended, (WSCloseCode.OK, b""))
        await answer.close(code=code, message=reason)


async def _listen(
    request: web.Request, answer: web.WebSocketResponse, connection: Connection
) -> None:
    """Do what the app asks for until it hangs up."""
    loop = asyncio.get_running_loop()
    since, number = loop.time(), 0
    async for message in answer:
        if message.type is not WSMsgType.TEXT:
            continue
        if loop.time() - since > 60:  # noqa: PLR2004 - a minute
            since, number = loop.time(), 0
        number += 1
        if number > MAX_MESSAGES_A_MINUTE:
            await answer.close(code=WSCloseCode.POLICY_VIOLATION, message=b"Too many messages")
            return
        try:
            await _obey(request, connection, _said(message.data))
        except DomainError as error:
            connection.put_bytes(_encode({"error": str(error), "status": error.status}))


async def _obey(request: web.Request, connection: Connection, said: Mapping[str, str]) -> None:
    hub = request.app[HUB]
    if said.get("type") == "subscribe":
        wanted = await _wanted(request, said)
        if len(connection.subscriptions) < MAX_SUBSCRIPTIONS:
            hub.subscribe(connection, wanted)
    elif said.get("type") == "unsubscribe":
        hub.unsubscribe(connection, _named(said).stream)


async def _wanted(request: web.Request, said: Mapping[str, str]) -> Subscription:
    """Return the stream that is asked for, if it is there and theirs to hear."""
    found = identity(request)
    wanted = _named(said)
    check_scopes(wanted.stream, found.scopes)
    if wanted.stream.name == "list" and found.actor is not None:
        async with context(request).read() as session:
            await streams.open_list(session, actor=found.actor, stream=wanted.stream)
    return wanted


def _named(said: Mapping[str, str]) -> Subscription:
    return subscription(
        said.get("stream", ""), tag=said.get("tag", ""), list_id=said.get("list", "")
    )


def _words(query: Mapping[str, str]) -> dict[str, str]:
    return {name: query[name] for name in ("stream", "tag", "list") if name in query}


def _said(text: str) -> dict[str, str]:
    """Return what an app says; what is no such thing says nothing, as in Mastodon."""
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        name: str(found[name])[:200]
        for name in ("type", "stream", "tag", "list")
        if isinstance(found.get(name), str | int)
    }


def _connection(request: web.Request, *, socket: bool) -> Connection:
    found = identity(request)
    if found.actor is None or found.token_id is None:  # pragma: no cover - the door checks
        raise NotFoundError("Not found")
    return Connection(
        found.actor,
        found.token_id,
        found.scopes,
        remote_address(request),
        request.transport,
        socket,
    )


ROUTES = [
    web.get("/api/v1/streaming", socket),
    web.get("/api/v1/streaming/health", health),
    web.get("/api/v1/streaming/user", _sent("user")),
    web.get("/api/v1/streaming/user/notification", _sent("user:notification")),
    web.get("/api/v1/streaming/public", _sent("public")),
    web.get("/api/v1/streaming/public/local", _sent("public:local")),
    web.get("/api/v1/streaming/public/remote", _sent("public:remote")),
    web.get("/api/v1/streaming/hashtag", _sent("hashtag")),
    web.get("/api/v1/streaming/hashtag/local", _sent("hashtag:local")),
    web.get("/api/v1/streaming/list", _sent("list")),
    web.get("/api/v1/streaming/direct", _sent("direct")),
]
