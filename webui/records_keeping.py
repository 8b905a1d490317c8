"""How long records are kept: schedules, what is due, legal holds, disposal by two people."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.permissions import Action, decide
from fedi_k12.domain.retention import MOST, Schedule
from fedi_k12.services import disposal, retention, schedules
from fedi_k12.services.records_desk import Search
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.moderating import desk_page
from webui.records import LABELS, search_of

_LABELS = {
    **LABELS,
    "reason": "Why",
    "schedule": "Schedule",
    "record_class": "The class of the account",
}


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show what becomes due, what is held, and what was disposed of."""
    return await _page(request, Form(search_of(request.query)))


@signed_in
async def choose(request: web.Request) -> web.StreamResponse:
    """Keep the records of an official account by a schedule."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    schedule, _sep, floor = form["schedule"].partition("/")
    try:
        await ctx.write(
            retention.choose,
            actor=actor(request),
            account_id=_number(request),
            schedule=schedule,
            floor=floor,
            schedules=_known(request),
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, {})
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther(f"/records/keeping#account-{_number(request)}")


@signed_in
async def hold(request: web.Request) -> web.StreamResponse:
    """Place a legal hold."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    search = Search(**search_of({name: form[name] for name in search_of({})}))
    try:
        await ctx.write(
            retention.hold,
            actor=actor(request),
            search=search,
            reason=form["reason"],
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther("/records/keeping#holds")


@signed_in
async def lift(request: web.Request) -> web.StreamResponse:
    """Lift a legal hold."""
    ctx = request.app[CONTEXT]
    await ctx.write(
        retention.lift, actor=actor(request), hold_id=_number(request), now=ctx.clock()
    )
    raise web.HTTPSeeOther("/records/keeping#holds")


@signed_in
async def ask(request: web.Request) -> web.StreamResponse:
    """Ask for the disposal of what is due of a class."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    try:
        await ctx.write(
            disposal.ask,
            actor=actor(request),
            account_id=_number(request),
            record_class=form["record_class"],
            reason=form["why"],
            schedules=_known(request),
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, {})
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther("/records/keeping#disposals")


@signed_in
async def decide_disposal(request: web.Request) -> web.StreamResponse:
    """Approve a disposal that another asked for, which carries it out, or give it up."""
    ctx, me, number = request.app[CONTEXT], actor(request), _number(request)
    if request.match_info["what"] == "withdraw":
        await ctx.write(disposal.withdraw, actor=me, disposal_id=number, now=ctx.clock())
        raise web.HTTPSeeOther("/records/keeping#disposals")
    certificate = await ctx.write(
        disposal.approve,
        actor=me,
        disposal_id=number,
        schedules=_known(request),
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther(f"/records/{certificate}")


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    ctx, me = request.app[CONTEXT], actor(request)
    known = _known(request)
    async with ctx.slow_read() as session:
        found = await retention.overview(session, actor=me, schedules=known, now=ctx.clock())
        holds = await retention.holds(session, actor=me)
        disposals = await disposal.listed(session, actor=me)
    names = {one.account_id: one.name for one in found}
    return await desk_page(
        request,
        "records_keeping.html",
        "records",
        status=status,
        form=form,
        keepings=found,
        known=known,
        holds=[(one, _covers(one.since, one.until), names.get(one.account_id or 0, ""))
               for one in holds],
        disposals=disposals,
        most=MOST,
        on_desk=decide(me, Action.HANDLE_REPORTS).allowed,
    )  # fmt: skip


def _covers(since: datetime | None, until: datetime | None) -> str:
    """Return the days that a hold is about, as they were given: both included."""
    last = until - timedelta(days=1) if until is not None else None
    days = [one.date().isoformat() if one is not None else "…" for one in (since, last)]
    return " – ".join(days) if days != ["…", "…"] else ""


def _known(request: web.Request) -> Mapping[str, Schedule]:
    return schedules.known(request.app[CONTEXT].settings.data_dir / "schedules")


def _number(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is no such thing.")
    return number


ROUTES = [
    web.get("/records/keeping", show),
    web.post(r"/records/keeping/accounts/{id:\d+}", choose),
    web.post(r"/records/keeping/accounts/{id:\d+}/dispose", ask),
    web.post("/records/keeping/holds", hold),
    web.post(r"/records/keeping/holds/{id:\d+}/lift", lift),
    web.post(r"/records/keeping/disposals/{id:\d+}/{what:approve|withdraw}", decide_disposal),
]
