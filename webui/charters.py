"""Charters of official accounts: read by everybody, written by managers on one form."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, available_timezones

from aiohttp import web

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.charters import (
    FORUM_MEANINGS,
    FORUM_WORDS,
    LEVEL_MEANINGS,
    LEVEL_WORDS,
    NO_HOURS,
    WEEKDAYS,
    Charter,
    CharterDraft,
    ForumMode,
    Hours,
    Week,
)
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.languages import LANGUAGES
from fedi_k12.domain.submissions import Level
from fedi_k12.services import charters, finding, site, views
from fedi_k12.web.auth import actor, public, signed_in, viewer
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render

_WORDS = ("goal", "audience", "speakers", "answered")


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show what an official account is for; with `version`, what it said before."""
    ctx, me = request.app[CONTEXT], viewer(request)
    async with ctx.read() as session:
        account = await finding.lookup(
            session, acct=request.match_info["acct"], own_hosts=ctx.settings.own_hosts
        )
        if account is None or not account.official:
            raise NotFoundError("There is no such official account.")
        found = await charters.versions(session, account.id)
        may_write = me is not None and await charters.may_write(
            session, actor=me, account_id=account.id
        )
    shown = found[0] if found else None
    if "version" in request.query:
        number = parse_id(request.query["version"])
        shown = next((one for one in found if one.version == number), None)
        if shown is None:
            raise NotFoundError("There is no such version of this charter.")
    return await render(
        request,
        "charter.html",
        account=account,
        charter=shown,
        newest=found[0].version if found else 0,
        versions=found,
        review_day=_noon(shown.review_by) if shown else None,
        over=shown is not None and not shown.holds_on(ctx.clock().date()),
        days=list(zip(WEEKDAYS, shown.hours, strict=True)) if shown else [],
        languages=[LANGUAGES.get(one, one) for one in shown.languages] if shown else [],
        forum=FORUM_WORDS,
        forum_meanings=FORUM_MEANINGS,
        levels=LEVEL_WORDS,
        may_write=may_write,
    )


@signed_in
async def edit(request: web.Request) -> web.StreamResponse:
    """Show the form, filled with what holds now."""
    account, charter = await _found(request)
    async with request.app[CONTEXT].read() as session:
        zone = await site.zone(session)
    return await _page(request, account, _filled(charter, zone))


@signed_in
async def write(request: web.Request) -> web.StreamResponse:
    """Put in force what was written."""
    ctx = request.app[CONTEXT]
    account, _ = await _found(request)
    form = await forms.read(request)
    draft = _draft(form)
    if form.errors:
        return await _page(request, account, form, status=422)
    try:
        await ctx.write(
            charters.adopt,
            actor=actor(request),
            account_id=account.id,
            draft=draft,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.errors.update(error.fields or {"": forms.why(error)})
        return await _page(request, account, form, status=422)
    raise web.HTTPSeeOther(f"/@{account.username}/charter")


async def _found(request: web.Request) -> tuple[AccountView, Charter | None]:
    """Return the account whose charter is written, and what holds now."""
    ctx = request.app[CONTEXT]
    number = parse_id(request.match_info["id"]) or 0
    async with ctx.read() as session:
        if not await charters.may_write(session, actor=actor(request), account_id=number):
            raise ForbiddenError(
                "A charter is written by managers who speak as the account, and by "
                "administrators."
            )
        return await views.account_view(session, number), await charters.of(session, number)


async def _page(
    request: web.Request, account: AccountView, form: Form, *, status: int = 200
) -> web.StreamResponse:
    return await render(
        request,
        "charter_form.html",
        status=status,
        account=account,
        form=form,
        days=WEEKDAYS,
        zones=sorted(available_timezones()),
        forum=[(mode, FORUM_WORDS[mode], FORUM_MEANINGS[mode]) for mode in ForumMode],
        levels=[(level, LEVEL_WORDS[level], LEVEL_MEANINGS[level]) for level in Level],
        noindex=True,
    )


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _filled(charter: Charter | None, zone: ZoneInfo) -> Form:
    if charter is None:
        return Form({"approval": Level.ALL, "languages": "en, es", "time_zone": zone.key})
    form = Form({name: getattr(charter, name) for name in _WORDS})
    form.set("time_zone", charter.time_zone)
    form.set("forum", charter.forum)
    form.set("approval", charter.approval)
    form.set("records_class", charter.records_class)
    form.set("languages", ", ".join(charter.languages))
    form.set("direct_messages", "1" if charter.direct_messages else "")
    form.set("own_threads", "1" if charter.own_threads else "")
    form.set("review_by", charter.review_by.isoformat())
    for day, hours in enumerate(charter.hours):
        if hours is not None:
            form.set(f"from{day}", hours.start.isoformat("minutes"))
            form.set(f"until{day}", hours.end.isoformat("minutes"))
    return form


def _draft(form: Form) -> CharterDraft:
    """Return what a form says; note in it what cannot be read."""
    if form["forum"] not in list(ForumMode):
        form.errors["forum"] = "Choose one of the two."
    if form["approval"] not in list(Level):
        form.errors["approval"] = "Choose what a second person reads."
    try:
        review_by = date.fromisoformat(form["review_by"])
    except ValueError:
        form.errors["review_by"] = "Choose a day that is to come, within two years."
        review_by = date.min
    wrong = form.errors
    return CharterDraft(
        goal=form["goal"],
        audience=form["audience"],
        speakers=form["speakers"],
        answered=form["answered"],
        review_by=review_by,
        hours=_week(form),
        time_zone=form["time_zone"].strip() or "UTC",
        forum=ForumMode.LIMITED if "forum" in wrong else ForumMode(form["forum"]),
        approval=Level.ALL if "approval" in wrong else Level(form["approval"]),
        records_class=form["records_class"],
        languages=tuple(form["languages"].replace(",", " ").split()),
        direct_messages=form.flag("direct_messages"),
        own_threads=form.flag("own_threads"),
    )


def _week(form: Form) -> Week:
    """Return the hours of a form; a day with one time alone is noted as wrong."""
    week: list[Hours | None] = list(NO_HOURS)
    for day in range(len(WEEKDAYS)):
        start, end = form[f"from{day}"].strip(), form[f"until{day}"].strip()
        if not start and not end:
            continue
        try:
            week[day] = Hours(time.fromisoformat(start), time.fromisoformat(end))
        except ValueError:
            form.errors["hours"] = "On each day say from when and until when, such as 08:00."
    return tuple(week)


ROUTES = [
    web.get("/@{acct}/charter", show),
    web.get(r"/official/{id:\d+}/charter", edit),
    web.post(r"/official/{id:\d+}/charter", write),
]
