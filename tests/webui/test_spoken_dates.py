"""Dates in other languages are those of the Unicode Common Locale Data Repository."""

from datetime import date, time, timedelta

import pytest
from babel.dates import format_date, format_skeleton, format_time

from webui.locales import LOCALES, USUAL
from webui.spoken_dates import LANGUAGES

# Each day of the week in each month, and numbers of one and two digits.
DAYS = [date(2026, month, 5) + timedelta(days) for month in range(1, 13) for days in range(7)]


def test_each_language_of_the_pages_has_its_dates():
    assert set(LANGUAGES) == set(LOCALES) - {USUAL}


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_dates_are_as_babel_has_them(language):
    for form in language.forms:
        for day in DAYS:
            theirs = (
                format_date(day, form, locale=language.region)
                if form in {"full", "EEEE"}
                else format_skeleton(form, day, locale=language.region)
            )
            assert language.said(form, day) == theirs


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_times_of_day_are_as_babel_has_them(language):
    for hour in range(24):
        at = time(hour, hour * 2)
        assert language.clock(at) == format_time(at, "short", locale=language.region)
