"""Events for apps that know them: our own endpoints, besides Mastodon's."""

from datetime import UTC, datetime
from typing import TypeVar

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, empty, path_id
from fedi_k12.api.render import Entity
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.events import EventDraft, JoinMode, Place, Status
from fedi_k12.domain.posts import Draft, PostView, Visibility
from fedi_k12.services import attendance, events
from fedi_k12.web.auth import actor, requires
from fedi_k12.web.params import Params, params

Kind = TypeVar("Kind", Status, JoinMode)


@requires("read:statuses")
async def upcoming(request: web.Request) -> web.Response:
    """Return the events ahead, the soonest first."""
    ctx = context(request)
    async with ctx.read() as session:
        found = await events.upcoming(session, viewer=actor(request), now=ctx.clock())
    return answer([_entity(post) for post in found])


@requires("read:statuses")
async def get_one(request: web.Request) -> web.Response:
    """Return an event."""
    async with context(request).read() as session:
        post = await events.one(session, post_id=path_id(request), viewer=actor(request))
    return answer(_entity(post))


@requires("write:statuses")
async def create(request: web.Request) -> web.Response:
    """Announce an event."""
    ctx = context(request)
    asked = await params(request)
    visibility = render.visibility_named(asked.text("visibility") or "public")
    if visibility is None:
        raise InvalidError("visibility must be public, unlisted, private or direct")
    number = await ctx.write(
        events.create,
        actor=actor(request),
        event=_draft(asked),
        draft=Draft(asked.text("text"), visibility=Visibility(visibility)),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    async with ctx.read() as session:
        return answer(_entity(await events.one(session, post_id=number, viewer=actor(request))))


@requires("write:statuses")
async def edit(request: web.Request) -> web.Response:
    """Change an event: what is not said is as in a new one."""
    ctx = context(request)
    asked = await params(request)
    number = path_id(request)
    await ctx.write(
        events.edit,
        actor=actor(request),
        post_id=number,
        event=_draft(asked),
        draft=Draft(asked.text("text")),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    async with ctx.read() as session:
        return answer(_entity(await events.one(session, post_id=number, viewer=actor(request))))


@requires("write:statuses")
async def join(request: web.Request) -> web.Response:
    """Say that one comes; return how it stands then."""
    ctx = context(request)
    state = await ctx.write(
        attendance.join,
        actor=actor(request),
        post_id=path_id(request),
        message=(await params(request)).text("message"),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return answer({"state": state.value})


@requires("write:statuses")
async def leave(request: web.Request) -> web.Response:
    """Say that one does not come after all."""
    ctx = context(request)
    await ctx.write(
        attendance.leave,
        actor=actor(request),
        post_id=path_id(request),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return empty()


def _draft(asked: Params) -> EventDraft:
    starts = _moment(asked, "starts_at")
    if starts is None:
        raise InvalidError("starts_at is needed", fields={"starts_at": "can't be blank"})
    place = asked.part("place")
    return EventDraft(
        title=asked.text("title"),
        starts_at=starts,
        ends_at=_moment(asked, "ends_at"),
        time_zone=asked.text("time_zone") or "UTC",
        status=_one_of(Status, asked, "status", Status.SCHEDULED),
        join_mode=_one_of(JoinMode, asked, "join_mode", JoinMode.FREE),
        join_url=asked.text("join_url"),
        capacity=asked.whole("capacity"),
        waitlist=asked.flag("waitlist", True),
        place=Place(
            name=place.text("name"),
            street=place.text("street"),
            locality=place.text("locality"),
            region=place.text("region"),
            postal_code=place.text("postal_code"),
            country=place.text("country"),
        ),
        online_url=asked.text("online_url"),
        category=asked.text("category"),
        remind=asked.flag("remind"),
    )


def _one_of(kind: type[Kind], asked: Params, name: str, usual: Kind) -> Kind:
    try:
        return kind(asked.text(name)) if asked.has(name) else usual
    except ValueError as error:
        raise InvalidError(f"{name} is not one of {', '.join(kind)}") from error


def _moment(asked: Params, name: str) -> datetime | None:
    words = asked.text(name)
    if not words:
        return None
    try:
        at = datetime.fromisoformat(words)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidError(f"{name} must be a time such as 2026-12-01T18:00:00Z") from error


def _entity(post: PostView) -> Entity:
    event = post.event
    if event is None:
        return {"id": str(post.id)}
    details = event.details
    return {
        "id": str(post.id),
        "uri": post.uri,
        "url": post.url,
        "account_id": str(post.account.id),
        "title": event.title,
        "content": post.content,
        "starts_at": render.moment(details.starts_at),
        "ends_at": render.moment(details.ends_at) if details.show_end else None,
        "time_zone": details.time_zone or None,
        "status": details.status.value,
        "join_mode": details.join_mode.value,
        "join_url": details.join_url or None,
        "capacity": details.capacity,
        "places_left": event.places_left,
        "places": [place.as_json() for place in details.places],
        "online_urls": list(details.online_urls),
        "categories": list(details.categories),
        "state": event.own.value if event.own else None,
    }


_EVENTS = "/api/fedi/v1/events"

ROUTES = [
    web.get(_EVENTS, upcoming),
    web.post(_EVENTS, create),
    web.get(_EVENTS + "/{id}", get_one),
    web.put(_EVENTS + "/{id}", edit),
    web.post(_EVENTS + "/{id}/join", join),
    web.post(_EVENTS + "/{id}/leave", leave),
]
