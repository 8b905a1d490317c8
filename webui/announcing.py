"""Announcements on the pages: members read them at home, admins make them at the desk."""

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.permissions import Action
from fedi_k12.services import announcements
from fedi_k12.web.auth import actor, role_needed, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms, later
from webui.forms import Form
from webui.moderating import desk_page

_LABELS = {"text": "What is to be told"}


@role_needed(Action.CHANGE_SITE)
async def desk(request: web.Request) -> web.StreamResponse:
    """Show what is told, and the form to tell more."""
    return await _page(request, Form())


@role_needed(Action.CHANGE_SITE)
async def announce(request: web.Request) -> web.StreamResponse:
    """Tell everybody something."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    try:
        await ctx.write(
            announcements.announce,
            actor=actor(request),
            text=form["text"],
            ends_at=await later.moment(request, form) if form["later_day"] else None,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther("/moderation/announcements")


@role_needed(Action.CHANGE_SITE)
async def withdraw(request: web.Request) -> web.StreamResponse:
    """Take an announcement back."""
    ctx = request.app[CONTEXT]
    await ctx.write(
        announcements.withdraw,
        actor=actor(request),
        announcement_id=_id(request),
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther("/moderation/announcements")


@signed_in
async def mark_read(request: web.Request) -> web.StreamResponse:
    """Record that a member has read an announcement."""
    await request.app[CONTEXT].write(
        announcements.dismiss, actor=actor(request), announcement_id=_id(request)
    )
    raise web.HTTPSeeOther("/home")


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        found = await announcements.everything(session, actor=actor(request))
    return await desk_page(
        request,
        "announcements.html",
        "announcements",
        status=status,
        form=form,
        found=found,
        current=request.app[CONTEXT].clock(),
    )


def _id(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


ROUTES = [
    web.get("/moderation/announcements", desk),
    web.post("/moderation/announcements", announce),
    web.post(r"/moderation/announcements/{id:\d+}/withdraw", withdraw),
    web.post(r"/announcements/{id:\d+}/read", mark_read),
]
