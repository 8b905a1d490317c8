"""Real servers for journeys: `fedi-k12 serve` as processes, with TLS and names of their own."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import requests
import trustme
from mastodon import Mastodon

from tests import nursery, several
from tests.databases import migrated
from tests.several import ARRANGEMENT, NUMBERS, Several

T = TypeVar("T")

START_SECONDS = 120.0
SEEN_SECONDS = 2.0
"""What happens at one district is seen at the other within so long."""
PASSWORD = "seven quiet maple windows"
ROOT = Path(__file__).parent.parent


def free_port(address: str) -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def free_places() -> dict[str, tuple[str, int]]:
    """Return the names of districts, and the address and port where each can listen."""
    return {
        "lincoln.test": ("127.0.0.2", free_port("127.0.0.2")),
        "riverside.test": ("127.0.0.3", free_port("127.0.0.3")),
        # Free for what a test itself serves there.
        "harbor.test": ("127.0.0.4", free_port("127.0.0.4")),
    }


class Live:
    """One server: its process, its command line, and how to reach it.

    With `TEST_SERVERS=postgresql-2x2` it is several processes behind a proxy.
    """

    def __init__(
        self,
        folder: Path,
        *,
        domain: str,
        address: str = "127.0.0.1",
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
        arrangement: str = ARRANGEMENT,
        new: bool = False,
    ) -> None:
        """Describe a server; only a `new` one makes the tables of its store itself."""
        self.folder = folder
        self.domain = domain
        self.address = address
        self.port = port or free_port(address)
        self.environment = {
            **{name: value for name, value in os.environ.items() if "FEDI_K12" not in name},
            "FEDI_K12_DOMAIN": domain,
            "FEDI_K12_LISTEN": f"{address}:{self.port}",
            "FEDI_K12_DATA_DIR": str(folder / "data"),
            "FEDI_K12_RATE_LIMITS": "off",
            "FEDI_K12_HOLD_SECONDS": "0",
            "PYTHONPATH": str(ROOT),
            **(environment or {}),
        }
        self.program = "fedi_k12"
        """The module that is run: another one may change what no setting says."""
        self.command: tuple[str, ...] = ("serve",)
        self.process: nursery.Process | subprocess.Popen[bytes] | None = None
        self.several: Several | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._store = self.environment.get("FEDI_K12_DATABASE_URL", "")
        self._arrangement = arrangement if arrangement in NUMBERS and not self._store else ""
        if self._arrangement:
            self._store = several.new_database()
            self.environment["FEDI_K12_DATABASE_URL"] = self._store
        elif not new and not self._store and not (folder / "data").exists():
            (folder / "data").mkdir()
            shutil.copy(migrated(), folder / "data" / "fedi-k12.db")

    @property
    def log(self) -> str:
        """What the server wrote so far."""
        return (self.folder / "server.log").read_text()

    def begin_with(self, code: str) -> None:
        """Let Python read this before anything else: for what no setting says."""
        (self.folder / "sitecustomize.py").write_text(code)
        self.environment["PYTHONPATH"] = f"{self.folder}:{ROOT}"

    def start(self) -> "Live":
        """Start the server and wait until it takes connections."""
        if self._arrangement:
            return self._start_several()
        with (self.folder / "server.log").open("ab") as log:
            self.process = nursery.start(
                self.program,
                list(self.command),
                environment=self.environment,
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends:
            if self.process.poll() is not None:
                raise AssertionError(f"The server ended: {self.log}")
            if listens(self.address, self.port):
                return self
            time.sleep(0.05)
        raise AssertionError(f"The server did not start: {self.log}")

    def _start_several(self) -> "Live":
        self.several = Several(
            self.folder,
            arrangement=self._arrangement,
            listen=f"{self.address}:{self.port}",
            environment=self.environment,
            program=self.program,
        )
        ports = [free_port("127.0.0.1") for _ in range(self.several.numbers[0])]
        self.several.start(ports)
        places = [("127.0.0.1", port) for port in ports]
        ends = time.monotonic() + START_SECONDS
        for place in [*places, (self.address, self.port)]:
            while not listens(*place):
                if self.several.ended() or time.monotonic() > ends:
                    raise AssertionError(f"The server did not start: {self.log}")
                time.sleep(0.05)
        return self

    @property
    def pids(self) -> list[int]:
        """The numbers of its processes."""
        if self.several is not None:
            return [one.pid for one in self.several.serving + self.several.working]
        assert self.process is not None
        return [self.process.pid]

    def rows(self, question: str, *given: Any) -> list[tuple[Any, ...]]:
        """Return what a question in SQL finds in the store."""
        if self._store:
            return several.rows(self._store, question, *given)
        with sqlite3.connect(self.folder / "data/fedi-k12.db", timeout=30) as store:
            return store.execute(question, given).fetchall()

    def kill(self) -> None:
        """End the server as a power cut does."""
        if self.several is not None:
            self.several.kill()
            return
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End the server as an operator does."""
        if self.several is not None:
            self.several.stop()
        elif self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of the command line against this server's store."""
        return nursery.run(
            self.program,
            arguments,
            environment=self.environment,
            cwd=self.folder,
            given=stdin,
        )

    def ok(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that has to work; return its last line."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""

    def many(self, *commands: tuple[tuple[str, ...], str]) -> list[str]:
        """Run commands that have to work, each with its standard input; return their lines."""
        done = [self.run(*arguments, stdin=given) for arguments, given in commands]
        for one in done:
            assert one.returncode == 0, one.stderr + one.stdout
        return [line for one in done for line in one.stdout.strip().splitlines()]

    def member(
        self, name: str, *flags: str, password: str = "seven quiet maple windows"
    ) -> str:
        """Make a member; return a token for the client API."""
        made = ("account", "create", name, "--password-stdin", *flags)
        return self.many((made, password + "\n"), (("token", "create", name), ""))[-1]

    def members(self, *names: str) -> list[str]:
        """Make members; return a token of each for the client API."""
        made = (
            (("account", "create", name, "--password-stdin"), PASSWORD + "\n") for name in names
        )
        self.many(*made)
        return self.many(*((("token", "create", name), "") for name in names))


def listens(address: str, port: int) -> bool:
    """Return whether somebody takes connections there."""
    try:
        socket.create_connection((address, port), 1).close()
    except OSError:
        return False
    return True


class Districts:
    """Two servers that know each other's names and trust one throw-away authority."""

    def __init__(
        self, folder: Path, places: Mapping[str, tuple[str, int]] | None = None
    ) -> None:
        self.folder = folder
        self.authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self.authority.cert_pem.write_to_path(str(self.ca_file))
        self.places = dict(places or free_places())
        self.lincoln = self.make("lincoln.test")
        self.riverside = self.make("riverside.test")

    def make(self, domain: str) -> Live:
        """Return a server under one of the names, not started yet."""
        address, port = self.places[domain]
        place = self.folder / domain
        place.mkdir()
        certificate = self.authority.issue_cert(domain)
        chain, key = place / "chain.pem", place / "key.pem"
        certificate.cert_chain_pems[0].write_to_path(str(chain))
        certificate.private_key_pem.write_to_path(str(key))
        names = ",".join(f"{name}={a}:{p}" for name, (a, p) in self.places.items())
        return Live(
            place,
            domain=domain,
            address=address,
            port=port,
            environment={
                "FEDI_K12_TLS_CERT": str(chain),
                "FEDI_K12_TLS_KEY": str(key),
                "FEDI_K12_CA_FILE": str(self.ca_file),
                "FEDI_K12_RESOLVE": names,
                "FEDI_K12_ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
            },
        )

    @contextmanager
    def three(self) -> Iterator[tuple[Live, Live, Live]]:
        """Run a server under each of the names, which this process knows meanwhile."""
        servers = (self.lincoln, self.riverside, self.make("harbor.test"))
        with self.names_known():
            try:
                for server in servers:
                    server.start()
                yield servers
            finally:
                for server in servers:
                    server.stop()

    @contextmanager
    def names_known(self) -> Iterator[None]:
        """Let the names of both lead to them, in this process."""
        real = socket.getaddrinfo

        def look_up(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            if name in self.places:
                host, port = self.places[name]
            return real(host, port, *rest, **more)

        with patch("socket.getaddrinfo", look_up):
            yield

    def client(self, server: Live, name: str) -> Mastodon:
        """Make a member of a server; return their app."""
        return Mastodon(
            access_token=server.member(name),
            api_base_url=f"https://{server.domain}",
            session=self.session(),
        )

    def session(self) -> requests.Session:
        """Return a session that trusts the authority."""
        session = requests.Session()
        # What the machine says in its environment would count for more than this.
        session.trust_env = False
        session.verify = str(self.ca_file)
        return session


class Sitting:
    """A member at the pages of a server, signed in."""

    def __init__(self, districts: Districts, server: Live, name: str) -> None:
        self.base = f"https://{server.domain}"
        self.session: requests.Session = districts.session()
        self.session.headers["Accept"] = "text/html"
        self.send("/auth/sign_in", "/auth/sign_in", login=name, password=PASSWORD)

    def get(self, path: str) -> str:
        """Return a page."""
        answer = self.session.get(self.base + path, timeout=20)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        answer.encoding = "utf-8"
        return answer.text

    def send(self, page: str, action: str, *, file: str = "", **fields: str) -> str:
        """Send a form of a page; return the path of the page that follows."""
        answer = self.try_to_send(page, action, file=file, **fields)
        assert answer.status_code == 200, (action, answer.status_code, answer.text[:300])
        return answer.url.removeprefix(self.base)

    def try_to_send(
        self, page: str, action: str, *, file: str = "", **fields: str
    ) -> requests.Response:
        """Send a form of a page; return the answer, whatever it is."""
        csrf = re.search(r'name="csrf" value="([^"]+)"', self.get(page))
        assert csrf
        return self.session.post(
            self.base + action,
            data={"csrf": csrf[1], **fields},
            files={"file": ("list.csv", file.encode(), "text/csv")} if file else None,
            timeout=20,
        )


def seen(look: Callable[[], T], *, within: float = SEEN_SECONDS, every: float = 0.05) -> T:
    """Return what `look` finds as soon as it finds something, within so many seconds.

    It looks `every` so many seconds: more seldom where a long wait is meant.
    """
    ends = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > ends:
            raise AssertionError(f"not seen within {within} s")
        time.sleep(every)
