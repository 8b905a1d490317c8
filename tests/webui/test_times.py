"""Times as people say them, and where pages lead."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webui.audiences import AUDIENCES, READERS, audience
from webui.leads import local_path
from webui.times import Spoken, zone_named

CHICAGO = Spoken(datetime(2026, 11, 17, 18, 0, tzinfo=UTC), ZoneInfo("America/Chicago"))


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (at(2026, 11, 17, 13, 12), "7:12 am"),
        (at(2026, 11, 17, 6, 5), "12:05 am"),
        (at(2026, 11, 17, 5, 59), "Yesterday"),
        (at(2026, 11, 15, 12, 0), "Sun 15"),
        (at(2026, 9, 2, 12, 0), "2 Sept"),
        (at(2025, 3, 2, 12, 0), "2 Mar 2025"),
        (at(2026, 11, 20, 12, 0), "20 Nov"),
    ],
)
def test_a_time_in_the_margin(when, said):
    assert CHICAGO.short(when) == said


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (at(2026, 11, 17, 13, 12), "Today, Tuesday"),
        (at(2026, 11, 16, 13, 12), "Yesterday"),
        (at(2026, 11, 9, 13, 12), "Monday 9 November"),
        (at(2025, 12, 1, 13, 12), "Monday 1 December 2025"),
    ],
)
def test_the_heading_of_a_day(when, said):
    assert CHICAGO.day(when) == said


def test_a_time_in_full_and_in_short():
    when = at(2026, 11, 17, 0, 30)

    assert CHICAGO.whole(when) == "6:30 pm, Monday 16 November 2026"
    assert CHICAGO.short_date(when) == "Mon 16 Nov"


def test_a_day_ends_at_midnight_where_the_reader_is():
    assert CHICAGO.end_of(date(2026, 11, 17)) == at(2026, 11, 18, 6, 0)


@pytest.mark.parametrize("name", ["", "Moon/Base", "/etc/passwd", "../UTC", "a\0b", "America"])
def test_what_is_no_time_zone_is_none(name):
    assert zone_named(name) is None


@pytest.mark.parametrize(
    "path",
    ["", "https://evil.example", "//evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x",
     "evil", "javascript:alert(1)", "/" + "a" * 5000],
)  # fmt: skip
def test_a_lead_to_elsewhere_leads_home(path):
    assert local_path(path) == "/home"


@given(st.text(max_size=60))
def test_whatever_is_typed_leads_to_this_site(text):
    path = local_path(text)

    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert not set("\r\n\\") & set(path)


def test_every_audience_is_offered_in_both_forms():
    assert [value for value, _word in READERS] == [value for value, *_rest in AUDIENCES]
    assert len({audience(value) for value, _word in READERS}) == len(READERS)
