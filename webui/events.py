"""Events: the list, the form, coming to one, the organiser's list, and files for calendars."""

from datetime import date as Day  # noqa: N812 - `date` is a word of the templates
from datetime import datetime, time
from zoneinfo import ZoneInfo, available_timezones

from aiohttp import web

from federation.resolve import resolve_account
from fedi_k12.context import Context
from fedi_k12.domain.errors import InvalidError, NotFoundError, UnavailableError
from fedi_k12.domain.events import (
    CATEGORIES,
    Attending,
    EventDraft,
    JoinMode,
    Place,
    Status,
    at_wall,
    zone_named,
)
from fedi_k12.domain.icalendar import calendar
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.posts import Draft, PostView
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.spreadsheet import table
from fedi_k12.services import attendance, events, finding, posts, profiles, views
from fedi_k12.web.auth import actor, keeps_words, public, signed_in, viewer
from fedi_k12.web.keys import CONTEXT
from webui import forms, given_back
from webui.audiences import READERS, audience
from webui.forms import Form
from webui.leads import lead
from webui.pages import path_of, render

_NOT_HERE = "There is nothing here that you may see."
_LABELS = {
    "title": "Name", "starts": "Begins", "ends": "Ends", "time_zone": "Time zone",
    "capacity": "Places", "join_url": "Where one registers", "online_url": "Address online",
    "category": "Kind",
}  # fmt: skip
STATES = {
    Attending.INVITED: "invited",
    Attending.ASKED: "asks to come",
    Attending.WAITING: "waits for a place",
    Attending.GOING: "is coming",
    Attending.MAYBE: "may come",
    Attending.DECLINED: "is not coming",
    Attending.REFUSED: "has no place",
    Attending.IGNORED: "has no answer",
}


@public
async def upcoming(request: web.Request) -> web.StreamResponse:
    """Show the events ahead, the soonest first."""
    ctx = request.app[CONTEXT]
    who = viewer(request)
    async with ctx.read() as session:
        found = await events.upcoming(session, viewer=who, now=ctx.clock())
    return await render(
        request,
        "events.html",
        posts=found,
        base=ctx.addresses.base_url,
        noindex=who is not None,
    )


@signed_in
async def show_new(request: web.Request) -> web.StreamResponse:
    """Show the form for an event."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        chosen = await profiles.preferences(session, actor=actor(request))
    form = Form(
        {"who": "public", "join_mode": "free", "waitlist": "1", "time_zone": chosen.time_zone}
    )
    return await _page(request, form)


async def event_again(request: web.Request) -> web.StreamResponse:
    """Give an event's form back whose session or secret is gone, with all that was typed."""
    form = await forms.read(request)
    given_back.explain(request, form)
    editing = None
    if "id" in request.match_info and viewer(request) is not None:
        editing = await _own(request)
    return await _page(request, form, editing=editing, status=given_back.STATUS)


@keeps_words(event_again)
async def create(request: web.Request) -> web.StreamResponse:
    """Announce an event; what has to be corrected comes back as it was typed."""
    ctx = request.app[CONTEXT]
    me = actor(request)
    form = await forms.read(request)
    visibility, local_only = audience(form["who"])
    try:
        post_id = await ctx.write(
            events.create,
            actor=me,
            event=_read(form),
            draft=Draft(form["text"], visibility=visibility, local_only=local_only),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
    else:
        async with ctx.read() as session:
            lead(path_of(await views.post_view(session, post_id, viewer=me)))
    return await _page(request, form, status=422)


@signed_in
async def show_edit(request: web.Request) -> web.StreamResponse:
    """Show an event of one's own, to be changed."""
    post = await _own(request)
    async with request.app[CONTEXT].read() as session:
        source = await posts.source(session, actor=actor(request), post_id=post.id)
    return await _page(request, _written(post, source.text), editing=post)


@keeps_words(event_again)
async def edit(request: web.Request) -> web.StreamResponse:
    """Change an event of one's own."""
    ctx = request.app[CONTEXT]
    post = await _own(request)
    form = await forms.read(request)
    try:
        await ctx.write(
            events.edit,
            actor=actor(request),
            post_id=post.id,
            event=_read(form, before=post),
            draft=Draft(
                form["text"],
                language=post.language,
                media_ids=tuple(item.id for item in post.media),
            ),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
    else:
        lead(path_of(post))
    return await _page(request, form, editing=post, status=422)


@signed_in
async def change_status(request: web.Request) -> web.StreamResponse:
    """Call an event of one's own off, put it off, or hold it after all."""
    ctx = request.app[CONTEXT]
    post = await _own(request)
    form = await forms.read(request)
    if form["status"] not in {"scheduled", "postponed", "cancelled"}:
        raise InvalidError("An event is held, put off or called off.")
    await ctx.write(
        events.set_status,
        actor=actor(request),
        post_id=post.id,
        status=Status(form["status"]),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    lead(path_of(post))


@signed_in
async def join(request: web.Request) -> web.StreamResponse:
    """Say that one comes."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    post = await _event(request)
    await ctx.write(
        attendance.join,
        actor=actor(request),
        post_id=post.id,
        message=form["message"],
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    lead(path_of(post))


@signed_in
async def leave(request: web.Request) -> web.StreamResponse:
    """Say that one does not come after all."""
    ctx = request.app[CONTEXT]
    post = await _event(request)
    await ctx.write(
        attendance.leave,
        actor=actor(request),
        post_id=post.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    lead(path_of(post))


@signed_in
async def people(request: web.Request) -> web.StreamResponse:
    """Show the organiser who comes, asks and waits."""
    return await _people_page(request, Form())


@signed_in
async def invite(request: web.Request) -> web.StreamResponse:
    """Invite somebody, here or elsewhere, by their handle."""
    ctx = request.app[CONTEXT]
    post = await _own(request)
    form = await forms.read(request)
    try:
        guest = await resolve_account(ctx, form["handle"].strip()[:300])
        await ctx.write(
            attendance.invite,
            actor=actor(request),
            post_id=post.id,
            account_id=guest,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except (InvalidError, NotFoundError, UnavailableError, TimeoutError) as error:
        form.errors["handle"] = forms.why(error) or "Their server does not answer now."
    else:
        lead(f"/events/{post.id}/people")
    return await _people_page(request, form, status=422)


async def _people_page(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    post = await _own(request)
    async with ctx.read() as session:
        guests = await attendance.guests(
            session, actor=actor(request), post_id=post.id, now=ctx.clock()
        )
    return await render(
        request,
        "event_people.html",
        status=status,
        post=post,
        guests=guests,
        states=STATES,
        form=form,
        noindex=True,
    )


@signed_in
async def decide(request: web.Request) -> web.StreamResponse:
    """Let somebody come, or not."""
    ctx = request.app[CONTEXT]
    number = parse_id(request.match_info["guest"])
    if number is None:
        raise NotFoundError(_NOT_HERE)
    post = await _own(request)
    await ctx.write(
        attendance.decide,
        actor=actor(request),
        post_id=post.id,
        guest_id=number,
        let_in=request.match_info["what"] == "welcome",
        now=ctx.clock(),
    )
    lead(f"/events/{post.id}/people")


@signed_in
async def people_table(request: web.Request) -> web.StreamResponse:
    """Give the organiser the list as a table for a spreadsheet."""
    ctx = request.app[CONTEXT]
    post = await _own(request)
    async with ctx.read() as session:
        guests = await attendance.guests(
            session, actor=actor(request), post_id=post.id, now=ctx.clock()
        )
    rows = [
        (
            guest.account.name,
            guest.account.acct,
            STATES[guest.state],
            guest.message,
            guest.created_at.isoformat(timespec="minutes"),
        )
        for guest in guests
    ]
    return _file(
        table(("Name", "Handle", "State", "Message", "Asked"), rows), "text/csv", "guests.csv"
    )


@public
async def event_calendar(request: web.Request) -> web.StreamResponse:
    """Give one event as a file for calendars."""
    post = await _event(request)
    return _file(_calendar(request, [post], post.title), "text/calendar", "event.ics")


@public
async def account_calendar(request: web.Request) -> web.StreamResponse:
    """Give an account's public events as a calendar that programs can subscribe to."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        row = await finding.lookup(
            session, acct=request.match_info["name"], own_hosts=ctx.settings.own_hosts
        )
        if row is None or not row.is_local or row.suspended:
            raise NotFoundError(_NOT_HERE)
        found = await events.calendar(
            session, account_id=row.id, viewer=None, since=ctx.clock()
        )
    return _file(_calendar(request, found, row.name), "text/calendar", "events.ics")


def _calendar(request: web.Request, found: list[PostView], name: str) -> bytes:
    ctx: Context = request.app[CONTEXT]
    triples = [
        (post.event, plain_text(post.content), f"{post.account.name}, @{post.account.acct}")
        for post in found
        if post.event is not None
    ]
    return calendar(triples, name=name, host=ctx.settings.domain, now=ctx.clock())


def _file(data: bytes, kind: str, name: str) -> web.Response:
    return web.Response(
        body=data,
        headers={
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-cache",
            "Vary": "Cookie",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _read(form: Form, *, before: PostView | None = None) -> EventDraft:
    """Return the event that a form describes, or raise `InvalidError` by field."""
    zone = zone_named(form["time_zone"].strip() or "UTC")
    if zone is None:
        sentence = "That is no time zone a computer knows. One looks like America/Chicago."
        raise InvalidError(sentence, fields={"time_zone": sentence})
    starts = _moment(form, "starts", zone)
    if starts is None:
        sentence = "Say on which day and at what time it begins."
        raise InvalidError(sentence, fields={"starts": sentence})
    capacity = form["capacity"].strip()
    if capacity and not (capacity.isascii() and capacity.isdigit() and len(capacity) < 8):  # noqa: PLR2004 - far more than chairs
        sentence = "How many places are there? A number, or nothing for no limit."
        raise InvalidError(sentence, fields={"capacity": sentence})
    modes = {mode.value: mode for mode in JoinMode}
    old = before.event.details.places if before is not None and before.event else ()
    at = old[0] if old and old[0].name == form["place"].strip() else Place()
    return EventDraft(
        title=form["title"],
        starts_at=starts,
        ends_at=_moment(form, "ends", zone),
        time_zone=zone.key,
        status=before.event.details.status if before and before.event else Status.SCHEDULED,
        join_mode=modes.get(form["join_mode"], JoinMode.FREE),
        join_url=form["join_url"].strip(),
        capacity=int(capacity) if capacity else None,
        waitlist=form.flag("waitlist"),
        place=Place(
            name=form["place"],
            street=form["street"],
            locality=form["locality"],
            region=form["region"],
            postal_code=form["postal_code"],
            country=form["country"],
            latitude=at.latitude,
            longitude=at.longitude,
        ),
        online_url=form["online_url"].strip(),
        category=form["category"],
        remind=form.flag("remind"),
    )


def _moment(form: Form, name: str, zone: ZoneInfo) -> datetime | None:
    day, clock = form[f"{name}_day"].strip(), form[f"{name}_time"].strip()
    if not day and not clock and name == "ends":
        return None
    if name == "ends" and not day:
        day = form["starts_day"].strip()
    try:
        return at_wall(Day.fromisoformat(day), time.fromisoformat(clock), zone)
    except InvalidError as error:
        raise InvalidError(forms.why(error), fields={name: forms.why(error)}) from error
    except ValueError as error:
        sentence = (
            "Say on which day and at what time it begins."
            if name == "starts"
            else "Say on which day and at what time it ends."
        )
        raise InvalidError(sentence, fields={name: sentence}) from error


def _written(post: PostView, text: str) -> Form:
    event = post.event
    if event is None:
        raise NotFoundError(_NOT_HERE)
    details = event.details
    zone = zone_named(details.time_zone) or ZoneInfo("UTC")
    starts, ends = details.starts_at.astimezone(zone), details.ends_at.astimezone(zone)
    place = details.places[0] if details.places else Place()
    return Form(
        {
            "title": event.title,
            "text": "" if text == event.title else text,
            "starts_day": f"{starts:%Y-%m-%d}",
            "starts_time": f"{starts:%H:%M}",
            "ends_day": f"{ends:%Y-%m-%d}" if details.show_end else "",
            "ends_time": f"{ends:%H:%M}" if details.show_end else "",
            "time_zone": zone.key,
            "place": place.name,
            "street": place.street,
            "locality": place.locality,
            "region": place.region,
            "postal_code": place.postal_code,
            "country": place.country,
            "online_url": next(iter(details.online_urls), ""),
            "category": next(iter(details.categories), ""),
            "join_mode": details.join_mode.value,
            "join_url": details.join_url,
            "capacity": str(details.capacity or ""),
            "waitlist": "1" if details.waitlist else "",
            "remind": "1" if event.remind else "",
        }
    )


async def _page(
    request: web.Request, form: Form, *, editing: PostView | None = None, status: int = 200
) -> web.StreamResponse:
    return await render(
        request,
        "event_form.html",
        status=status,
        form=form,
        editing=editing,
        action=request.path if request.method == "POST" else _action(editing),
        readers=READERS[:4],
        categories=CATEGORIES.items(),
        zones=sorted(available_timezones()),
        noindex=True,
    )


def _action(editing: PostView | None) -> str:
    return f"/events/{editing.id}/edit" if editing else "/events"


async def _event(request: web.Request) -> PostView:
    ctx = request.app[CONTEXT]
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError(_NOT_HERE)
    who = viewer(request)
    async with ctx.read() as session:
        post = await events.one(session, post_id=number, viewer=who)
    if who is None and not post.local:
        # What others hold elsewhere is theirs to show to strangers.
        raise NotFoundError(_NOT_HERE)
    return post


async def _own(request: web.Request) -> PostView:
    post = await _event(request)
    if post.event is None or not post.event.organised_by_viewer:
        raise NotFoundError(_NOT_HERE)
    return post


_EVENT = r"/events/{id:\d+}"

ROUTES = [
    web.get("/events", upcoming),
    web.post("/events", create),
    web.get("/events/new", show_new),
    web.get(_EVENT + ".ics", event_calendar),
    web.get(_EVENT + "/edit", show_edit),
    web.post(_EVENT + "/edit", edit),
    web.post(_EVENT + "/status", change_status),
    web.post(_EVENT + "/join", join),
    web.post(_EVENT + "/leave", leave),
    web.get(_EVENT + "/people", people),
    web.post(_EVENT + "/people", invite),
    web.get(_EVENT + "/people.csv", people_table),
    web.post(_EVENT + r"/people/{guest:\d+}/{what:welcome|decline}", decide),
    web.get("/events/of/{name}.ics", account_calendar),
]
