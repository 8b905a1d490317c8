"""What a drill plays with: a server, people elsewhere, a load that remembers its answers."""

import asyncio
import json
import re
import ssl
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from fedi_k12.context import utc_now
from fedi_k12.domain.troubles import Part
from tests.bench.far import Far, Line, Stranger, accept, follow
from tests.drills.outcome import Outcome
from tests.drills.server import World
from tests.live import ROOT, Live, free_port
from tests.remote import ACTIVITY, signed_headers

FOLLOWERS = 3
LANES = 4
"""Members who post, and servers that send, at the same time."""
PACE = 0.05
"""Seconds between two writes of a lane: the drill is about what is lost, not about speed."""
PATIENCE = 20.0
"""Seconds after which an answer that does not come is wrong."""
ENOUGH = 90.0
"""Seconds after which what is not there is lost."""
FINE = {200, 202}
EXCUSED = {0, 503}
"""No connection, or a sentence that says that it does not go at the moment."""


def say(text: str) -> None:
    """Tell whoever waits what is being done."""
    print(text, file=sys.stderr, flush=True)


@dataclass
class Elsewhere(Far):
    """The other servers: what each was sent, and how often."""

    got: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (host, id of the post)."""
    came: dict[tuple[str, str], float] = field(default_factory=dict)
    """When it came first, as `time.monotonic` counts."""
    lines: list[Line] = field(default_factory=list)

    async def listen(self, port: int, context: ssl.SSLContext | None = None) -> asyncio.Server:
        def answered() -> Line:
            self.lines.append(Line(self))
            return self.lines[-1]

        return await asyncio.get_running_loop().create_server(
            answered, "127.0.0.1", port, ssl=context, backlog=4096
        )

    def hang_up(self) -> None:
        """Close all connections: whoever comes again has to look the name up."""
        for line in self.lines:
            line.hang_up()
        self.lines.clear()

    def took(self, body: bytes, host: str) -> None:
        super().took(body, host)
        activity = json.loads(body)
        if activity.get("type") == "Create":
            uri = activity["object"]["id"]
            self.got[host, uri] += 1
            self.came.setdefault((host, uri), time.monotonic())


@dataclass
class Load:
    """Posts and activities without end, and what was said to each."""

    outcome: Outcome
    posts: set[str] = field(default_factory=set)
    """Addresses of posts that were answered 200."""
    letters: set[str] = field(default_factory=set)
    """Ids of posts elsewhere whose Create was answered 202."""
    last: float = 0.0
    """When the last one was acknowledged (`time.monotonic`)."""
    numbers: Any = field(default_factory=count)

    def note(self, status: int, took: float, what: str, uri: str) -> None:
        """Note an answer."""
        self.outcome.slowest = max(self.outcome.slowest, took)
        if status in FINE:
            (self.posts if what == "post" else self.letters).add(uri)
            self.last = time.monotonic()
            return
        self.outcome.refused[status] += 1
        if status not in EXCUSED:
            self.outcome.wrong.append(f"a {what} was answered {status}")
        if took > PATIENCE:
            self.outcome.wrong.append(f"a {what} had no answer for {took:.0f} s")


class Scene:
    """One server (of one process or several) with a member, and others who follow her."""

    def __init__(self, live: Live, far: Elsewhere, world: World, outcome: Outcome) -> None:
        self.live, self.far, self.world, self.outcome = live, far, world, outcome
        self.load = Load(outcome)
        self.token = ""
        self.maya = f"http://{live.domain}/users/maya"
        self.authors = [far.author(at) for at in range(LANES)]
        self.followers = [far.fan(at) for at in range(FOLLOWERS)]
        self.http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=PATIENCE + 5),
            connector=aiohttp.TCPConnector(force_close=True),
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._going = False
        self.posts = True
        """Whether members post, too: they are limited where limits are on."""

    @property
    def base(self) -> str:
        """Where the server is."""
        return f"http://{self.live.domain}"

    async def api(self, method: str, path: str, **form: Any) -> tuple[int, Any]:
        """Ask the client API one thing; return the status, 0 without one, and the answer."""
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with self.http.request(
                method, self.base + path, headers=headers, json=form or None
            ) as answer:
                return answer.status, await answer.json(content_type=None)
        except (aiohttp.ClientError, OSError, ValueError, TimeoutError):
            return 0, None

    async def send(self, actor: Stranger, activity: dict[str, object]) -> int:
        """Send a signed activity; return the status, 0 without one."""
        body = json.dumps(activity).encode()
        headers = signed_headers(
            actor, body, host=self.live.domain, path="/inbox", now=self.now()
        )
        try:
            async with self.http.post(
                f"{self.base}/inbox", data=body, headers={**headers, "Content-Type": ACTIVITY}
            ) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            return 0

    now = staticmethod(utc_now)

    async def introduce(self) -> None:
        """Let maya be a member, follow the authors, and be followed."""
        self.token = await asyncio.to_thread(self.live.member, "maya")
        for author in self.authors:
            query = f"/api/v2/search?type=accounts&resolve=true&q={author.uri}"
            _status, found = await self.api("GET", query)
            one = found["accounts"][0]["id"]
            assert (await self.api("POST", f"/api/v1/accounts/{one}/follow"))[0] == 200
        await until(lambda: len(self.far.follows) >= LANES, what="Follows")
        for who, yes in [accept(one) for one in self.far.follows]:
            assert await self.send(who, yes) == 202
        for fan in self.followers:
            assert await self.send(fan, follow(fan, self.maya)) == 202

        async def known() -> bool:
            path = "/api/v1/accounts/verify_credentials"
            _status, me = await self.api("GET", path)
            counts = (me["followers_count"], me["following_count"])
            return counts == (FOLLOWERS, LANES)

        await until(known, what="followers")

    def begin(self) -> None:
        """Begin the load."""
        self._going = True
        self._tasks = [asyncio.create_task(self._post()) for _ in range(LANES * self.posts)]
        self._tasks += [asyncio.create_task(self._letters(one)) for one in self.authors]

    async def end(self) -> None:
        """End the load, once what is under way has been answered."""
        self._going = False
        await asyncio.gather(*self._tasks)
        self._tasks = []

    async def _post(self) -> None:
        while self._going:
            number = next(self.load.numbers)
            began = time.monotonic()
            status, post = await self.api("POST", "/api/v1/statuses", status=f"Post {number}")
            uri = post["uri"] if status == 200 else ""
            self.load.note(status, time.monotonic() - began, "post", uri)
            await asyncio.sleep(PACE if status in FINE else 4 * PACE)

    async def _letters(self, author: Stranger) -> None:
        while self._going:
            number = f"{next(self.load.numbers)}"
            activity = author.create(author.note(number, f"<p>Letter {number}</p>"), number)
            began = time.monotonic()
            status = await self.send(author, activity)
            uri = f"{author.uri}/posts/{number}"
            self.load.note(status, time.monotonic() - began, "letter", uri)
            await asyncio.sleep(PACE if status in FINE else 4 * PACE)

    async def calm(self, seconds: float) -> None:
        """Let the load go on for a while in which all should be well."""
        before = len(self.load.posts), len(self.load.letters)
        await asyncio.sleep(seconds)
        await until(
            lambda: (
                (len(self.load.posts) > before[0] or not self.posts)
                and len(self.load.letters) > before[1]
            ),
            what="a post and a letter",
        )

    async def look(self, seconds: float, *, part: str, status: int | None = None) -> None:
        """Ask /readyz for a while; note what it says; it should say something of `part`."""
        ends, plain = time.monotonic() + seconds, False
        while time.monotonic() < ends:
            found, text = await self.ready()
            plain = plain or (part in text and (status is None or status == found))
            if found and text != "ready\n":
                self._note_ready(f"{found} {text}")
            await asyncio.sleep(0.3)
        if not plain:
            self.outcome.wrong.append(f"/readyz did not speak of '{part}'")

    def _note_ready(self, text: str) -> None:
        said = re.sub(r" \(\d+ s\)", "", " / ".join(text.strip().splitlines()))
        if said not in self.outcome.ready and len(self.outcome.ready) < 4:
            self.outcome.ready.append(said)

    async def ready(self) -> tuple[int, str]:
        """Return what /readyz says, 0 where nobody is there."""
        try:
            async with self.http.get(f"{self.base}/readyz") as answer:
                return answer.status, await answer.text()
        except (aiohttp.ClientError, OSError, TimeoutError):
            return 0, ""

    async def recover(self) -> None:
        """Wait until writes are acknowledged again and the server is ready; note how long."""
        began = time.monotonic()
        with suppress(AssertionError):
            await until(lambda: self.load.last > began, what="a write")

            async def ready() -> bool:
                return (await self.ready())[0] == 200

            await until(ready, what="readiness")
            self.outcome.recovered = time.monotonic() - began

    async def check(self) -> None:
        """End the load; note what was acknowledged, and is not there or is there twice."""
        await self.end()
        wanted = self.load.posts | self.load.letters
        home: Counter[str] = Counter()

        async def all_there() -> bool:
            nonlocal home
            home = await self._home()
            return wanted <= set(home)

        owed = {(fan.host, uri) for fan in self.followers for uri in self.load.posts}
        with suppress(AssertionError):
            await until(all_there, what="what was acknowledged", every=0.5)
        with suppress(AssertionError):
            await until(lambda: owed <= set(self.far.got), what="deliveries", every=0.2)
        out = self.outcome
        out.acknowledged = len(wanted) + len(owed)
        out.lost += sorted(wanted - set(home))
        out.lost += [f"{uri} to {host}" for host, uri in sorted(owed - set(self.far.got))]
        out.twice += sorted(uri for uri, number in home.items() if number > 1)
        out.again = sum(number - 1 for number in self.far.got.values())
        self._read_log()

    async def _home(self) -> Counter[str]:
        """Return how often each post is at home, by its id."""
        found: Counter[str] = Counter()
        path = "/api/v1/timelines/home?limit=40"
        while True:
            status, page = await self.api("GET", path)
            if status != 200 or not page:
                return found
            found.update(one["uri"] for one in page)
            path = f"/api/v1/timelines/home?limit=40&max_id={page[-1]['id']}"

    def _read_log(self) -> None:
        for line in self.live.log.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                entry = {"event": line} if "Traceback" in line else {}
            event = str(entry.get("event", ""))
            if entry.get("part") in set(Part) and len(self.outcome.log) < 6:
                said = f"{entry['level']}: {event}"
                if event == "trouble over":
                    said += f" ({entry['part']})"
                if said not in self.outcome.log:
                    self.outcome.log.append(said)
            if event in {"unforeseen error", "Traceback"} or event.startswith("Traceback"):
                self.outcome.wrong.append(f"log: {str(entry.get('error', line))[-300:]}")


@asynccontextmanager
async def scene(
    folder: Path,
    outcome: Outcome,
    *,
    names: str = "{}.localhost",
    data: Path | None = None,
    posts: bool = True,
    beside: Callable[["Scene"], None] | None = None,
    **environment: str,
) -> AsyncIterator[Scene]:
    """Play with a server of its own in a folder, which is started and has a load.

    `beside` starts what does the jobs, where the server should not do them itself.
    """
    port, far_port = free_port("127.0.0.1"), free_port("127.0.0.1")
    far = Elsewhere(f"{names}:{far_port}")
    folder.mkdir(parents=True, exist_ok=True)
    world = World(folder / "world.json")
    live = await asyncio.to_thread(
        Live,
        folder,
        domain=f"localhost:{port}",
        port=port,
        environment={
            "FEDI_K12_ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
            "FEDI_K12_LOG_FORMAT": "json",
            **({"FEDI_K12_DATA_DIR": str(data)} if data else {}),
            **world.environment,
            # A process of its own from the start: the world is put in before anything else.
            "PYTHONPATH": f"{ROOT}:{folder}",
            **environment,
        },
        # Each drill says what its server stands on, wherever the journeys' servers do.
        arrangement="",
    )
    live.program = "tests.drills.server"
    if beside is not None:
        live.command = ("serve", "--no-worker")
    async with await far.listen(far_port):
        await asyncio.to_thread(live.start)
        playing = Scene(live, far, world, outcome)
        playing.posts = posts
        try:
            if beside is not None:
                beside(playing)
            await playing.introduce()
            playing.begin()
            await playing.calm(1.0)
            yield playing
        finally:
            await playing.end()
            await playing.http.close()
            await asyncio.to_thread(live.stop)


async def until(
    look: Callable[[], bool | Awaitable[bool]],
    *,
    what: str,
    within: float = ENOUGH,
    every: float = 0.1,
) -> None:
    """Wait until `look` finds it so; raise `AssertionError` when it takes too long."""
    ends = time.monotonic() + within
    while True:
        found = look()
        if not isinstance(found, bool):
            found = await found
        if found:
            return
        if time.monotonic() > ends:
            raise AssertionError(f"{what}: not within {within:.0f} s")
        await asyncio.sleep(every)
