"""A member's settings: the password, the browsers and apps that are in, and how to end them."""

import asyncio

from aiohttp import web

from fedi_k12.context import Context
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.people import check_password
from fedi_k12.services import apps_in, confirmation, login, second_factor, sessions, views
from fedi_k12.web.auth import actor, identity, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render
from webui.passwords import WRONG, knows_password


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show what keeps the account safe, and who is in."""
    return await _page(request, Form())


@signed_in
async def change_password(request: web.Request) -> web.StreamResponse:
    """Set another password; every other browser is signed out."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    me = actor(request)
    async with ctx.read() as session:
        own = await views.account_view(session, me.account_id)
    try:
        check_password(form["new"], username=own.username)
    except InvalidError as error:
        form.errors["new"] = forms.why(error)
    if not await knows_password(request, me, form["password"]):
        form.errors["password"] = WRONG
    if form.errors or me.member_id is None:
        return await _page(request, form, status=422)
    hashed = await asyncio.to_thread(login.hash_password, form["new"])
    await ctx.write(
        login.change_password,
        member_id=me.member_id,
        password_hash=hashed,
        keep_session=identity(request).session_id,
    )
    raise web.HTTPSeeOther("/settings/security?saved")


@signed_in
async def change_address(request: web.Request) -> web.StreamResponse:
    """Have a link sent to another e-mail address; the one so far stays until it is opened."""
    ctx = request.app[CONTEXT]
    demand_mail(ctx)
    form = await forms.read(request)
    me = actor(request)
    if not await knows_password(request, me, form["password_for"]):
        form.errors["password_for"] = WRONG
        return await _page(request, form, status=422)
    try:
        await ctx.write(
            confirmation.change,
            actor=me,
            email=form["email"],
            domains=ctx.settings.registration_domains,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.errors["email"] = forms.why(error)
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther("/settings/security?sent#address")


@signed_in
async def send_again(request: web.Request) -> web.StreamResponse:
    """Send the link to the address that waits to be confirmed once more."""
    ctx = request.app[CONTEXT]
    demand_mail(ctx)
    member_id = actor(request).member_id or 0
    await ctx.write(confirmation.ask_again, member_id=member_id, now=ctx.clock())
    raise web.HTTPSeeOther("/settings/security?sent#address")


@signed_in
async def end_browser(request: web.Request) -> web.StreamResponse:
    """Sign one browser out, or all but this one."""
    ctx = request.app[CONTEXT]
    me, here = actor(request), identity(request).session_id or 0
    form = await forms.read(request)
    member_id = me.member_id or 0
    if form["id"] == "others":
        await ctx.write(login.end_other_sessions, member_id=member_id, keep_session=here)
    else:
        await ctx.write(sessions.end, member_id=member_id, session_id=_number(form))
    raise web.HTTPSeeOther("/settings/security?saved#browsers")


@signed_in
async def end_app(request: web.Request) -> web.StreamResponse:
    """Let an app no longer in."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    await ctx.write(
        apps_in.end,
        member_id=actor(request).member_id or 0,
        app_id=_number(form),
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther("/settings/security?saved#apps")


def demand_mail(ctx: Context) -> None:
    """Raise `NotFoundError` where no mail is sent from here."""
    if not ctx.settings.smtp_url:
        raise NotFoundError("There is nothing here that you may see.")


def _number(form: Form) -> int:
    number = parse_id(form["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    member_id = actor(request).member_id or 0
    async with ctx.read() as session:
        factors = await second_factor.factors(session, member_id=member_id)
        browsers = await sessions.of_member(session, member_id=member_id, now=ctx.clock())
        apps = await apps_in.of_member(session, member_id=member_id)
        address = await confirmation.address_of(session, member_id=member_id)
    return await render(
        request,
        "security.html",
        status=status,
        form=form,
        factors=factors,
        browsers=browsers,
        apps=apps,
        session_id=identity(request).session_id,
        address=address if ctx.settings.smtp_url else None,
        saved="saved" in request.query,
        sent="sent" in request.query,
        needed="needed" in request.query,
        noindex=True,
    )


ROUTES = [
    web.get("/settings/security", show),
    web.post("/settings/security/password", change_password),
    web.post("/settings/security/address", change_address),
    web.post("/settings/security/address/again", send_again),
    web.post("/settings/security/browsers", end_browser),
    web.post("/settings/security/apps", end_app),
]
