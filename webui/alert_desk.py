"""The desk for alerts: raising, updating, ending and reviewing them."""

from aiohttp import web

from fedi_k12.domain.alerts import NEEDED_LANGUAGES, AlertView, heading
from fedi_k12.domain.errors import ConflictError, InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.languages import LANGUAGES, language_name
from fedi_k12.domain.permissions import Action, decide
from fedi_k12.services import alert_templates, alerts, officials
from fedi_k12.services.alert_templates import Template
from fedi_k12.services.alerts import AlertDraft
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import alert_rendering, forms
from webui.forms import Form
from webui.pages import render

DESK = "/desk/alerts"
LASTS = {
    "60": "An hour",
    "120": "Two hours",
    "240": "Four hours",
    "480": "Eight hours",
    "1440": "A day",
    "4320": "Three days",
    "10080": "A week",
}
USUALLY = "240"
_LABELS = {
    "template": "The text",
    "account": "The account",
    "area": "Where it holds",
    "minutes": "How long it lasts",
    **{f"more_{tag}": "What is added" for tag in LANGUAGES},
    "note": "The note",
}


@signed_in
async def desk(request: web.Request) -> web.StreamResponse:
    """Show the alerts, and what waits for a second person."""
    ctx = request.app[CONTEXT]
    me = actor(request)
    async with ctx.read() as session:
        found = await alerts.desk(session, actor=me)
    now = ctx.clock()
    return await render(
        request,
        "alert_desk.html",
        tab="alerts",
        waiting=[one for one in found.alerts if one.reviewed_at is None],
        current=[one for one in found.alerts if one.lasts(now)],
        past=[one for one in found.alerts if not one.lasts(now)],
        may_raise=found.may_raise,
        me_id=found.member_id,
        may_give=decide(me, Action.GIVE_ALERTS).allowed,
        heading=heading,
        current_time=now,
        noindex=True,
    )


@signed_in
async def show_form(request: web.Request) -> web.StreamResponse:
    """Show the form in which an alert is raised, or one that follows another."""
    form = Form({"minutes": USUALLY, "follows": request.query.get("follows", "")})
    former = await _followed(request, form)
    if former is not None:
        form.set("area", former.area)
    return await _form_page(request, form)


@signed_in
async def raise_alert(request: web.Request) -> web.StreamResponse:
    """Raise an alert at once."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    former = await _followed(request, form)
    minutes = form["minutes"]
    try:
        number = await ctx.write(
            alerts.raise_alert,
            actor=actor(request),
            draft=AlertDraft(
                template_id=parse_id(form["template"]) or 0,
                account_id=parse_id(form["account"]) or 0,
                area=form["area"],
                minutes=int(minutes) if minutes in LASTS else 0,
                more={
                    name.removeprefix("more_"): form[name]
                    for name in form.lists
                    if name.startswith("more_")
                },
                drill=form.flag("drill"),
            ),
            follows_id=former.id if former is not None else None,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except (InvalidError, ConflictError) as error:
        if isinstance(error, InvalidError):
            form.refuse(error, _LABELS)
        else:
            form.errors[""] = str(error)
        return await _form_page(request, form, status=error.status)
    await alert_rendering.write(ctx)
    raise web.HTTPSeeOther(f"{DESK}/{number}")


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show an alert: what it says, where it went, whether somebody reviewed it."""
    return await _one_page(request, Form())


@signed_in
async def end(request: web.Request) -> web.StreamResponse:
    """End an alert without another that says so."""
    ctx = request.app[CONTEXT]
    await ctx.write(alerts.end, actor=actor(request), alert_id=_id(request), now=ctx.clock())
    await alert_rendering.write(ctx)
    raise web.HTTPSeeOther(f"{DESK}/{_id(request)}")


@signed_in
async def review(request: web.Request) -> web.StreamResponse:
    """Record that a second person has looked at an alert."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    try:
        await ctx.write(
            alerts.review,
            actor=actor(request),
            alert_id=_id(request),
            note=form["note"],
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _one_page(request, form, status=422)
    raise web.HTTPSeeOther(f"{DESK}/{_id(request)}")


async def _one_page(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    me, number = actor(request), _id(request)
    async with ctx.read() as session:
        found = await alerts.one(session, actor=me, alert_id=number)
        arrivals = await alerts.arrivals(session, actor=me, alert_id=number)
        may_raise = await alert_templates.may_raise(session, me)
    return await render(
        request,
        "alert_one.html",
        status=status,
        alert=found,
        arrivals=arrivals,
        form=form,
        lasts=found.over_at is None and found.ends_at > ctx.clock(),
        own=found.raised_by == me.member_id,
        may_raise=may_raise,
        heading=heading,
        noindex=True,
    )


async def _form_page(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    me = actor(request)
    former = await _followed(request, form)
    async with request.app[CONTEXT].read() as session:
        templates = await alert_templates.listed(session, actor=me)
        accounts = await officials.listed(session)
        may_raise = await alert_templates.may_raise(session, me)
    usable = [one for one in templates if one.approved]
    return await render(
        request,
        "alert_raise.html",
        status=status,
        form=form,
        former=former,
        templates=usable,
        accounts=accounts,
        languages=_languages(usable),
        spans=LASTS,
        may_raise=may_raise,
        heading=heading,
        noindex=True,
    )


def _languages(templates: list[Template]) -> list[tuple[str, str]]:
    """Return the languages in which something can be added, each named in itself."""
    tags = dict.fromkeys([*NEEDED_LANGUAGES, *(tag for one in templates for tag in one.texts)])
    return [(tag, language_name(tag)) for tag in tags]


async def _followed(request: web.Request, form: Form) -> AlertView | None:
    number = parse_id(form["follows"])
    if number is None:
        return None
    async with request.app[CONTEXT].read() as session:
        return await alerts.one(session, actor=actor(request), alert_id=number)


def _id(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


ROUTES = [
    web.get(DESK, desk),
    web.get(f"{DESK}/new", show_form),
    web.post(f"{DESK}/new", raise_alert),
    web.get(rf"{DESK}/{{id:\d+}}", show),
    web.post(rf"{DESK}/{{id:\d+}}/end", end),
    web.post(rf"{DESK}/{{id:\d+}}/review", review),
]
