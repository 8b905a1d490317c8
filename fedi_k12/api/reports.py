"""Reports: https://docs.joinmastodon.org/methods/reports/."""

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context
from fedi_k12.domain.errors import InvalidError
from fedi_k12.services import reports
from fedi_k12.web.auth import actor, requires
from fedi_k12.web.params import params


@requires("write:reports")
async def file(request: web.Request) -> web.Response:
    """Report an account to the moderators."""
    ctx = context(request)
    asked = await params(request)
    target = asked.id("account_id")
    if target is None:
        raise InvalidError("Validation failed: Account can't be blank")
    view = await ctx.write(
        reports.file,
        actor=actor(request),
        target_id=target,
        post_ids=asked.ids("status_ids"),
        collection_ids=asked.ids("collection_ids"),
        comment=asked.text("comment"),
        category=asked.text("category") or "other",
        rule_ids=asked.ids("rule_ids"),
        forward=asked.flag("forward"),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return answer(render.report(ctx, view))


ROUTES = [web.post("/api/v1/reports", file)]
