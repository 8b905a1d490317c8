"""Addresses for operators: is it alive, is it ready, what does it count."""

import secrets

from aiohttp import web
from sqlalchemy import text

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.permissions import Action, decide
from fedi_k12.observe import render_metrics
from fedi_k12.web.auth import public, viewer
from fedi_k12.web.keys import CONTEXT


@public
async def healthz(request: web.Request) -> web.Response:
    """Say that the process answers."""
    del request
    return web.Response(text="ok\n")


@public
async def readyz(request: web.Request) -> web.Response:
    """Say whether the store can be read; 503 where it cannot."""
    try:
        async with request.app[CONTEXT].read() as session:
            await session.execute(text("SELECT 1"))
    except Exception:  # noqa: BLE001 - whatever it is, we are not ready
        return web.Response(status=503, text="The store does not answer.\n")
    return web.Response(text="ready\n")


@public
async def metrics(request: web.Request) -> web.Response:
    """Show the counters to operators: an admin's session, or the token of the settings."""
    token = request.app[CONTEXT].settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    by_token = bool(token) and secrets.compare_digest(given.encode(), (token or "").encode())
    who = viewer(request) if not by_token else None
    by_role = who is not None and decide(who, Action.SEE_METRICS).allowed
    if not (by_token or by_role):
        raise NotFoundError("There is nothing here that you may see.")
    return web.Response(
        body=render_metrics(),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


ROUTES = [
    web.get("/healthz", healthz),
    web.get("/readyz", readyz),
    web.get("/health", healthz),
    web.get("/metrics", metrics),
]
