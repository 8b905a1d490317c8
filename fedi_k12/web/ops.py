"""Addresses for operators: is it alive, is it ready, what does it count."""

import asyncio
import secrets
import shutil
from contextlib import suppress
from ipaddress import ip_network

from aiohttp import web
from sqlalchemy import text

from fedi_k12.context import Context
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.permissions import Action, decide
from fedi_k12.domain.troubles import Part
from fedi_k12.observe import render_metrics, set_free, set_oldest, set_waiting
from fedi_k12.web.auth import from_servers, public, viewer
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.limits import within
from storage import deliveries, diagnosis, jobs
from storage.trouble import in_words

READ_SECONDS = 5.0
"""So long the store may take to answer; whoever watches does not wait much longer."""
_INSIDE = tuple(
    map(ip_network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128"))
)


@public
async def healthz(request: web.Request) -> web.Response:
    """Say that the process answers; to `?seen`, how the request came here.

    That is what `fedi-k12 doctor` asks, to tell whether a proxy passes on what it should.
    """
    if "seen" not in request.query:
        return web.Response(text="ok\n")
    peer = request.remote or ""
    settings = request.app[CONTEXT].settings
    return web.json_response(
        {
            "host": request.host,
            "own_host": request.host.lower() in settings.own_hosts,
            "forwarded": "X-Forwarded-For" in request.headers,
            "trusted": within(peer, settings.trusted_proxies),
            "inside": within(peer, _INSIDE),
        }
    )


@public
async def health(request: web.Request) -> web.Response:
    """Say the same in Mastodon's words: https://docs.joinmastodon.org/methods/health/."""
    del request
    return web.Response(text="OK")


@public
async def readyz(request: web.Request) -> web.Response:
    """Say whether the store can be read and written, 503 where not; and what else is wrong."""
    ctx = request.app[CONTEXT]
    try:
        async with asyncio.timeout(READ_SECONDS), ctx.read() as session:
            await session.execute(text("SELECT 1"))
    except Exception as error:  # noqa: BLE001 - whatever it is, we are not ready
        ctx.troubles.begin(Part.STORE, in_words(error))
    lines = [f"{one.sentence} ({one.seconds} s)\n" for one in ctx.troubles.now]
    if ctx.troubles.of(Part.STORE) is not None:
        return web.Response(status=503, text="not ready\n" + "".join(lines))
    return web.Response(text="ready\n" + "".join(lines))


@from_servers
async def metrics(request: web.Request) -> web.StreamResponse:
    """Show the counters to operators: a monitor with the settings' token, or an admin."""
    token = request.app[CONTEXT].settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    if token and secrets.compare_digest(given.encode(), token.encode()):
        return await _counters(request)
    return await _metrics_for_admins(request)


@public
async def _metrics_for_admins(request: web.Request) -> web.StreamResponse:
    who = viewer(request)
    if who is None or not decide(who, Action.SEE_METRICS).allowed:
        raise NotFoundError("There is nothing here that you may see.")
    return await _counters(request)


async def _counters(request: web.Request) -> web.Response:
    await _look(request.app[CONTEXT])
    return web.Response(
        body=render_metrics(),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


async def _look(ctx: Context) -> None:
    """Measure what no event tells: how much waits and is free. What cannot be is left out."""
    with suppress(OSError):
        set_free(shutil.disk_usage(ctx.settings.data_dir).free)
    try:
        async with asyncio.timeout(READ_SECONDS), ctx.slow_read() as session:
            set_waiting("jobs", await jobs.count_waiting(session))
            set_waiting("deliveries", await deliveries.count_waiting(session))
            oldest = await diagnosis.oldest_due_job(await session.connection())
    except Exception as error:  # noqa: BLE001 - the counters are shown, whatever the store does
        ctx.troubles.begin(Part.STORE, in_words(error))
        return
    set_oldest(max(0.0, (ctx.clock() - oldest).total_seconds()) if oldest else 0.0)


ROUTES = [
    web.get("/healthz", healthz),
    web.get("/readyz", readyz),
    web.get("/health", health),
    web.get("/metrics", metrics),
]
