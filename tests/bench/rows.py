"""What is measured: each row of the table, as a load on a server that has just started."""

import asyncio
import json
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import aiohttp

from tests.bench.far import Far, accept, created, follow, signed
from tests.bench.load import Place, Result, fire
from tests.bench.running import Server
from tests.bench.seed import AUTHORS, read_by

ENOUGH = 60.0
"""Seconds after which what does not happen is given up."""
LOOK_EVERY = 0.05
READER = 0
SPEAKER = 1


@dataclass
class Target:
    """The server that the load goes to: one of ours in a process of its own, or a peer."""

    place: Place
    tokens: list[str]
    far: Far
    server: Server | None = None
    api: aiohttp.ClientSession = field(default_factory=aiohttp.ClientSession)

    def cpu(self) -> float:
        """Return the seconds it has worked; 0 for a peer, whose process is not known."""
        return self.server.cpu() if self.server else 0.0

    def token(self, member: int) -> str:
        """Return a token of a member: a peer has one member."""
        return self.tokens[member % len(self.tokens)]

    async def call(self, method: str, path: str, *, member: int = READER, **form: Any) -> Any:
        """Ask the client API one thing."""
        scheme = "https" if self.place.tls else "http"
        async with self.api.request(
            method,
            f"{scheme}://{self.place.address}:{self.place.port}{path}",
            headers={
                "Host": self.place.host,
                "Authorization": f"Bearer {self.token(member)}",
            },
            json=form or None,
            ssl=False,
        ) as answer:
            body = await answer.read()
            if answer.status != 200:
                raise AssertionError(f"{method} {path}: {answer.status} {body[:300]!r}")
            return json.loads(body)

    async def documents(self, member: int) -> tuple[dict[str, Any], str]:
        """Return the actor document of a member, as others see it, and the path of its id."""
        me = await self.call("GET", "/api/v1/accounts/verify_credentials", member=member)
        uri = str(me.get("uri") or me["url"])
        path = "/" + uri.split("/", 3)[3]
        request = signed(self.place, self.far.author(0), path, None)
        return json.loads(await self._body(request)), path

    async def _body(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(
            self.place.address, self.place.port, ssl=self.place.context()
        )
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length:")[2].split(b"\r", 1)[0])
            return await reader.readexactly(size)
        finally:
            writer.close()


@dataclass
class Outcome:
    """What a row came to."""

    figure: float
    result: Result = field(default_factory=Result)
    done: int = 0
    """How many there were."""
    cpu: float = 0.0
    memory: float = 0.0
    more: str = ""


Run = Callable[[Target], Awaitable[Outcome]]


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    name: str
    what: str
    aim: float
    unit: str
    run: Run
    bound: str = ""
    """Which of the bounds it is set beside: `verify`, `sign`, `commits`, `plain`."""
    tls: bool = False
    least: bool = True
    """Whether the aim is the least there should be, not the most."""
    delay: float = 0.0
    peers: bool = True

    def aim_at(self, speed: float) -> float:
        """Return the aim for a machine `speed` times as fast as the one aims were set on."""
        if self.unit == "/s":
            return self.aim * speed
        return self.aim / speed if self.unit == "s" else self.aim

    def meets(self, figure: float, aim: float) -> bool:
        """Return whether a figure is what was to be reached."""
        return figure >= aim if self.least else 0 < figure <= aim


async def inbox(target: Target) -> Outcome:
    """Signed notes into the inbox, until a follower has them all at home."""
    number, authors = 2000, [at for at in range(100) if READER in read_by(at)][:50]
    if target.server is None:
        await follow_all(target, authors)
    document, _path = await target.documents(READER)
    inbox = document.get("endpoints", {}).get("sharedInbox") or document["inbox"]
    path = "/" + inbox.split("/", 3)[3]
    senders = cycle(authors)
    requests = [
        signed(target.place, author, path, created(author))
        for author in (target.far.author(next(senders)) for _ in range(number))
    ]
    look = visible(target)
    before, cpu, began = await look(), target.cpu(), perf_counter()
    result = await fire(target.place, requests, connections=16)
    taken = result.statuses[202] + result.statuses[200]
    while (seen := await look() - before) < taken and perf_counter() - began < ENOUGH:
        await asyncio.sleep(LOOK_EVERY)
    seconds = perf_counter() - began
    newest = await target.call("GET", "/api/v1/timelines/home?limit=1")
    assert "Note bench" in newest[0]["content"], newest
    return Outcome(
        seen / seconds,
        result,
        taken,
        target.cpu() - cpu,
        more=f"202: {result.each_second:.0f}/s; {taken - seen} unseen",
    )


async def follows(target: Target) -> Outcome:
    """Follows by people nobody has heard of, until they are followers."""
    number = 600
    document, _path = await target.documents(READER)
    path = "/" + document["inbox"].split("/", 3)[3]
    requests = [
        signed(target.place, stranger, path, follow(stranger, document["id"]))
        for stranger in (target.far.stranger(at) for at in range(number))
    ]

    async def followers() -> int:
        me = await target.call("GET", "/api/v1/accounts/verify_credentials")
        return int(me["followers_count"])

    before, cpu, began = await followers(), target.cpu(), perf_counter()
    result = await fire(target.place, requests, connections=16)
    taken = result.statuses[202] + result.statuses[200]
    while (came := await followers() - before) < taken and perf_counter() - began < ENOUGH:
        await asyncio.sleep(LOOK_EVERY)
    seconds = perf_counter() - began
    return Outcome(came / seconds, result, taken, target.cpu() - cpu)


async def deliver(target: Target) -> Outcome:
    """One post to a thousand inboxes on servers of their own, when connections are kept."""
    number, member = 1000, SPEAKER if target.server else READER
    if target.server is None:
        await _gain_fans(target, number)
    await _told(target, number, member)
    cpu = target.cpu()
    rounds = [await _told(target, number, member) for _ in range(3)]
    worked = target.cpu() - cpu
    return Outcome(number / median(rounds), done=3 * number, cpu=worked)


async def home(target: Target, *, connections: int) -> Outcome:
    """The home timeline, again and again."""
    return await _again(target, "/api/v1/timelines/home?limit=20", connections)


async def home_deep(target: Target) -> Outcome:
    """The same 4,000 posts down."""
    last = ""
    for _ in range(100):
        page = await target.call("GET", f"/api/v1/timelines/home?limit=40{last}")
        if not page:
            break
        last = f"&max_id={page[-1]['id']}"
    return await _again(target, f"/api/v1/timelines/home?limit=20{last}", 8)


async def changing_home(target: Target) -> Outcome:
    """The home timeline while somebody posts ten times a second: what a cache cannot keep."""
    stop = asyncio.Event()

    async def post() -> None:
        for at in count():
            if stop.is_set():
                return
            await target.call("POST", "/api/v1/statuses", member=2, status=f"Hello {at}")
            await asyncio.sleep(0.1)

    writing = asyncio.create_task(post())
    try:
        return await _again(target, "/api/v1/timelines/home?limit=20", 8)
    finally:
        stop.set()
        await writing


async def actor(target: Target) -> Outcome:
    """The actor document of a member, asked for with a signature."""
    _document, path = await target.documents(READER)
    requests = [
        signed(target.place, target.far.author(at % AUTHORS), path, None) for at in range(2000)
    ]
    return await _measured(target, cycle(requests), 8)


async def webfinger(target: Target) -> Outcome:
    """WebFinger of a member."""
    me = await target.call("GET", "/api/v1/accounts/verify_credentials")
    path = f"/.well-known/webfinger?resource=acct:{me['username']}@{target.place.host}"
    return await _measured(target, cycle([target.place.get(path)]), 8)


async def status(target: Target) -> Outcome:
    """A post by each of eight members, again and again."""

    def posts() -> Iterator[bytes]:
        for at in count():
            body = json.dumps({"status": f"Lesson {at} was about #maths, and went well."})
            yield target.place.request(
                "POST",
                "/api/v1/statuses",
                headers={
                    "Host": target.place.host,
                    "Authorization": f"Bearer {target.token(10 + at % 8)}",
                    "Content-Type": "application/json",
                },
                body=body.encode(),
            )

    return await _measured(target, posts(), 8)


async def start(target: Target) -> Outcome:
    """From starting the process to its first answer, on a store that exists."""
    assert target.server
    return Outcome(target.server.started_after, done=1, cpu=target.cpu())


async def idle(target: Target) -> Outcome:
    """What the server needs when it has started and nobody asks it anything."""
    assert target.server
    await asyncio.sleep(5)
    return Outcome(target.server.memory("VmRSS"), done=1, cpu=target.cpu())


async def _again(target: Target, path: str, connections: int) -> Outcome:
    request = target.place.get(path, Authorization=f"Bearer {target.token(READER)}")
    return await _measured(target, cycle([request]), connections)


async def _measured(target: Target, requests: Iterator[bytes], connections: int) -> Outcome:
    await fire(target.place, requests, connections=connections, seconds=0.5)
    cpu = target.cpu()
    result = await fire(target.place, requests, connections=connections, seconds=3)
    more = f"{result.size / 1000:.0f} kB" if result.size else ""
    return Outcome(result.each_second, result, len(result.took), target.cpu() - cpu, more=more)


async def _told(target: Target, number: int, member: int) -> float:
    """Post once; return after how many seconds that many inboxes had it."""
    enough, began = target.far.expect(number), perf_counter()
    await target.call("POST", "/api/v1/statuses", member=member, status="To all of you.")
    await asyncio.wait_for(enough.wait(), ENOUGH)
    return perf_counter() - began


def visible(target: Target) -> Callable[[], Awaitable[int]]:
    """Return what says how many posts the reader has at home, as cheaply as can be."""
    if target.server is not None:
        store = sqlite3.connect(target.server.folder / "data" / "fedi-k12.db")
        question = """SELECT count(*) FROM home_entry WHERE account_id =
            (SELECT id FROM account WHERE username = 'member0' AND domain = '')"""

        async def in_store() -> int:
            return int(store.execute(question).fetchone()[0])

        return in_store
    seen, newest = 0, "0"

    async def by_pages() -> int:
        nonlocal seen, newest
        while page := await target.call(
            "GET", f"/api/v1/timelines/home?limit=40&min_id={newest}"
        ):
            seen += len(page)
            newest = page[0]["id"]
        return seen

    return by_pages


async def follow_all(target: Target, authors: list[int], *, member: int = READER) -> None:
    """Let a member follow authors, who say yes."""
    target.far.follows.clear()
    for at in authors:
        name = target.far.author(at)
        query = f"/api/v2/search?type=accounts&resolve=true&q=@{name.name}@{name.host}"
        found = await target.call("GET", query, member=member)
        if not found["accounts"]:
            raise AssertionError(f"The peer does not find @{name.name}@{name.host}.")
        number = found["accounts"][0]["id"]
        await target.call("POST", f"/api/v1/accounts/{number}/follow", member=member)
    began = perf_counter()
    while len(target.far.follows) < len(authors) and perf_counter() - began < ENOUGH:
        await asyncio.sleep(LOOK_EVERY)
    document, _path = await target.documents(READER)
    path = "/" + document["inbox"].split("/", 3)[3]
    answers = [accept(one) for one in target.far.follows]
    requests = [signed(target.place, who, path, yes) for who, yes in answers]
    await fire(target.place, requests, connections=4)


async def _gain_fans(target: Target, number: int) -> None:
    """Let a thousand people follow a peer's member."""
    document, _path = await target.documents(READER)
    path = "/" + document["inbox"].split("/", 3)[3]
    fans = [target.far.fan(at) for at in range(number)]
    accepted = target.far.expect(number)
    requests = [signed(target.place, fan, path, follow(fan, document["id"])) for fan in fans]
    await fire(target.place, requests, connections=16)
    await asyncio.wait_for(accepted.wait(), ENOUGH)


def _home(connections: int) -> Run:
    async def run(target: Target) -> Outcome:
        return await home(target, connections=connections)

    return run


ROWS = [
    Row("inbox", "Create{Note} into the inbox, until visible", 1000, "/s", inbox, "verify"),
    Row("deliver", "one post to 1,000 inboxes, warm", 2500, "/s", deliver, "sign"),
    Row("deliver-slow", "the same, each takes 50 ms", 2000, "/s", deliver, "sign", delay=0.05),
    Row("follows", "Follows from unknown actors", 300, "/s", follows, "commits"),
    Row("home-1", "home timeline, TLS, 1 connection", 3400, "/s", _home(1), "plain", tls=True),
    Row("home-8", "home timeline, TLS, 8 connections", 6000, "/s", _home(8), "plain", tls=True),
    Row(
        "home-32",
        "home timeline, TLS, 32 connections",
        5400,
        "/s",
        _home(32),
        "plain",
        tls=True,
    ),
    Row(
        "home-deep", "home timeline, 4,000 posts down", 2000, "/s", home_deep, "plain", tls=True
    ),
    Row(
        "home-busy",
        "home timeline, ten posts a second",
        2000,
        "/s",
        changing_home,
        "plain",
        tls=True,
    ),
    Row("actor", "actor document, signed GET", 12_000, "/s", actor, "plain"),
    Row("webfinger", "WebFinger", 20_000, "/s", webfinger, "plain"),
    Row("status", "POST a status, 8 connections", 500, "/s", status, "commits"),
    Row("start", "start to first answer", 2.0, "s", start, least=False, peers=False),
    Row("idle", "memory when idle", 110, "MB", idle, least=False, peers=False),
]


@asynccontextmanager
async def ours(row: Row, store: Path, tokens: list[str], far: Far) -> AsyncIterator[Target]:
    """Run one of our servers for a row, on a copy of the store."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        Server(Path(folder) / "server", store, tls=row.tls) as server,
    ):
        target = Target(server.place, tokens, far, server)
        try:
            server.started_after = await _first_answer(target)
            yield target
        finally:
            await target.api.close()


@asynccontextmanager
async def ours_on(folder: Path, tokens: list[str], far: Far) -> AsyncIterator[Target]:
    """Run one of our servers on the store in a folder that is called `data`."""
    with Server(folder.parent, None) as server:
        target = Target(server.place, tokens, far, server)
        try:
            server.started_after = await _first_answer(target)
            yield target
        finally:
            await target.api.close()


async def _first_answer(target: Target) -> float:
    assert target.server
    began = perf_counter()
    while True:
        target.server.check()
        try:
            await target.call("GET", "/api/v1/accounts/verify_credentials")
        except (OSError, aiohttp.ClientError):
            if perf_counter() - began > ENOUGH:
                raise
            await asyncio.sleep(0.01)
        else:
            return perf_counter() - target.server.began
