"""Other servers are dead, silent, or send more than their share."""

import asyncio
import time
from itertools import cycle
from pathlib import Path

from tests.bench.far import Stranger, follow, signed
from tests.bench.load import Place, fire
from tests.drills.outcome import Outcome
from tests.drills.scene import ENOUGH, Elsewhere, Scene, scene, until
from tests.live import free_port

DEAD, GOOD, POSTS = 300, 20, 15
PAUSE = 1.0
RATIO = 1.5
FLOOR = 0.25
"""Seconds: of two figures below this a machine's own moods make the ratio."""
FLOODERS, FLOOD, FLOOD_SECONDS, SHARE = 16, 3000, 8.0, 0.8


async def dead(folder: Path, *, hold: float = 0.0) -> Outcome:
    """Deliver to few good hosts beside many that lived a moment ago: half silent, half gone."""
    del hold
    outcome = Outcome(
        "dead hosts", f"{DEAD} of {DEAD + GOOD} hosts die: silent, or no longer there"
    )
    silent_port, gone_port = free_port("127.0.0.1"), free_port("127.0.0.1")
    silent = Elsewhere(f"{{}}.localhost:{silent_port}")
    gone = Elsewhere(f"{{}}.localhost:{gone_port}")
    async with scene(folder / "server", outcome) as playing, await silent.listen(silent_port):
        await playing.end()
        good = [playing.far.fan(100 + at) for at in range(GOOD)]
        async with await gone.listen(gone_port):
            fans = [far.fan(at) for far in (silent, gone) for at in range(DEAD // 2)]
            for at in range(0, len(fans), 8):
                await asyncio.gather(
                    *(playing.send(fan, follow(fan, playing.maya)) for fan in fans[at : at + 8])
                )
            for fan in good:
                await playing.send(fan, follow(fan, playing.maya))
            # The scene's own followers are there already.
            await _followed_by(playing, len(playing.followers) + len(fans) + len(good))
            hosts = [fan.host for fan in good]
            before = await _p99(playing, hosts)
            gone.hang_up()
        silent.delay = 10 * ENOUGH
        beside = await _p99(playing, hosts)
        outcome.figures = {
            "p99 beside living hosts, s": round(before, 3),
            "p99 beside dead hosts, s": round(beside, 3),
            "ratio": round(beside / before, 2),
        }
        if beside > max(before, FLOOR) * RATIO:
            outcome.wrong.append(
                f"others wait for the dead: {beside / before:.1f} times as long"
            )
        playing.begin()
        await playing.recover()
        await playing.check()
    return outcome


async def _followed_by(playing: Scene, number: int) -> None:
    async def so_many() -> bool:
        _status, me = await playing.api("GET", "/api/v1/accounts/verify_credentials")
        return bool(me and me["followers_count"] >= number)

    await until(so_many, what="followers")


async def _p99(playing: Scene, hosts: list[str]) -> float:
    """Return within which time posts are at hosts, 99 of 100 of them, in seconds."""
    posted: dict[str, float] = {}
    for number in range(POSTS):
        status, post = await playing.api("POST", "/api/v1/statuses", status=f"Post {number}")
        assert status == 200
        posted[post["uri"]] = time.monotonic()
        playing.load.posts.add(post["uri"])
        await asyncio.sleep(PAUSE)
    owed = {(host, uri) for host in hosts for uri in posted}
    await until(lambda: owed <= set(playing.far.came), what="deliveries")
    took = sorted(playing.far.came[host, uri] - posted[uri] for host, uri in owed)
    return took[int(len(took) * 0.99) - 1]


async def flood(folder: Path, *, hold: float = FLOOD_SECONDS) -> Outcome:
    """Let one host send as fast as it can, and again what is refused; others send as before."""
    hold = min(hold, 30.0)
    outcome = Outcome("flood", f"one host sends over {FLOODERS} connections for {hold:.0f} s")
    async with scene(
        folder / "server", outcome, posts=False, FEDI_K12_RATE_LIMITS="on"
    ) as playing:
        before = await _letters(playing, hold)
        who = playing.far.author(49)
        place = Place("127.0.0.1", playing.live.port, playing.live.domain)
        # Signed before, so that whoever sends is not what is slow.
        requests = [
            await asyncio.to_thread(signed, place, who, "/inbox", _advertisement(who, number))
            for number in range(FLOOD)
        ]
        pouring = asyncio.create_task(
            fire(place, cycle(requests), connections=FLOODERS, seconds=hold + 2.0)
        )
        await asyncio.sleep(2.0)
        beside = await _letters(playing, hold)
        poured = await pouring
        outcome.figures = {
            "others' letters a second before": round(before, 1),
            "and beside the flood": round(beside, 1),
            "of the flood taken": poured.statuses[202],
            "and refused": poured.statuses[429],
        }
        if beside < SHARE * before:
            outcome.wrong.append(f"others keep {beside / before:.0%} of their share")
        await playing.recover()
        await playing.check()
    return outcome


def _advertisement(who: Stranger, number: int) -> dict[str, object]:
    return who.create(who.note(f"{number}", "<p>Buy!</p>"), f"{number}")


async def _letters(playing: Scene, seconds: float) -> float:
    """Return how many letters of others are acknowledged in a second."""
    before = len(playing.load.letters)
    await asyncio.sleep(seconds)
    return (len(playing.load.letters) - before) / seconds
