"""Put the server together: resources, middlewares and routes."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime

from aiohttp import web
from aiohttp.abc import AbstractResolver

import federation.routes
import fedi_k12.api.routes
import fedi_k12.oauth.routes
import webui.routes
from fedi_k12.api.hub import HUB, Hub
from fedi_k12.api.timelines import HOME, ready_home
from fedi_k12.context import utc_now
from fedi_k12.opening import open_context
from fedi_k12.settings import Settings
from fedi_k12.web import media, ops
from fedi_k12.web.entry import SHUT_NETWORKS, ShutNetworks, entry_middleware
from fedi_k12.web.errors import error_middleware
from fedi_k12.web.front import WAYS
from fedi_k12.web.keys import CONTEXT, ERROR_PAGE, RENDER_PAGE
from fedi_k12.web.limits import (
    RATE_LIMITS,
    RateLimits,
    dress_response,
    frame_middleware,
    limit_middleware,
)
from fedi_k12.web.packing import pack_middleware
from fedi_k12.web.params import FORM_SLACK
from fedi_k12.web.remembered import hear_first
from fedi_k12.worker import Worker
from storage.db import is_sqlite
from webui.errors import error_page
from webui.pages import render_page


def build_app(
    settings: Settings,
    *,
    resolver: AbstractResolver | None = None,
    clock: Callable[[], datetime] = utc_now,
    with_worker: bool = False,
) -> web.Application:
    """Return the application, with a worker in the same process where `with_worker`."""
    app = web.Application(
        middlewares=[
            frame_middleware,
            pack_middleware,
            error_middleware,
            limit_middleware,
            *([] if is_sqlite(settings.database_url) else [hear_first]),
            entry_middleware,
        ],
        client_max_size=settings.max_upload_bytes + FORM_SLACK,
    )

    async def resources(app: web.Application) -> AsyncIterator[None]:
        async with open_context(settings, resolver=resolver, clock=clock) as ctx:
            app[CONTEXT] = ctx
            ctx.signals.listen(app[SHUT_NETWORKS].heard)
            hub = app[HUB] = Hub(ctx)
            hub.start()
            worker = Worker(ctx)
            if with_worker:
                await worker.start(alone=is_sqlite(settings.database_url))
            yield
            await hub.stop()
            await worker.stop()

    async def say_goodbye(app: web.Application) -> None:
        app[HUB].leave()

    app.on_shutdown.append(say_goodbye)
    app.cleanup_ctx.append(resources)
    app.on_response_prepare.append(dress_response)
    app[RATE_LIMITS] = RateLimits(clock)
    app[SHUT_NETWORKS] = ShutNetworks()
    app[ERROR_PAGE] = error_page
    app[RENDER_PAGE] = render_page
    app[WAYS] = {**federation.routes.WAYS, HOME: ready_home}
    for routes in (
        ops.ROUTES,
        federation.routes.ROUTES,
        fedi_k12.api.routes.ROUTES,
        fedi_k12.oauth.routes.ROUTES,
        media.ROUTES,
        webui.routes.ROUTES,
    ):
        app.add_routes(routes)
    return app
