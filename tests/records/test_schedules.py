"""Schedules of retention: files with classes, times and where they are from (R-14)."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.retention import read_schedule
from fedi_k12.services import schedules
from tests.records.short import SHORT


def test_schedules_that_come_along_name_their_source():
    """R-14: data files, one for each state, with where they are from."""
    known = schedules.known()

    assert next(iter(known)) == "default"
    assert {"us-wy", "us-tx"} <= set(known)
    assert all(one.source for one in known.values())
    # A day stands only where a person compared the two.
    assert {name for name, one in known.items() if one.checked} == set()
    assert known["us-wy"].class_of("out", "Create").keep == "P5Y"
    assert known["us-wy"].class_of("in", "Create").keep == "P3Y"
    assert known["us-wy"].class_of("in", "Create", floor="director").keep == "permanent"
    assert known["us-wy"].class_of("here", "records disposed").keep == "permanent"


@pytest.mark.parametrize(
    "change",
    [
        {"classes": {}}, {"otherwise": "nothing"}, {"id": "../x"}, {"more": 1},
        {"classes": {"rest": {"title": "x", "keep": "soon"}}},
    ],
)  # fmt: skip
def test_a_schedule_that_is_wrong_is_refused_by_its_name(tmp_path, change):
    """R-14: validated by a JSON Schema."""
    (tmp_path / "own.json").write_text(json.dumps({**SHORT, **change}))

    with pytest.raises(InvalidError, match=r"own\.json"):
        schedules.known(tmp_path)


def test_a_schedule_of_the_district_stands_beside_the_others(tmp_path):
    """R-14."""
    (tmp_path / "own.json").write_text(json.dumps(SHORT))

    assert schedules.known(tmp_path)["short"].title == "For tests"


@pytest.mark.parametrize(
    ("keep", "over"),
    [
        ("P1Y", datetime(2029, 2, 28, tzinfo=UTC)),
        ("P1M", datetime(2028, 3, 29, tzinfo=UTC)),
        ("P10D", datetime(2028, 3, 10, tzinfo=UTC)),
        ("permanent", None),
    ],
)
def test_times_are_counted_by_the_calendar(keep, over):
    """R-14: also from a leap day."""
    document = {**SHORT, "classes": {**SHORT["classes"], "rest": {"title": "x", "keep": keep}}}
    rest = read_schedule(document).classes["rest"]
    leap = datetime(2028, 2, 29, tzinfo=UTC)

    assert rest.over_at(leap) == over
    assert over is None or leap <= rest.before(over + timedelta(days=1))


def test_a_class_can_count_from_the_end_of_the_year():
    """R-14."""
    kept = {"title": "x", "keep": "P2Y", "from": "year-end"}
    rest = read_schedule({**SHORT, "classes": {**SHORT["classes"], "rest": kept}}).classes[
        "rest"
    ]

    assert rest.over_at(datetime(2026, 3, 1, tzinfo=UTC)) == datetime(2029, 1, 1, tzinfo=UTC)
    assert rest.before(datetime(2028, 12, 31, tzinfo=UTC)) == datetime(2026, 1, 1, tzinfo=UTC)
