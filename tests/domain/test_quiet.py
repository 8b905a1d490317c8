"""Quiet hours by the clock on the wall, also on the days when clocks change."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from fedi_k12.domain.quiet import QuietHours, hour_of, quiet_until, zone_of

PORTLAND = ZoneInfo("America/Los_Angeles")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=PORTLAND).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-17T12:00", None),
        ("2026-11-17T07:00", None),
        ("2026-11-17T17:59", None),
        ("2026-11-17T18:00", "2026-11-18T07:00"),
        ("2026-11-18T06:59", "2026-11-18T07:00"),
        ("2026-11-20T18:00", "2026-11-23T07:00"),
        ("2026-11-21T12:00", "2026-11-23T07:00"),
        ("2026-11-23T00:30", "2026-11-23T07:00"),
    ],
    ids=["noon", "morning begins", "a minute before", "evening", "a minute to go",
         "Friday evening", "Saturday noon", "Monday before dawn"],
)  # fmt: skip
def test_h9_evenings_nights_and_weekends_are_quiet(now, until):
    found = quiet_until(at(now), PORTLAND, QuietHours())

    assert found == (None if until is None else at(until))


@pytest.mark.parametrize(
    ("friday", "monday", "hours"),
    [
        ("2026-03-06T18:00", "2026-03-09T07:00", 60),
        ("2026-10-30T18:00", "2026-11-02T07:00", 62),
    ],
    ids=["clocks go forward", "clocks go back"],
)
def test_h9_the_quiet_ends_at_the_same_hour_when_clocks_change(friday, monday, hours):
    found = quiet_until(at(friday), PORTLAND, QuietHours())

    assert found == at(monday)
    assert (found - at(friday)).total_seconds() == hours * 3600


def test_h9_without_weekends_only_the_nights_are_quiet():
    hours = QuietHours(weekends=False)

    assert quiet_until(at("2026-11-21T12:00"), PORTLAND, hours) is None
    assert quiet_until(at("2026-11-21T23:00"), PORTLAND, hours) == at("2026-11-22T07:00")


def test_h9_quiet_can_lie_within_a_day():
    hours = QuietHours(time(12), time(13), weekends=False)

    assert quiet_until(at("2026-11-17T12:30"), PORTLAND, hours) == at("2026-11-17T13:00")
    assert quiet_until(at("2026-11-17T13:00"), PORTLAND, hours) is None


def test_a_weekend_ends_where_the_day_has_no_quiet():
    hours = QuietHours(time(12), time(12), weekends=True)

    assert quiet_until(at("2026-11-21T12:30"), PORTLAND, hours) == at("2026-11-23T00:00")


@pytest.mark.parametrize(
    ("text", "hour"),
    [("18:00", time(18)), ("07:30", time(7, 30)), ("", None), ("25:00", None), ("6 pm", None),
     ("18:00+01:00", None)],
)  # fmt: skip
def test_hours_are_read_as_browsers_send_them(text, hour):
    assert hour_of(text) == hour


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "x" * 300])
def test_what_is_no_zone_is_none(name):
    assert zone_of(name) is None
