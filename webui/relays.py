"""The desk's page for relays."""

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.permissions import Action
from fedi_k12.services import relays
from fedi_k12.web.auth import actor, role_needed
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.moderating import desk_page


@role_needed(Action.DECIDE_HOSTS)
async def show(request: web.Request) -> web.StreamResponse:
    """Show the relays, and the form to ask another one."""
    return await _page(request, Form())


@role_needed(Action.DECIDE_HOSTS)
async def add(request: web.Request) -> web.StreamResponse:
    """Ask a relay to take part."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    try:
        await ctx.write(
            relays.add,
            actor=actor(request),
            address=form["address"],
            mode=ctx.settings.federation,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, {"address": "Its address"})
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther("/moderation/relays")


@role_needed(Action.DECIDE_HOSTS)
async def remove(request: web.Request) -> web.StreamResponse:
    """Take part in a relay no longer."""
    ctx = request.app[CONTEXT]
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is no such relay.")
    await ctx.write(relays.remove, actor=actor(request), relay_id=number, now=ctx.clock())
    raise web.HTTPSeeOther("/moderation/relays")


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        found = await relays.everything(session, actor=actor(request))
    return await desk_page(
        request,
        "relays.html",
        "relays",
        status=status,
        form=form,
        found=found,
        may_add=ctx.settings.federation == "open",
    )


ROUTES = [
    web.get("/moderation/relays", show),
    web.post("/moderation/relays", add),
    web.post(r"/moderation/relays/{id:\d+}/remove", remove),
]
