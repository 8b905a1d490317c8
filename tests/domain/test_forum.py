"""Grounds for acting on what is said to an official account (R-44)."""

import pytest

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.forum import (
    FOR_SERVERS,
    GROUND_MEANINGS,
    GROUND_WORDS,
    Ground,
    checked_rule,
    for_server,
)
from fedi_k12.domain.public_log import pseudonym


def test_the_list_is_fixed_and_numbered():
    """R-44: the seven grounds, each with a word and a meaning."""
    assert [(one.number, one.value) for one in Ground] == [
        (1, "threat"),
        (2, "obscenity"),
        (3, "student_information"),
        (4, "spam"),
        (5, "commercial"),
        (6, "off_topic"),
        (7, "unlawful"),
    ]
    assert set(GROUND_WORDS) == set(GROUND_MEANINGS) == set(Ground)


@pytest.mark.parametrize(
    "text",
    [
        "Criticism of the board",
        "Nothing critical",
        "No negative comments",
        "Be respectful, do not be disrespectful",
        "What is harmful to the district",
        "Offensive words",
        "Complaints belong on the form",
        "Nada de críticas",
        "Opiniones políticas",
        "Sin quejas",
    ],
)
def test_criticism_cannot_be_a_rule(text):
    """R-44: a rule that judges what view somebody holds is refused, in both languages."""
    with pytest.raises(InvalidError, match="cannot be a reason"):
        checked_rule(text)


@pytest.mark.parametrize(
    "text", ["No links to petitions for sale", "Una respuesta por pregunta", "Crisp answers"]
)
def test_a_rule_about_what_is_done_is_kept(text):
    assert checked_rule(f"  {text}\n") == text


@pytest.mark.parametrize("text", ["", " \0 ", "x" * 301])
def test_a_rule_has_words_and_not_too_many(text):
    with pytest.raises(InvalidError):
        checked_rule(text)


@pytest.mark.parametrize("code", ["", "off_topic", "criticism", "own:1"])
def test_a_server_is_blocked_on_the_fixed_grounds_alone(code):
    """R-49: and a whole server is never off topic."""
    with pytest.raises(InvalidError, match="threat, obscenity"):
        for_server(code)
    assert [for_server(one.value) for one in FOR_SERVERS] == list(FOR_SERVERS)


def test_a_pseudonym_holds_for_a_year_and_tells_nothing():
    """R-51: the same person, the same word; with another key, another."""
    ren = "https://remote.example/users/ren"
    found = pseudonym(b"one", ren)
    assert found == pseudonym(b"one", ren) != pseudonym(b"two", ren)
    assert found != pseudonym(b"one", ren + "a")
    assert "ren" not in found
