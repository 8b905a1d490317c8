"""Handles, tags and names of groups that read like a person's are asked about (R-36)."""

import pytest

from fedi_k12.domain.guards import person_in_name, persons_in_tags


@pytest.mark.parametrize(
    "name", ["Jenny Miller", "jenny_miller", "jenny.miller", "JennyMiller", "#JennyMiller"]
)
def test_a_first_and_a_last_name_are_seen_however_they_are_joined(name):
    """R-36."""
    assert person_in_name(name) == "Jenny Miller"


@pytest.mark.parametrize(
    "name",
    [
        "lincoln_elementary", "Lincoln Elementary School", "Science Fair", "science_club",
        "#OpenHouse", "#STEM", "math", "Grade 4", "Room 12", "", "___", "Parents of Lincoln",
        "#ClassOf2027", "#BackToSchool", "Secret circle",
    ],
)  # fmt: skip
def test_names_of_schools_and_things_are_not(name):
    """R-36: a prompt for everything is read by nobody."""
    assert person_in_name(name) == ""


def test_tags_of_a_text_are_looked_at():
    """R-36: whoever approves sees them beside the names in the words."""
    said = "Well done #JennyMiller! See you at the #OpenHouse, #JennyMiller."

    assert [one.words for one in persons_in_tags(said)] == ["#JennyMiller"]
