"""Lanes of the outbound client: what another server waits for never queues behind what waits.

Two servers that meet fill each other's few connections with deliveries. To believe one, a
server asks the other for a key, and to answer that, the other may ask for a key itself. Were
all that one queue to each server, both would wait for each other until the time is over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum


class Lane(StrEnum):
    """A queue of its own to each server; each waits at most for the ones below."""

    WORK = "work"
    """Deliveries, and whatever is fetched."""
    SENDERS = "senders"
    """Keys of those who deliver: somebody's delivery waits for it."""
    READERS = "readers"
    """Keys of those who ask with a signature: servers' own actors, shown to everybody."""


_lane: ContextVar[Lane] = ContextVar("lane", default=Lane.WORK)


def lane_now() -> Lane:
    """Return the lane that requests take here."""
    return _lane.get()


@contextmanager
def in_lane(lane: Lane) -> Iterator[None]:
    """Let all requests made within take this lane."""
    before = _lane.set(lane)
    try:
        yield
    finally:
        _lane.reset(before)
