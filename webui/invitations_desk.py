"""Invitations at the desk: made with a limit and an end, listed with who came, withdrawn."""

from datetime import timedelta

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Action, Role
from fedi_k12.services import invitations
from fedi_k12.web.auth import actor, role_needed
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.moderating import desk_page

PAGE = 20
PLACE = "/moderation/invitations"
_LASTING = {
    "1": "A day",
    "7": "A week",
    "30": "30 days",
    "365": "A year",
    "": "Until somebody withdraws it",
}
_ROLES = {
    "member": "Member",
    "moderator": "Moderator",
    "admin": "Administrator",
    "owner": "Owner",
}
_USUAL = {"uses": "1", "lasts": "7", "role": "member"}
_NO_NUMBER = "Write a number from 1 to 10000, or nothing."


@role_needed(Action.INVITE)
async def show(request: web.Request) -> web.StreamResponse:
    """Show the form for a new invitation, and those that were made."""
    return await _page(request, Form(_USUAL))


@role_needed(Action.INVITE)
async def make(request: web.Request) -> web.StreamResponse:
    """Make an invitation; its link is shown by this answer and never again."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    uses, role = form["uses"].strip(), form["role"]
    if uses and not (uses.isascii() and uses.isdecimal() and len(uses) <= len("10000")):
        form.errors["uses"] = _NO_NUMBER
    if role not in _ROLES or form["lasts"] not in _LASTING:
        form.errors[""] = "Choose from the lists."
    if form.errors:
        return await _page(request, form, status=422)
    try:
        code = await ctx.write(
            invitations.make,
            actor=actor(request),
            note=form["note"],
            max_uses=int(uses) if uses else None,
            lasts=timedelta(days=int(form["lasts"])) if form["lasts"] else None,
            role=Role(role),
            now=ctx.clock(),
        )
    except InvalidError as error:
        for name in error.fields or ("",):
            form.errors[name] = forms.why(error)
        return await _page(request, form, status=422)
    return await _page(request, Form(_USUAL), link=f"{ctx.addresses.base_url}/invite/{code}")


@role_needed(Action.INVITE)
async def withdraw(request: web.Request) -> web.StreamResponse:
    """Let nobody come in by an invitation any more."""
    ctx, number = request.app[CONTEXT], parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is no such invitation.")
    await ctx.write(
        invitations.withdraw, actor=actor(request), invite_id=number, now=ctx.clock()
    )
    raise web.HTTPSeeOther(f"{PLACE}?withdrawn")


async def _page(
    request: web.Request, form: Form, *, link: str = "", status: int = 200
) -> web.StreamResponse:
    ctx, me = request.app[CONTEXT], actor(request)
    wanted = PageRequest(limit=PAGE, max_id=parse_id(request.query.get("before", "")))
    async with ctx.read() as session:
        found = await invitations.page(session, actor=me, wanted=wanted, now=ctx.clock())
    return await desk_page(
        request,
        "invitations_desk.html",
        "members",
        status=status,
        form=form,
        link=link,
        found=found.items,
        before=found.oldest if len(found.items) >= PAGE else None,
        LASTING=_LASTING,
        ROLES={name: word for name, word in _ROLES.items() if me.role.at_least(Role(name))},
        ALL_ROLES=_ROLES,
        MAX_NOTE=invitations.MAX_NOTE,
        withdrawn="withdrawn" in request.query,
    )


ROUTES = [
    web.get(PLACE, show),
    web.post(PLACE, make),
    web.post(PLACE + r"/{id:\d+}/withdraw", withdraw),
]
