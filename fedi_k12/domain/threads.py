"""How far the fetching of a thread from other servers has come."""

from datetime import datetime

from msgspec import Struct


class Gathering(Struct, frozen=True):
    """That a thread's missing posts are being fetched, or were: `found` of them so far."""

    id: int
    found: int
    asked_at: datetime
    finished_at: datetime | None = None

    @property
    def running(self) -> bool:
        """Whether it is still going on."""
        return self.finished_at is None


class OriginCounts(Struct, frozen=True):
    """What a post's own server counts; None for what it does not tell."""

    likes: int | None = None
    shares: int | None = None
    replies: int | None = None
