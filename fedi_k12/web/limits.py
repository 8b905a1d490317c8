"""The outermost layer: request id, host, rate limits, cross-origin rules, security headers."""

import ipaddress
import random
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from time import perf_counter

from aiohttp import web
from aiohttp.typedefs import Handler
from msgspec import Struct
from multidict import CIMultiDict

from fedi_k12.context import Context
from fedi_k12.domain.errors import TooManyError
from fedi_k12.domain.ids import hash_token
from fedi_k12.observe import REQUEST_ID, count_request, tell_request
from fedi_k12.settings import Settings
from fedi_k12.web.auth import set_visitor_cookie, token_subprotocol
from fedi_k12.web.errors import API, for_apps, for_servers
from fedi_k12.web.keys import CONTEXT, NOTES, RequestNotes

WINDOW = timedelta(minutes=5)
API_LIMIT = 300
"""Requests per window and token or address (Mastodon: 300 in 5 minutes)."""
MEDIA_LIMIT, DELETE_LIMIT = 30, 30
MEDIA_WINDOW = timedelta(minutes=30)
SIGN_IN_LIMIT = 25
"""Attempts to sign in, sign up or get a token, per address and window."""
SIGN_IN, TAKE_DOWN = "sign in", "take-down"
AWAY_LIMIT = 20
MAIL_LIMIT = 10
MAIL_WINDOW = timedelta(hours=1)
PAGE_LIMIT = 600
MAX_BUCKETS = 50_000
"""Least recently used ones are forgotten: memory stays bounded under a flood."""

_CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "media-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
NO_TRAINING = "noai, noimageai"
"""What is said to programs that gather texts and pictures to train others with."""
_CROSS_ORIGIN = (
    "/api/",
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/userinfo",
    "/.well-known/",
    "/nodeinfo/",
    "/users/",
    "/media/",
)
_SECRET = ("/auth/password/", "/auth/confirm/", "/mail/", "/invite/")
"""Under these the rest of the path is a key."""
_EXPOSED = (
    "Link, X-RateLimit-Reset, X-RateLimit-Limit, X-RateLimit-Remaining, X-Request-Id, "
    "Mastodon-Async-Refresh"
)
_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": _CSP,
    "X-Robots-Tag": NO_TRAINING,
    "Permissions-Policy": "interest-cohort=(), browsing-topics=()",
}
_dice = random.Random()  # noqa: S311 - a name for a request, not a secret


class Bucket(Struct):
    """How much of a window's allowance is left."""

    remaining: int
    resets_at: datetime
    reset: str
    """When, as it is told with each answer."""


class RateLimits:
    """Counts requests in memory; each process counts its own."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], Bucket] = OrderedDict()

    def take(self, kind: str, who: str, *, limit: int, window: timedelta) -> Bucket:
        """Count one request; `remaining` below zero means it is one too many."""
        now = self._clock()
        key = (kind, who)
        bucket = self._buckets.get(key)
        # A clock that went back must not make anybody wait for longer than a window.
        if bucket is None or bucket.resets_at <= now or bucket.resets_at - now > window:
            ends = now + window
            bucket = self._buckets[key] = Bucket(limit, ends, f"{ends:%Y-%m-%dT%H:%M:%S.%fZ}")
            while len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        bucket.remaining -= 1
        return bucket


RATE_LIMITS = web.AppKey("RATE_LIMITS", RateLimits)


@web.middleware
async def frame_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Wrap every request: give it an id, check it may come in, log it, dress the answer."""
    notes = request[NOTES] = RequestNotes(new_request_id())
    # Each request is a task, which has variables of its own: nothing is to be put back.
    REQUEST_ID.set(notes.request_id)
    began = perf_counter()
    status = 500
    try:
        response = await _enter(request, handler)
        # Not when it is prepared: aiohttp has written the cookies by then.
        set_visitor_cookie(request, response)
        status = response.status
    except web.HTTPException as redirect:
        status = redirect.status
        _dress(request, redirect)
        set_visitor_cookie(request, redirect)
        raise
    finally:
        _record(request, status, perf_counter() - began)
    return response


def new_request_id() -> str:
    """Return a number by which a request is found in the log again."""
    return f"{_dice.getrandbits(64):016x}"


async def dress_response(request: web.Request, response: web.StreamResponse) -> None:
    """Signal for aiohttp's `on_response_prepare`: add the headers every answer has."""
    _dress(request, response)


async def _enter(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.method == "OPTIONS" and request.path.startswith(_CROSS_ORIGIN):
        return web.Response(status=204, headers=_preflight(request))
    ctx = request.app[CONTEXT]
    if request.host.lower() not in ctx.settings.own_hosts and request.path not in {
        "/health",
        "/healthz",
        "/readyz",
        "/metrics",
    }:
        return _other_host(request)
    return await handler(request)


@web.middleware
async def limit_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what comes too fast; say in headers how much is left."""
    ctx = request.app[CONTEXT]
    if not ctx.settings.rate_limits or for_servers(request):
        return await handler(request)
    bucket, told = take_one(request.app[RATE_LIMITS], ctx, request)
    request[NOTES].headers |= told
    if bucket.remaining < 0:
        wait = int((bucket.resets_at - ctx.clock()).total_seconds()) + 1
        raise TooManyError("Too many requests", retry_after=max(1, wait))
    return await handler(request)


def take_one(
    limits: RateLimits, ctx: Context, request: web.Request
) -> tuple[Bucket, dict[str, str]]:
    """Count a request; return what is left, and the headers that say so."""
    kind, limit, window = _allowance(request)
    bucket = limits.take(kind, _who(ctx, request, kind), limit=limit, window=window)
    return bucket, {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(max(0, bucket.remaining)),
        "X-RateLimit-Reset": bucket.reset,
    }


def remote_address(request: web.Request) -> str:
    """Return the address of who asks: as a trusted proxy says, else of the connection."""
    return address_of(request, request.app[CONTEXT].settings)


def address_of(request: web.Request, settings: Settings) -> str:
    """Return the same before it is known where a request goes."""
    peer = request.remote or ""
    if not within(peer, settings.trusted_proxies):
        return peer
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    for hop in reversed([hop for hop in hops if hop]):
        if not within(hop, settings.trusted_proxies):
            return hop
    return peer


def within(
    address: str,
    networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network],
) -> bool:
    """Return whether an address is one of these networks; what is no address is in none."""
    if not networks:
        return False
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def _who(ctx: Context, request: web.Request, kind: str) -> str:
    token = request.headers.get("Authorization")
    if request.path.startswith("/api/v1/streaming"):
        # Browsers cannot set the header there; a school behind one address is many people.
        token = token or token_subprotocol(request) or request.query.get("access_token")
    # Whoever tries to get in could make up a new token each time.
    if token and kind not in {SIGN_IN, TAKE_DOWN}:
        return hash_token(token)[:16]
    address = address_of(request, ctx.settings)
    # A household or phone has a whole /64; counting single addresses would count nothing.
    return ":".join(address.split(":")[:4]) if ":" in address else address


def _allowance(request: web.Request) -> tuple[str, int, timedelta]:
    path, unsafe = request.path, request.method not in {"GET", "HEAD"}
    opens = path.rstrip("/") in {"/api/v1/apps", "/api/v1/accounts"}
    if unsafe and (path.startswith(("/auth/", "/invite", "/oauth/")) or opens):
        return SIGN_IN, SIGN_IN_LIMIT, WINDOW
    if unsafe and path.startswith("/mail/of/"):
        # Each may send a letter to somebody who did not ask for it.
        return "mail", MAIL_LIMIT, MAIL_WINDOW
    if unsafe and path == "/take-down":
        # Each is read by a person.
        return TAKE_DOWN, MAIL_LIMIT, MAIL_WINDOW
    if unsafe and path == "/away":
        # Each asks another server something for somebody we do not know.
        return "away", AWAY_LIMIT, WINDOW
    if unsafe and path.rstrip("/") in {"/api/v1/media", "/api/v2/media"}:
        return "media", MEDIA_LIMIT, MEDIA_WINDOW
    if request.method == "DELETE" and path.startswith("/api/v1/statuses/"):
        return "delete", DELETE_LIMIT, MEDIA_WINDOW
    if for_apps(request):
        return "api", API_LIMIT, WINDOW
    return "pages", PAGE_LIMIT, WINDOW


def _other_host(request: web.Request) -> web.StreamResponse:
    if request.method in {"GET", "HEAD"} and not for_servers(request) and not for_apps(request):
        # Somebody typed another name of this machine: lead them to the right one.
        base = request.app[CONTEXT].settings.base_url
        raise web.HTTPPermanentRedirect(base + request.path_qs)
    return web.json_response({"error": "This server does not go by that name."}, status=421)


def _preflight(request: web.Request) -> dict[str, str]:
    asked = request.headers.get("Access-Control-Request-Headers", "")
    allowed = "".join(c for c in asked if c.isalnum() or c in "-, ")[:1000]
    return {
        "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
        "Access-Control-Allow-Headers": allowed
        or "Authorization, Content-Type, Idempotency-Key",
        "Access-Control-Max-Age": "86400",
    }


def _dress(request: web.Request, response: web.StreamResponse) -> None:
    headers = response.headers
    https = request.app[CONTEXT].settings.scheme == "https"
    headers.merge(dressing(request.path, https=https))
    notes = request.get(NOTES)
    if notes is not None:
        headers.setdefault("X-Request-Id", notes.request_id)
        if notes.headers:
            headers.merge(notes.headers)


def dressing(path: str, *, https: bool) -> CIMultiDict[str]:
    """Return the headers that an answer has unless it says something else there."""
    return _dressing(https, path.startswith(_CROSS_ORIGIN), path.startswith(API))


@lru_cache(maxsize=8)
def _dressing(https: bool, cross_origin: bool, apps: bool) -> CIMultiDict[str]:
    headers = CIMultiDict(_EVERYWHERE)
    if cross_origin:
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = _EXPOSED
    if apps:
        headers["Cache-Control"] = "private, no-store"
        headers["Vary"] = "Authorization, Origin"
    if https:
        headers["Strict-Transport-Security"] = "max-age=63072000"
    return headers


def _record(request: web.Request, status: int, seconds: float) -> None:
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else "unknown"
    count_request(method=request.method, route=route, status=status, seconds=seconds)
    notes = request[NOTES]
    # Whoever reads the log must not get in by it.
    path = route if request.path.startswith(_SECRET) else request.path
    tell_request(
        method=request.method,
        path=path,
        status=status,
        seconds=seconds,
        request_id=notes.request_id,
        reason=notes.reason,
    )
