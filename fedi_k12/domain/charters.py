"""What an official account is for, said before its first post: its charter (S-36).

A charter is written anew whenever it changes; what was said before stays readable. It holds
until the day on which it is to be looked at again.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.events import zone_named
from fedi_k12.domain.languages import normalise_language
from fedi_k12.domain.submissions import Level
from fedi_k12.domain.words import marked, words

MAX_WORDS, MAX_CLASS = 2000, 200
MAX_LANGUAGES = 20
LONGEST = timedelta(days=2 * 366)
"""So far ahead a charter is looked at again, at the latest."""
WEEKDAYS = (
    marked("Monday"),
    marked("Tuesday"),
    marked("Wednesday"),
    marked("Thursday"),
    marked("Friday"),
    marked("Saturday"),
    marked("Sunday"),
)
_SHORT = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY, _TIME = f"({'|'.join(_SHORT)})", r"((?:[01]\d|2[0-3]):[0-5]\d)"
_HOURS = re.compile(f"{_DAY}(?:-{_DAY})? {_TIME}-{_TIME}", re.ASCII)

_EMPTY = {
    "goal": marked("Say why there is this account."),
    "audience": marked("Say for whom it is."),
    "speakers": marked("Say who speaks."),
    "answered": marked("Say what is answered, and what is not."),
}


class ForumMode(StrEnum):
    """Whether others are heard in public under what an official account says (R-43)."""

    ANNOUNCEMENTS = "announcements"
    """It only announces: answers are kept, and not shown."""
    LIMITED = "limited"
    """A limited public forum: answers are shown, by posted rules."""


FORUM_WORDS: Mapping[ForumMode, str] = {
    ForumMode.ANNOUNCEMENTS: marked("Announcements only"),
    ForumMode.LIMITED: marked("Limited public forum"),
}
FORUM_MEANINGS: Mapping[ForumMode, str] = {
    ForumMode.ANNOUNCEMENTS: marked("It announces. Answers are not shown under its posts."),
    ForumMode.LIMITED: marked("Everybody may answer, by rules that treat every opinion alike."),
}
LEVEL_WORDS: Mapping[Level, str] = {
    Level.ALL: marked("Everything"),
    Level.INDIVIDUALS: marked("Answers to private people"),
    Level.PROBATIONARY: marked("What is written on probation"),
    Level.NONE: marked("As little as possible"),
}
LEVEL_MEANINGS: Mapping[Level, str] = {
    Level.ALL: marked("Posts, answers, changes, events, and what is passed on."),
    Level.INDIVIDUALS: marked("Whatever answers or quotes somebody who is no organization."),
    Level.PROBATIONARY: marked("Everybody else publishes alone."),
    Level.NONE: marked("Public answers to private people always need a second person."),
}


class Hours(Struct, frozen=True):
    """When somebody answers on a day: from and until, on the clock of the charter's zone."""

    start: time
    end: time


Week = tuple[Hours | None, ...]
"""Seven days, Monday first; None where nobody answers."""
NO_HOURS: Week = (None,) * 7


class CharterDraft(Struct, frozen=True, kw_only=True):
    """A charter as it is written."""

    goal: str
    audience: str
    speakers: str
    """Who speaks."""
    answered: str
    """What is answered, and what is not."""
    review_by: date
    """The last day on which it holds."""
    hours: Week = NO_HOURS
    time_zone: str = "UTC"
    """Of `hours`: an IANA name."""
    forum: ForumMode = ForumMode.LIMITED
    approval: Level = Level.ALL
    """What needs a second person."""
    records_class: str = ""
    """Of the schedule by which its records are kept."""
    languages: tuple[str, ...] = ("en",)
    direct_messages: bool = False
    """Whether letters to it are taken."""
    own_threads: bool = False
    """Whether it answers under its own posts only, and letters to it (R-11)."""


class Charter(CharterDraft, frozen=True, kw_only=True):
    """A version of the charter of an official account."""

    account_id: int
    version: int
    """1 for the first."""
    since: datetime
    by: str
    """The handle of who wrote it; empty for the operator."""

    def holds_on(self, day: date) -> bool:
        """Return whether it holds on a day."""
        return day <= self.review_by

    def answers_at(self, moment: datetime) -> bool:
        """Return whether somebody answers at a moment, by the hours that it names."""
        here = moment.astimezone(zone_named(self.time_zone) or ZoneInfo("UTC"))
        hours = self.hours[here.weekday()]
        return hours is not None and hours.start <= here.time() < hours.end


def checked(draft: CharterDraft, *, today: date) -> CharterDraft:
    """Return a charter as it is kept.

    Raises `InvalidError` with a sentence for each field that is wrong.
    """
    wrong: dict[str, str] = {}
    for name in ("goal", "audience", "speakers", "answered"):
        said = getattr(draft, name).strip()
        if not said:
            wrong[name] = _EMPTY[name]
        elif len(said) > MAX_WORDS:
            wrong[name] = words("Please say it in %(num)d letters.", num=MAX_WORDS)
    if len(draft.records_class.strip()) > MAX_CLASS:
        wrong["records_class"] = words("Please say it in %(num)d letters.", num=MAX_CLASS)
    if not today < draft.review_by <= today + LONGEST:
        wrong["review_by"] = words("Choose a day that is to come, within two years.")
    if zone_named(draft.time_zone) is None:
        wrong["time_zone"] = words("That is no time zone. One looks like America/Chicago.")
    languages = _languages(draft.languages)
    if not languages:
        wrong["languages"] = words("Write them as short tags, such as en, es, vi.")
    if len(draft.hours) != len(WEEKDAYS) or any(
        hours is not None and hours.end <= hours.start for hours in draft.hours
    ):
        wrong["hours"] = words("On each day the hours end after they begin.")
    if wrong:
        raise InvalidError(" ".join(wrong.values()), fields=wrong)
    return CharterDraft(
        goal=draft.goal.strip(),
        audience=draft.audience.strip(),
        speakers=draft.speakers.strip(),
        answered=draft.answered.strip(),
        review_by=draft.review_by,
        hours=draft.hours,
        time_zone=draft.time_zone,
        forum=draft.forum,
        approval=draft.approval,
        records_class=" ".join(draft.records_class.split()),
        languages=languages,
        direct_messages=draft.direct_messages,
        own_threads=draft.own_threads,
    )


def week_of(stored: Sequence[object]) -> Week:
    """Return a week as it was stored by `stored_week`."""
    return tuple(
        Hours(time.fromisoformat(str(day[0])), time.fromisoformat(str(day[1])))
        if isinstance(day, list | tuple)
        else None
        for day in stored
    )


def stored_week(week: Week) -> list[object]:
    """Return a week as JSON: for each day, Monday first, `["08:00", "15:30"]` or null."""
    return [_clocks(hours) if hours is not None else None for hours in week]


def read_hours(text: str) -> Week:
    """Return the hours that somebody typed as `mon-fri 08:00-16:00, sat 09:00-12:00`.

    Raises `InvalidError` for what cannot be read so.
    """
    week: list[Hours | None] = list(NO_HOURS)
    for part in filter(None, (one.strip().lower() for one in text.split(","))):
        match = _HOURS.fullmatch(part)
        if match is None:
            raise InvalidError("Hours look like this: mon-fri 08:00-16:00, sat 09:00-12:00")
        first, last = _SHORT.index(match[1]), _SHORT.index(match[2] or match[1])
        hours = Hours(time.fromisoformat(match[3]), time.fromisoformat(match[4]))
        for day in range(first, last + 1):
            week[day] = hours
    return tuple(week)


def _clocks(hours: Hours) -> list[str]:
    return [hours.start.isoformat("minutes"), hours.end.isoformat("minutes")]


def _languages(given: Sequence[str]) -> tuple[str, ...]:
    """Return the tags, each once; none where one of them is no language."""
    found = [normalise_language(one) for one in given if one.strip()][:MAX_LANGUAGES]
    if None in found:
        return ()
    return tuple(dict.fromkeys(one for one in found if one is not None))
