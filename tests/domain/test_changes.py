"""What changed between two texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi_k12.domain import changes as module
from fedi_k12.domain.changes import Piece, changes

WORDS = st.lists(st.sampled_from(["clay", "paper", "the", "a", ".", " ", "\n"]), max_size=30)
TEXTS = st.one_of(st.text(max_size=80), WORDS.map("".join))


@given(before=TEXTS, after=TEXTS)
def test_both_texts_can_be_read_from_the_pieces(before, after):
    pieces = changes(before, after)

    assert "".join(p.text for p in pieces if p.kind != "came") == before
    assert "".join(p.text for p in pieces if p.kind != "went") == after
    assert all(piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("", "", []),
        ("Clay.", "Clay.", [("same", "Clay.")]),
        (
            "We tried clay today.",
            "We tried paper today.",
            [("same", "We tried "), ("went", "clay"), ("came", "paper"), ("same", " today.")],
        ),
        ("Clay", "Clay today", [("same", "Clay"), ("came", " today")]),
    ],
    ids=["nothing", "the same", "a word", "an end"],
)
def test_words_that_differ_are_found(before, after, pieces):
    assert changes(before, after) == [Piece(kind, text) for kind, text in pieces]


def test_long_texts_are_compared_by_lines():
    lines = [f"line {number} of a long text\n" for number in range(1000)]
    other = [*lines[:500], "a new one\n", *lines[500:]]

    pieces = changes("".join(lines), "".join(other))

    assert [piece.text for piece in pieces if piece.kind != "same"] == ["a new one\n"]


def test_what_is_too_long_for_both_is_replaced_whole(monkeypatch):
    monkeypatch.setattr(module, "MAX_STEPS", 3)

    assert changes("a\nb", "a\nc") == [Piece("went", "a\nb"), Piece("came", "a\nc")]
