"""A forgotten password: asked for by e-mail address, chosen anew by a link."""

import asyncio

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.people import check_password
from fedi_k12.services import login, recovery
from fedi_k12.web.auth import public
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render

PLACE = "/auth/password"


@public
async def show_asking(request: web.Request) -> web.StreamResponse:
    """Show the form that asks for the e-mail address, or that no mail is sent from here."""
    return await _asking_page(request, Form())


@public
async def ask(request: web.Request) -> web.StreamResponse:
    """Have a link sent. What is said does not depend on whether the address is known."""
    ctx = request.app[CONTEXT]
    if not ctx.settings.smtp_url:
        raise NotFoundError("There is nothing here that you may see.")
    form = await forms.read(request)
    if "@" not in form["email"]:
        form.errors["email"] = "That is no e-mail address. One looks like maya@lincoln.example."
        return await _asking_page(request, form, status=422)
    await ctx.write(recovery.ask, email=form["email"], now=ctx.clock())
    return await render(
        request,
        "message.html",
        title="Look into your mail",
        text="If a member here has that address, a letter with a link is on its way to it. "
        "The link works for one hour. Nothing there after ten minutes? Then look among what "
        "your mail program takes for spam, or ask who runs this server.",
        href="/auth/sign_in",
        word="Back to signing in",
        noindex=True,
    )


@public
async def show_choosing(request: web.Request) -> web.StreamResponse:
    """Show whoever holds a link the form for the new password."""
    return await _choosing_page(request, Form())


@public
async def choose(request: web.Request) -> web.StreamResponse:
    """Set the new password, once."""
    ctx, token = request.app[CONTEXT], request.match_info["token"]
    form = await forms.read(request)
    async with ctx.read() as session:
        username = await recovery.username_for(session, token=token, now=ctx.clock())
    try:
        check_password(form["new"], username=username)
    except InvalidError as error:
        form.errors["new"] = forms.why(error)
        return await _choosing_page(request, form, status=422)
    hashed = await asyncio.to_thread(login.hash_password, form["new"])
    await ctx.write(recovery.choose, token=token, password_hash=hashed, now=ctx.clock())
    raise web.HTTPSeeOther("/auth/sign_in?renewed")


async def _asking_page(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    on = bool(request.app[CONTEXT].settings.smtp_url)
    return await render(
        request, "password_asked.html", status=status, form=form, mail=on, noindex=True
    )


async def _choosing_page(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    ctx, token = request.app[CONTEXT], request.match_info["token"]
    async with ctx.read() as session:
        username = await recovery.username_for(session, token=token, now=ctx.clock())
    return await render(
        request,
        "password_chosen.html",
        status=status,
        form=form,
        token=token,
        username=username,
        noindex=True,
    )


_ONE = PLACE + "/{token:[A-Za-z0-9_-]{20,200}}"
ROUTES = [
    web.get(PLACE, show_asking),
    web.post(PLACE, ask),
    web.get(_ONE, show_choosing),
    web.post(_ONE, choose),
]
