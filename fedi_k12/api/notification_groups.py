"""Grouped notifications: https://docs.joinmastodon.org/methods/grouped_notifications/."""

from collections.abc import Sequence

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, empty
from fedi_k12.api.fallbacks import knows
from fedi_k12.api.notices import filtered, grouped_results
from fedi_k12.context import Context
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.notifications import NotificationGroup
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import notification_groups as groups
from fedi_k12.services.filters import Match
from fedi_k12.web.auth import actor, requires
from fedi_k12.web.paging import link_header, page_request
from fedi_k12.web.params import Params, params

_EXPANSIONS = ("", "full", "partial_avatars")


@requires("read:notifications")
async def page(request: web.Request) -> web.Response:
    """Return a page of groups, with the accounts and posts that they are about."""
    ctx = context(request)
    me = actor(request)
    asked = await params(request)
    expansion = asked.text("expand_accounts")
    if expansion not in _EXPANSIONS:
        raise InvalidError("Validation failed: expand_accounts is full or partial_avatars")
    async with ctx.read() as session:
        found = await groups.page(
            session,
            actor=me,
            page=page_request(asked, default=40, most=80),
            types=asked.texts("types"),
            exclude_types=asked.texts("exclude_types"),
            grouped_types=_grouped(asked),
            account_id=asked.id("account_id"),
            include_filtered=asked.flag("include_filtered"),
        )
        kept, matches = await _filtered(ctx, session, found.items, me)
    results = grouped_results(
        ctx,
        kept,
        matches,
        partial=expansion == "partial_avatars",
        app=knows(request, asked),
    )
    return answer(results, headers=link_header(request, found.with_items([])))


@requires("read:notifications")
async def get_one(request: web.Request) -> web.Response:
    """Return one group."""
    ctx = context(request)
    asked = await params(request)
    async with ctx.read() as session:
        found = await groups.one(session, actor=actor(request), key=_key(request))
    return answer(grouped_results(ctx, [found], {}, app=knows(request, asked)))


@requires("read:notifications")
async def accounts(request: web.Request) -> web.Response:
    """Return whose doings a group tells of."""
    ctx = context(request)
    async with ctx.read() as session:
        found = await groups.accounts(session, actor=actor(request), key=_key(request))
    return answer(render.accounts(ctx, found))


@requires("write:notifications")
async def dismiss(request: web.Request) -> web.Response:
    """Forget a group."""
    await context(request).write(groups.dismiss, actor=actor(request), key=_key(request))
    return empty()


@requires("read:notifications")
async def unread_count(request: web.Request) -> web.Response:
    """Return how many groups have news."""
    asked = await params(request)
    async with context(request).read() as session:
        number = await groups.unread_count(
            session,
            actor=actor(request),
            limit=asked.whole("limit") or 100,
            types=asked.texts("types"),
            exclude_types=asked.texts("exclude_types"),
            grouped_types=_grouped(asked),
            account_id=asked.id("account_id"),
        )
    return answer({"count": number})


async def _filtered(
    ctx: Context, session: AsyncSession, found: Sequence[NotificationGroup], me: Actor
) -> tuple[list[NotificationGroup], dict[int, list[Match]]]:
    """Return the groups that no filter hides, and which filters fit their posts."""
    kept = await filtered(ctx, session, [one.notice for one in found], actor=me)
    hits = {view.id: (view, matches) for view, matches in kept}
    by_post = {view.post.id: matches for view, matches in hits.values() if view.post}
    return [one for one in found if one.notice.id in hits], by_post


def _key(request: web.Request) -> str:
    return request.match_info["key"]


def _grouped(asked: Params) -> list[str] | None:
    return asked.texts("grouped_types") if asked.has("grouped_types") else None


_V2 = "/api/v2/notifications"

ROUTES = [
    web.get(_V2, page),
    web.get(_V2 + "/unread_count", unread_count),
    web.get(_V2 + "/{key}", get_one),
    web.get(_V2 + "/{key}/accounts", accounts),
    web.post(_V2 + "/{key}/dismiss", dismiss),
]
