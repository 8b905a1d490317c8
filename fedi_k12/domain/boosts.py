"""How often an official account passes posts on: so many a day, by the clock of its place.

An account that passes on every teacher's post is ignored soon (S-42).
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from fedi_k12.domain.words import words

BOOSTS_A_DAY = 3


class Budget(Struct, frozen=True):
    """How many boosts an official account has today, and how many of them went out."""

    most: int
    used: int
    resets_at: datetime
    """The next midnight of the place, in UTC."""

    @property
    def left(self) -> int:
        """How many more may go out today."""
        return max(0, self.most - self.used)

    @property
    def used_up(self) -> str:
        """Return what is said to whoever wants one more; empty where there is one."""
        if self.left:
            return ""
        return words(
            "This account used the boosts of today: %(most)s of %(most)s. Add it to "
            "tomorrow's digest instead.",
            most=self.most,
        )


def day_of(now: datetime, zone: ZoneInfo) -> date:
    """Return which day it is in a zone."""
    return now.astimezone(zone).date()


def begin_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day in a zone, in UTC.

    Where clocks are put forward at midnight that moment reads 01:00; of a midnight that comes
    twice it is the first.
    """
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """Return when the day of a zone ends, in UTC: after 23, 24 or 25 hours."""
    return begin_of(day_of(now, zone) + timedelta(days=1), zone)
