"""Answers to official accounts that wait for a time (R-48), for apps: our own endpoints.

The rules are those of the pages: two people, an end, an appeal to a third.
"""

from typing import Any

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, path_id
from fedi_k12.api.render import Entity
from fedi_k12.context import Context
from fedi_k12.domain.restrictions import RestrictionView, checked_days
from fedi_k12.services import restriction_views, restrictions
from fedi_k12.web.auth import actor, requires
from fedi_k12.web.params import params


@requires("read:statuses")
async def listed(request: web.Request) -> web.Response:
    """Return restrictions, those that wait or hold first, to those who decide about them."""
    ctx = context(request)
    async with ctx.read() as session:
        found = await restriction_views.listed(session, actor=actor(request))
    return answer([_entity(ctx, one) for one in found])


@requires("read:statuses")
async def get_one(request: web.Request) -> web.Response:
    """Return a restriction to who it is about, and to those who decide about it."""
    return await _one(request, path_id(request))


@requires("write:statuses")
async def ask(request: web.Request) -> web.Response:
    """Ask that the answers of a post's author wait, under a `rule`; another person approves."""
    ctx, asked = context(request), await params(request)
    number = await ctx.write(
        restrictions.ask,
        actor=actor(request),
        post_id=path_id(request),
        code=asked.text("rule"),
        words=asked.text("words"),
        days=checked_days(asked.text("days")),
        now=ctx.clock(),
    )
    return await _one(request, number)


@requires("write:statuses")
async def approve(request: web.Request) -> web.Response:
    """Let a restriction begin that somebody else asked for."""
    ctx = context(request)
    await ctx.write(restrictions.approve, addresses=ctx.addresses, **_given(request))
    return await _one(request, path_id(request))


@requires("write:statuses")
async def drop(request: web.Request) -> web.Response:
    """Refuse what somebody asked for, or withdraw one's own."""
    await context(request).write(restrictions.drop, **_given(request))
    return await _one(request, path_id(request))


@requires("write:statuses")
async def lift(request: web.Request) -> web.Response:
    """End a restriction before its time."""
    await context(request).write(restrictions.lift, **_given(request))
    return await _one(request, path_id(request))


@requires("write:statuses")
async def appeal(request: web.Request) -> web.Response:
    """Appeal, once, as who is restricted; another person decides."""
    words = (await params(request)).text("words")
    await context(request).write(restrictions.appeal, text=words, **_given(request))
    return await _one(request, path_id(request))


@requires("write:statuses")
async def decide(request: web.Request) -> web.Response:
    """Decide about an appeal, as another person than the two who restricted."""
    asked = await params(request)
    await context(request).write(
        restrictions.decide_appeal,
        overturn=asked.flag("overturn"),
        words=asked.text("words"),
        **_given(request),
    )
    return await _one(request, path_id(request))


def _given(request: web.Request) -> dict[str, Any]:
    return {
        "actor": actor(request),
        "restriction_id": path_id(request),
        "now": context(request).clock(),
    }


async def _one(request: web.Request, number: int) -> web.Response:
    ctx = context(request)
    async with ctx.read() as session:
        found = await restriction_views.one(
            session, actor=actor(request), restriction_id=number
        )
    return answer(_entity(ctx, found))


def _entity(ctx: Context, view: RestrictionView) -> Entity:
    moments = {
        name: render.moment(at) if (at := getattr(view, name)) is not None else None
        for name in ("asked_at", "began_at", "ends_at", "appealed_at", "ended_at")
    }
    return {
        "id": str(view.id),
        "account": render.account(ctx, view.account),
        "person": render.account(ctx, view.person) if view.person is not None else None,
        "handle": view.handle,
        "post_uri": view.post_uri,
        "rule": {"rule": view.rule.number, "text": view.rule.words},
        "words": view.words,
        "days": view.days,
        "appeal": view.appeal,
        "decision": view.decision,
        "answer": view.answer,
        "ended_because": view.ended_because,
        **moments,
    }


_PATH = "/api/fedi/v1/restrictions"
_ONE = _PATH + "/{id}"

ROUTES = [
    web.get(_PATH, listed),
    web.get(_ONE, get_one),
    web.post("/api/fedi/v1/statuses/{id}/restrict", ask),
    web.post(_ONE + "/approve", approve),
    web.post(_ONE + "/drop", drop),
    web.post(_ONE + "/lift", lift),
    web.post(_ONE + "/appeal", appeal),
    web.post(_ONE + "/decide", decide),
]
