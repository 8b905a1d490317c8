"""Open what a server or a command works with: the store, the files, the ways out.

Apart from `app`, which knows every page: a command should not have to read them all.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from ipaddress import ip_network

from aiohttp.abc import AbstractResolver
from sqlalchemy.ext.asyncio import AsyncSession

from federation.policy import host_check
from fedi_k12 import __version__
from fedi_k12.context import Blobs, Context, Signals, utc_now
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.troubles import Troubles
from fedi_k12.domain.webpush import ServerKey
from fedi_k12.guard import GuardedClient
from fedi_k12.observe import tell_trouble
from fedi_k12.services import profiles, push, site
from fedi_k12.services.keys import generate_keys
from fedi_k12.settings import Settings
from fedi_k12.translator import Translator
from storage import accounts, migrate
from storage.blobs import FileBlobs
from storage.db import is_sqlite, open_database
from storage.pool import ANSWER_SECONDS
from storage.trouble import watch
from storage.wire import Wire


@asynccontextmanager
async def open_context(
    settings: Settings,
    *,
    resolver: AbstractResolver | None = None,
    clock: Callable[[], datetime] = utc_now,
    answer_seconds: float | None = ANSWER_SECONDS,
) -> AsyncIterator[Context]:
    """Open everything the server works with; the store is migrated first.

    Tests hand in a resolver that knows their fake servers, and a clock. `answer_seconds`: so
    long a PostgreSQL may take for an answer; None for commands, which may ask for all there is.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    await migrate.upgrade(settings.database_url)
    signals = Signals()
    troubles = Troubles(tell_trouble)
    database = open_database(
        settings.database_url,
        on_commit=signals.spread,
        troubles=troubles,
        connections=settings.database_connections,
        answer_seconds=answer_seconds,
    )
    wire = Wire(
        settings.database_url,
        heard=signals.after_commit,
        changes=database.changes,
        origin=database.origin,
    )
    if not is_sqlite(settings.database_url):
        signals.relay = wire.send
        wire.open()
    http = GuardedClient(
        user_agent=f"fedi-k12/{__version__} (+{settings.base_url}/)",
        allowed_networks=settings.private_networks,
        ca_file=settings.ca_file,
        own_hosts=settings.own_hosts,
        resolve=settings.resolve,
        resolver=resolver,
        troubles=troubles,
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
        blobs=open_blobs(settings),
        push_key=ServerKey(await database.write(push.server_secret)),
        translator=_translator(settings, helper, clock),
        clock=clock,
        signals=signals,
        changes=database.changes,
        troubles=troubles,
        number=None if is_sqlite(settings.database_url) else wire.number,
    )
    http.check_host = host_check(ctx)
    await http.open()
    await helper.open()
    watching = asyncio.create_task(watch(database.write, troubles), name="watch")
    try:
        await _settle_in(ctx)
        yield ctx
    finally:
        watching.cancel()
        await helper.close()
        await http.close()
        await database.close()
        await wire.close()


def open_blobs(settings: Settings) -> Blobs:
    """Return where files are kept: a folder on this machine, or a bucket."""
    if not settings.media_url.startswith("s3://"):
        return FileBlobs(settings.media_dir)
    # Where there is no bucket, nobody needs the 4 MB of what speaks to it.
    from storage.buckets import open_bucket

    return open_bucket(settings.media_url)


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
