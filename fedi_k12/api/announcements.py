"""Announcements: https://docs.joinmastodon.org/methods/announcements/."""

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, empty, path_id
from fedi_k12.services import announcements
from fedi_k12.services.announcements import AnnouncementView
from fedi_k12.web.auth import actor, requires


@requires()
async def current(request: web.Request) -> web.Response:
    """Return what staff tell everybody now."""
    ctx = context(request)
    async with ctx.read() as session:
        found = await announcements.current(session, actor=actor(request), now=ctx.clock())
    return answer([announcement(view) for view in found])


@requires("write:accounts")
async def dismiss(request: web.Request) -> web.Response:
    """Record that one has read an announcement."""
    await context(request).write(
        announcements.dismiss, actor=actor(request), announcement_id=path_id(request)
    )
    return empty()


@requires("write:favourites")
async def react(request: web.Request) -> web.Response:
    """Give an announcement an emoji."""
    ctx = context(request)
    await ctx.write(
        announcements.react,
        actor=actor(request),
        announcement_id=path_id(request),
        name=request.match_info["name"],
        now=ctx.clock(),
    )
    return empty()


@requires("write:favourites")
async def unreact(request: web.Request) -> web.Response:
    """Take an emoji back."""
    await context(request).write(
        announcements.unreact,
        actor=actor(request),
        announcement_id=path_id(request),
        name=request.match_info["name"],
    )
    return empty()


def announcement(view: AnnouncementView) -> render.Entity:
    """Return an Announcement."""
    return {
        "id": str(view.id),
        "content": view.content,
        "starts_at": render.moment(view.starts_at) if view.starts_at else None,
        "ends_at": render.moment(view.ends_at) if view.ends_at else None,
        "all_day": view.all_day,
        "published_at": render.moment(view.published_at),
        "updated_at": render.moment(view.updated_at),
        "read": view.read,
        "mentions": [],
        "statuses": [],
        "tags": [],
        "emojis": [],
        "reactions": [
            {"name": one.name, "count": one.count, "me": one.mine} for one in view.reactions
        ],
    }


_ONE = "/api/v1/announcements/{id}"

ROUTES = [
    web.get("/api/v1/announcements", current),
    web.post(_ONE + "/dismiss", dismiss),
    web.put(_ONE + "/reactions/{name}", react),
    web.delete(_ONE + "/reactions/{name}", unreact),
]
