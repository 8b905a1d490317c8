"""`demo`: two small districts on this machine that talk with each other."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import fail, run
from fedi_k12.cli.demo_cast import DISTRICTS, PASSWORD, District
from fedi_k12.settings import Settings, load

if TYPE_CHECKING:
    from fedi_k12.context import Context

START_SECONDS = 30.0
_FILLED = "filled"
"""A file beside both districts: everybody has moved in and said what they say."""


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data/demo"),
    show_default=True,
    help="Where both districts keep what is said.",
)
@click.option("--once", is_flag=True, help="End when both are filled: for tests.")
def demo(data: Path, once: bool) -> None:
    """Start two districts with a dozen educators who follow one another."""
    all_settings = {district.name: _settings(district, data) for district in DISTRICTS}
    # Ended by a signal, it ends the servers first, like on Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with _servers(data) as processes:
        filled = data / _FILLED
        run(_fill(all_settings, processes, data, filled=filled.exists()))
        filled.touch()
        _tell()
        if not once:
            _wait(processes)


@contextmanager
def _servers(data: Path) -> "Iterator[list[subprocess.Popen[bytes]]]":
    """Run both servers until the block ends."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for district in DISTRICTS:
            folder = data / district.name
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / "server.log").open("ab") as log:
                processes.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "fedi_k12", "serve"],
                        env={**os.environ, **_environment(district, data)},
                        stdout=log,
                        stderr=log,
                    )
                )
        yield processes
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(timeout=START_SECONDS)
            except subprocess.TimeoutExpired:
                # What a server answered to outlives its death: nothing is lost.
                process.kill()
                process.wait()


async def _fill(
    all_settings: dict[str, Settings],
    processes: "list[subprocess.Popen[bytes]]",
    data: Path,
    *,
    filled: bool,
) -> None:
    from fedi_k12.cli.demo_seed import is_begun, seed
    from fedi_k12.observe import set_up_logging
    from fedi_k12.opening import open_context

    set_up_logging(style="text", level="error")
    async with AsyncExitStack() as stack:
        contexts: dict[str, Context] = {}
        for (name, settings), process in zip(all_settings.items(), processes, strict=True):
            await _ready(settings, process)
            contexts[name] = await stack.enter_async_context(open_context(settings))
        if filled:
            return
        if any([await is_begun(ctx) for ctx in contexts.values()]):
            fail(
                f"{data} was left half filled, as when a first start is ended early. "
                "Remove that folder and start again."
            )
        click.echo("Two districts move in; this takes a few seconds, once …")
        await seed(contexts)


async def _ready(settings: Settings, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a server takes connections, as long as it lives."""
    host, port = settings.listen_address
    ends = monotonic() + START_SECONDS
    # One that cannot listen ends at once: another may hold the port.
    await asyncio.sleep(0.5)
    while monotonic() < ends and process.poll() is None:
        try:
            _reader, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(0.5)
        if process.poll() is None:
            return
    fail(f"{settings.base_url} did not start. Its log is {settings.data_dir}/server.log.")


def _settings(district: District, data: Path) -> Settings:
    return load(_environment(district, data)).settings


def _environment(district: District, data: Path) -> dict[str, str]:
    return {
        "FEDI_K12_DOMAIN": district.domain,
        "FEDI_K12_LISTEN": f"127.0.0.1:{district.port}",
        "FEDI_K12_DATA_DIR": str(data / district.name),
        "FEDI_K12_NAME": district.title,
        # Whoever looks at the demo wants to see a post arrive.
        "FEDI_K12_HOLD_SECONDS": "0",
    }


def _tell() -> None:
    click.echo("Two districts talk. Open them in a browser:")
    for district in DISTRICTS:
        click.echo(f"\n  {district.title}: http://{district.domain}")
        for person in district.people:
            click.echo(f"    {person.username:<9} {person.name}")
    click.echo(f"\nEverybody signs in with the password: {PASSWORD}")
    click.echo("Post as one, read as another. Ctrl-C ends both.")


def _wait(processes: "list[subprocess.Popen[bytes]]") -> None:
    """Wait for Ctrl-C, or for a server that ends by itself."""
    try:
        while all(process.poll() is None for process in processes):
            sleep(0.5)
    except KeyboardInterrupt:
        return
    fail("One of the districts has ended. Its server.log says why.")
