"""Times as people say them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Spoken:
    """Says times for one reader: in their time zone, seen from now."""

    now: datetime
    zone: ZoneInfo | None

    def local(self, at: datetime) -> datetime:
        """Return a time on the reader's clock."""
        return at.astimezone(self.zone or UTC)

    def clock(self, at: datetime) -> str:
        """Return the time of day: 7:12 am."""
        here = self.local(at)
        half = "am" if here.hour < 12 else "pm"  # noqa: PLR2004 - noon
        return f"{here.hour % 12 or 12}:{here.minute:02d} {half}"

    def short(self, at: datetime) -> str:
        """Return a time for the margin: 7:12 am, Yesterday, Mon 16, 2 Sept."""
        here, today = self.local(at).date(), self.local(self.now).date()
        if here == today:
            return self.clock(at)
        if here == today - timedelta(days=1):
            return "Yesterday"
        if timedelta(0) < today - here < _WEEK:
            return f"{_DAYS[here.weekday()][:3]} {here.day}"
        return f"{here.day} {_month(here)}" + (
            f" {here.year}" if here.year != today.year else ""
        )

    def short_date(self, at: datetime) -> str:
        """Return a day in short: Tue 17 Nov, with its year where it is not this one."""
        here, today = self.local(at).date(), self.local(self.now).date()
        words = f"{_DAYS[here.weekday()][:3]} {here.day} {_month(here)}"
        return words + (f" {here.year}" if here.year != today.year else "")

    def whole(self, at: datetime) -> str:
        """Return a time in full: 7:12 am, Tuesday 17 November 2026."""
        here = self.local(at)
        return (
            f"{self.clock(at)}, {_DAYS[here.weekday()]} {here.day} "
            f"{_MONTHS[here.month - 1]} {here.year}"
        )

    def day(self, at: datetime) -> str:
        """Return the heading of a day: Today, Tuesday; Yesterday; Monday 16 November."""
        here, today = self.local(at).date(), self.local(self.now).date()
        if here == today:
            return f"Today, {_DAYS[here.weekday()]}"
        if here == today - timedelta(days=1):
            return "Yesterday"
        words = f"{_DAYS[here.weekday()]} {here.day} {_MONTHS[here.month - 1]}"
        return words + (f" {here.year}" if here.year != today.year else "")

    def end_of(self, day: date) -> datetime:
        """Return when a day of the reader's is over."""
        midnight = datetime.combine(day, time(), tzinfo=self.zone or UTC)
        return (midnight + timedelta(days=1)).astimezone(UTC)


def _month(day: date) -> str:
    name = _MONTHS[day.month - 1]
    return name[:4] if name == "September" else name[:3]


def zone_named(name: str) -> ZoneInfo | None:
    """Return a time zone by its name, None for what is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
