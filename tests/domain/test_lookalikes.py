"""S-35: who elsewhere could be taken for a school of this district, and who could not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi_k12.domain.lookalikes import (
    Voice,
    bears_name,
    begins_with_label,
    claims_label,
    resembled,
    voices,
)

HOME = "riverside-schools.example"
HERE = voices(
    [
        Voice(1, "lincoln", "Lincoln Elementary"),
        Voice(2, "riverside_usd", "Riverside Unified School District"),
        Voice(3, "library", "Library"),
        Voice(4, "pta", "PTA"),
        Voice(5, "ps118", "PS 118"),
    ],
    host=HOME,
)
CONFUSED = {
    "a": "а4α", "e": "е3", "o": "о0ο", "i": "1lіı", "l": "1iI", "s": "5ѕ", "c": "с", "n": "ñ",
}  # fmt: skip


@pytest.mark.parametrize(
    ("username", "name", "host", "whom"),
    [
        ("lincoln", "", "elsewhere.example", 1),
        ("Linc0ln", "", "elsewhere.example", 1),
        ("lin-coln", "Go Lions", "elsewhere.example", 1),
        ("Іincoln", "", "elsewhere.example", 1),
        ("lincoln2", "", "elsewhere.example", 1),
        ("official_lincoln", "", "elsewhere.example", 1),
        ("lincoln.official", "", "elsewhere.example", 1),
        ("x9", "LINCOLN  ELEMENTARY!", "elsewhere.example", 1),
        ("x9", "Lincoln Elementary (Official)", "elsewhere.example", 1),
        ("x9", "Línсоln Еlеmеntаry", "elsewhere.example", 1),
        ("x9", "Lincoln\u200b Elementary", "elsewhere.example", 1),
        ("x9", "Official news of Lincoln Elementary", "elsewhere.example", 1),
        ("riverside.usd", "", "elsewhere.example", 2),
        ("library", "Books", "riversideschools.example", 3),
        ("pta", "", "riverside-schools.social", 4),
        ("ps118", "", "elsewhere.example", 5),
    ],
)
def test_what_could_be_taken_for_a_school_of_ours_is_seen(username, name, host, whom):
    assert resembled(username, name, host, HERE) == whom


@pytest.mark.parametrize(
    ("username", "name", "host"),
    [
        ("library", "Library", "other-district.example"),
        ("pta", "PTA", "other-district.example"),
        ("ps119", "PS 119", "elsewhere.example"),
        ("lincolnpark", "Lincoln Park", "elsewhere.example"),
        ("abe_lincoln", "Abe Lincoln", "elsewhere.example"),
        ("lincoln_news", "Lincoln, Nebraska", "elsewhere.example"),
        ("riverside", "Riverside", "elsewhere.example"),
        ("maya", "Maya Okafor, Lincoln Elementary", "elsewhere.example"),
        ("dad_of_two", "Lincoln Elementary dad", "elsewhere.example"),
        ("fans", "Unofficial Lincoln Elementary fans", "elsewhere.example"),
        ("news", "Official news", "riverside-schools.social"),
        ("principal", "A principal", "elsewhere.example"),
        ("林肯", "林肯小学", "elsewhere.example"),
        ("x9", "", "elsewhere.example"),
        ("x9", "🏫", "riversideschools.example"),
    ],
)
def test_common_names_and_neighbours_are_left_alone(username, name, host):
    assert resembled(username, name, host, HERE) is None


@given(st.data())
def test_letters_that_look_the_same_change_nothing(data):
    name = "Lincoln Elementary"
    drawn = "".join(
        data.draw(st.sampled_from(letter + CONFUSED.get(letter, ""))) for letter in name.lower()
    )
    apart = data.draw(st.sampled_from(["", "-", "_", ".", "  ", "\u200b", "\u0301"]))

    assert resembled("x9", drawn + apart, "elsewhere.example", HERE) == 1
    assert bears_name(apart + drawn, HERE) == 1


@given(st.text(), st.text(), st.text())
def test_no_text_breaks_it_and_nobody_resembles_nobody(username, name, host):
    resembled(username, name, host, HERE)
    claims_label(name)

    assert resembled(username, name, host, voices([], host=HOME)) is None


@given(st.text(alphabet="bdfghjkmpqrtuvwxyz", min_size=1, max_size=20))
def test_names_of_other_letters_never_match(other):
    assert resembled(other, other, "elsewhere.example", HERE) is None


def test_only_the_place_calls_an_account_official():
    for said in ("Official account of Riverside", "0fficial Account", "La cuenta oficial de X"):
        assert claims_label(said)
    for said in (
        "Official scorekeeper",
        "Unofficial account of fans",
        "Accounts office",
        "Maya",
    ):
        assert not claims_label(said)


def test_a_hostile_name_takes_no_time():
    began = time.perf_counter()

    resembled("l" * 100_000, "official" * 20_000, "a." * 10_000, HERE)

    assert time.perf_counter() - began < 1


def test_a_line_may_say_what_somebody_does():
    assert begins_with_label("Official account of Riverside")
    assert not begins_with_label("I look after the official account")
