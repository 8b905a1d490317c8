"""R-21, R-32: descriptions that tell something, and names that somebody looks at again."""

import time

import pytest

from fedi_k12.domain.guards import Asked, noticed, weak_description


@pytest.mark.parametrize(
    "said",
    [
        "", "  \n", "image", "Photo", "A dog.", "IMG_2041", "img 2041.JPG", "DSC0001.jpeg",
        "flyer-final(2).png", "screenshot 2026-11-28", "Imagen sin título", "alt text image",
        "n/a n/a n/a n/a",
    ],
)  # fmt: skip
def test_r21_a_description_that_says_nothing_is_asked_for_again(said):
    assert weak_description(said)


@pytest.mark.parametrize(
    "said",
    [
        "Two children plant beans in a wooden bed.", "A photo of the gym, from the door",
        "Dos niñas leen bajo un árbol.", "十人の子どもが校庭で縄跳びをしている",
    ],
)  # fmt: skip
def test_r21_a_description_that_tells_something_may_stand(said):
    assert weak_description(said) is None


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("Look what Maya Okafor built!", Asked.NAME, "Maya Okafor"),
        ("Felicidades, José García, por tu dibujo", Asked.NAME, "José García"),
        ("by Anne-Marie O'Neil and others", Asked.NAME, "Anne-Marie O'Neil"),
        ("Sam T. Rivers won", Asked.NAME, "Sam Rivers"),
        ("She scored 97% on it", Asked.MARK, "scored 97%"),
        ("He got an A+ in art", Asked.MARK, "got an A+"),
        ("a GPA of 3.9 this year", Asked.MARK, "GPA of 3.9"),
        ("We meet in Room 12B today", Asked.ROOM, "Room 12B"),
        ("Nos vemos en el salón 14", Asked.ROOM, "salón 14"),
        ("Bus 42 is late", Asked.BUS, "Bus 42"),
        ("student ID: 55512", Asked.NUMBER, "student ID: 55512"),
        ("it is 123-45-6789", Asked.NUMBER, "123-45-6789"),
        ("number 90210777 won", Asked.NUMBER, "90210777"),
    ],
)
def test_r32_what_may_point_to_a_child_is_noticed(text, kind, words):
    """R-32."""
    assert (kind, words) in [(one.kind, one.words) for one in noticed(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Lincoln Elementary School is closed on Monday, November 30.",
        "The School Board meets on Tuesday Night at seven.",
        "Thank you, teachers and families of North High School!",
        "Ask @maya.okafor@riverside.example or #MayaOkafor, https://x.example/Maya-Okafor/1234567",
        "Grade 4 planted 120 beans for $1,500,000 in 2026.",
        "Bienvenidos a la Escuela Primaria Norte",
        "WE ARE CLOSED TODAY",
        "",
    ],
)
def test_r32_what_points_to_nobody_is_left_alone(text):
    assert noticed(text) == []


def test_r32_names_that_the_place_knows_are_spared():
    text = "Principal Rosa Parker opened Jefferson Hill with Kim Ode."

    found = noticed(text, spared=["Rosa Parker", "Jefferson Hill Academy"])

    assert [one.words for one in found] == ["Kim Ode"]


def test_r32_each_is_named_once_and_in_order():
    text = "Bus 7 brought Kim Ode. Kim Ode, of bus 7, met Lee Fox."

    assert [one.words for one in noticed(text)] == ["Bus 7", "Kim Ode", "bus 7", "Lee Fox"]


def test_r32_a_hostile_text_takes_no_time():
    began = time.perf_counter()

    for text in ("A" * 100_000, "Aa " * 30_000, "student " * 12_000, "got " * 20_000 + "1" * 9):
        noticed(text)

    assert time.perf_counter() - began < 2
