"""What a running server remembers between requests and jobs: keys, decisions, counts.

Kept per running server, so that two in one process (as in tests) do not share. All of it can
be lost at any time; what must last is in the store.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from fedi_k12.context import Context

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def kept(ctx: Context, kind: Callable[[], T]) -> T:
    """Return this server's one instance of `kind`, a class, made when first asked for."""
    # A context's signals live exactly as long as the running server that they belong to.
    shelf = ctx.signals.shelf
    thing = shelf.get(kind)  # type: ignore[call-overload]  # the key is the class itself
    if thing is None:
        thing = shelf[kind] = kind()  # type: ignore[index]  # as above
    found: T = thing
    return found


class Fresh(Generic[K, V]):
    """A bounded memory whose entries are forgotten after a while, the least used first."""

    def __init__(self, *, size: int, lasts: timedelta) -> None:
        self._size = size
        self._lasts = lasts
        self._entries: OrderedDict[K, tuple[datetime, V]] = OrderedDict()

    def get(self, key: K, *, now: datetime) -> V | None:
        """Return what is remembered under `key`, unless it is too old."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        # A clock that went back would keep it for longer.
        if entry[0] <= now or entry[0] - now > self._lasts:
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return entry[1]

    def put(self, key: K, value: V, *, now: datetime) -> None:
        """Remember `value` under `key`."""
        self._entries[key] = (now + self._lasts, value)
        self._entries.move_to_end(key)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def drop(self, key: K) -> None:
        """Forget what is remembered under `key`."""
        self._entries.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
