"""A member leaves the district, and their account leaves with them (R-10)."""

from datetime import date, datetime, timedelta

from msgspec import Struct

NOTICE = timedelta(days=60)
"""So long before the day the member is told, at least."""
GRACE = timedelta(days=30)
"""So long after it they still sign in, to take things along and to move; then it is closed."""
REMINDERS = (60, 30, 7)
"""So many days before, the member is reminded."""
KIND = "departure"
"""Of the notification."""
PLACES = (
    "/settings/departure",
    "/settings/moving",
    "/settings/files",
    "/settings/leaving",
    "/auth/",
    "/media/",
    "/help",
)
"""What stays open to whoever has left, until the account is closed."""


class Departure(Struct, frozen=True):
    """That somebody leaves: when, and what became of it so far."""

    last_day: date
    """By the clock of the place; it is over at midnight."""
    closes_on: date
    """When the account is closed, unless they went before."""
    why: str
    """On what ground it is sooner than members are promised; empty for nearly all."""
    left: bool
    """Whether that day is over."""


def reminders_due(leaves_at: datetime, *, told: int, now: datetime) -> int | None:
    """Return the reminder that is to go out now, the nearest to the day, or None.

    `told` is the last that went out, 0 for none: a worker that rested sends one, not three.
    """
    due = [
        days
        for days in REMINDERS
        if leaves_at - timedelta(days=days) <= now and (not told or days < told)
    ]
    return min(due) if due and now < leaves_at else None


def is_open(path: str) -> bool:
    """Return whether an address stays open to whoever has left."""
    return any(
        path == one.rstrip("/") or path.startswith(one.rstrip("/") + "/") for one in PLACES
    )
