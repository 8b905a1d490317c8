"""Waking apps by a push service: https://docs.joinmastodon.org/methods/push/."""

from aiohttp import web

from fedi_k12.api.answers import answer, context, empty
from fedi_k12.api.render import Entity
from fedi_k12.context import Context
from fedi_k12.domain.errors import InvalidError, UnauthenticatedError
from fedi_k12.services import push
from fedi_k12.services.push import ALERTS, PushDraft, PushView
from fedi_k12.web.auth import actor, bearer_token, identity, requires
from fedi_k12.web.params import Params, params


@requires("push")
async def subscribe(request: web.Request) -> web.Response:
    """Have the app woken from now on."""
    ctx = context(request)
    asked = await params(request)
    about = asked.part("subscription")
    keys = about.part("keys")
    draft = PushDraft(
        endpoint=about.text("endpoint"),
        p256dh=keys.text("p256dh"),
        auth=keys.text("auth"),
        standard=about.flag("standard"),
    )
    if not draft.endpoint:
        raise InvalidError("Validation failed: Endpoint can't be blank")
    view = await ctx.write(
        push.subscribe,
        actor=actor(request),
        token_id=_token_id(request),
        token=bearer_token(request),
        draft=draft,
        alerts=_alerts(asked),
        policy=_policy(asked),
        key=ctx.push_key,
        now=ctx.clock(),
    )
    return answer(subscription(ctx, view))


@requires("push")
async def get(request: web.Request) -> web.Response:
    """Return what the app is woken for."""
    ctx = context(request)
    async with ctx.read() as session:
        view = await push.subscription(session, token_id=_token_id(request))
    return answer(subscription(ctx, view))


@requires("push")
async def change(request: web.Request) -> web.Response:
    """Have the app woken for other things."""
    ctx = context(request)
    asked = await params(request)
    view = await ctx.write(
        push.change, token_id=_token_id(request), alerts=_alerts(asked), policy=_policy(asked)
    )
    return answer(subscription(ctx, view))


@requires("push")
async def unsubscribe(request: web.Request) -> web.Response:
    """Let the app sleep."""
    await context(request).write(push.unsubscribe, token_id=_token_id(request))
    return empty()


def subscription(ctx: Context, view: PushView) -> Entity:
    """Return a WebPushSubscription; its id is a number, as apps decode it."""
    return {
        "id": view.id,
        "endpoint": view.endpoint,
        "standard": view.standard,
        "policy": view.policy,
        "alerts": dict(view.alerts),
        "server_key": ctx.push_key.public,
    }


def _alerts(asked: Params) -> dict[str, bool]:
    alerts = asked.part("data").part("alerts")
    return {name: alerts.flag(name) for name in ALERTS}


def _policy(asked: Params) -> str | None:
    return asked.part("data").text("policy") or asked.text("policy") or None


def _token_id(request: web.Request) -> int:
    found = identity(request).token_id
    if found is None:
        raise UnauthenticatedError("The access token is invalid")
    return found


ROUTES = [
    web.post("/api/v1/push/subscription", subscribe),
    web.get("/api/v1/push/subscription", get),
    web.put("/api/v1/push/subscription", change),
    web.patch("/api/v1/push/subscription", change),
    web.delete("/api/v1/push/subscription", unsubscribe),
]
