"""Put the server together: resources, layers and routes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from ipaddress import ip_network

from aiohttp import web
from aiohttp.abc import AbstractResolver
from sqlalchemy.ext.asyncio import AsyncSession

import federation.routes
import fedi_k12.api.routes
import fedi_k12.oauth.routes
import webui.routes
from federation.policy import host_check
from fedi_k12 import __version__
from fedi_k12.api.hub import HUB, Hub
from fedi_k12.context import Context, Signals, utc_now
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.webpush import ServerKey
from fedi_k12.guard import GuardedClient
from fedi_k12.services import profiles, push, site
from fedi_k12.services.keys import generate_keys
from fedi_k12.settings import Settings
from fedi_k12.translator import Translator
from fedi_k12.web import media, ops
from fedi_k12.web.entry import SHUT_NETWORKS, ShutNetworks, entry_middleware
from fedi_k12.web.errors import error_middleware
from fedi_k12.web.keys import CONTEXT, ERROR_PAGE, RENDER_PAGE
from fedi_k12.web.limits import (
    RATE_LIMITS,
    RateLimits,
    dress_response,
    frame_middleware,
    limit_middleware,
)
from fedi_k12.web.params import FORM_SLACK
from fedi_k12.worker import Worker
from storage import accounts, migrate
from storage.blobs import FileBlobs
from storage.buckets import open_bucket
from storage.db import is_sqlite, open_database
from storage.wire import Wire
from webui.errors import error_page
from webui.pages import render_page


@asynccontextmanager
async def open_context(
    settings: Settings,
    *,
    resolver: AbstractResolver | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> AsyncIterator[Context]:
    """Open everything the server works with; the store is migrated first.

    Tests hand in a resolver that knows their fake servers, and a clock.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    await migrate.upgrade(settings.database_url)
    signals = Signals()
    wire = Wire(settings.database_url, heard=signals.after_commit)
    alone = is_sqlite(settings.database_url)
    if not alone:
        signals.relay = wire.send
        wire.open()
    database = open_database(settings.database_url, on_commit=signals.spread)
    http = GuardedClient(
        user_agent=f"fedi-k12/{__version__} (+{settings.base_url}/)",
        allowed_networks=settings.private_networks,
        ca_file=settings.ca_file,
        own_hosts=settings.own_hosts,
        resolve=settings.resolve,
        resolver=resolver,
    )
    # A service of the operator's own may stand anywhere, in the same house above all.
    helper = GuardedClient(
        user_agent=f"fedi-k12/{__version__} (+{settings.base_url}/)",
        allowed_networks=(ip_network("0.0.0.0/0"), ip_network("::/0")),
        ca_file=settings.ca_file,
        resolve=settings.resolve,
        resolver=resolver,
    )
    ctx = Context(
        settings=settings,
        addresses=Addresses(
            settings.base_url, settings.handle_domain, await database.write(site.media_secret)
        ),
        read=database.read,
        slow_read=database.slow_read,
        write=database.write,
        http=http,
        blobs=open_bucket(settings.media_url)
        if settings.media_url.startswith("s3://")
        else FileBlobs(settings.media_dir),
        push_key=ServerKey(await database.write(push.server_secret)),
        translator=_translator(settings, helper, clock),
        clock=clock,
        signals=signals,
    )
    http.check_host = host_check(ctx)
    await http.open()
    await helper.open()
    try:
        await _settle_in(ctx)
        yield ctx
    finally:
        await helper.close()
        await http.close()
        await database.close()
        await wire.close()


def build_app(
    settings: Settings,
    *,
    resolver: AbstractResolver | None = None,
    clock: Callable[[], datetime] = utc_now,
    with_worker: bool = False,
) -> web.Application:
    """Return the application, with a worker in the same process where `with_worker`."""
    app = web.Application(
        middlewares=[frame_middleware, error_middleware, limit_middleware, entry_middleware],
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


def _translator(
    settings: Settings, http: GuardedClient, clock: Callable[[], datetime]
) -> Translator | None:
    if not settings.translate_url:
        return None
    return Translator(http, url=settings.translate_url, key=settings.translate_key, clock=clock)


async def _settle_in(ctx: Context) -> None:
    """Hold the names this server goes by to those it began with; make its own actor."""
    settings = ctx.settings
    await ctx.write(
        site.fix_names, domain=settings.domain, handle_domain=settings.handle_domain
    )

    async def missing(session: AsyncSession) -> bool:
        return await accounts.by_uri(session, ctx.addresses.server_actor()) is None

    async with ctx.read() as session:
        needed = await missing(session)
    if needed:
        keys = await asyncio.to_thread(generate_keys)
        await ctx.write(
            profiles.server_actor, addresses=ctx.addresses, now=ctx.clock(), keys=keys
        )
