"""Bad input beside good: what the good part of a load loses by it.

The good part is offered at a fixed rate, half of what the server does when it is asked for
nothing else, first alone and then beside half as many requests that are malformed, oversized,
unsigned, forged or sent again, from connections of their own, while others hold connections
open and send a byte now and then. Compared is how much of the good part is done in a second.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain, count, cycle, repeat
from time import perf_counter

from tests.bench.far import ACTIVITY, Far, created, signed
from tests.bench.load import Place, Result, fire
from tests.bench.rows import (
    ENOUGH,
    LOOK_EVERY,
    READER,
    Outcome,
    Row,
    Target,
    visible,
)
from tests.bench.seed import read_by

KEPT = 0.8
"""So much of what it does alone the good part does at least beside the bad."""
OFFERED = 0.5
"""The good part is offered at so much of what the server can do."""
BESIDE = 0.5
"""So many bad requests there are for each good one: a third of all."""
SLOW, EVERY = 40, 0.2
"""So many connections send a byte every so many seconds."""
LANES = 8
SECONDS = 4.0
MOST = 1_048_576
"""Bytes that an activity may have."""

Requests = Sequence[bytes]


@dataclass
class Bad:
    """What bad requests came to: how they were answered, and how many were sent."""

    over: bool = False
    """No more are to be sent."""
    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter)

    def told(self) -> str:
        """Return the answers, the commonest first."""
        return ", ".join(f"{number} × {what}" for what, number in self.answers.most_common())


def letters(place: Place, far: Far, path: str) -> Requests:
    """Return bad requests to an inbox: each would be work if it were believed."""
    author, other = far.author(0), far.author(1)
    good = signed(place, author, path, created(author))
    head, _, body = good.partition(b"\r\n\r\n")
    note = json.dumps(created(author)).encode()
    plain = {"Host": place.host, "Content-Type": ACTIVITY}
    parts = json.dumps({"id": "http://x/1", "type": "Create", "object": list(range(19_000))})
    whole = json.dumps({"type": "Create", "actor": author.uri, "content": "x" * 900_000})
    wrong = [
        # Malformed: no JSON, and JSON that nobody should read to its end.
        place.request("POST", path, headers=plain, body=note[:-20]),
        place.request("POST", path, headers=plain, body=b'{"a":' * 5000 + b"1" + b"}" * 5000),
        place.request("POST", path, headers=plain, body=parts.encode()),
        b"POST " + path.encode() + b" HTTP/9\r\n\r\n",
        # Oversized: it says so, it does not, and it is just small enough.
        place.request("POST", path, headers=plain, body=b"x" * (2 * MOST)),
        _in_chunks(place, path, b"x" * 65_536, 20),
        place.request("POST", path, headers=plain, body=whole.encode()),
        # Unsigned, signed by somebody else, for another body, and long ago.
        place.request("POST", path, headers=plain, body=note),
        signed(place, other, path, created(author)),
        head + b"\r\n\r\n" + body.replace(b"Note", b"note"),
        good.replace(b'signature="', b'signature="AAAA', 1),
        good.replace(b" 20", b" 19", 1),
    ]
    # Sent again: it was taken in once.
    return [*wrong, *([good] * 4)]


def questions(place: Place) -> Requests:
    """Return bad requests to a timeline and what stands beside it."""
    path = "/api/v1/timelines/home"
    plain = {"Host": place.host}
    typed = plain | {"Content-Type": "application/json"}
    return [
        place.get(path),
        place.get(path, Authorization="Bearer nobody"),
        place.get(path, Authorization="Bearer " + "x" * 5000),
        place.get(f"{path}?limit=many&max_id=none"),
        place.get("/api/v1/nothing/here"),
        place.get(f"{path}?{'x' * 7000}"),
        place.get(path, X_Long="x" * 20_000),
        place.request("PUT", path, headers=plain),
        place.request("POST", "/api/v1/statuses", headers=typed, body=b'{"status": "x'),
        place.request("POST", "/api/v1/statuses", headers=typed, body=b"[" * 50_000),
        place.request("POST", "/api/v2/media", headers=plain, body=b"x" * (2 * MOST)),
        b"GET " + path.encode() + b" HTTP/9\r\n\r\n",
    ]


def _in_chunks(place: Place, path: str, chunk: bytes, number: int) -> bytes:
    head = place.request(
        "POST", path,
        headers={"Host": place.host, "Content-Type": ACTIVITY, "Transfer-Encoding": "chunked"},
    ).replace(b"Content-Length: 0\r\n", b"")  # fmt: skip
    return head + (b"%x\r\n%s\r\n" % (len(chunk), chunk)) * number + b"0\r\n\r\n"


@asynccontextmanager
async def beside(place: Place, requests: Requests, rate: float) -> AsyncIterator[Bad]:
    """Send bad requests at a rate for as long as this lasts, and hold connections open."""
    bad, source, began = Bad(), cycle(requests), perf_counter()
    moments = (began + at / rate for at in count())
    tasks = [asyncio.create_task(_lane(place, source, moments, bad)) for _ in range(LANES)] + [
        asyncio.create_task(_slow(place)) for _ in range(SLOW)
    ]
    try:
        yield bad
    finally:
        bad.over = True
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _lane(
    place: Place, source: Iterator[bytes], moments: Iterator[float], bad: Bad
) -> None:
    while not bad.over:
        request = next(source)
        await asyncio.sleep(max(0.0, next(moments) - perf_counter()))
        bad.sent += 1
        bad.answers[await _answer(place, request)] += 1


async def _answer(place: Place, request: bytes) -> str:
    """Send one request over a connection of its own; return how it was answered."""
    try:
        reader, writer = await asyncio.open_connection(
            place.address, place.port, ssl=place.context()
        )
    except OSError:
        return "no connection"
    try:
        writer.write(request)
        async with asyncio.timeout(10):
            line = await reader.readline()
        return line.decode("latin-1").split(" ")[1] if b" " in line else "hung up"
    except (OSError, TimeoutError):
        return "hung up"
    finally:
        writer.close()


async def _slow(place: Place) -> None:
    """Hold a connection open, and send a byte of a letter now and then."""
    head = place.request(
        "POST", "/inbox", headers={"Host": place.host, "Content-Type": ACTIVITY}
    ).replace(b"Content-Length: 0", b"Content-Length: 5000")
    while True:
        with suppress(OSError):
            _reader, writer = await asyncio.open_connection(
                place.address, place.port, ssl=place.context()
            )
            try:
                for byte in chain(head, repeat(32)):
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(EVERY)
            finally:
                writer.close()
        await asyncio.sleep(EVERY)


Good = Callable[[float | None], Awaitable[Result]]
"""Sends the good part at a rate, or as fast as it goes; how many were done in how long."""


async def _compared(target: Target, good: Good, bad: Requests) -> Outcome:
    full = (await good(None)).each_second
    rate = full * OFFERED
    cpu = target.cpu()
    alone = await good(rate)
    alone_cpu = target.cpu() - cpu
    cpu = target.cpu()
    async with beside(target.place, bad, rate * BESIDE) as came:
        both = await good(rate)
    both_cpu = target.cpu() - cpu
    if both.refused():
        raise AssertionError(f"What was good was refused: {both.refused()}")
    each = (both_cpu - alone_cpu) / max(1, came.sent) * 1e6
    return Outcome(
        both.each_second / alone.each_second,
        both,
        len(both.took),
        both_cpu,
        more=f"of {full:.0f}/s: {alone.each_second:.0f}/s alone, {both.each_second:.0f}/s "
        f"beside; p99 alone {_p99(alone):.1f} ms; {came.sent} bad, {each:.0f} µs each: "
        f"{came.told()}",
    )


def _p99(result: Result) -> float:
    took = sorted(result.took)
    return took[int(len(took) * 0.99)] * 1000


async def inbox(target: Target) -> Outcome:
    """Signed notes until visible, beside what no server should believe."""
    authors = [at for at in range(100) if READER in read_by(at)][:50]
    look = visible(target)

    async def good(rate: float | None) -> Result:
        number = int(rate * SECONDS) if rate else 600
        people = [target.far.author(authors[at % len(authors)]) for at in range(number)]
        requests = [signed(target.place, who, "/inbox", created(who)) for who in people]
        before, began = await look(), perf_counter()
        result = await fire(target.place, requests, connections=16, rate=rate)
        while (seen := await look() - before) < number and perf_counter() - began < ENOUGH:
            await asyncio.sleep(LOOK_EVERY)
        if seen < number:
            raise AssertionError(f"Of {number} good ones {seen} became visible.")
        result.seconds = perf_counter() - began
        return result

    return await _compared(target, good, letters(target.place, target.far, "/inbox"))


async def home(target: Target) -> Outcome:
    """The home timeline, beside questions that nobody who may ask would ask."""
    token = f"Bearer {target.token(READER)}"
    request = target.place.get("/api/v1/timelines/home?limit=20", Authorization=token)

    async def good(rate: float | None) -> Result:
        seconds = SECONDS if rate else 2.0
        number = int(rate * seconds) if rate else 1_000_000
        return await fire(
            target.place, repeat(request, number), connections=16,
            seconds=ENOUGH if rate else seconds, rate=rate,
        )  # fmt: skip

    return await _compared(target, good, questions(target.place))


ROWS = [
    Row("inbox-bad", "inbox beside bad input, of alone", KEPT, "×", inbox, peers=False),
    Row("home-bad", "home beside bad input, of alone", KEPT, "×", home, tls=True, peers=False),
]
