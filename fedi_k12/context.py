"""What the running server has at hand: the one thing that is passed around."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Concatenate, ParamSpec, Protocol, TypeVar

from msgspec import Struct, field
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.news import News
from fedi_k12.domain.troubles import Troubles
from fedi_k12.domain.webpush import ServerKey
from fedi_k12.domain.writes import Changes
from fedi_k12.guard import GuardedClient
from fedi_k12.settings import Settings
from fedi_k12.translator import Translator

P = ParamSpec("P")
T = TypeVar("T")


class Write(Protocol):
    """Runs a transaction function; see `storage.db.Writer`."""

    async def __call__(
        self,
        fn: Callable[Concatenate[AsyncSession, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run `fn(session, …)`, and return its result once it is on disk."""
        ...


class Blobs(Protocol):
    """Keeps files under the keys it makes of their contents; see `storage.blobs`."""

    async def put(self, data: bytes, *, ending: str) -> str:
        """Keep `data` and return its key, such as `ab/abcd….webp`."""
        ...

    async def put_file(self, file: IO[bytes], *, ending: str) -> str:
        """Keep what a file holds, from its beginning, and return its key."""
        ...

    async def copy(self, key: str, target: Path) -> None:
        """Write the bytes under `key` into a file; raises `NotFoundError` for none."""
        ...

    def path(self, key: str) -> Path | None:
        """Return where the file of a key lies on this machine, None where it does not."""
        ...

    async def size(self, key: str) -> int | None:
        """Return how many bytes there are under `key`, None where there are none."""
        ...

    def stream(
        self, key: str, *, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """Yield the bytes under `key` from `start` up to `end`, some at a time."""
        ...

    async def get(self, key: str) -> bytes | None:
        """Return the bytes under `key`, or None where there are none."""
        ...

    async def keys(self, *, older_than: float) -> list[str]:
        """Return the keys of all files that were kept before a moment (seconds since 1970)."""
        ...

    async def delete(self, key: str) -> None:
        """Forget the bytes under `key`; no error if there are none."""
        ...


class Signals:
    """Wakes whoever waits in this process for a topic, and tells who listens what happened."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}
        self._listeners: list[Callable[[Sequence[News]], None]] = []
        self.relay: Callable[[Iterable[str], Sequence[News]], None] | None = None
        """Says to other processes what is said here, where there are any."""
        self.shelf: dict[type, object] = {}
        """What the running server remembers, by kind: see `web.shelf`."""

    def event(self, topic: str) -> asyncio.Event:
        """Return the event that is set when `topic` is announced; the waiter clears it."""
        return self._events.setdefault(topic, asyncio.Event())

    def announce(self, topics: Iterable[str]) -> None:
        """Wake those who wait for any of `topics`."""
        for topic in topics:
            if event := self._events.get(topic):
                event.set()

    def listen(self, listener: Callable[[Sequence[News]], None]) -> None:
        """Have `listener` called with all news from now on; it must return at once."""
        self._listeners.append(listener)

    def tell(self, news: Sequence[News]) -> None:
        """Tell all listeners what happened, in order."""
        for listener in self._listeners if news else ():
            listener(news)

    def after_commit(self, topics: Iterable[str], news: Sequence[News]) -> None:
        """Announce and tell in this process what a transaction left to be said."""
        self.announce(topics)
        self.tell(news)

    def spread(self, topics: Iterable[str], news: Sequence[News]) -> None:
        """Announce and tell what a transaction left to be said, everywhere."""
        self.after_commit(topics, news)
        if self.relay is not None:
            self.relay(topics, news)


def utc_now() -> datetime:
    """Return the time, in UTC: the clock of a running server."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that asks the machine


class Context(Struct, frozen=True):
    """Settings and open resources. Edges take it; services take a session and plain values."""

    settings: Settings
    addresses: Addresses
    read: async_sessionmaker[AsyncSession]
    """Short reads: `async with ctx.read() as session`."""
    slow_read: async_sessionmaker[AsyncSession]
    """Reads that may take long: search, exports, statistics."""
    write: Write
    http: GuardedClient
    blobs: Blobs
    push_key: ServerKey
    translator: Translator | None = None
    """None where the operator chose no service for it."""
    clock: Callable[[], datetime] = utc_now
    signals: Signals = field(default_factory=Signals)
    changes: Changes = field(default_factory=Changes)
    """What was written: how long something worked out of the store still holds."""
    troubles: Troubles = field(default_factory=Troubles)
    """What is wrong at the moment with what the server stands on."""
    number: int | None = None
    """What this process goes by where it takes jobs; None where it is alone."""
