"""When a letter is due: in the morning, never in quiet hours, once a day or week (H9)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from fedi_k12.domain.mailings import Every, is_due, quiet_of
from fedi_k12.domain.preferences import Preferences
from fedi_k12.domain.quiet import QuietHours

PORTLAND = ZoneInfo("America/Los_Angeles")
USUAL = QuietHours()


def due(every, last, now, quiet=USUAL):
    moments = [
        datetime.fromisoformat(text).replace(tzinfo=PORTLAND).astimezone(UTC)
        for text in (last, now)
    ]
    return is_due(Every(every), last=moments[0], now=moments[1], zone=PORTLAND, quiet=quiet)


@pytest.mark.parametrize(
    ("every", "last", "now", "expected"),
    [
        ("daily", "2027-01-12T07:00", "2027-01-12T17:00", False),  # the same day
        ("daily", "2027-01-12T17:00", "2027-01-12T23:00", False),
        ("daily", "2027-01-12T17:00", "2027-01-13T06:59", False),
        ("daily", "2027-01-12T17:00", "2027-01-13T07:00", True),
        ("daily", "2027-01-15T07:00", "2027-01-16T09:00", False),  # a Saturday
        ("daily", "2027-01-15T07:00", "2027-01-18T07:00", True),
        ("daily", "2027-03-12T07:00", "2027-03-15T06:59", False),  # clocks went forward
        ("daily", "2027-03-12T07:00", "2027-03-15T07:00", True),
        ("weekly", "2027-01-12T07:00", "2027-01-15T09:00", False),
        ("weekly", "2027-01-12T07:00", "2027-01-18T07:00", True),
        ("weekly", "2026-12-30T07:00", "2027-01-04T07:00", True),  # over the year
        ("none", "2020-01-01T07:00", "2027-01-12T12:00", False),
    ],
)
def test_a_letter_is_due_in_the_morning_of_another_day(every, last, now, expected):
    assert due(every, last, now) is expected


@pytest.mark.parametrize(
    ("quiet", "at"), [(None, 7), (QuietHours(datetime.min.time().replace(hour=12)), 7)]
)
def test_where_the_night_is_not_quiet_letters_come_at_seven(quiet, at):
    if quiet is not None:
        quiet = QuietHours(quiet.begin, quiet.begin.replace(hour=13), weekends=False)
    assert not due("daily", "2027-01-15T09:00", f"2027-01-16T0{at - 1}:59", quiet)
    assert due("daily", "2027-01-15T09:00", f"2027-01-16T0{at}:00", quiet)


def test_the_clock_is_the_members_or_the_places():
    own = quiet_of(Preferences(time_zone="America/Denver"), "America/Los_Angeles")
    place = quiet_of(Preferences(), "America/Los_Angeles")
    nowhere = quiet_of(Preferences(), "")

    assert (own[0].key, place[0].key) == ("America/Denver", "America/Los_Angeles")
    assert own[1] == USUAL
    assert (nowhere[0].key, nowhere[1]) == ("UTC", None)
    assert quiet_of(Preferences(quiet_hours=False), "UTC")[1] is None
