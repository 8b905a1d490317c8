"""Asking that something be taken down, without an account, and deciding about it (R-33)."""

from typing import Any

from aiohttp import web

from fedi_k12.domain.errors import ConflictError, InvalidError
from fedi_k12.domain.permissions import Action
from fedi_k12.domain.take_downs import WHO, Asked
from fedi_k12.services import take_downs
from fedi_k12.web.auth import actor, public, role_needed, visitors_form
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.locales import locale_of
from webui.moderating import desk_page
from webui.pages import render

TRAP = "website"
"""A field that nobody sees: whoever fills it in is a program, and is told that all is well."""


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show the form; the address may be filled in by the page that led here."""
    return await _page(request, Form({"place": request.query.get("of", "")[:1000]}))


@visitors_form
async def ask(request: web.Request) -> web.StreamResponse:
    """Make a case of it, and lead to the page that says how it stands."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    if form[TRAP]:
        return await render(
            request,
            "message.html",
            title="Thank you",
            text="Somebody reads it.",
            href="/",
            word="To the front page",
            noindex=True,
        )
    asked = Asked(
        form["place"],
        form["who"],
        form["words"],
        form["email"] if ctx.settings.smtp_url else "",
        locale_of(request),
    )
    try:
        number, key = await ctx.write(
            take_downs.ask, asked=asked, own_hosts=ctx.settings.own_hosts, now=ctx.clock()
        )
    except InvalidError as error:
        _refuse(form, error)
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther(f"/take-down/{number}?key={key}")


@public
async def status(request: web.Request) -> web.StreamResponse:
    """Show whoever has the key how it stands."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        found = await take_downs.status(
            session, number=_id(request), key=request.query.get("key", ""), now=ctx.clock()
        )
    return await render(request, "take_down_status.html", one=found, noindex=True)


@role_needed(Action.HANDLE_REPORTS)
async def listed(request: web.Request) -> web.StreamResponse:
    """Show what families asked, what waits first."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        found = await take_downs.listed(session, actor=actor(request), now=ctx.clock())
    return await desk_page(request, "take_downs.html", "take-downs", found=found, WHO=WHO)


@role_needed(Action.HANDLE_REPORTS)
async def one(request: web.Request) -> web.StreamResponse:
    """Show a case with the post, and what can be done."""
    return await _one(request, Form())


@role_needed(Action.HANDLE_REPORTS)
async def change(request: web.Request) -> web.StreamResponse:
    """Hide, show, remove or keep it, or say which post it is."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    given: dict[str, Any] = {
        "actor": actor(request),
        "number": _id(request),
        "now": ctx.clock(),
    }
    what = request.match_info["what"]
    acts = {"hide": take_downs.hide, "show": take_downs.show}
    try:
        if what in acts:
            await ctx.write(acts[what], **given)
        elif what == "decide":
            decide = take_downs.remove if form["do"] == "remove" else take_downs.keep
            await ctx.write(decide, words=form["words"], **given)
        else:
            own = ctx.settings.own_hosts
            await ctx.write(take_downs.name_post, place=form["place"], own_hosts=own, **given)
    except InvalidError as error:
        _refuse(form, error)
        return await _one(request, form, status=422)
    except ConflictError as error:
        form.errors[""] = forms.why(error)
        return await _one(request, form, status=error.status)
    raise web.HTTPSeeOther(f"/moderation/take-downs/{_id(request)}")


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    mails = bool(request.app[CONTEXT].settings.smtp_url)
    return await render(
        request,
        "take_down.html",
        status=status,
        form=form,
        WHO=WHO,
        mails=mails,
        trap=TRAP,
        noindex=True,
    )


async def _one(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        found = await take_downs.one(
            session, actor=actor(request), number=_id(request), now=ctx.clock()
        )
    return await desk_page(
        request,
        "take_down_case.html",
        "take-downs",
        status=status,
        form=form,
        one=found,
        WHO=WHO,
    )


def _refuse(form: Form, error: InvalidError) -> None:
    """Take over the sentences of a service, each at its field."""
    if len(error.fields) > 1:
        form.errors.update(error.fields)
    else:
        form.errors[next(iter(error.fields), "")] = forms.why(error)


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


_CASE = r"/moderation/take-downs/{id:\d{1,18}}"
ROUTES = [
    web.get("/take-down", show),
    web.post("/take-down", ask),
    web.get(r"/take-down/{id:\d{1,18}}", status),
    web.get("/moderation/take-downs", listed),
    web.get(_CASE, one),
    web.post(_CASE + "/{what:hide|show|decide|post}", change),
]
