"""Where a post went: a page for its author and for staff."""

from aiohttp import web

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.services import holding, whereabouts
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui.pages import render


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show to which servers a post went, and what they answered."""
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    async with request.app[CONTEXT].read() as session:
        found = await whereabouts.of_post(session, actor=actor(request), post_id=number)
        held = await holding.held_until(session, found.post.id) is not None
    return await render(
        request,
        "whereabouts.html",
        post=found.post,
        held=held and found.post.account.id == actor(request).account_id,
        arrivals=found.arrivals,
        since=found.since,
        kept_days=whereabouts.KEPT.days,
        noindex=True,
    )


ROUTES = [web.get(r"/posts/{id:\d+}/deliveries", show)]
