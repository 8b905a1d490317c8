"""A member's settings: leaving for good."""

from aiohttp import web

from fedi_k12.domain.errors import InvalidError
from fedi_k12.services import leaving
from fedi_k12.web.auth import actor, end_session, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render
from webui.passwords import WRONG, knows_password


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Say what leaving means, and ask for the password."""
    return await _page(request, Form())


@signed_in
async def leave(request: web.Request) -> web.StreamResponse:
    """Delete the member's account."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    me = actor(request)
    if not await knows_password(request, me, form["password"]):
        form.errors["password"] = WRONG
        return await _page(request, form, status=422)
    try:
        await ctx.write(leaving.leave, actor=me, account_id=me.account_id, now=ctx.clock())
    except InvalidError as error:
        form.errors["password"] = forms.why(error)
        return await _page(request, form, status=422)
    gone = web.HTTPSeeOther("/")
    end_session(request, gone)
    raise gone


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    return await render(request, "leaving.html", status=status, form=form, noindex=True)


ROUTES = [
    web.get("/settings/leaving", show),
    web.post("/settings/leaving", leave),
]
