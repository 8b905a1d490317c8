"""Between the processes that share a PostgreSQL store: wake-ups and news, by LISTEN and NOTIFY.

What is said here is said after the commit and may be lost, as all news may: jobs are looked for
every second all the same. One connection of its own both listens and speaks; where it breaks
(a restart, a proxy between) it is made anew. https://www.postgresql.org/docs/current/sql-notify.html
"""

import asyncio
import os
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, get_args

import msgspec
import structlog
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from fedi_k12.domain.news import News
from fedi_k12.domain.writes import EVERYTHING, WORK, Changes

CHANNEL = "fedi_k12"
WRITTEN = "fedi_k12_written"
"""The channel on which each transaction that is committed tells what it wrote."""
ALIVE = 7_239
"""The class of the advisory locks by which processes show that they live."""
HOLDS = 0.9
"""Seconds for which what was heard of counts as all there is, once that was asked."""
PATIENCE = 0.5
"""Seconds that a request waits to hear of everything, before it reads the store itself."""
MAX_BYTES = 7900
"""PostgreSQL takes fewer than 8,000 bytes at a time."""
MAX_WAITING = 10_000
ANSWER_SECONDS = 5.0
"""A line on which nothing is answered for so long is made anew."""
LAST_WORDS = 2.0
"""Seconds that a process which ends gives what is still to be said."""
RETRY = (0.5, 1.0, 2.0, 5.0, 15.0)

_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(News)}
_encode = msgspec.json.Encoder().encode
_log = structlog.get_logger("wire")

Heard = Callable[[Iterable[str], Sequence[News]], None]


class Wire:
    """Tells the other processes what this one announces, and this one what they do.

    What they wrote they say themselves, each transaction as it is committed. PostgreSQL hands
    that to whoever listens, at the latest before it answers the next question on that
    connection: so one small question and all is heard of that was committed before it.
    """

    def __init__(
        self, url: str, *, heard: Heard, changes: Changes | None = None, origin: str = ""
    ) -> None:
        self._url = url
        self._heard = heard
        self._changes = changes or Changes()
        self._origin = origin
        self.number = 1 + secrets.randbelow(2**31 - 1)
        """What this process goes by: it holds a lock of that number while it lives."""
        self._line: Any = None
        """The connection, while it is known to listen."""
        self._confirmed = 0.0
        self._next: asyncio.Future[None] | None = None
        """What those wait for who want to have heard of everything."""
        self._topics: set[str] = set()
        self._news: deque[News] = deque(maxlen=MAX_WAITING)
        self._wake = asyncio.Event()
        self._said = asyncio.Event()
        self._said.set()
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to listen; must be called in a running loop."""
        self._changes.look, self._changes.confirm = self._look, self._confirm
        self._task = asyncio.create_task(self._run(), name="wire")

    def send(self, topics: Iterable[str], news: Sequence[News]) -> None:
        """Have this said to the other processes; returns at once."""
        self._topics |= set(topics)
        self._news.extend(news)
        self._said.clear()
        self._wake.set()

    async def close(self) -> None:
        """Say what is still to be said, then stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                await self._said.wait()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def _look(self) -> None:
        """See whether what was heard is all that was said until a moment ago."""
        now = asyncio.get_running_loop().time()
        self._changes.exact = self._line is not None and now - self._confirmed < HOLDS

    async def _confirm(self) -> None:
        """Wait until all is heard of that was committed before now; those who wait share."""
        if self._line is None:
            return
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
            self._wake.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await asyncio.shield(self._next)

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                await self._talk()
            except Exception as error:  # noqa: BLE001 - whatever it is, the line is made anew
                _log.warning("line to the other processes is down", error=type(error).__name__)
            finally:
                if self._line is not None:
                    failures = 0
                self._line = None
                self._let_go(self._next)
            await asyncio.sleep(RETRY[min(failures, len(RETRY) - 1)])
            failures += 1

    async def _talk(self) -> None:
        engine = create_async_engine(
            self._url,
            poolclass=NullPool,
            connect_args={
                "command_timeout": ANSWER_SECONDS,
                "server_settings": {
                    "application_name": f"fedi-k12 {os.getpid()} line",
                    # Nothing is written here: what is only said need not wait for the disk.
                    "synchronous_commit": "off",
                },
            },
        )
        try:
            async with engine.connect() as connection:
                line: Any = (await connection.get_raw_connection()).driver_connection
                broken = asyncio.Event()

                def hang_up(_line: object) -> None:
                    broken.set()
                    self._wake.set()

                line.add_termination_listener(hang_up)
                await line.add_listener(CHANNEL, self._hear)
                await line.add_listener(WRITTEN, self._hear_written)
                await line.execute(f"SELECT pg_advisory_lock_shared({ALIVE}, {self.number})")
                # Whatever was said while nobody listened.
                self._changes.anything()
                self._line = line
                while not broken.is_set():
                    await self._wake.wait()
                    self._wake.clear()
                    await self._say(line)
        finally:
            await engine.dispose()

    async def _say(self, line: Any) -> None:
        asked, self._next = self._next, None
        began = asyncio.get_running_loop().time()
        try:
            if await self._say_news(line):
                self._confirmed = began
            elif asked is not None:
                await line.execute("SELECT 1")
                self._confirmed = began
        finally:
            self._let_go(asked)

    def _let_go(self, waiting: asyncio.Future[None] | None) -> None:
        if waiting is not None and not waiting.done():
            waiting.set_result(None)
        if waiting is self._next:
            self._next = None

    async def _say_news(self, line: Any) -> bool:
        """Say what is to be said to the others; return whether there was anything."""
        topics, self._topics = sorted(self._topics), set()
        news = list(self._news)
        self._news.clear()
        parts = packed(topics, news)
        if parts:
            await line.execute(
                "SELECT pg_notify($1, part) FROM unnest($2::text[]) AS part", CHANNEL, parts
            )
        if not self._topics and not self._news:
            self._said.set()
        return bool(parts)

    def _hear_written(
        self, _line: object, _process: int, _channel: str, payload: object
    ) -> None:
        origin, _, names = str(payload).partition(" ")
        if origin != self._origin:
            self._changes.written(names.split(","))

    def _hear(self, line: Any, process: int, _channel: str, payload: object) -> None:
        if process == line.get_server_pid():
            return
        topics, news = unpacked(str(payload))
        self._heard(topics, news)


def written_words(origin: str, names: Iterable[str]) -> str:
    """Return how it is said that a process wrote `names`; empty where nobody minds."""
    told = [name for name in names if name.partition(".")[0] not in WORK]
    if not told:
        return ""
    words = f"{origin} {','.join(sorted(told))}"
    return words if len(words) < MAX_BYTES else f"{origin} {EVERYTHING}"


def packed(topics: Sequence[str], news: Sequence[News]) -> list[str]:
    """Return what to say as few texts of at most `MAX_BYTES`; what is too long is left out."""
    parts: list[str] = []
    said: list[bytes] = []
    room = MAX_BYTES - 100 - sum(len(topic) + 3 for topic in topics)
    size = 0
    for one in news:
        text = _encode([type(one).__name__, one])
        if len(text) > MAX_BYTES - 1000:
            continue
        if size + len(text) + 1 > room:
            parts.append(_part(topics if not parts else (), said))
            said, size, room = [], 0, MAX_BYTES - 100
        said.append(text)
        size += len(text) + 1
    if said or (topics and not parts):
        parts.append(_part(topics if not parts else (), said))
    return parts


def unpacked(text: str) -> tuple[list[str], list[News]]:
    """Return (topics, news) of one text; kinds that a newer process knows are passed over."""
    try:
        said = msgspec.json.decode(
            text, type=tuple[list[str], list[tuple[str, dict[str, Any]]]]
        )
    except msgspec.DecodeError:
        return [], []
    news = []
    for kind, fields in said[1]:
        if kind in _KINDS:
            with suppress(msgspec.ValidationError):
                news.append(msgspec.convert(fields, type=_KINDS[kind]))
    return said[0], news


def _part(topics: Sequence[str], said: Sequence[bytes]) -> str:
    return f"[{_encode(list(topics)).decode()},[{b','.join(said).decode()}]]"
