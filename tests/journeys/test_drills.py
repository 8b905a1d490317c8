"""The drills: one of them, and what they say when something is lost."""

import pytest

from tests.drills import disk
from tests.drills.outcome import Outcome, table

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


async def test_no_post_is_lost_while_files_cannot_grow(tmp_path):
    outcome = await disk.files_that_cannot_grow(tmp_path, hold=2.5)

    assert outcome.passed, table([outcome])
    assert outcome.acknowledged > 20
    assert outcome.refused[503]


@pytest.mark.parametrize(
    "spoilt",
    [
        {"lost": ["http://localhost/posts/1"]},
        {"twice": ["http://localhost/posts/1"]},
        {"wrong": ["a post was answered 500"]},
        {"recovered": None},
    ],
    ids=["lost", "twice", "wrong", "not recovered"],
)
def test_a_drill_fails_by_what_it_found(spoilt):
    well = {"acknowledged": 10, "recovered": 1.0}
    assert Outcome("disk full", "filled", **well).passed

    outcome = Outcome("disk full", "filled", **{**well, **spoilt})

    assert not outcome.passed
    assert "NO" in table([outcome])
