"""Whom a member wants to be told of: https://docs.joinmastodon.org/methods/notifications/#requests."""

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, empty, page_answer, path_id
from fedi_k12.api.notices import policy_entity, request_entity, v1_policy_entity
from fedi_k12.domain.notifications import NotificationPolicy
from fedi_k12.services import notification_policy as policies
from fedi_k12.services.notification_policy import Summary
from fedi_k12.web.auth import actor, requires
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import params

_PARTS = (
    "for_not_following",
    "for_not_followers",
    "for_new_accounts",
    "for_private_mentions",
    "for_limited_accounts",
)
_V1_PARTS = {
    "filter_not_following": "for_not_following",
    "filter_not_followers": "for_not_followers",
    "filter_new_accounts": "for_new_accounts",
    "filter_private_mentions": "for_private_mentions",
}


@requires("read:notifications")
async def get_policy(request: web.Request) -> web.Response:
    """Return what becomes of notices from strangers."""
    return await _policy_of(request, policy_entity)


@requires("write:notifications")
async def set_policy(request: web.Request) -> web.Response:
    """Choose what becomes of notices from strangers."""
    asked = await params(request)
    changes = {name: asked.text(name) for name in _PARTS if asked.has(name)}
    await context(request).write(policies.choose, actor=actor(request), changes=changes)
    return await _policy_of(request, policy_entity)


@requires("read:notifications")
async def get_v1_policy(request: web.Request) -> web.Response:
    """Return what becomes of notices from strangers, in the older form."""
    return await _policy_of(request, v1_policy_entity)


@requires("write:notifications")
async def set_v1_policy(request: web.Request) -> web.Response:
    """Choose what becomes of notices from strangers, in the older form."""
    asked = await params(request)
    changes = {}
    for old, name in _V1_PARTS.items():
        chosen = asked.choice(old)
        if chosen is not None:
            changes[name] = "filter" if chosen else "accept"
    await context(request).write(policies.choose, actor=actor(request), changes=changes)
    return await _policy_of(request, v1_policy_entity)


@requires("read:notifications")
async def requests(request: web.Request) -> web.Response:
    """Return a page of who waits to be let through."""
    ctx = context(request)
    asked = page_request(await params(request), default=40, most=80)
    async with ctx.read() as session:
        found = await policies.requests(session, actor=actor(request), page=asked)
    entities = [request_entity(ctx, view) for view in found.items]
    return page_answer(request, found.with_items([]), entities)


@requires("read:notifications")
async def get_request(request: web.Request) -> web.Response:
    """Return who waits to be let through."""
    ctx = context(request)
    async with ctx.read() as session:
        view = await policies.request(
            session, actor=actor(request), request_id=path_id(request)
        )
    return answer(request_entity(ctx, view))


@requires("write:notifications")
async def accept(request: web.Request) -> web.Response:
    """Let one through."""
    return await _decided(request, policies.accept, [path_id(request)])


@requires("write:notifications")
async def dismiss(request: web.Request) -> web.Response:
    """Forget what waits of one."""
    return await _decided(request, policies.dismiss, [path_id(request)])


@requires("write:notifications")
async def accept_many(request: web.Request) -> web.Response:
    """Let several through."""
    return await _decided(request, policies.accept, (await params(request)).ids("id"))


@requires("write:notifications")
async def dismiss_many(request: web.Request) -> web.Response:
    """Forget what waits of several."""
    return await _decided(request, policies.dismiss, (await params(request)).ids("id"))


@requires("read:notifications")
async def merged(request: web.Request) -> web.Response:
    """Return that everybody who was let through is told of: here that is one step."""
    del request
    return answer({"merged": True})


async def _decided(
    request: web.Request, change: Callable[..., Awaitable[None]], ids: Sequence[int]
) -> web.Response:
    ctx = context(request)
    await ctx.write(change, actor=actor(request), request_ids=ids, now=ctx.clock())
    return empty()


async def _policy_of(
    request: web.Request, shape: Callable[[NotificationPolicy, Summary], render.Entity]
) -> web.Response:
    async with context(request).read() as session:
        found = await policies.policy(session, actor=actor(request))
        waiting = await policies.summary(session, actor=actor(request))
    return answer(shape(found, waiting))


_REQUESTS = "/api/v1/notifications/requests"

ROUTES = [
    web.get("/api/v2/notifications/policy", get_policy),
    web.patch("/api/v2/notifications/policy", set_policy),
    web.put("/api/v2/notifications/policy", set_policy),
    web.get("/api/v1/notifications/policy", get_v1_policy),
    web.patch("/api/v1/notifications/policy", set_v1_policy),
    web.put("/api/v1/notifications/policy", set_v1_policy),
    web.get(_REQUESTS, requests),
    web.get(_REQUESTS + "/merged", merged),
    web.post(_REQUESTS + "/accept", accept_many),
    web.post(_REQUESTS + "/dismiss", dismiss_many),
    web.get(_REQUESTS + "/{id}", get_request),
    web.post(_REQUESTS + "/{id}/accept", accept),
    web.post(_REQUESTS + "/{id}/dismiss", dismiss),
]
