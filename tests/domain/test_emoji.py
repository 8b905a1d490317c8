"""What is one emoji, and what is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedi_k12.domain.emoji import QUICK, is_emoji


@pytest.mark.parametrize(
    "text",
    [*QUICK, "❤", "🇵🇹", "3️⃣", "👩🏽‍🏫", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "⭐", "➕", "‼️", "🏳️‍🌈", "☺️"],
)
def test_one_emoji_is_one(text):
    assert is_emoji(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "3", "👏👏", "👏 ", "hello", ":blob:", "🇵", "🇵🇹🇵🇹", "\u200d", "👏\u200d", "<b>",
     "é", "字", "\u202e", "👏" + "\ufe0f" * 40, "#"],
)  # fmt: skip
def test_what_is_none_is_none(text):
    """FED-102, FED-103."""
    assert not is_emoji(text)


@given(st.text(max_size=40))
def test_any_text_gets_an_answer(text):
    assert is_emoji(text) in {True, False}
