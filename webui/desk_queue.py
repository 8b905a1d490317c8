"""The queue of a desk: answers that the team looks at before others see them (R-46, R-48)."""

from datetime import datetime

from aiohttp import web

from fedi_k12.services import desk_queue
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui.pages import render


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show what waits, the oldest first, and when it is shown by itself."""
    async with request.app[CONTEXT].read() as session:
        found, more = await desk_queue.page(
            session, actor=actor(request), after=_moment(request.query.get("after", ""))
        )
        age = await desk_queue.age(session, actor=actor(request))
    return await render(
        request, "desk_queue.html", found=found, more=more, age=age, noindex=True
    )


@signed_in
async def let_out(request: web.Request) -> web.StreamResponse:
    """Let others see an answer that waits."""
    ctx = request.app[CONTEXT]
    await ctx.write(
        desk_queue.show,
        actor=actor(request),
        post_id=int(request.match_info["id"]),
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther("/desk/queue")


def _moment(text: str) -> datetime | None:
    """Return the place in the queue after which the page begins, None for its beginning."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


ROUTES = (
    web.get("/desk/queue", show),
    web.post(r"/desk/queue/{id:\d+}/show", let_out),
)
