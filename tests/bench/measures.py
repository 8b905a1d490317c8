"""What is measured of a store that grows: how long each thing takes, and what it needs."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, cycle, islice
from time import perf_counter
from typing import Any

from tests.bench.far import created, signed
from tests.bench.load import fire
from tests.bench.many import NEWS, READER, SELDOM, Many
from tests.bench.rows import LOOK_EVERY, Target
from tests.bench.scene import SPEAKER

SECONDS, MOST, LEAST = 2.0, 600, 100
"""So long, or until so many were answered, each page is asked for; so many at least."""
ENOUGH = 60.0
PATIENCE = 300.0
"""Seconds after which what does not happen is given up."""
LOOKING = 1000
"""So many members, more than are remembered, look at their home timelines."""
DEEP = 2000
"""So many posts down is the page that is deep; ten thousand posts give the reader as many."""
Figures = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """A page that is asked for again and again."""

    name: str
    paths: Callable[[Many, sqlite3.Connection], Iterator[str]]
    """What is asked for; nothing is asked for twice in a row but what may be remembered."""
    member: int = READER
    seconds: float = SECONDS
    most: int = MOST


def _home(more: str = "") -> Callable[[Many, sqlite3.Connection], Iterator[str]]:
    # Nothing is as old as these bounds: they change what is asked for, not what is answered.
    def paths(_store: Many, _connection: sqlite3.Connection) -> Iterator[str]:
        return (f"/api/v1/timelines/home?limit=20&since_id={at}{more}" for at in count(1))

    return paths


def _down(share: float | None) -> Callable[[Many, sqlite3.Connection], Iterator[str]]:
    """Return how the page `DEEP` posts down is asked for, or one at a part of all the way."""

    def paths(store: Many, connection: sqlite3.Connection) -> Iterator[str]:
        me = store.members[READER]
        question = "SELECT count(*) FROM home_entry WHERE account_id = ?"
        whole = connection.execute(question, [me]).fetchone()[0]
        at = DEEP if share is None else int((whole - 40) * share)
        found = connection.execute(
            "SELECT post_id FROM home_entry WHERE account_id = ? ORDER BY post_id DESC "
            "LIMIT 1 OFFSET ?", [me, at],
        ).fetchone()  # fmt: skip
        return _home(f"&max_id={found[0]}")(store, connection)

    return paths


def _same(path: str) -> Callable[[Many, sqlite3.Connection], Iterator[str]]:
    return lambda _store, _connection: cycle([path])


def _search(q: str) -> Callable[[Many, sqlite3.Connection], Iterator[str]]:
    def paths(_store: Many, _connection: sqlite3.Connection) -> Iterator[str]:
        said = (q.format(rare=at % 1000, word=17 + 38 * at % 4000) for at in count())
        return (f"/api/v2/search?type=statuses&limit=20&q={one}" for one in said)

    return paths


def _profile(store: Many, _connection: sqlite3.Connection) -> Iterator[str]:
    chosen = store.authors[: min(len(store.authors), 500)]
    return (f"/api/v1/accounts/{one}/statuses?limit=20" for one in cycle(chosen))


def _thread(_store: Many, connection: sqlite3.Connection) -> Iterator[str]:
    found = connection.execute(
        "SELECT id FROM post WHERE local AND replies_count > 0 ORDER BY id DESC LIMIT 300"
    )
    return (f"/api/v1/statuses/{one}/context" for (one,) in cycle(found.fetchall()))


PAGES = [
    Page("home, remembered", _same("/api/v1/timelines/home?limit=20"), most=3000),
    Page("home", _home(), seconds=4, most=1500),
    Page(f"home, {DEEP:,} posts down", _down(None), seconds=4, most=1500),
    Page("home, at its oldest", _down(1), seconds=4, most=1500),
    Page("local timeline", _same("/api/v1/timelines/public?local=true&limit=20")),
    Page("federated timeline", _same("/api/v1/timelines/public?limit=20")),
    Page("hashtag of many", _same("/api/v1/timelines/tag/mould0?limit=20")),
    Page("hashtag of few", _same(f"/api/v1/timelines/tag/mould{SELDOM}?limit=20")),
    Page("search, a rare word", _search("rare{rare}")),
    Page("search, a word of all", _search("school")),
    Page("search, two words", _search("word{word}+school")),
    Page("notifications", _same("/api/v1/notifications?limit=20"), member=SPEAKER),
    Page("profile", _profile),
    Page("thread", _thread),
]


async def pages(
    target: Target, store: Many, wanted: Sequence[Page] = tuple(PAGES)
) -> dict[str, Figures]:
    """Ask for each page over one connection, and return how long it took."""
    found = {}
    connection = sqlite3.connect(store.folder / "fedi-k12.db")
    try:
        for page in wanted:
            token = f"Bearer {store.tokens[page.member]}"
            requests = (
                target.place.get(path, Authorization=token)
                for path in page.paths(store, connection)
            )
            async with watched(target) as seen:
                await _one_by_one(target, islice(requests, 20), ENOUGH)
                asked = await _one_by_one(target, islice(requests, page.most), page.seconds)
            if not asked.took:
                raise AssertionError(f"{page.name}: nothing to ask for.")
            found[page.name] = spread(asked.took) | {
                f"cpu_{name}": value for name, value in spread(asked.worked).items()
            }
            found[page.name] |= {"bytes": asked.size, **seen}
    finally:
        connection.close()
    return found


@dataclass
class _Asked:
    """Seconds that answers took, and that the server worked for each."""

    took: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)
    size: int = 0


async def _one_by_one(target: Target, requests: Iterable[bytes], seconds: float) -> _Asked:
    """Ask one thing after another, for so long, but at least `LEAST` times."""
    assert target.server
    reader, writer = await asyncio.open_connection(target.place.address, target.place.port)
    asked, until = _Asked(), perf_counter() + seconds
    try:
        for request in requests:
            if perf_counter() > until and len(asked.took) >= LEAST:
                break
            work, began = target.server.work(), perf_counter()
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if not head.startswith(b"http/1.1 200"):
                raise AssertionError(f"{request!r}: {head!r}")
            asked.size = int(head.partition(b"content-length:")[2].split(b"\r", 1)[0])
            await reader.readexactly(asked.size)
            asked.took.append(perf_counter() - began)
            asked.worked.append(target.server.work() - work)
    finally:
        writer.close()
    return asked


def spread(times: Sequence[float]) -> Figures:
    """Return the middle and the 99th percentile in milliseconds, and of how many."""
    took = sorted(times)
    return {
        "p50": round(took[len(took) // 2] * 1000, 2),
        "p99": round(took[int(len(took) * 0.99)] * 1000, 2),
        "of": len(took),
    }


@asynccontextmanager
async def watched(target: Target) -> AsyncIterator[Figures]:
    """Look, all the time, how much memory the server has of its own; return the most."""
    seen: Figures = {"memory_mb": 0}

    async def look() -> None:
        while True:
            assert target.server
            seen["memory_mb"] = max(seen["memory_mb"], round(target.server.memory("RssAnon")))
            await asyncio.sleep(LOOK_EVERY)

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        looking.cancel()


async def inbox(target: Target, store: Many, *, number: int = 500) -> Figures:
    """Signed notes into the inbox by authors whom the reader follows, until all are at home."""
    authors = list(range(0, 200, 2))
    requests = _notes(target, store, (authors[at % len(authors)] for at in range(number)))
    return await _taken_in(target, store, requests, [store.members[READER]], connections=8)


async def crowd(target: Target, store: Many, *, followers: int, number: int) -> Figures:
    """Notes by an author whom so many members follow, until they stand in every home."""
    requests = _notes(target, store, (NEWS[followers] for _ in range(number)))
    readers = store.members[:followers]
    figures = await _taken_in(target, store, requests, readers, connections=4)
    entries = number * followers
    return figures | {
        "followers": followers, "ms_a_note": round(figures["seconds"] / number * 1000, 2),
        "cpu_us_an_entry": round(figures["cpu_seconds"] / entries * 1e6, 2),
    }  # fmt: skip


def _notes(target: Target, store: Many, authors: Iterator[int]) -> list[bytes]:
    people = (store.author(at) for at in authors)
    return [signed(target.place, who, "/inbox", created(who)) for who in people]


async def _taken_in(
    target: Target,
    store: Many,
    requests: Sequence[bytes],
    readers: Sequence[int],
    *,
    connections: int,
) -> Figures:
    connection = sqlite3.connect(store.folder / "fedi-k12.db")
    newest = connection.execute("SELECT max(id) FROM post").fetchone()[0]
    question = "SELECT count(*) FROM home_entry WHERE account_id = ? AND post_id > ?"

    def there() -> bool:
        return all(
            connection.execute(question, [one, newest]).fetchone()[0] >= len(requests)
            for one in (readers[-1], readers[0])
        )

    try:
        async with watched(target) as seen:
            cpu, began = target.cpu(), perf_counter()
            result = await fire(target.place, requests, connections=connections)
            if result.refused():
                raise AssertionError(f"Notes were refused: {result.refused()}")
            while not there():
                if perf_counter() - began > PATIENCE:
                    raise AssertionError("Notes did not become visible.")
                await asyncio.sleep(LOOK_EVERY)
            seconds = perf_counter() - began
            worked = target.cpu() - cpu
    finally:
        connection.close()
    return spread(result.took) | {
        "a_second": round(len(requests) / seconds), "seconds": round(seconds, 3),
        "cpu_seconds": round(worked, 2),
        "cpu_us": round(worked / len(requests) * 1e6), **seen,
    }  # fmt: skip


async def fan_out(
    target: Target, *, followers: int, member: int, reached: int | None = None
) -> Figures:
    """One post to followers elsewhere, whose servers have been written to."""
    number = followers if reached is None else reached
    rounds = 2 if number > 5000 else 4
    async with watched(target) as seen:
        for at in range(rounds):
            if at == 1:
                cpu, began = target.cpu(), perf_counter()
            await posted(target, member, number)
        seconds = (perf_counter() - began) / (rounds - 1)
        worked = (target.cpu() - cpu) / (rounds - 1)
    return {
        "followers": followers, "deliveries": number, "seconds": round(seconds, 3),
        "a_second": round(number / seconds), "cpu_us": round(worked / number * 1e6), **seen,
    }  # fmt: skip


async def posted(target: Target, member: int, number: int) -> None:
    """Post once, and wait until so many inboxes elsewhere have it."""
    enough = target.far.expect(number)
    await target.call("POST", "/api/v1/statuses", member=member, status="To all of you.")
    await asyncio.wait_for(enough.wait(), PATIENCE)


async def everybody(target: Target, store: Many) -> Figures:
    """Members, `LOOKING` at most, read their home timeline once, over eight connections."""
    tokens = store.tokens[:: max(1, len(store.tokens) // LOOKING)]
    requests = (
        target.place.get("/api/v1/timelines/home?limit=20", Authorization=f"Bearer {token}")
        for token in tokens
    )
    async with watched(target) as seen:
        cpu = target.cpu()
        result = await fire(target.place, requests, connections=8, seconds=PATIENCE)
        worked = target.cpu() - cpu
    if result.refused() or len(result.took) != len(tokens):
        raise AssertionError(f"{len(result.took)} of {len(tokens)}: {result.refused()}")
    return spread(result.took) | {
        "a_second": round(result.each_second), "cpu_us": round(worked / len(result.took) * 1e6),
        **seen,
    }  # fmt: skip


async def at_rest(target: Target) -> Figures:
    """What the server needs some seconds after it started, and how long that took."""
    await asyncio.sleep(5)
    assert target.server
    return {
        "start_seconds": round(target.server.started_after, 2),
        "memory_mb": round(target.server.memory("RssAnon")),
        "resident_mb": round(target.server.memory("VmRSS")),
    }
