"""School, subjects and grades out of the lines of a profile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi_k12.domain.facets import GRADES, MAX_FACETS, MAX_WORD, Facet, facets, kind_of


def words(name: str, text: str) -> list[str]:
    return [one.word for one in facets([(name, text)])]


@pytest.mark.parametrize(
    ("text", "grades"),
    [
        ("3", ["3"]),
        ("3, 4; 5", ["3", "4", "5"]),
        ("K-2", ["K", "1", "2"]),
        ("grades 3–5", ["3", "4", "5"]),
        ("pre-k to 1", ["Pre-K", "K", "1"]),
        ("3rd and 4th", ["3", "4"]),
        ("Kindergarten", ["K"]),
        ("adult", ["Adults"]),
        ("5-3", []),
        ("13", []),
        ("all", []),
        ("", []),
    ],
)
def test_grades_are_read_as_people_write_them(text, grades):
    assert words("Grades", text) == grades


def test_subjects_are_parted_and_schools_are_not_torn():
    assert words("Subjects", "Math, science and Art/Music") == [
        "Math",
        "science",
        "Art",
        "Music",
    ]
    assert words("School", "Lincoln Elementary, North; High") == [
        "Lincoln Elementary, North", "High",
    ]  # fmt: skip


def test_words_are_compared_without_accents_and_capitals():
    assert facets([("Subject", "Français"), ("subjects:", "FRANCAIS")]) == [
        Facet("subject", "francais", "Français")
    ]


@pytest.mark.parametrize("name", ["Teaches", "Website", "", "gradesheet"])
def test_other_lines_are_about_none_of_them(name):
    assert kind_of(name) is None


@given(st.lists(st.tuples(st.sampled_from(["School", "Subjects", "Grades"]), st.text())))
def test_whatever_is_written_is_bounded(lines):
    found = facets(lines)

    assert len(found) <= MAX_FACETS
    assert all(one.key and len(one.word) <= MAX_WORD for one in found)
    assert all(one.word in GRADES for one in found if one.kind == "grade")
