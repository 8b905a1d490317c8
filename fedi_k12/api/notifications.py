"""Notifications and reading marks: https://docs.joinmastodon.org/methods/notifications/."""

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, empty, page_answer, path_id
from fedi_k12.api.fallbacks import knows
from fedi_k12.api.notices import filtered, notice
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.ids import parse_id
from fedi_k12.services import notifications
from fedi_k12.services.notifications import TIMELINES
from fedi_k12.web.auth import actor, requires
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import params


@requires("read:notifications")
async def page(request: web.Request) -> web.Response:
    """Return a page of what the account is told of."""
    ctx = context(request)
    asked = await params(request)
    async with ctx.read() as session:
        found = await notifications.page(
            session,
            actor=actor(request),
            page=page_request(asked, default=40, most=80),
            types=asked.texts("types"),
            exclude_types=asked.texts("exclude_types"),
            account_id=asked.id("account_id"),
            include_filtered=asked.flag("include_filtered"),
        )
        kept = await filtered(ctx, session, found.items, actor=actor(request))
    app = knows(request, asked)
    entities = [notice(ctx, view, matches, app) for view, matches in kept]
    return page_answer(request, found.with_items([]), entities)


@requires("read:notifications")
async def get_one(request: web.Request) -> web.Response:
    """Return one notification."""
    ctx = context(request)
    asked = await params(request)
    async with ctx.read() as session:
        view = await notifications.one(
            session, actor=actor(request), notification_id=path_id(request)
        )
        [(view, matches)] = await filtered(
            ctx, session, [view], actor=actor(request), hide=False
        )
    return answer(notice(ctx, view, matches, knows(request, asked)))


@requires("read:notifications")
async def unread_count(request: web.Request) -> web.Response:
    """Return how many are new."""
    asked = await params(request)
    async with context(request).read() as session:
        number = await notifications.unread_count(
            session,
            actor=actor(request),
            limit=asked.whole("limit") or 100,
            types=asked.texts("types"),
            exclude_types=asked.texts("exclude_types"),
            account_id=asked.id("account_id"),
        )
    return answer({"count": number})


@requires("write:notifications")
async def clear(request: web.Request) -> web.Response:
    """Forget all notifications."""
    await context(request).write(notifications.clear, actor=actor(request))
    return empty()


@requires("write:notifications")
async def dismiss(request: web.Request) -> web.Response:
    """Forget one notification."""
    await context(request).write(
        notifications.dismiss, actor=actor(request), notification_id=path_id(request)
    )
    return empty()


@requires("read:statuses")
async def get_markers(request: web.Request) -> web.Response:
    """Return how far timelines have been read."""
    names = (await params(request)).texts("timeline") or list(TIMELINES)
    async with context(request).read() as session:
        found = await notifications.markers(session, actor=actor(request), timelines=names)
    return answer({name: render.marker(view) for name, view in found.items()})


@requires("write:statuses")
async def set_markers(request: web.Request) -> web.Response:
    """Record how far timelines have been read."""
    ctx = context(request)
    asked = await params(request)
    result = {}
    for name in TIMELINES:
        if not asked.has(name):
            continue
        last = parse_id(asked.part(name).text("last_read_id"))
        if last is None:
            raise InvalidError("Validation failed: Last read is not an id")
        view = await ctx.write(
            notifications.set_marker,
            actor=actor(request),
            timeline=name,
            last_read_id=last,
            now=ctx.clock(),
        )
        result[name] = render.marker(view)
    return answer(result)


ROUTES = [
    web.get("/api/v1/notifications", page),
    web.get("/api/v1/notifications/unread_count", unread_count),
    web.post("/api/v1/notifications/clear", clear),
    web.get("/api/v1/notifications/{id}", get_one),
    web.post("/api/v1/notifications/{id}/dismiss", dismiss),
    web.get("/api/v1/markers", get_markers),
    web.post("/api/v1/markers", set_markers),
]
