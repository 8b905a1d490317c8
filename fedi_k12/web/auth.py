"""Who asks: a bearer token, a session cookie, another server, or a visitor.

Every handler carries exactly one of the decorators here; a test walks the router and refuses a
route without one.
"""

import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from urllib.parse import quote

from aiohttp import web
from msgspec import Struct

from fedi_k12.context import Context
from fedi_k12.domain import departures
from fedi_k12.domain.errors import (
    DomainError,
    ForbiddenError,
    InvalidError,
    UnauthenticatedError,
)
from fedi_k12.domain.ids import hash_token, new_token
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.scopes import covers
from fedi_k12.services import acting, apps, apps_in, login, second_factor, sessions
from fedi_k12.web import deeds
from fedi_k12.web.errors import for_apps, for_servers
from fedi_k12.web.keys import CONTEXT, NOTES, Identity
from fedi_k12.web.params import FORM_SLACK, allow_body, posted
from fedi_k12.web.remembered import TALK, WORK, Remembered
from fedi_k12.web.shelf import kept

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]

SESSION_COOKIE = "fedi_k12_session"
CSRF_COOKIE = "fedi_k12_form"
USED_EVERY = timedelta(days=1)
"""So often it is noted that a token was used: its owner wants to know the day."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class Access(Struct, frozen=True):
    """How a route is guarded; kept on the handler for the test that walks the router."""

    kind: str
    needs: tuple[str, ...] = ()


def access_of(handler: object) -> Access | None:
    """Return how a handler is guarded, or None for one that nobody thought about."""
    found = getattr(handler, "__access__", None)
    return found if isinstance(found, Access) else None


def public(handler: Handle) -> Handle:
    """Let anybody in; who they are is known where they say so."""

    @wraps(handler)
    async def checked(request: web.Request) -> web.StreamResponse:
        await _identify(request)
        await _check_form(request)
        return await handler(request)

    return _mark(checked, Access("public"))


def visitors_form(handler: Handle) -> Handle:
    """Let anybody send a form of ours that changes nothing here: it needs no cookie.

    Whether it is ours a browser says in `Origin` (RFC 6454, 7), which it sends with every form.
    """

    @wraps(handler)
    async def checked(request: web.Request) -> web.StreamResponse:
        await _identify(request)
        origin = request.headers.get("Origin")
        if origin is not None and origin != request.app[CONTEXT].settings.base_url:
            raise FormExpiredError("This form did not come from this site.")
        return await handler(request)

    return _mark(checked, Access("public"))


def one_click(handler: Handle) -> Handle:
    """Let whoever holds the key in the address end something, with no cookie and no form.

    Mail programs do so from servers of their own (RFC 8058, 3.2), so where it comes from says
    nothing; whoever has no key finds nothing to end.
    """

    @wraps(handler)
    async def checked(request: web.Request) -> web.StreamResponse:
        await _identify(request)
        return await handler(request)

    return _mark(checked, Access("public"))


def from_servers(handler: Handle) -> Handle:
    """Let other servers in; the handler itself checks their signatures."""

    @wraps(handler)
    async def checked(request: web.Request) -> web.StreamResponse:
        return await handler(request)

    return _mark(checked, Access("servers"))


def requires(*scopes: str) -> Callable[[Handle], Handle]:
    """Let in apps that hold a member's token with all of `scopes`."""
    return _token_guard("token", scopes, member=True)


def held_token_ok(*scopes: str) -> Callable[[Handle], Handle]:
    """Let in apps as `requires` does, also of who did not confirm the e-mail address yet."""

    def decorate(handler: Handle) -> Handle:
        guarded = requires(*scopes)(handler)

        @wraps(guarded)
        async def checked(request: web.Request) -> web.StreamResponse:
            if request[NOTES].identity is None and (token := bearer_token(request)):
                found = await _token_identity(request, token, held=True)
                request[NOTES].identity = found
                deeds.demand(request, found.actor)
            return await guarded(request)

        return checked

    return decorate


def app_token_ok(*scopes: str) -> Callable[[Handle], Handle]:
    """Let in apps with a token of a member or of their own, with all of `scopes`."""
    return _token_guard("app token", scopes, member=False)


def staff_token(action: Action, *scopes: str) -> Callable[[Handle], Handle]:
    """Let in apps with all of `scopes` of a member whose role permits the action.

    The role is asked for each time: a scope given to somebody who moderated once opens
    nothing. Where staff need a second factor, their apps do nothing before they have one.
    """

    def decorate(handler: Handle) -> Handle:
        @wraps(handler)
        async def checked(request: web.Request) -> web.StreamResponse:
            if not decide(actor(request), action).allowed:
                raise ForbiddenError("This action is not allowed")
            if not await _has_second_factor(request):
                raise ForbiddenError("Set up a second step for signing in first.")
            return await handler(request)

        return requires(*scopes)(checked)

    return decorate


def streams_token(handler: Handle) -> Handle:
    """Let in apps with a member's token, wherever a browser can put one.

    In the header, as the WebSocket's subprotocol or in the query, as Mastodon's streaming
    takes it. Which scopes it needs depends on the stream, which the handler reads.
    """

    @wraps(handler)
    async def checked(request: web.Request) -> web.StreamResponse:
        notes = request[NOTES]
        token = (
            bearer_token(request)
            or token_subprotocol(request)
            or request.query.get("access_token", "")
        )
        notes.identity = await _token_identity(request, token) if token else Identity()
        if notes.identity.actor is None:
            raise UnauthenticatedError("The access token is invalid")
        return await handler(request)

    return _mark(checked, Access("token", ()))


def bearer_token(request: web.Request) -> str:
    """Return the token in the header, or nothing."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def token_subprotocol(request: web.Request) -> str:
    """Return the token that a browser sent as the WebSocket's subprotocol, or nothing."""
    return request.headers.get("Sec-WebSocket-Protocol", "").partition(",")[0].strip()


def signed_in(handler: Handle) -> Handle:
    """Let in members who are signed in; lead the others to the sign-in page and back."""

    @wraps(handler)
    async def checked(request: web.Request) -> web.StreamResponse:
        identity = await _identify(request)
        if identity.actor is None:
            target = request.path_qs if request.method in _SAFE_METHODS else "/"
            raise web.HTTPSeeOther(f"/auth/sign_in?next={quote(target, safe='')}")
        await _check_form(request)
        return await handler(request)

    return _mark(checked, Access("signed in"))


def keeps_words(lost: Handle) -> Callable[[Handle], Handle]:
    """Let in members as `signed_in` does, but lose nothing that somebody typed.

    Where the session is over or the form's secret is too old, `lost` answers instead: it shows
    the form again, filled and with a secret that holds, and changes nothing.
    """

    def decorate(handler: Handle) -> Handle:
        @wraps(handler)
        async def checked(request: web.Request) -> web.StreamResponse:
            found = await _identify(request)
            if found.actor is None:
                return await lost(request)
            try:
                await _check_form(request)
            except FormExpiredError:
                return await lost(request)
            return await handler(request)

        return _mark(checked, Access("signed in"))

    return decorate


def role_needed(action: Action) -> Callable[[Handle], Handle]:
    """Let in signed-in members whose role permits the action."""

    def decorate(handler: Handle) -> Handle:
        @wraps(handler)
        async def checked(request: web.Request) -> web.StreamResponse:
            decision = decide(actor(request), action)
            if not decision.allowed:
                raise ForbiddenError(decision.why)
            await _demand_second_factor(request)
            return await handler(request)

        return _mark(signed_in(checked), Access("role", (action.value,)))

    return decorate


def identity(request: web.Request) -> Identity:
    """Return who the request is from, as its decorator found out."""
    notes = request.get(NOTES)
    return (notes.identity if notes else None) or Identity()


def viewer(request: web.Request) -> Actor | None:
    """Return who looks, or None for a visitor."""
    return identity(request).actor


def actor(request: web.Request) -> Actor:
    """Return who acts; to be called behind a decorator that lets only members in."""
    found = identity(request).actor
    if found is None:
        raise UnauthenticatedError("This method requires an authenticated user")
    return found


def csrf_token(request: web.Request) -> str:
    """Return what the forms of a page must carry as `csrf`, for visitors too."""
    found = identity(request).csrf
    if found:
        return found
    notes = request[NOTES]
    if notes.visitor_csrf is None:
        notes.visitor_csrf = request.cookies.get(CSRF_COOKIE) or new_token()
    return notes.visitor_csrf


def start_session(request: web.Request, response: web.StreamResponse, token: str) -> None:
    """Set the session cookie on an answer."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=60 * 60 * 24 * 60,
        httponly=True,
        secure=_secure(request),
        samesite="Lax",
        path="/",
    )


def end_session(request: web.Request, response: web.StreamResponse) -> None:
    """Take the session cookie back."""
    response.del_cookie(SESSION_COOKIE, path="/", secure=_secure(request), samesite="Lax")


def set_visitor_cookie(request: web.Request, response: web.StreamResponse) -> None:
    """Set the cookie that goes with a visitor's forms, if one was shown."""
    notes = request.get(NOTES)
    if notes is None or notes.visitor_csrf is None:
        return
    if request.cookies.get(CSRF_COOKIE) != notes.visitor_csrf:
        response.set_cookie(
            CSRF_COOKIE,
            notes.visitor_csrf,
            httponly=True,
            secure=_secure(request),
            samesite="Lax",
            path="/",
        )


def _secure(request: web.Request) -> bool:
    return request.app[CONTEXT].settings.scheme == "https"


def _mark(handler: Handle, access: Access) -> Handle:
    handler.__access__ = access  # type: ignore[attr-defined]  # read back by access_of
    return handler


def _token_guard(
    kind: str, scopes: tuple[str, ...], *, member: bool
) -> Callable[[Handle], Handle]:
    def decorate(handler: Handle) -> Handle:
        @wraps(handler)
        async def checked(request: web.Request) -> web.StreamResponse:
            found = await _identify(request)
            if found.token_id is None:
                raise UnauthenticatedError("The access token is invalid")
            if member and found.actor is None:
                # As Mastodon answers an app that has a token of its own only.
                raise InvalidError("This method requires an authenticated user")
            if not all(covers(found.scopes, scope) for scope in scopes):
                raise ForbiddenError("This action is outside the authorized scopes")
            return await handler(request)

        return _mark(checked, Access(kind, scopes))

    return decorate


async def _demand_second_factor(request: web.Request) -> None:
    """Lead staff to where a second factor is set up, where the server asks for one."""
    if not await _has_second_factor(request):
        raise web.HTTPSeeOther("/settings/security?needed")


async def _has_second_factor(request: web.Request) -> bool:
    """Return whether staff has the second factor that the server asks for, if it asks."""
    ctx = request.app[CONTEXT]
    if not ctx.settings.staff_second_factor:
        return True
    async with ctx.read() as session:
        found = await second_factor.factors(session, member_id=actor(request).member_id or 0)
    return found.any


async def _identify(request: web.Request) -> Identity:
    notes = request[NOTES]
    if notes.identity is None:
        notes.identity = await _found(request)
        deeds.demand(request, notes.identity.actor)
    return notes.identity


async def _found(request: web.Request) -> Identity:
    ctx = request.app[CONTEXT]
    if token := bearer_token(request):
        return await _token_identity(request, token)
    cookie = request.cookies.get(SESSION_COOKIE)
    if cookie and not for_apps(request):
        async with ctx.read() as session:
            signed = await login.session_for(
                session, token_hash=hash_token(cookie), now=ctx.clock()
            )
        if signed is not None and signed.has_left and not departures.is_open(request.path):
            _lead_out(request)
        if signed is not None and signed.refused and signed.actor.member_id is not None:
            # From the next page on they speak as themselves.
            await ctx.write(
                acting.speak_as,
                session_id=signed.session_id,
                member_id=signed.actor.member_id,
                account_id=signed.actor.account_id,
            )
            raise ForbiddenError(signed.refused)
        if signed is not None:
            if ctx.clock() - signed.last_seen_at > login.SEEN_EVERY:
                await ctx.write(
                    sessions.note_seen, session_id=signed.session_id, now=ctx.clock()
                )
            return Identity(actor=signed.actor, session_id=signed.session_id, csrf=signed.csrf)
    return Identity()


def _lead_out(request: web.Request) -> None:
    """Lead whoever has left the district to the page of what they can take along (R-10)."""
    if request.method in _SAFE_METHODS:
        raise web.HTTPSeeOther("/settings/departure")
    raise ForbiddenError("Your last day here is over. You can still take your account along.")


class _Tokens(Remembered[tuple[str, bool], apps.TokenInfo]):
    """Whom tokens stand for, by their hashes and whether who is held comes in, too."""

    BUT = WORK | TALK
    SIZE = 20_000


class _NoTokens(Remembered[str, bool]):
    """Hashes of which there is no token: an app whose token was revoked asks on and on."""

    ONLY = frozenset({"token"})
    BUT = frozenset({"token.last_used_at"})
    SIZE = 10_000


async def _token_info(ctx: Context, token: str, *, held: bool) -> apps.TokenInfo | None:
    """Return whom a token stands for, as `services.apps.token_for` does."""
    known, key = kept(ctx, _Tokens), (hash_token(token), held)
    if (found := known.get(ctx, key)) is not None:
        return found
    none = kept(ctx, _NoTokens)
    if none.get(ctx, key[0]):
        return None
    as_of, none_as_of = known.as_of(ctx), none.as_of(ctx)
    async with ctx.read() as session:
        info = await apps.token_for(session, token_hash=key[0], held=held, now=ctx.clock())
    if info is None:
        none.put(ctx, key[0], True, as_of=none_as_of)
    # What a delegate may do hangs on more than their token: that is looked up each time.
    if info is not None and (info.actor is None or info.actor.delegation is None):
        known.put(ctx, key, info, as_of=as_of)
    return info


def known_member(ctx: Context, request: web.Request, scope: str) -> Actor | None:
    """Return whose token with a scope a request carries, where that is remembered.

    None says nothing but that `requires` has to be asked: nothing is refused here, or noted.
    """
    token = bearer_token(request)
    info = kept(ctx, _Tokens).get(ctx, (hash_token(token), False)) if token else None
    if (
        info is None
        or not covers(info.scopes, scope)
        or ctx.clock() - (info.last_used_at or _NEVER) > USED_EVERY
    ):
        return None
    # Delegates' tokens are not remembered: what they may do depends on where the request goes.
    return info.actor


async def _token_identity(request: web.Request, token: str, *, held: bool = False) -> Identity:
    ctx = request.app[CONTEXT]
    info = await _token_info(ctx, token, held=held)
    if info is None:
        raise UnauthenticatedError("The access token is invalid")
    if info.actor and ctx.clock() - (info.last_used_at or _NEVER) > USED_EVERY:
        await ctx.write(apps_in.note_used, token_id=info.token_id, now=ctx.clock())
    return Identity(info.actor, info.scopes, info.app_id, info.token_id)


async def _check_form(request: web.Request) -> None:
    """Refuse a form that does not carry its session's (or visitor's) secret."""
    if request.method in _SAFE_METHODS or for_apps(request) or for_servers(request):
        return
    expected = identity(request).csrf or request.cookies.get(CSRF_COOKIE)
    if identity(request).actor is not None:
        # A member may send a film with a form; what a visitor sends stays small.
        allow_body(request, request.app[CONTEXT].settings.max_film_bytes + FORM_SLACK)
    form = await posted(request)
    given = form.get("csrf") or request.headers.get("X-CSRF-Token")
    if not (
        expected
        and isinstance(given, str)
        and secrets.compare_digest(expected.encode(), given.encode())
    ):
        raise FormExpiredError(
            "This form is too old, or did not come from this site. Go back, reload, try again."
        )


class FormExpiredError(DomainError):
    """A form without its secret: an old page, or another site's doing."""

    status = 403
    code = "form_expired"
