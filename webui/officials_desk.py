"""Official accounts: made at the desk, and who acts for each of them."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from fedi_k12.domain.delegates import ROLE_MEANINGS, DelegateRole
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.permissions import Action
from fedi_k12.services import class_rules, classrooms, families, finding, officials, views
from fedi_k12.services.keys import generate_keys
from fedi_k12.web.auth import actor, role_needed, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.moderating import desk_page
from webui.pages import render

_LABELS = {"username": "Short name", "person": "The person", "reason": "The reason"}


@role_needed(Action.MAKE_OFFICIALS)
async def show(request: web.Request) -> web.StreamResponse:
    """Show the official accounts, and the form for another."""
    return await _desk(request, Form())


@role_needed(Action.MAKE_OFFICIALS)
async def make(request: web.Request) -> web.StreamResponse:
    """Make an official account and lead to where its delegates are named."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    if not forms.ask_whose_name(form, form["name"], form["username"]):
        return await _desk(request, form, status=422)
    try:
        row = await ctx.write(
            officials.make,
            actor=actor(request),
            username=form["username"],
            display_name=form["name"],
            classroom=form.flag("classroom"),
            local_only=form.flag("local_only"),
            keys=await asyncio.to_thread(generate_keys),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _desk(request, form, status=422)
    raise web.HTTPSeeOther(f"/official/{row.id}/delegates")


@signed_in
async def delegates(request: web.Request) -> web.StreamResponse:
    """Show who acts for an official account, to administrators and to its managers."""
    return await _delegates(request, Form({"role": DelegateRole.AUTHOR.value}))


@signed_in
async def add(request: web.Request) -> web.StreamResponse:
    """Let a person act for an official account, or change their role."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    try:
        person = await _person(request, form)
        await ctx.write(
            officials.delegate,
            actor=actor(request),
            account_id=_number(request, "id"),
            person_id=person,
            role=_role(form),
            probationary=form.flag("probationary"),
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _delegates(request, form, status=422)
    raise web.HTTPSeeOther(f"/official/{_number(request, 'id')}/delegates")


@signed_in
async def change(request: web.Request) -> web.StreamResponse:
    """Pause a person, let them act again, or end that they act for the account."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    what, more = request.match_info["what"], {}
    if what == "pause":
        more = {"reason": form["reason"]}
    do: Callable[..., Awaitable[None]] = {
        "pause": officials.pause,
        "resume": officials.resume,
        "end": officials.end,
    }[what]
    try:
        await ctx.write(
            do,
            actor=actor(request),
            account_id=_number(request, "id"),
            person_id=_number(request, "person"),
            now=ctx.clock(),
            **more,
        )
    except InvalidError as error:
        form.refuse(error, {})
        return await _delegates(request, form, status=422)
    raise web.HTTPSeeOther(f"/official/{_number(request, 'id')}/delegates")


async def _desk(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        rows = await officials.listed(session)
        found = await views.account_views(session, [row.id for row in rows])
        standings = {
            row.id: await officials.standing(session, row.id, now=ctx.clock()) for row in rows
        }
    return await desk_page(
        request,
        "officials_desk.html",
        "officials",
        status=status,
        form=form,
        found=found,
        standings=standings,
    )


async def _delegates(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    number = _number(request, "id")
    async with ctx.read() as session:
        found = await officials.delegates(session, actor=actor(request), account_id=number)
        account = await views.account_view(session, number)
        standing = await officials.standing(session, number, now=ctx.clock())
        by_mail = await families.count(session, account_id=number)
        classroom = await class_rules.of(session, number)
        waiting = await classrooms.waiting(session, account_id=number) if classroom else 0
    return await render(
        request,
        "delegates.html",
        by_mail=by_mail,
        classroom=classroom,
        waiting=waiting,
        status=status,
        form=form,
        account=account,
        standing=standing,
        meanings=ROLE_MEANINGS,
        acting=[one for one in found if one.ended_at is None],
        former=[one for one in found if one.ended_at is not None],
        noindex=True,
    )


async def _person(request: web.Request, form: Form) -> int:
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        view = await finding.lookup(
            session, acct=form["person"].strip(), own_hosts=ctx.settings.own_hosts
        )
    if view is None:
        raise InvalidError(
            "Nobody of that name lives here.", fields={"person": "does not live here"}
        )
    return view.id


def _role(form: Form) -> DelegateRole:
    if form["role"] not in list(DelegateRole):
        raise InvalidError("Choose what they may do.", fields={"role": "is none of these"})
    return DelegateRole(form["role"])


def _number(request: web.Request, name: str) -> int:
    number = parse_id(request.match_info[name])
    if number is None:
        raise NotFoundError("There is no such official account.")
    return number


ROUTES = [
    web.get("/moderation/officials", show),
    web.post("/moderation/officials", make),
    web.get(r"/official/{id:\d+}/delegates", delegates),
    web.post(r"/official/{id:\d+}/delegates", add),
    web.post(r"/official/{id:\d+}/delegates/{person:\d+}/{what:pause|resume|end}", change),
]
