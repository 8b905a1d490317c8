"""Quiet hours: when a member's apps are left asleep, by the clock where they live."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

SATURDAY = 5
_DAYS = 9
"""Within so many days every quiet ends, with a day to spare."""


class QuietHours(Struct, frozen=True):
    """From when to when it is quiet each day, over midnight where `begin` is the later."""

    begin: time = time(18)
    end: time = time(7)
    weekends: bool = True

    def holds(self, local: datetime) -> bool:
        """Return whether it is quiet at a local time."""
        if self.weekends and local.weekday() >= SATURDAY:
            return True
        at = local.time()
        if self.begin <= self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end


def quiet_until(now: datetime, zone: ZoneInfo, hours: QuietHours) -> datetime | None:
    """Return when the quiet of this moment ends, None where it is not quiet.

    By the clock on the wall: on the days when clocks change it ends at the same hour as ever.
    """
    local = now.astimezone(zone)
    if not hours.holds(local):
        return None
    days = (local.date() + timedelta(days=at) for at in range(_DAYS))
    moments = (
        datetime.combine(day, at, zone) for day in days for at in sorted({time(0), hours.end})
    )
    return next(
        (
            at.astimezone(now.tzinfo)
            for at in moments
            if at.astimezone(now.tzinfo) > now and not hours.holds(at)
        ),
        None,
    )


def zone_of(name: str) -> ZoneInfo | None:
    """Return a time zone by its name (IANA), None for what is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def hour_of(text: str) -> time | None:
    """Return a time of day as `18:00`, None for what is none."""
    try:
        found = time.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo is None else None
