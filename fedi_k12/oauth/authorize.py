"""The page on which a member lets an app in: RFC 6749, 4.1, with PKCE (RFC 7636)."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession
from yarl import URL

from fedi_k12.context import Context
from fedi_k12.domain import permissions
from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.permissions import Action, Actor
from fedi_k12.domain.scopes import ADMIN, all_covered, in_plain_words, parse_scopes
from fedi_k12.services import acting, apps, officials, views
from fedi_k12.services.apps import OUT_OF_BAND, RegisteredApp
from fedi_k12.web.auth import actor, csrf_token, signed_in
from fedi_k12.web.keys import CONTEXT, RENDER_PAGE
from fedi_k12.web.params import posted

MAX_STATE = 4000
_KEPT = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "lang",
)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class Asked(Struct, frozen=True):
    """What an app asks for, checked as far as showing it needs."""

    app: RegisteredApp
    redirect_uri: str
    scopes: frozenset[str]
    state: str
    code_challenge: str | None
    error: tuple[str, str] | None = None
    """What the app itself is told, as (code, sentence), where it asks for the impossible."""


@signed_in
async def ask(request: web.Request) -> web.StreamResponse:
    """Show who asks for what, for the member to decide."""
    ctx = request.app[CONTEXT]
    asked = await _asked(ctx, request.query, member=actor(request))
    if asked.error is not None:
        return _back(asked, {"error": asked.error[0], "error_description": asked.error[1]})
    me = actor(request)
    if request.query.get("force_login", "").lower() in {"true", "1"}:
        raise _sign_in_anew(request)
    async with ctx.read() as session:
        voices = await _voices(session, me)
        known = len(voices) == 1 and await apps.let_in_before(
            session, app_id=asked.app.id, actor=me, scopes=asked.scopes
        )
    if known and asked.redirect_uri.startswith("https://"):
        # Any program of the same machine can take another's scheme or port (RFC 8252, 8.6).
        return await _grant(request, asked, me)
    page = await request.app[RENDER_PAGE](
        request,
        "oauth/authorize.html",
        {
            "app_name": asked.app.name,
            "website": asked.app.website,
            "scopes": in_plain_words(asked.scopes),
            "known": known,
            "account": voices[0],
            "voices": voices,
            "speaks_as": me.account_id,
            "csrf": csrf_token(request),
            "hidden": {name: request.query[name] for name in _KEPT if name in request.query},
        },
    )
    # A browser holds the form's target to form-action through its redirects too.
    policy = _form_policy(asked.redirect_uri)
    page.headers["Content-Security-Policy"] = policy
    page.headers["Cache-Control"] = "no-store"
    return page


@signed_in
async def decide(request: web.Request) -> web.StreamResponse:
    """Give the app a code, or tell it that the member said no."""
    ctx = request.app[CONTEXT]
    form = await posted(request)
    values = {name: str(value) for name, value in form.items() if isinstance(value, str)}
    who = await _chosen(request, values.get("account", ""))
    asked = await _asked(ctx, values, member=who)
    if asked.error is not None:
        return _back(asked, {"error": asked.error[0], "error_description": asked.error[1]})
    if values.get("decision") != "allow":
        return _back(
            asked,
            {
                "error": "access_denied",
                "error_description": "The resource owner or authorization server denied the "
                "request.",
            },
        )
    return await _grant(request, asked, who)


async def _voices(session: AsyncSession, me: Actor) -> list[AccountView]:
    """Return the accounts that an app can be used as: one's own, then those acted for."""
    member_id = me.member_id or 0
    own = await acting.own_account(session, member_id=member_id)
    held = await officials.speaks_for(session, member_id=member_id)
    ids = [own, *(one.account_id for one in held if one.paused_at is None)]
    return list(await views.account_views(session, ids))


async def _chosen(request: web.Request, account: str) -> Actor:
    """Return as whom the app is let in: the account that the form names, if one may."""
    me = actor(request)
    number = parse_id(account)
    if number is None or number == me.account_id:
        return me
    async with request.app[CONTEXT].read() as session:
        return await acting.actor_for(session, member_id=me.member_id or 0, account_id=number)


async def _grant(request: web.Request, asked: Asked, who: Actor) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    code = await ctx.write(
        apps.grant_code,
        app_id=asked.app.id,
        actor=who,
        redirect_uri=asked.redirect_uri,
        scopes=asked.scopes,
        code_challenge=asked.code_challenge,
        now=ctx.clock(),
    )
    if asked.redirect_uri == OUT_OF_BAND:
        target = URL("/oauth/authorize/native").with_query({"code": code})
        raise web.HTTPSeeOther(target, headers={"Cache-Control": "no-store"})
    return _back(asked, {"code": code})


@signed_in
async def native(request: web.Request) -> web.StreamResponse:
    """Show a code for the member to copy into the app."""
    page = await request.app[RENDER_PAGE](
        request, "oauth/code.html", {"code": request.query.get("code", "")[:200]}
    )
    page.headers["Cache-Control"] = "no-store"
    return page


async def _asked(ctx: Context, values: Mapping[str, str], *, member: Actor) -> Asked:
    """Return what is asked; raises `InvalidError` for what must not be redirected anywhere."""
    async with ctx.read() as session:
        app = await apps.app_by_client_id(session, values.get("client_id", ""))
    if app is None:
        raise InvalidError(
            "This app is not known here (any more). Remove this server from the app and add "
            "it again."
        )
    redirect_uri = values.get("redirect_uri", "")
    if not redirect_uri and len(app.redirect_uris) == 1:
        redirect_uri = app.redirect_uris[0]
    if not apps.registered_redirect(redirect_uri, app.redirect_uris):
        raise InvalidError("The app wants to lead you somewhere it did not register.")
    state = values.get("state", "")[:MAX_STATE]
    challenge = values.get("code_challenge") or None
    error = _fault(values, challenge)
    scopes: frozenset[str] = frozenset()
    if error is None:
        try:
            scopes = parse_scopes(values.get("scope", ""))
        except InvalidError as refusal:
            error = ("invalid_scope", str(refusal))
        else:
            if not all_covered(app.scopes, scopes):
                error = ("invalid_scope", "The requested scope is more than was registered.")
    if not permissions.decide(member, Action.HANDLE_REPORTS).allowed:
        # What belongs to a moderator's app is left out for others, and the rest given.
        scopes -= ADMIN
    return Asked(app, redirect_uri, scopes, state, challenge, error)


def _fault(values: Mapping[str, str], challenge: str | None) -> tuple[str, str] | None:
    if values.get("response_type", "code") != "code":
        return (
            "unsupported_response_type",
            "The authorization server does not support this response type.",
        )
    if challenge is not None and values.get("code_challenge_method", "plain") != "S256":
        return ("invalid_request", "The code challenge method must be S256.")
    if challenge is not None and not _CHALLENGE.fullmatch(challenge):
        return ("invalid_request", "The code challenge is not one of S256.")
    return None


def _sign_in_anew(request: web.Request) -> web.HTTPSeeOther:
    """Return what leads to the sign-in page, also who is signed in, and back to here."""
    rest = {name: text for name, text in request.query.items() if name != "force_login"}
    target = URL("/oauth/authorize").with_query(rest)
    return web.HTTPSeeOther(URL("/auth/sign_in").with_query({"next": str(target), "anew": "1"}))


def _back(asked: Asked, answer: Mapping[str, str]) -> web.StreamResponse:
    """Lead the member back to the app with an answer; its state comes along."""
    if asked.redirect_uri == OUT_OF_BAND:
        raise InvalidError(answer.get("error_description", "The app was not let in."))
    address = asked.redirect_uri
    extra = dict(answer)
    if asked.state:
        extra["state"] = asked.state
    query = URL.build(query=extra).raw_query_string
    joint = "&" if "?" in address else "?"
    # Written into the header as registered: an app's own scheme is nothing to be tidied up.
    return web.Response(
        status=303,
        headers={"Location": f"{address}{joint}{query}", "Cache-Control": "no-store"},
    )


def _form_policy(redirect_uri: str) -> str:
    target = ""
    if redirect_uri != OUT_OF_BAND:
        parts = urlsplit(redirect_uri)
        web_address = parts.scheme in {"http", "https"}
        target = f"{parts.scheme}://{parts.netloc}" if web_address else f"{parts.scheme}:"
        if any(letter in target for letter in " ;,'\""):
            target = ""
    return (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
        f"form-action 'self' {target}"
    )
