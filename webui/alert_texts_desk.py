"""The desk for alerts: texts written by one and approved by another, and who raises them."""

from aiohttp import web

from fedi_k12.domain.alerts import NEEDED_LANGUAGES, WORDS, Level
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.languages import LANGUAGES, language_name
from fedi_k12.domain.permissions import Action
from fedi_k12.services import alert_templates, finding
from fedi_k12.web.auth import actor, role_needed, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.alert_desk import DESK
from webui.forms import Form
from webui.pages import render

_LABELS = {
    "name": "The name",
    "level": "The level",
    "language": "The other language",
    **{f"text_{tag}": f"The text ({name})" for tag, name in LANGUAGES.items()},
}


@signed_in
async def templates(request: web.Request) -> web.StreamResponse:
    """Show the texts, and the form to write one, or to change one."""
    form = Form()
    number = parse_id(request.query.get("instead_of", ""))
    if number is not None:
        async with request.app[CONTEXT].read() as session:
            former = await alert_templates.get(
                session, actor=actor(request), template_id=number
            )
        form = Form(
            {
                "instead_of": str(number),
                "name": former.name,
                "level": former.level.value,
                **{f"text_{tag}": words for tag, words in former.texts.items()},
            }
        )
    return await _page(request, form)


@signed_in
async def write_template(request: web.Request) -> web.StreamResponse:
    """Write a text, which another person approves."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    texts = {
        name.removeprefix("text_"): form[name]
        for name in form.lists
        if name.startswith("text_")
    }
    if form["other"].strip():
        texts[form["language"].strip()] = form["other"]
    try:
        await ctx.write(
            alert_templates.write,
            actor=actor(request),
            level=form["level"],
            name=form["name"],
            texts=texts,
            instead_of=parse_id(form["instead_of"]),
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther(f"{DESK}/texts")


@signed_in
async def approve(request: web.Request) -> web.StreamResponse:
    """Approve a text that somebody else wrote."""
    ctx = request.app[CONTEXT]
    await ctx.write(
        alert_templates.approve,
        actor=actor(request),
        template_id=_id(request),
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther(f"{DESK}/texts")


@signed_in
async def retire(request: web.Request) -> web.StreamResponse:
    """Use a text no longer."""
    ctx = request.app[CONTEXT]
    await ctx.write(
        alert_templates.retire, actor=actor(request), template_id=_id(request), now=ctx.clock()
    )
    raise web.HTTPSeeOther(f"{DESK}/texts")


@role_needed(Action.GIVE_ALERTS)
async def people(request: web.Request) -> web.StreamResponse:
    """Show who may raise alerts."""
    return await _people_page(request, Form())


@role_needed(Action.GIVE_ALERTS)
async def allow(request: web.Request) -> web.StreamResponse:
    """Let a member raise alerts."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    async with ctx.read() as session:
        found = await finding.lookup(
            session, acct=form["person"].strip().lstrip("@"), own_hosts=ctx.settings.own_hosts
        )
    try:
        await ctx.write(
            alert_templates.allow,
            actor=actor(request),
            person_id=found.id if found is not None else 0,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, {"person": "The person"})
        return await _people_page(request, form, status=422)
    raise web.HTTPSeeOther(f"{DESK}/people")


@role_needed(Action.GIVE_ALERTS)
async def disallow(request: web.Request) -> web.StreamResponse:
    """Let a member no longer raise alerts."""
    ctx = request.app[CONTEXT]
    await ctx.write(
        alert_templates.disallow, actor=actor(request), person_id=_id(request), now=ctx.clock()
    )
    raise web.HTTPSeeOther(f"{DESK}/people")


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        found = await alert_templates.listed(session, actor=actor(request))
    tags = dict.fromkeys([*NEEDED_LANGUAGES, *(tag for one in found for tag in one.texts)])
    return await render(
        request,
        "alert_texts.html",
        status=status,
        form=form,
        found=found,
        levels=[(level.value, WORDS["en"][level], WORDS["es"][level]) for level in Level],
        languages=[(tag, language_name(tag)) for tag in tags],
        noindex=True,
    )


async def _people_page(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        found = await alert_templates.raisers(session)
    return await render(
        request, "alert_people.html", status=status, form=form, found=found, noindex=True
    )


def _id(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


ROUTES = [
    web.get(f"{DESK}/texts", templates),
    web.post(f"{DESK}/texts", write_template),
    web.post(rf"{DESK}/texts/{{id:\d+}}/approve", approve),
    web.post(rf"{DESK}/texts/{{id:\d+}}/retire", retire),
    web.get(f"{DESK}/people", people),
    web.post(f"{DESK}/people", allow),
    web.post(rf"{DESK}/people/{{id:\d+}}/remove", disallow),
]
