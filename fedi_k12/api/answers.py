"""Answers to apps: JSON, pages of it, and ids out of paths."""

from collections.abc import Sequence

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.api import render
from fedi_k12.context import Context
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.licences import licence_url
from fedi_k12.domain.paging import Page
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView
from fedi_k12.services import filters, views
from fedi_k12.web.auth import viewer
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.paging import link_header
from fedi_k12.web.params import Params

_encode = msgspec.json.Encoder().encode
NOT_FOUND = "Record not found"
JSON_HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "private, no-store",
    "Vary": "Authorization, Origin",
}


def context(request: web.Request) -> Context:
    """Return the running server."""
    return request.app[CONTEXT]


def answer(
    value: object, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """Return a value as JSON, the way strict apps want it."""
    return ready_answer(_encode(value), headers, status=status)


def encoded(value: object) -> bytes:
    """Return a value as JSON."""
    return _encode(value)


def ready_answer(
    body: bytes, headers: dict[str, str] | None = None, *, status: int = 200
) -> web.Response:
    """Return an answer whose JSON is there already."""
    return web.Response(body=body, status=status, headers={**JSON_HEADERS, **(headers or {})})


def empty() -> web.Response:
    """Return what Mastodon calls an empty answer: an object without anything."""
    return answer({})


def page_answer(
    request: web.Request, page: Page[object], entities: Sequence[object]
) -> web.Response:
    """Return a page of entities with the Link header that leads to those beside it."""
    return answer(entities, headers=link_header(request, page))


def changed_licence(asked: Params) -> str | None:
    """Return the address of the licence that is asked for: "" for none, None for as it is."""
    named = asked.optional("license")
    return None if named is None else licence_url(named) or ""


def path_id(request: web.Request, name: str = "id") -> int:
    """Return the id in the path; what cannot be one is not found."""
    found = parse_id(request.match_info[name])
    if found is None:
        raise NotFoundError(NOT_FOUND)
    return found


async def status_answer(request: web.Request, post_id: int) -> web.Response:
    """Return a post as it is for the viewer after they did something with it."""
    ctx = context(request)
    async with ctx.read() as session:
        view = await views.post_view(session, post_id, viewer=viewer(request))
    return answer(render.status(ctx, view))


async def shown(
    ctx: Context,
    session: AsyncSession,
    found: Sequence[PostView],
    *,
    viewer: Actor | None,
    place: str,
    whole: bool = False,
    hide: bool = True,
) -> list[render.Entity]:
    """Return Statuses with the viewer's filters that hold in `place` (`home`, `public`, …).

    What a filter hides is left out, unless what was asked for is that very post.
    """
    me = viewer.account_id if viewer is not None else None
    if all((view.boost_of or view).account.id == me for view in found):
        # No filter holds for what one said oneself.
        return [render.status(ctx, view, whole=whole) for view in found]
    wanted = await filters.active(session, actor=viewer, context=place, now=ctx.clock())
    marked = [(view, filters.matches(wanted, view, viewer=viewer)) for view in found]
    return [
        render.status(ctx, view, matches=matches, whole=whole)
        for view, matches in marked
        if not (hide and filters.hides(matches))
    ]
