"""Addresses for operators: is it alive, is it ready, what does it count."""

import secrets

from aiohttp import web
from sqlalchemy import text

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.permissions import Action, decide
from fedi_k12.observe import render_metrics
from fedi_k12.web.auth import from_servers, public, viewer
from fedi_k12.web.keys import CONTEXT


@public
async def healthz(request: web.Request) -> web.Response:
    """Say that the process answers."""
    del request
    return web.Response(text="ok\n")


@public
async def health(request: web.Request) -> web.Response:
    """Say the same in Mastodon's words: https://docs.joinmastodon.org/methods/health/."""
    del request
    return web.Response(text="OK")


@public
async def readyz(request: web.Request) -> web.Response:
    """Say whether the store can be read; 503 where it cannot."""
    try:
        async with request.app[CONTEXT].read() as session:
            await session.execute(text("SELECT 1"))
    except Exception:  # noqa: BLE001 - whatever it is, we are not ready
        return web.Response(status=503, text="The store does not answer.\n")
    return web.Response(text="ready\n")


@from_servers
async def metrics(request: web.Request) -> web.StreamResponse:
    """Show the counters to operators: a monitor with the settings' token, or an admin."""
    token = request.app[CONTEXT].settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if token and secrets.compare_digest(given.encode(), token.encode()):
        return _counters()
    return await _metrics_for_admins(request)


@public
async def _metrics_for_admins(request: web.Request) -> web.StreamResponse:
    who = viewer(request)
    if who is None or not decide(who, Action.SEE_METRICS).allowed:
        raise NotFoundError("There is nothing here that you may see.")
    return _counters()


def _counters() -> web.Response:
    return web.Response(
        body=render_metrics(),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


ROUTES = [
    web.get("/healthz", healthz),
    web.get("/readyz", readyz),
    web.get("/health", health),
    web.get("/metrics", metrics),
]
