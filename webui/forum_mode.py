"""Whether answers are shown under the posts of an official account: two people change it."""

from aiohttp import web

from fedi_k12.domain.charters import FORUM_MEANINGS, FORUM_WORDS, ForumMode
from fedi_k12.domain.errors import InvalidError
from fedi_k12.services import forum_mode, views
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.pages import render

_PLACE = r"/official/{id:\d+}/forum"


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show the mode that holds, and the change that waits for a second person."""
    number = int(request.match_info["id"])
    async with request.app[CONTEXT].read() as session:
        waiting = await forum_mode.waiting(session, actor=actor(request), account_id=number)
        mode = await forum_mode.of(session, number)
        account = await views.account_view(session, number)
    return await render(
        request,
        "forum_mode.html",
        account=account,
        mode=mode,
        waiting=waiting,
        words=FORUM_WORDS,
        meanings=FORUM_MEANINGS,
        noindex=True,
    )


@signed_in
async def ask(request: web.Request) -> web.StreamResponse:
    """Ask for another mode."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    mode = next((one for one in ForumMode if one.value == form["mode"]), None)
    if mode is None:
        raise InvalidError("Choose whether answers are shown.")
    await ctx.write(
        forum_mode.ask,
        actor=actor(request),
        account_id=int(request.match_info["id"]),
        mode=mode,
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther(request.path)


@signed_in
async def decide(request: web.Request) -> web.StreamResponse:
    """Approve what somebody else asked for, or drop it."""
    ctx = request.app[CONTEXT]
    act = {"approve": forum_mode.approve, "withdraw": forum_mode.withdraw}
    await ctx.write(
        act[request.match_info["what"]],
        actor=actor(request),
        account_id=int(request.match_info["id"]),
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther(request.path.rpartition("/")[0])


ROUTES = [
    web.get(_PLACE, show),
    web.post(_PLACE, ask),
    web.post(_PLACE + "/{what:approve|withdraw}", decide),
]
