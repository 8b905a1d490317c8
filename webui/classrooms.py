"""A classroom for who runs it: its school year, and the families by e-mail (S-41)."""

from datetime import date

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.services import class_rules, classrooms, views
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render

_NONE = "There is no such classroom."


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show how the class is kept, and which families wait."""
    return await _page(request, None)


@signed_in
async def save(request: web.Request) -> web.StreamResponse:
    """Set the end of the school year, and whether anything leaves this server."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    try:
        await ctx.write(
            classrooms.change,
            actor=actor(request),
            account_id=_number(request, "id"),
            ends_on=_day(form["ends_on"]),
            local_only=form.flag("local_only"),
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, {"ends_on": "The last day of the school year"})
        return await _page(request, form)
    raise web.HTTPSeeOther(f"/official/{_number(request, 'id')}/classroom?saved")


@signed_in
async def decide(request: web.Request) -> web.StreamResponse:
    """Let a family have the letters of the class, or turn them away."""
    ctx = request.app[CONTEXT]
    await forms.read(request)
    await ctx.write(
        classrooms.decide,
        actor=actor(request),
        account_id=_number(request, "id"),
        mail_id=_number(request, "mail"),
        let_in=request.match_info["what"] == "let-in",
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther(f"/official/{_number(request, 'id')}/classroom")


async def _page(request: web.Request, form: Form | None) -> web.StreamResponse:
    number = _number(request, "id")
    async with request.app[CONTEXT].read() as session:
        room = await class_rules.of(session, number)
        if room is None:
            raise NotFoundError(_NONE)
        found = await classrooms.families(session, actor=actor(request), account_id=number)
        account = await views.account_view(session, number)
    if form is None:
        kept = {
            "ends_on": room.ends_on.isoformat(),
            "local_only": "1" if room.local_only else "",
        }
        form = Form(kept)
    return await render(
        request,
        "classroom.html",
        status=422 if form.errors else 200,
        form=form,
        room=room,
        account=account,
        families=found,
        saved="saved" in request.query,
        noindex=True,
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidError("Choose a day.", fields={"ends_on": "is no day"}) from error


def _number(request: web.Request, name: str) -> int:
    number = parse_id(request.match_info[name])
    if number is None:
        raise NotFoundError(_NONE)
    return number


_ONE = r"/official/{id:\d+}/classroom"
ROUTES = [
    web.get(_ONE, show),
    web.post(_ONE, save),
    web.post(_ONE + r"/families/{mail:\d+}/{what:let-in|turn-away}", decide),
]
