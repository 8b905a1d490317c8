"""How long records are kept (R-14): schedules, the class of an act, and when its time is over.

A schedule is a data file of a state or of the district. It names classes with their time, and
says by rules which acts belong to which. An account can have a class of its own beside that:
then the longer of the two holds. What the archive says of itself is kept for ever. No I/O here.
"""

import calendar
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from fedi_k12.domain.words import marked

DEFAULT = "default"
"""The schedule of an account that nobody chose one for: nothing is disposed of."""
PERMANENT = "permanent"
CERTIFICATE = "records disposed"
"""The kind of the record that tells of a disposal."""
MOST = 10_000
"""So many records one disposal takes: its certificate names each of them."""
OF_THE_ARCHIVE = marked("What the archive says of itself")
_OWN_KINDS = frozenset(
    {
        CERTIFICATE, "records exported", "records held", "hold lifted", "schedule chosen",
        "disposal asked for", "disposal withdrawn", "record redacted",
    }
)  # fmt: skip
_KEEP = re.compile(r"P(\d{1,3})([YMD])")
_LONGEST = datetime.max.replace(tzinfo=UTC)


class RecordClass(Struct, frozen=True):
    """A class of a schedule: how long its records are kept."""

    name: str
    title: str
    keep: str
    """An ISO 8601 duration in years, months or days (`P5Y`), or `permanent`."""
    from_year_end: bool = False
    """Whether the time begins with the end of the calendar year of the record."""
    source: str = ""

    def over_at(self, at: datetime) -> datetime | None:
        """Return when the time of a record of `at` is over; None for never."""
        found = _KEEP.fullmatch(self.keep)
        if found is None:
            return None
        start = datetime(at.year + 1, 1, 1, tzinfo=UTC) if self.from_year_end else at
        return _later(start, int(found[1]), found[2])

    def before(self, now: datetime) -> datetime | None:
        """Return the moment before which records' time is over by `now`; None for never."""
        found = _KEEP.fullmatch(self.keep)
        if found is None:
            return None
        cutoff = _later(now, -int(found[1]), found[2])
        return datetime(cutoff.year, 1, 1, tzinfo=UTC) if self.from_year_end else cutoff


class Rule(Struct, frozen=True):
    """Which acts belong to a class; what is empty narrows nothing."""

    record_class: str
    directions: Sequence[str] = ()
    kinds: Sequence[str] = ()

    def fits(self, direction: str, kind: str) -> bool:
        """Return whether an act belongs to it."""
        return (not self.directions or direction in self.directions) and (
            not self.kinds or kind in self.kinds
        )


class Schedule(Struct, frozen=True):
    """A schedule of retention, with the law or rule that it comes from."""

    id: str
    title: str
    source: str
    checked: str
    """The day on which somebody held it against its source; empty where nobody did."""
    classes: Mapping[str, RecordClass]
    rules: Sequence[Rule]
    otherwise: str
    state: str = ""

    def class_of(self, direction: str, kind: str, *, floor: str = "") -> RecordClass:
        """Return the class of an act.

        `floor`: the class of the account, which holds where it keeps longer; empty for none.
        """
        if kind in _OWN_KINDS:
            return RecordClass(PERMANENT, OF_THE_ARCHIVE, PERMANENT)
        name = next(
            (rule.record_class for rule in self.rules if rule.fits(direction, kind)),
            self.otherwise,
        )
        own = self.classes.get(floor)
        return max((self.classes[name], own), key=_length) if own else self.classes[name]


def read_schedule(document: Mapping[str, Any]) -> Schedule:
    """Return the schedule of a document that follows the schema.

    Raises `ValueError` where a rule names a class that is not there.
    """
    classes = {
        name: RecordClass(
            name,
            one["title"],
            one["keep"],
            one.get("from") == "year-end",
            one.get("source", ""),
        )
        for name, one in document["classes"].items()
    }
    rules = [
        Rule(one["class"], tuple(one.get("direction", ())), tuple(one.get("kind", ())))
        for one in document["rules"]
    ]
    for name in [*(rule.record_class for rule in rules), document["otherwise"]]:
        if name not in classes:
            raise ValueError(f"there is no class {name}")
    return Schedule(
        document["id"],
        document["title"],
        document["source"],
        document.get("checked", ""),
        classes,
        rules,
        document["otherwise"],
        document.get("state", ""),
    )


def _length(one: RecordClass) -> datetime:
    return one.over_at(datetime(2000, 1, 1, tzinfo=UTC)) or _LONGEST


def _later(at: datetime, number: int, unit: str) -> datetime:
    """Return a moment so many years, months or days later, on the last day where none is."""
    if unit == "D":
        return at + timedelta(days=number)
    months = at.year * 12 + at.month - 1 + number * (12 if unit == "Y" else 1)
    year, month = divmod(months, 12)
    day = min(at.day, calendar.monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day)
