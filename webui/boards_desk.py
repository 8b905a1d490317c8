"""Boards: who sits on them, and whether they are warned where they meet in a thread."""

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.permissions import Action
from fedi_k12.services import boards
from fedi_k12.web.auth import actor, role_needed
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.moderating import desk_page

_LABELS = {"name": "Name", "clerk": "Clerk", "members": "Members"}


@role_needed(Action.MAKE_OFFICIALS)
async def show(request: web.Request) -> web.StreamResponse:
    """Show the boards, each with the form that changes it, and the form for another."""
    return await _page(request, Form())


@role_needed(Action.MAKE_OFFICIALS)
async def save(request: web.Request) -> web.StreamResponse:
    """Make a board, or change one."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    number = _number(request) if "id" in request.match_info else None
    try:
        await ctx.write(
            boards.save,
            actor=actor(request),
            board_id=number,
            name=form["name"],
            clerk=form["clerk"],
            members=form["members"].replace(",", " ").split(),
            warns=form.flag("warns"),
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS if number is None else {})
        return await _page(request, form if number is None else _only(form), status=422)
    raise web.HTTPSeeOther("/moderation/boards")


@role_needed(Action.MAKE_OFFICIALS)
async def end(request: web.Request) -> web.StreamResponse:
    """Forget a board."""
    ctx = request.app[CONTEXT]
    await ctx.write(
        boards.end, actor=actor(request), board_id=_number(request), now=ctx.clock()
    )
    raise web.HTTPSeeOther("/moderation/boards")


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        found = await boards.listed(session, actor=actor(request))
    return await desk_page(
        request, "boards_desk.html", "boards", status=status, form=form, found=found
    )


def _only(form: Form) -> Form:
    """Return a form with what is wrong, for the page that has one for each board."""
    empty = Form()
    empty.errors = form.errors
    return empty


def _number(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is no such board.")
    return number


ROUTES = [
    web.get("/moderation/boards", show),
    web.post("/moderation/boards", save),
    web.post(r"/moderation/boards/{id:\d+}", save),
    web.post(r"/moderation/boards/{id:\d+}/end", end),
]
