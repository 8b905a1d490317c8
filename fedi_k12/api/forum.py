"""Hiding answers to official accounts, for apps that know it: our own endpoint."""

from aiohttp import web

from fedi_k12.api.answers import answer, context, path_id
from fedi_k12.api.hidden_entity import hidden_under
from fedi_k12.services import hidden_answers
from fedi_k12.web.auth import actor, requires
from fedi_k12.web.params import params


@requires("write:statuses")
async def hide(request: web.Request) -> web.Response:
    """Hide an answer under a `rule` of `/about/forum-rules`; return the rule."""
    ctx = context(request)
    asked = await params(request)
    post_id = path_id(request)
    await ctx.write(
        hidden_answers.hide,
        actor=actor(request),
        post_id=post_id,
        code=asked.text("rule"),
        words=asked.text("words"),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    async with ctx.read() as session:
        shown = await hidden_answers.about(session, actor=actor(request), post_id=post_id)
    return answer(hidden_under(shown) or {})


ROUTES = [web.post("/api/fedi/v1/statuses/{id}/hide", hide)]
