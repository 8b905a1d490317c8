"""The desk for rules in this place's own words: one writes them, another approves."""

from aiohttp import web

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.permissions import Action
from fedi_k12.services import forum_rules
from fedi_k12.web.auth import actor, role_needed
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.moderating import desk_page

DESK = "/moderation/forum-rules"
_ACTS = {"approve": forum_rules.approve, "end": forum_rules.end}


@role_needed(Action.RESTRAIN)
async def show(request: web.Request) -> web.StreamResponse:
    """Show the rules in own words, those that wait first, and a form for another."""
    return await _page(request, Form())


@role_needed(Action.RESTRAIN)
async def write(request: web.Request) -> web.StreamResponse:
    """Write a rule, which another person approves."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    try:
        await ctx.write(
            forum_rules.write, actor=actor(request), text=form["text"], now=ctx.clock()
        )
    except InvalidError as error:
        form.refuse(error, {"text": "The rule"})
        return await _page(request, form)
    raise web.HTTPSeeOther(DESK)


@role_needed(Action.RESTRAIN)
async def decide(request: web.Request) -> web.StreamResponse:
    """Approve a rule that somebody else wrote, or use one no longer."""
    ctx = request.app[CONTEXT]
    await ctx.write(
        _ACTS[request.match_info["what"]],
        actor=actor(request),
        rule_id=int(request.match_info["id"]),
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther(DESK)


async def _page(request: web.Request, form: Form) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        found = await forum_rules.own_rules(session, actor=actor(request))
    return await desk_page(
        request,
        "forum_rules_desk.html",
        "forum",
        status=422 if form.errors else 200,
        form=form,
        found=found,
    )


ROUTES = [
    web.get(DESK, show),
    web.post(DESK, write),
    web.post(DESK + r"/{id:\d+}/{what:approve|end}", decide),
]
