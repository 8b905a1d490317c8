"""Times as people say them, in the language of the page.

English follows the house's own hand (7:12 am, Mon 16, 2 Sept); every other language follows the
Unicode Common Locale Data Repository.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from fedi_k12.domain.quiet import zone_of as zone_named

__all__ = ["Spoken", "zone_named"]

from fedi_k12.domain.events import EventDetails, when_words
from webui.spoken_dates import LANGUAGES, Form, Language
from webui.words import gettext, spoken_locale

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_WEEK = timedelta(days=7)


class Spoken(Struct, frozen=True):
    """Says times for one reader: in their time zone, seen from now."""

    now: datetime
    zone: ZoneInfo | None

    def local(self, at: datetime) -> datetime:
        """Return a time on the reader's clock."""
        return at.astimezone(self.zone or UTC)

    def clock(self, at: datetime) -> str:
        """Return the time of day: 7:12 am."""
        here = self.local(at)
        if (language := _other()) is not None:
            return language.clock(here.time())
        half = "am" if here.hour < 12 else "pm"  # noqa: PLR2004 - noon
        return f"{here.hour % 12 or 12}:{here.minute:02d} {half}"

    def short(self, at: datetime) -> str:
        """Return a time for the margin: 7:12 am, Yesterday, Mon 16, 2 Sept."""
        here, today = self.local(at).date(), self.local(self.now).date()
        if here == today:
            return self.clock(at)
        if here == today - timedelta(days=1):
            return gettext("Yesterday")
        soon = timedelta(0) < today - here < _WEEK
        if (language := _other()) is not None:
            form: Form = "dE" if soon else "MMMd" if here.year == today.year else "yMMMd"
            return language.said(form, here)
        if soon:
            return f"{_DAYS[here.weekday()][:3]} {here.day}"
        return f"{here.day} {_month(here)}" + (
            f" {here.year}" if here.year != today.year else ""
        )

    def short_date(self, at: datetime) -> str:
        """Return a day in short: Tue 17 Nov, with its year where it is not this one."""
        here, today = self.local(at).date(), self.local(self.now).date()
        if (language := _other()) is not None:
            form: Form = "MMMEd" if here.year == today.year else "yMMMEd"
            return language.said(form, here)
        words = f"{_DAYS[here.weekday()][:3]} {here.day} {_month(here)}"
        return words + (f" {here.year}" if here.year != today.year else "")

    def whole(self, at: datetime) -> str:
        """Return a time in full: 7:12 am, Tuesday 17 November 2026."""
        here = self.local(at)
        if (language := _other()) is not None:
            return f"{self.clock(at)}, {language.said('full', here.date())}"
        return (
            f"{self.clock(at)}, {_DAYS[here.weekday()]} {here.day} "
            f"{_MONTHS[here.month - 1]} {here.year}"
        )

    def day(self, at: datetime) -> str:
        """Return the heading of a day: Today, Tuesday; Yesterday; Monday 16 November."""
        here, today = self.local(at).date(), self.local(self.now).date()
        language = _other()
        if here == today:
            name = language.said("EEEE", here) if language else _DAYS[here.weekday()]
            return gettext("Today, %(day)s") % {"day": name}
        if here == today - timedelta(days=1):
            return gettext("Yesterday")
        if language is not None:
            if here.year != today.year:
                return language.said("full", here)
            return f"{language.said('EEEE', here)}, {language.said('MMMMd', here)}"
        words = f"{_DAYS[here.weekday()]} {here.day} {_MONTHS[here.month - 1]}"
        return words + (f" {here.year}" if here.year != today.year else "")

    def end_of(self, day: date) -> datetime:
        """Return when a day of the reader's is over."""
        midnight = datetime.combine(day, time(), tzinfo=self.zone or UTC)
        return (midnight + timedelta(days=1)).astimezone(UTC)


def day_words(day: date) -> str:
    """Return a day of a calendar in full: Friday 27 November 2026."""
    if (language := _other()) is not None:
        return language.said("full", day)
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def month_words(day: date) -> str:
    """Return the month of a day: November 2026."""
    if (language := _other()) is not None:
        return language.said("yMMMM", day)
    return f"{_MONTHS[day.month - 1]} {day.year}"


def weekday_words(day: date) -> str:
    """Return the day of the week in short: Fri."""
    if (language := _other()) is not None:
        return language.said("EEE", day)
    return _DAYS[day.weekday()][:3]


def when(event: EventDetails, zone: ZoneInfo | None = None) -> str:
    """Return when an event is, as people say it, in `zone` or the event's own."""
    language = _other()
    if language is None:
        return when_words(event, zone)
    own = zone_named(event.time_zone) or ZoneInfo("UTC")
    place = own if event.floating else zone or own
    starts, ends = event.starts_at.astimezone(place), event.ends_at.astimezone(place)
    said = f"{language.said('yMMMEd', starts.date())}, {language.clock(starts.time())}"
    if event.show_end and starts.date() == ends.date():
        said += f" – {language.clock(ends.time())}"
    elif event.show_end:
        said += f" – {language.said('yMMMEd', ends.date())}, {language.clock(ends.time())}"
    if event.floating:
        return said
    # Names of zones are many: only who sees an event of another zone waits for them.
    from babel.dates import get_timezone_name

    return f"{said} ({get_timezone_name(starts, 'long', locale=language.region)})"


def _other() -> Language | None:
    """Return how the language of the page writes dates, None where it is English."""
    return LANGUAGES.get(spoken_locale())


def _month(day: date) -> str:
    name = _MONTHS[day.month - 1]
    return name[:4] if name == "September" else name[:3]
