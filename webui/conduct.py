"""The guide by which one writes for an official account: read, accepted, changed, listed."""

import csv
import io

from aiohttp import web

from fedi_k12.domain.conduct import LANGUAGES, Guide
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.services import charters, conduct, finding, profiles, views
from fedi_k12.web.auth import actor, signed_in, viewer
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.locales import locale_of
from webui.pages import render


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show the guide of an account to who acts for it, with the way to accept it."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        account = await finding.lookup(
            session, acct=request.match_info["acct"], own_hosts=ctx.settings.own_hosts
        )
    if account is None or not account.official:
        raise NotFoundError("There is no such official account.")
    return await _page(request, account.id, Form())


@signed_in
async def accept(request: web.Request) -> web.StreamResponse:
    """Keep that the reader accepts what they read."""
    ctx = request.app[CONTEXT]
    form, number = await forms.read(request), _number(request)
    try:
        await ctx.write(
            conduct.accept,
            actor=actor(request),
            account_id=number,
            digest=form["digest"],
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.errors[""] = forms.why(error)
        return await _page(request, number, form, status=422)
    async with ctx.read() as session:
        account = await views.account_view(session, number)
    raise web.HTTPSeeOther(f"/@{account.username}/guide")


@signed_in
async def edit(request: web.Request) -> web.StreamResponse:
    """Show the form, filled with what holds now."""
    ctx, number = request.app[CONTEXT], _number(request)
    async with ctx.read() as session:
        found = await conduct.register(session, actor=actor(request), account_id=number)
    return await _form(request, number, Form(dict(found.guide.texts)))


@signed_in
async def write(request: web.Request) -> web.StreamResponse:
    """Put a new version in force."""
    ctx, number = request.app[CONTEXT], _number(request)
    form = await forms.read(request)
    try:
        await ctx.write(
            conduct.write,
            actor=actor(request),
            account_id=number,
            texts={one: form[one] for one in LANGUAGES},
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.errors.update(error.fields or {"": forms.why(error)})
        return await _form(request, number, form, status=422)
    raise web.HTTPSeeOther(f"/official/{number}/guide/register")


@signed_in
async def register(request: web.Request) -> web.StreamResponse:
    """Show who accepted which version when, and who has yet to."""
    ctx, number = request.app[CONTEXT], _number(request)
    async with ctx.read() as session:
        found = await conduct.register(session, actor=actor(request), account_id=number)
        account = await views.account_view(session, number)
    return await render(
        request, "guide_register.html", account=account, found=found, noindex=True
    )


@signed_in
async def register_file(request: web.Request) -> web.StreamResponse:
    """Return the register as CSV (RFC 4180): person, version, when (UTC), SHA-256 of the text.

    Who has yet to accept what holds now stands first, without a time.
    """
    ctx, number = request.app[CONTEXT], _number(request)
    async with ctx.read() as session:
        found = await conduct.register(session, actor=actor(request), account_id=number)
        account = await views.account_view(session, number)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["person", "version", "accepted_at", "sha256"])
    for handle in found.missing:
        table.writerow([f"@{handle}", found.guide.version, "", found.guide.digest])
    for one in found.accepted:
        table.writerow([f"@{one.handle}", one.version, one.at.isoformat(), one.digest])
    return web.Response(
        text=text.getvalue(),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{account.username}-guide.csv"'},
    )


async def _page(
    request: web.Request, number: int, form: Form, *, status: int = 200
) -> web.StreamResponse:
    ctx, me = request.app[CONTEXT], actor(request)
    async with ctx.read() as session:
        guide = await conduct.read(session, actor=me, account_id=number)
        account = await views.account_view(session, number)
        keeps = await charters.may_write(session, actor=me, account_id=number)
    acts = me.delegation is not None and me.account_id == number
    return await render(
        request,
        "guide.html",
        status=status,
        form=form,
        account=account,
        guide=guide,
        text=await _text(request, guide),
        acts=acts,
        unread=acts and me.delegation is not None and bool(me.delegation.unread),
        keeps=keeps,
        noindex=True,
    )


async def beside(request: web.Request) -> str:
    """Return the guide of the account that a writer speaks for; empty for their own."""
    # The form comes back to whoever was signed out meanwhile, too.
    me = viewer(request)
    if me is None or me.delegation is None:
        return ""
    async with request.app[CONTEXT].read() as session:
        guide = await conduct.read(session, actor=me, account_id=me.account_id)
    return await _text(request, guide)


async def _text(request: web.Request, guide: Guide) -> str:
    async with request.app[CONTEXT].read() as session:
        chosen = await profiles.preferences(session, actor=actor(request))
    return guide.text(locale_of(request, chosen.page_language))


async def _form(
    request: web.Request, number: int, form: Form, *, status: int = 200
) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        account = await views.account_view(session, number)
    return await render(
        request, "guide_form.html", status=status, account=account, form=form, noindex=True
    )


def _number(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is no such official account.")
    return number


ROUTES = [
    web.get("/@{acct}/guide", show),
    web.post(r"/official/{id:\d+}/guide/accept", accept),
    web.get(r"/official/{id:\d+}/guide", edit),
    web.post(r"/official/{id:\d+}/guide", write),
    web.get(r"/official/{id:\d+}/guide/register", register),
    web.get(r"/official/{id:\d+}/guide/register.csv", register_file),
]
