"""How everything grows: python -m tests.bench.growth [--posts 10000,100000,1000000].

One store grows from ten thousand posts to a million, with real servers on it; then ten
thousand people elsewhere follow its members, and it gets ten thousand members. The figures go
to `figures.json`, the plots beside it (`tests/bench/results/`). Takes some fifteen minutes and
3 GB of disk; what is being done goes to the standard error.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import uvloop

from fedi_k12.observe import set_up_logging
from tests.bench import many, measures
from tests.bench.__main__ import machine, say
from tests.bench.far import Far
from tests.bench.measures import Figures
from tests.bench.mould import opened
from tests.bench.plots import draw
from tests.bench.rows import Target, ours_on
from tests.live import free_port

RESULTS = Path(__file__).parent / "results"
POSTS = (10_000, 100_000, 1_000_000)
CROWD = 10_000
"""So many members there are in the end."""
TWICE = 2.0
"""The 99th percentile of home among the most posts is at most so many times that of few."""


async def measure(
    folder: Path, posts: list[int], crowd: int, keep: Callable[[Figures], None]
) -> Figures:
    """Let a store grow, keep what has been measured on the way, and return it all."""
    far = Far(f"{{}}.localhost:{free_port('127.0.0.1')}")
    gone = Far(f"{{}}.localhost:{free_port('127.0.0.1')}")
    came: Figures = {"machine": machine(), "posts": [], "fan_out": [], "members": []}
    async with await far.listen(int(far.names.rpartition(":")[2])):
        began = perf_counter()
        say("A server meets people, and plays the scene that posts are cast of …")
        store = await many.begin(folder / "data", far, gone)
        for number in posts:
            say(f"[{perf_counter() - began:.0f} s] {number:,} posts …")
            came["posts"].append(await _of_posts(store, number))
            keep(came)
        say(f"[{perf_counter() - began:.0f} s] {many.FANS:,} followers elsewhere …")
        came["fan_out"] = await _of_followers(store)
        keep(came)
        say(f"[{perf_counter() - began:.0f} s] {crowd:,} members …")
        for number in (many.MEMBERS, crowd):
            came["members"].append(await _of_members(store, number))
        came["took_seconds"] = round(perf_counter() - began)
    return came


async def _of_posts(store: many.Many, number: int) -> Figures:
    size, had = _size(store), store.posts
    filled = many.grow(store, number, say)
    if not had:
        await many.check(store)
    found: Figures = {
        "posts": number,
        "filled_seconds": round(filled, 1),
        "database_mb": round(_size(store) / 1e6),
        "bytes_a_post": round((_size(store) - size) / (number - had)),
    }
    say(f"  filled in {filled:.0f} s, {found['bytes_a_post']:,} bytes a post")
    async with ours_on(store.folder, store.tokens, store.far) as target:
        found["rest"] = await measures.at_rest(target)
        found["pages"] = await measures.pages(target, store)
        found["inbox"] = await measures.inbox(target, store)
        found["whole"] = _whole(target)
    for name, one in (found["pages"] | {"inbox": found["inbox"]}).items():
        say(f"  {name:24} {_told(one)}")
    return found


async def _of_followers(store: many.Many) -> list[Figures]:
    with opened(store.folder) as connection:
        many.add_fans(connection, store)
    found = []
    async with ours_on(store.folder, store.tokens, store.far) as target:
        for followers, member in many.FOLLOWED.items():
            found.append(await measures.fan_out(target, followers=followers, member=member))
        lucky = many.FANS * (many.HOSTS - many.DEAD) // many.HOSTS
        found.append(
            await measures.fan_out(
                target, followers=many.FANS, member=many.UNLUCKY, reached=lucky
            )
        )
        for one in found:
            say(
                f"  {one['followers']:,} followers, {one['deliveries']:,} reached: {_told(one)}"
            )
    return found


async def _of_members(store: many.Many, number: int) -> Figures:
    with opened(store.folder) as connection:
        many.add_crowd(connection, store, number)
    found: Figures = {"members": number, "news": []}
    async with ours_on(store.folder, store.tokens, store.far) as target:
        found["rest"] = await measures.at_rest(target)
        for followers in many.NEWS:
            if followers <= number:
                times = max(5, min(200, 100_000 // followers))
                one = await measures.crowd(target, store, followers=followers, number=times)
                found["news"].append(one)
                say(f"  a note to {followers:,} members: {_told(one)}")
        found["everybody"] = await measures.everybody(target, store)
        found["whole"] = _whole(target)
        say(f"  {number:,} members look once: {_told(found['everybody'])}")
    return found


def _whole(target: Target) -> Figures:
    """Return the most memory the server had, with what it only looks at of its files."""
    assert target.server
    return {"resident_mb": round(target.server.memory("VmHWM"))}


def _size(store: many.Many) -> int:
    return (store.folder / "fedi-k12.db").stat().st_size


def _told(one: Figures) -> str:
    return ", ".join(f"{name} {value:,}" for name, value in one.items())


def bent(came: Figures) -> list[str]:
    """Return what grows more than it may."""
    first, last = came["posts"][0]["pages"], came["posts"][-1]["pages"]
    return [
        f"{name}: {figure} {first[name][figure]} ms, then {last[name][figure]} ms"
        for name in first
        for figure in ("p99", "cpu_p99")
        if name.startswith("home") and last[name][figure] > TWICE * first[name][figure]
    ]


def main() -> int:
    """Measure, write the figures and the plots; return 1 where home grows more than it may."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.growth", description=__doc__)
    parser.add_argument(
        "--posts", default=",".join(map(str, POSTS)), help="at which to measure"
    )
    parser.add_argument("--members", type=int, default=CROWD, help="in the end")
    parser.add_argument("--to", type=Path, default=RESULTS, help="the folder of what came out")
    parser.add_argument("--draw", action="store_true", help="draw what was measured before")
    asked = parser.parse_args()
    set_up_logging(style="text", level="error")
    asked.to.mkdir(parents=True, exist_ok=True)
    figures = asked.to / "figures.json"

    def keep(came: Figures) -> None:
        figures.write_text(json.dumps(came, indent=1) + "\n")

    if not asked.draw:
        posts = [int(one) for one in asked.posts.split(",")]
        with tempfile.TemporaryDirectory(prefix="growth-") as folder:
            keep(uvloop.run(measure(Path(folder), posts, asked.members, keep)))
    came = json.loads(figures.read_text())
    for name, picture in draw(came).items():
        (asked.to / f"{name}.svg").write_text(picture)
    wrong = bent(came)
    print("\n".join(wrong) or "Nothing grows more than it may.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
