"""The second step of signing in: a code, a security key, or a recovery code."""

from aiohttp import web

from fedi_k12.domain.errors import InvalidError
from fedi_k12.services import login, second_factor, security_keys, sessions
from fedi_k12.services.second_factor import Waiting
from fedi_k12.services.security_keys import Place
from fedi_k12.web.auth import public, start_session
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.leads import local_path
from webui.pages import render

COOKIE = "fedi_k12_signing_in"
_WRONG = (
    "That code is not right, or was used before. Wait for the next one, or use one of your "
    "recovery codes. After five wrong ones you begin again."
)


async def ask(request: web.Request, *, member_id: int, target: str) -> web.Response:
    """Return what leads to the second step, whose browser is known by a cookie meanwhile."""
    ctx = request.app[CONTEXT]
    token = await ctx.write(
        second_factor.challenge,
        member_id=member_id,
        purpose="sign in",
        target=target,
        now=ctx.clock(),
    )
    response = web.Response(status=303, headers={"Location": "/auth/second"})
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(second_factor.LIFE.total_seconds()),
        httponly=True,
        secure=ctx.settings.scheme == "https",
        samesite="Lax",
        path="/auth",
    )
    return response


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show the second step; whoever did not take the first one begins with it."""
    waits = await _waiting(request)
    if waits is None:
        raise web.HTTPSeeOther("/auth/sign_in")
    return await _page(request, waits, Form())


@public
async def take(request: web.Request) -> web.StreamResponse:
    """Sign in whoever shows the second factor."""
    ctx = request.app[CONTEXT]
    waits = await _waiting(request)
    if waits is None:
        return await _begin_again(request)
    form = await forms.read(request)
    if form["answer"]:
        right = await _fits(request, waits, form)
    else:
        right = await ctx.write(
            second_factor.try_code,
            challenge_id=waits.challenge_id,
            code=form["code"],
            now=ctx.clock(),
        )
        if not right:
            form.errors["code"] = _WRONG
    if right:
        return await _signed_in(request, waits)
    if await _waiting(request) is None:
        return await _begin_again(request)
    return await _page(request, waits, form, status=422)


def place_of(request: web.Request) -> Place:
    """Return where security keys are good for."""
    settings = request.app[CONTEXT].settings
    return Place(settings.domain.partition(":")[0], settings.base_url, settings.name)


async def _fits(request: web.Request, waits: Waiting, form: Form) -> bool:
    ctx = request.app[CONTEXT]
    try:
        await ctx.write(
            security_keys.check,
            waiting=waits,
            answer=form["answer"],
            place=place_of(request),
            now=ctx.clock(),
        )
    except InvalidError as error:
        await ctx.write(
            second_factor.count_wrong, challenge_id=waits.challenge_id, now=ctx.clock()
        )
        form.errors[""] = forms.why(error)
        return False
    return True


async def _waiting(request: web.Request) -> Waiting | None:
    """Return the sign-in of this browser; None where its account rests or it came too late."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        found = await second_factor.waiting(
            session, token=request.cookies.get(COOKIE, ""), purpose="sign in", now=ctx.clock()
        )
        if found is None:
            return None
        member = await login.member_by_id(session, member_id=found.member_id)
    rests = member is None or (member.locked_until or ctx.clock()) > ctx.clock()
    return None if rests or (member is not None and member.disabled) else found


async def _signed_in(request: web.Request, waits: Waiting) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    token = await ctx.write(
        sessions.sign_in,
        member_id=waits.member_id,
        client=request.headers.get("User-Agent", ""),
        now=ctx.clock(),
    )
    response = web.Response(status=303, headers={"Location": local_path(waits.target)})
    response.del_cookie(COOKIE, path="/auth")
    start_session(request, response, token)
    return response


async def first_step(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    """Show the first step: who is it, and with which password."""
    return await render(
        request,
        "sign_in.html",
        status=status,
        form=form,
        mail=bool(request.app[CONTEXT].settings.smtp_url),
        renewed="renewed" in request.query,
        noindex=True,
    )


async def _begin_again(request: web.Request) -> web.StreamResponse:
    form = Form()
    form.errors[""] = (
        "That took too long, or was wrong too often. Begin again with your password. After ten "
        "wrong tries nobody can sign in for a quarter of an hour."
    )
    response = await first_step(request, form, status=422)
    response.del_cookie(COOKIE, path="/auth")
    return response


async def _page(
    request: web.Request, waits: Waiting, form: Form, *, status: int = 200
) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        found = await second_factor.factors(session, member_id=waits.member_id)
        asked = await security_keys.asking(session, waiting=waits, place=place_of(request))
    response = await render(
        request,
        "second_step.html",
        status=status,
        form=form,
        asked=asked,
        has_app=found.totp_since is not None,
        noindex=True,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


ROUTES = [
    web.get("/auth/second", show),
    web.post("/auth/second", take),
]
