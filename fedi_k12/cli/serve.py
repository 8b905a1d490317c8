"""`serve` and `worker`: run until told to stop."""

import asyncio
import gc
import signal
import ssl
import sys
from collections.abc import Coroutine
from contextlib import suppress
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import click

from fedi_k12.cli.arenas import few_arenas, give_back
from fedi_k12.cli.command import fail, loaded, store_trouble
from fedi_k12.settings import Loaded, Settings, SettingsError, load

if TYPE_CHECKING:
    from fedi_k12.context import Context

STOP_SECONDS = 10.0
SETTLED_AFTER, GIVE_BACK_EVERY = 3.0, 300.0
"""Seconds."""
UNUSED = ("rich", "backports.zstd", "brotli", "brotlicffi")
"""What libraries would load where it is installed, and nothing here is done with.

structlog draws tracebacks with the first. With the others aiohttp unpacks what nobody is asked
for: only gzip is spoken here (`web.packing`, `guard`)."""
GENERATIONS = (50_000, 20, 20)
"""Fewer, larger collections: what a request makes dies with it, most of the rest stays."""


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="Where to listen, such as 0.0.0.0:8080.")
@click.option("--tls-cert", metavar="FILE", help="Certificate chain (PEM).")
@click.option("--tls-key", metavar="FILE", help="Its private key (PEM).")
@click.option("--no-worker", is_flag=True, help="Leave the jobs to `fedi-k12 worker`.")
def serve(
    listen: str | None, tls_cert: str | None, tls_key: str | None, no_worker: bool
) -> None:
    """Serve pages, apps and other servers, and do the jobs."""
    flags = {"listen": listen, "tls_cert": tls_cert, "tls_key": tls_key}
    settings = _with_flags({name: value for name, value in flags.items() if value}).settings
    _run(_serve(settings, with_worker=not no_worker), settings)


@click.command()
def worker() -> None:
    """Do the jobs only; any number of these share a PostgreSQL store."""
    settings = loaded().settings
    _run(_work(settings), settings)


def _with_flags(flags: dict[str, str]) -> Loaded:
    config, overrides = click.get_current_context().find_root().obj
    try:
        return load(file=config, overrides={**overrides, **flags})
    except SettingsError as error:
        fail(str(error))


def _run(work: Coroutine[Any, Any, None], settings: Settings) -> None:
    # What is read at the start stays: to look through it for garbage again and again, as it
    # grows, takes longer than a fifth of all the rest. `_begun` turns that on.
    gc.disable()
    few_arenas()
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # "there is none"
    import uvloop

    from fedi_k12.domain.errors import DomainError
    from fedi_k12.observe import set_up_logging

    set_up_logging(style=settings.log_format, level=settings.log_level)
    try:
        uvloop.run(work)
    except DomainError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.strerror or error}")
    except Exception as error:
        if (trouble := store_trouble(error)) is None:
            raise
        fail(trouble)


async def _serve(settings: Settings, *, with_worker: bool) -> None:
    from aiohttp import web

    from fedi_k12.app import build_app
    from fedi_k12.web.front import Runner
    from fedi_k12.web.keys import CONTEXT

    stop = _stopping()
    app = build_app(settings, with_worker=with_worker)
    _begun()
    runner = Runner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=STOP_SECONDS,
        # Packed bodies are refused (415), so nothing may unpack one on the way to that answer.
        auto_decompress=False,
    )
    try:
        await runner.setup()
        host, port = settings.listen_address
        site = web.TCPSite(runner, host, port, ssl_context=_tls(settings), backlog=512)
        try:
            await site.start()
        except OSError as error:
            fail(
                f"Cannot listen on {settings.listen}: {error.strerror}. Is another server "
                "running there? --listen chooses another place."
            )
        await _greet(app[CONTEXT], settings)
        # What is left over of opening the store is not worth another look at everything.
        gc.freeze()
        await _until(stop)
    finally:
        await runner.cleanup()


def _begun() -> None:
    """Collect garbage from now on, but not among what has been read by now: that stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GENERATIONS)
    gc.enable()


async def _work(settings: Settings) -> None:
    from fedi_k12.opening import open_context
    from fedi_k12.worker import Worker

    _begun()
    stop = _stopping()
    async with open_context(settings) as ctx:
        running = Worker(ctx)
        await running.start(alone=False)
        click.echo(f"Doing the jobs of {settings.base_url}. Ctrl-C ends it.")
        await _until(stop)
        await running.stop()


async def _greet(ctx: "Context", settings: Settings) -> None:
    from fedi_k12.services import signup

    click.echo(f"Serving {settings.base_url} on {settings.listen}. Ctrl-C ends it.")
    code = await ctx.write(signup.owner_link_code, now=ctx.clock())
    if code is not None:
        click.echo(
            "Nobody owns this server yet. Become its owner here (once, within two days):\n"
            f"  {settings.base_url}/invite/{code}"
        )


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except (ssl.SSLError, OSError) as error:
        fail(f"{settings.tls_cert} and {settings.tls_key} cannot be used: {error}")
    return context


def _stopping() -> asyncio.Event:
    """Return what is set when somebody tells the process to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _until(stop: asyncio.Event) -> None:
    """Wait until it is set; meanwhile give back memory, soon after the jobs of the start."""
    for pause in chain((SETTLED_AFTER,), repeat(GIVE_BACK_EVERY)):
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
            break
        give_back()
    click.echo("Stopping …")
