"""R-47: which answers say the same, as the help says it."""

import pytest

from fedi_k12.domain.repeats import firsts

LONG = "Please keep the late bus for the children of the north side"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Thank you!", "thank   you", True),
        ("Sí, mañana", "si, MANANA 🎉", True),
        ("@lincoln@home.example Why? https://a.example/1", "why", True),
        ("Thank you", "Thank him", False),
        ("Bus 7", "Bus 8", False),
        ("Yes", "No", False),
        ("🎉", "👍", False),
        ("", "", False),
        (LONG, LONG.upper() + "!!!", True),
        (LONG, LONG.replace("north", "south"), True),
        (LONG, LONG + " please", True),
        (LONG, LONG.removeprefix("Please "), True),
        (LONG, LONG.replace("north", "south").replace("late", "early"), False),
        (LONG, " ".join(reversed(LONG.split())), False),
        ("a b c d e f g h", "b c d e f g h a", False),
    ],
)
def test_the_same_words_in_order_are_the_same_and_of_many_one_may_differ(one, other, same):
    found = firsts([(1, one), (2, other)])

    assert found == {1: 1, 2: 1 if same else 2}


def test_a_group_does_not_drift_from_its_first_and_many_cost_little():
    """Each is compared with the first: one word more each time begins a new group."""
    grown = [(at, " ".join([LONG, *(["really"] * at)])) for at in range(4)]
    many = [(10 + at, f"{LONG} number {at}") for at in range(2000)]

    assert firsts(grown) == {0: 0, 1: 0, 2: 2, 3: 2}
    assert set(firsts(many).values()) == {10}
