"""A server of several processes: `serve` and `worker` on one PostgreSQL, behind one proxy."""

import asyncio
import atexit
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg

from tests import nursery
from tests.databases import PostgresServer

SEVERAL = "postgresql-2x2"
"""Each server of a journey is two `serve`, two `worker` and a proxy."""
ONE = "postgresql-1"
"""One `serve` that does the jobs, too, on the same PostgreSQL behind the same proxy."""
NUMBERS = {ONE: (1, 0), SEVERAL: (2, 2)}
"""How many `serve` and how many `worker`."""
NAMED = "TEST_DATABASE_URL"
"""A PostgreSQL that is named so is left as it is: whoever measures wants it to be careful."""
ARRANGEMENT = os.environ.get("TEST_SERVERS", "")
ROOT = Path(__file__).parent.parent
_made: list[str] = []
STOP_SECONDS = 30
Running = nursery.Process | subprocess.Popen[bytes]


class Several:
    """The processes of one server, and the proxy through which it is reached."""

    def __init__(
        self,
        folder: Path,
        *,
        arrangement: str,
        listen: str,
        environment: Mapping[str, str],
        program: str,
    ) -> None:
        self.numbers = NUMBERS[arrangement]
        self.folder = folder
        self.listen = listen
        self.program = program
        self.environment = dict(environment)
        self.certificate = self.environment.pop("FEDI_K12_TLS_CERT", "")
        self.key = self.environment.pop("FEDI_K12_TLS_KEY", "")
        self.environment |= {
            "FEDI_K12_SCHEME": "https" if self.certificate else "http",
            "FEDI_K12_TRUSTED_PROXIES": "127.0.0.0/8",
            # Three districts of four processes share one PostgreSQL with a hundred.
            "FEDI_K12_DATABASE_CONNECTIONS": "6",
        }
        self.places: list[str] = []
        """Where each `serve` listens, without TLS."""
        self.serving: list[Running] = []
        self.working: list[Running] = []
        self.proxy: subprocess.Popen[bytes] | None = None

    def start(self, ports: Sequence[int]) -> None:
        """Start all of them; `serve` listens at these ports, before which the proxy stands."""
        self.places = [f"127.0.0.1:{port}" for port in ports]
        for place in self.places:
            self.serving.append(self._serve(place))
        for _ in range(self.numbers[1]):
            self.working.append(self._run("worker"))
        self.proxy = self._begin_proxy()

    def lose(self, process: Running) -> None:
        """End one of them as a power cut does."""
        process.kill()
        process.wait()

    def replace(self, process: Running) -> None:
        """Start anew a `serve` that was lost, where it was."""
        at = self.serving.index(process)
        self.serving[at] = self._serve(self.places[at])

    @property
    def processes(self) -> list[Running]:
        """All that was started, the proxy last."""
        return [*self.serving, *self.working, *([self.proxy] if self.proxy else [])]

    def ended(self) -> bool:
        """Return whether one of them has ended."""
        return any(process.poll() is not None for process in self.processes)

    def kill(self) -> None:
        """End them as a power cut does."""
        for process in self.processes:
            process.send_signal(signal.SIGKILL)
        self._forget()

    def stop(self) -> None:
        """End them as an operator does."""
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        self._forget()

    def _forget(self) -> None:
        for process in self.processes:
            process.wait(STOP_SECONDS)
        self.serving, self.working, self.proxy = [], [], None

    def _serve(self, place: str) -> Running:
        apart = ["--no-worker"] if self.numbers[1] else []
        return self._run("serve", "--listen", place, *apart)

    def _run(self, *arguments: str) -> Running:
        with (self.folder / "server.log").open("ab") as log:
            return nursery.start(
                self.program,
                list(arguments),
                environment=self.environment,
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )

    def _begin_proxy(self) -> subprocess.Popen[bytes]:
        tls = ["--cert", self.certificate, "--key", self.key] if self.certificate else []
        listen = ["--listen", self.listen, *tls, *self.places]
        with (self.folder / "server.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.balancer", *listen],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )


def new_database() -> str:
    """Make a database that is there until this process ends; return its address."""
    server = _postgres()
    if not _made:
        # After the server's own: what is registered last is run first.
        atexit.register(drop_databases)
    url: str = _elsewhere(server.create())
    _made.append(url)
    return url


def drop_databases() -> None:
    """Drop what was made: whoever stops the PostgreSQL it named has to do so before."""
    # Where this process ends no thread can be started any more, and no loop is running.
    while _made:
        asyncio.run(_postgres().drop(_made.pop()))


def rows(url: str, question: str, *given: Any) -> list[tuple[Any, ...]]:
    """Return what a question finds in a PostgreSQL database."""

    async def ask() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql"))
        try:
            return [tuple(row) for row in await connection.fetch(question, *given)]
        finally:
            await connection.close()

    return _elsewhere(ask())


@cache
def _postgres() -> PostgresServer:
    server = PostgresServer()
    if NAMED not in os.environ:
        _elsewhere(server.hurry())
    return server


def _elsewhere(work: Any) -> Any:
    """Run this in a thread with a loop of its own: here one may be running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
