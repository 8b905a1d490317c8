"""For whom a browser speaks: for its member, or for an official account that they act for."""

from aiohttp import web

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.services import acting, officials, unacknowledged, views
from fedi_k12.web.auth import actor, identity, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.pages import render


@signed_in
async def choose(request: web.Request) -> web.StreamResponse:
    """Show for whom one may speak; with `account`, ask whether that is meant.

    What was written as one account is not taken along to another: the page says both names.
    """
    ctx, me = request.app[CONTEXT], actor(request)
    member_id = me.member_id or 0
    async with ctx.read() as session:
        own = await views.account_view(
            session, await acting.own_account(session, member_id=member_id)
        )
        held = await officials.speaks_for(session, member_id=member_id)
        leads = await unacknowledged.leads(session, actor=me)
        shown = await views.account_views(session, [one.account_id for one in held])
        standings = {
            one.id: await officials.standing(session, one.id, now=ctx.clock()) for one in shown
        }
    accounts = {view.id: view for view in [own, *shown]}
    wanted: AccountView | None = None
    if "account" in request.query:
        wanted = accounts.get(parse_id(request.query["account"]) or 0)
        if wanted is None:
            raise NotFoundError("You do not act for such an account.")
    return await render(
        request,
        "speak.html",
        own=own,
        held=held,
        accounts=accounts,
        standings=standings,
        wanted=wanted,
        now_as=me.account_id,
        leads=leads,
    )


@signed_in
async def speak(request: web.Request) -> web.StreamResponse:
    """Speak for another account from now on."""
    ctx, me = request.app[CONTEXT], actor(request)
    form = await forms.read(request)
    await ctx.write(
        acting.speak_as,
        session_id=identity(request).session_id or 0,
        member_id=me.member_id or 0,
        account_id=parse_id(form["account"]) or 0,
    )
    raise web.HTTPSeeOther("/home")


ROUTES = [web.get("/speak", choose), web.post("/speak", speak)]
