"""Classroom accounts: run by adults, read by families that were let in, for a year (S-41)."""

from datetime import date, datetime, timedelta

from msgspec import Struct

from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.words import marked

NOTICE = timedelta(days=30)
"""So long before the end of the school year everybody is told."""
LONGEST = timedelta(days=400)
END_MONTH, END_DAY = 6, 30
KIND = "classroom_ends"
"""Of the notification."""
READERS = frozenset({Visibility.FOLLOWERS, Visibility.DIRECT})
"""Whom a classroom speaks to: those who were let in."""
OVER = marked("This class is over: its account is kept as it was, and nothing is added to it.")
NOT_PUBLIC = marked(
    "Validation failed: A classroom speaks to those whom it let in. Choose its followers, or "
    "people you name."
)
NO_PICTURE = marked(
    "Validation failed: A classroom shows no picture of itself: anyone could see it without "
    "signing in."
)
ALWAYS_ASKED = marked("Validation failed: A classroom always lets its followers in one by one.")
_FAREWELL = (
    "The school year ends on {day}. After it this account is kept as it is, and nobody follows "
    "it any more. Next year’s class has an account of its own.",
    "El año escolar termina el {day}. Después esta cuenta se guarda como está, y ya nadie la "
    "sigue. La clase del próximo año tendrá su propia cuenta.",
)


class Classroom(Struct, frozen=True):
    """How a classroom account is kept."""

    local_only: bool
    """Whether nothing of it leaves this server."""
    ends_on: date
    """The last day of its school year."""
    archived_at: datetime | None


def end_of_year(today: date) -> date:
    """Return the end of the school year that a class begun today belongs to."""
    this = date(today.year, END_MONTH, END_DAY)
    return this if today + NOTICE < this else date(today.year + 1, END_MONTH, END_DAY)


def farewell(day: date) -> str:
    """Return what followers are told before the account is archived, in both languages."""
    return "\n\n".join(said.format(day=day.isoformat()) for said in _FAREWELL)
