"""The queue of a desk: answers that the team looks at before others see them (R-46, R-48)."""

from aiohttp import web

from fedi_k12.domain.delegates import Deed, may
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.ids import parse_id
from fedi_k12.services import desk_queue
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show what waits, the oldest first, and when it is shown by itself."""
    return await _page(request, None)


@signed_in
async def set_hours(request: web.Request) -> web.StreamResponse:
    """Change after how many hours what waits for its words is shown by itself."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    try:
        await ctx.write(
            desk_queue.set_hours,
            actor=actor(request),
            hours=parse_id(form["hours"]) or 0,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, {"hours": "Hours"})
        return await _page(request, form)
    raise web.HTTPSeeOther("/desk/queue")


async def _page(request: web.Request, form: Form | None) -> web.StreamResponse:
    me = actor(request)
    async with request.app[CONTEXT].read() as session:
        found, more = await desk_queue.page(
            session, actor=me, after=parse_id(request.query.get("after", ""))
        )
        age = await desk_queue.age(session, actor=me)
        hours = await desk_queue.hours(session, actor=me)
    return await render(
        request,
        "desk_queue.html",
        status=422 if form is not None else 200,
        form=form or Form({"hours": str(hours)}),
        hours=hours,
        most=desk_queue.MAX_HOURS,
        manages=may(me.delegation, Deed.MANAGE),
        found=found,
        more=more,
        age=age,
        noindex=True,
    )


@signed_in
async def let_out(request: web.Request) -> web.StreamResponse:
    """Let others see an answer that waits, or all that say the same."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    await ctx.write(
        desk_queue.show_same if form["same"] else desk_queue.show,
        actor=actor(request),
        post_id=int(request.match_info["id"]),
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther("/desk/queue")


ROUTES = (
    web.get("/desk/queue", show),
    web.post("/desk/queue/hours", set_hours),
    web.post(r"/desk/queue/{id:\d+}/show", let_out),
)
