"""How fast everything is, beside what the machine can do: `python -m tests.bench`."""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import aiohttp
import uvloop

from fedi_k12.context import utc_now
from fedi_k12.observe import set_up_logging
from tests.bench import bad, rows
from tests.bench.bounds import AIMS_SET_AT, commits, plain_answers, rsa
from tests.bench.far import Far
from tests.bench.load import Place
from tests.bench.rows import Outcome, Row, Target, ours
from tests.bench.seed import fill
from tests.live import free_port

ROWS = [*rows.ROWS, *bad.ROWS]


def say(words: str) -> None:
    """Tell whoever waits what is being done; the table alone goes to the standard output."""
    print(words, file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    """Return on what the figures were measured, and how busy it was with other things."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "cores": os.cpu_count(),
        "processor": model,
        "python": platform.python_version(),
        "load": [round(one, 2) for one in os.getloadavg()],
        "at": utc_now().isoformat(timespec="seconds"),
    }


async def bounds() -> dict[str, float]:
    """Measure what a core, the disk and plain aiohttp can do."""
    verify, sign = await asyncio.to_thread(rsa)
    return {
        "verify": verify,
        "sign": sign,
        "commits": await asyncio.to_thread(commits),
        "plain": await plain_answers(),
    }


def line(row: Row, outcome: Outcome, found: dict[str, float]) -> dict[str, Any]:
    """Return what is told of a row."""
    took = sorted(outcome.result.took)

    def at(part: float) -> float | None:
        return round(took[int(part * (len(took) - 1))] * 1000, 2) if took else None

    bound, aim_here = found.get(row.bound), row.aim_at(found["plain"] / AIMS_SET_AT)
    return {
        "row": row.name,
        "what": row.what,
        "figure": round(outcome.figure, 2 if outcome.figure < 10 else 0),
        "aim": row.aim,
        "aim_here": round(aim_here, 2 if aim_here < 10 else None),
        "unit": row.unit,
        "met": row.meets(outcome.figure, row.aim),
        "met_here": row.meets(outcome.figure, aim_here),
        "bound": round(bound) if bound else None,
        "ratio": round(outcome.figure / bound, 3) if bound else None,
        "p50": at(0.5),
        "p90": at(0.9),
        "p99": at(0.99),
        "cpu_seconds": round(outcome.cpu, 2),
        "cpu_us_each": round(outcome.cpu / outcome.done * 1e6) if outcome.done > 1 else None,
        "memory_mb": round(outcome.memory),
        "refused": outcome.result.refused(),
        "more": outcome.more,
    }


COLUMNS = (
    ("what", 38), ("figure", 9), ("aim", 8), ("unit", 4), ("met", 5), ("aim_here", 8),
    ("met_here", 5), ("bound", 7),
    ("ratio", 6), ("p50", 7), ("p90", 7), ("p99", 7), ("cpu_seconds", 7), ("cpu_us_each", 8),
    ("memory_mb", 6), ("more", 0),
)  # fmt: skip
HEADS = {
    "met": "there", "aim_here": "aim here", "met_here": "there", "bound": "bound",
    "p50": "p50 ms", "p90": "p90 ms", "p99": "p99 ms", "cpu_seconds": "cpu s",
    "cpu_us_each": "µs each", "memory_mb": "MB", "more": "",
}  # fmt: skip


def table(lines: Sequence[dict[str, Any]]) -> str:
    """Return the lines under one another."""
    rows = [{name: HEADS.get(name, name) for name, _width in COLUMNS}]
    for one in lines:
        met = {name: "yes" if one[name] else "no" for name in ("met", "met_here")}
        rows.append({**one, **met})
        if one["refused"]:
            rows[-1]["more"] = f"{one['more']} refused {one['refused']}"
    return "\n".join(
        "  ".join(_cell(one.get(name), width) for name, width in COLUMNS).rstrip()
        for one in rows
    )


def _cell(value: object, width: int) -> str:
    text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return text.ljust(width) if width in {0, 38} else text.rjust(width)


async def measure(asked: argparse.Namespace, rows: Sequence[Row], folder: Path) -> list[Any]:
    """Measure the rows, one after another."""
    say("What the machine can do …")
    found = await bounds()
    say("  " + ", ".join(f"{name} {value:,.0f}/s" for name, value in found.items()))
    far = Far(asked.far or f"{{}}.localhost:{free_port('127.0.0.1')}", asked.far_scheme)
    port = asked.far_port or int(far.names.rpartition(":")[2])
    lines = []
    async with await far.listen(port):
        tokens = asked.token or []
        if not asked.url:
            say("Filling a store …")
            tokens = await fill(folder / "store", far)
        began = perf_counter()
        for at, row in enumerate(rows, 1):
            say(f"[{at}/{len(rows)}, {perf_counter() - began:.0f} s] {row.name}: {row.what} …")
            far.delay = row.delay
            try:
                outcome = await one_row(row, asked.url, folder / "store", tokens, far)
            except (AssertionError, OSError, TimeoutError, aiohttp.ClientError) as error:
                say(f"  failed: {str(error)[-300:] or error!r}")
                outcome = Outcome(0.0, more=f"failed: {type(error).__name__}")
            lines.append(line(row, outcome, found))
            say(f"  {outcome.figure:,.1f} {row.unit} {outcome.more}")
    return [{"bounds": {name: round(value) for name, value in found.items()}}, *lines]


async def one_row(
    row: Row, url: str | None, store: Path, tokens: list[str], far: Far
) -> Outcome:
    """Measure one row on a server of ours, or on the peer behind `url`."""
    if url:
        peer = Target(Place.of(url), tokens, far)
        try:
            return await row.run(peer)
        finally:
            await peer.api.close()
    async with ours(row, store, tokens, far) as target:
        outcome = await row.run(target)
        assert target.server
        outcome.memory = target.server.memory()
        return outcome


def main() -> int:
    """Measure what is asked for and print it; return 0 whatever came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    names = [row.name for row in ROWS]
    parser.add_argument(
        "--only", action="append", choices=names, metavar="ROW", help=str(names)
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--url", help="measure the server behind this address instead")
    parser.add_argument("--token", action="append", help="a token of a member there")
    parser.add_argument("--far", help="names of the other servers, such as {}.example:8443")
    parser.add_argument("--far-scheme", default="http", choices=["http", "https"])
    parser.add_argument("--far-port", type=int, help="where they listen, if a proxy is before")
    asked = parser.parse_args()
    rows = [row for row in ROWS if not asked.only or row.name in asked.only]
    if asked.url:
        rows = [row for row in rows if row.peers]
        if not asked.token:
            parser.error("--url needs a --token")
    # What is told of filling the store would stand among the figures otherwise.
    set_up_logging(style="text", level="error")
    about = machine()
    with tempfile.TemporaryDirectory(prefix="bench-store-") as folder:
        head, *lines = uvloop.run(measure(asked, rows, Path(folder)))
    if asked.json:
        print(json.dumps({"machine": about, **head, "rows": lines}, indent=1))
    else:
        print(", ".join(f"{name}: {value}" for name, value in about.items()))
        print(", ".join(f"{name}: {value:,}/s" for name, value in head["bounds"].items()))
        print(table(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
