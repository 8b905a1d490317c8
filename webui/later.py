"""Posts that members wrote for later: when they come, and taking them back."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.events import at_wall
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import profiles, scheduled
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.audiences import READERS
from webui.forms import Form
from webui.pages import render
from webui.times import zone_named

_WHEN = "Say on which day and at what time it is to come."
_PLAIN = {
    "Scheduled at The scheduled date must be in the future": (
        "It can come in five minutes at the soonest."
    ),
}


@signed_in
async def later(request: web.Request) -> web.StreamResponse:
    """Show what a member wrote for later."""
    return await _page(request, Form())


@signed_in
async def reschedule(request: web.Request) -> web.StreamResponse:
    """Let a post come at another time."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    try:
        await ctx.write(
            scheduled.reschedule,
            actor=actor(request),
            scheduled_id=_id(request),
            due_at=await moment(request, form),
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.errors[""] = plain(error)
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther("/later")


@signed_in
async def cancel(request: web.Request) -> web.StreamResponse:
    """Do not publish a post after all."""
    ctx = request.app[CONTEXT]
    await ctx.write(
        scheduled.cancel, actor=actor(request), scheduled_id=_id(request), now=ctx.clock()
    )
    raise web.HTTPSeeOther("/later")


async def moment(request: web.Request, form: Form) -> datetime:
    """Return when the member wants it to come, on the clock of their own time zone."""
    zone = await _zone(request)
    try:
        day, clock = (
            date.fromisoformat(form["later_day"]),
            time.fromisoformat(form["later_time"]),
        )
    except ValueError as error:
        raise InvalidError(_WHEN) from error
    return at_wall(day, clock.replace(tzinfo=None), zone)


def plain(error: InvalidError) -> str:
    """Return what is wrong, as people read it."""
    sentence = forms.why(error)
    return _PLAIN.get(sentence, sentence)


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    zone = await _zone(request)
    async with request.app[CONTEXT].read() as session:
        page = await scheduled.page(
            session,
            actor=actor(request),
            page=PageRequest(limit=scheduled.MAX_WAITING),
        )
    coming = sorted(page.items, key=lambda view: view.due_at)
    return await render(
        request,
        "later.html",
        status=status,
        form=form,
        coming=[(view, view.due_at.astimezone(zone)) for view in coming],
        readers={**dict(READERS)},
        zone=zone.key,
        noindex=True,
    )


async def _zone(request: web.Request) -> ZoneInfo:
    async with request.app[CONTEXT].read() as session:
        chosen = await profiles.preferences(session, actor=actor(request))
    return zone_named(chosen.time_zone) or ZoneInfo("UTC")


def _id(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


ROUTES = [
    web.get("/later", later),
    web.post(r"/later/{id:\d+}/time", reschedule),
    web.post(r"/later/{id:\d+}/cancel", cancel),
]
