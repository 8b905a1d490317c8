"""What changed between two versions of a text, word by word."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal

from msgspec import Struct

MAX_STEPS = 4_000_000
"""Words of the one text times words of the other: beyond this, whole lines are compared."""
_WORDS = re.compile(r"\s+|[^\s]+")


class Piece(Struct, frozen=True):
    """A run of words that stayed, came or went."""

    kind: Literal["same", "came", "went"]
    text: str


def changes(before: str, after: str) -> list[Piece]:
    """Return the pieces of which both texts are made, in the order they are read.

    Those that stayed and those that went are `before`; those that stayed and those that came
    are `after`. Texts too long to compare by words are compared by lines, and where there are
    too many lines as well, everything went and everything came: the cost is bounded.
    """
    if before == after:
        return [Piece("same", after)] if after else []
    for old, new in (
        (_WORDS.findall(before), _WORDS.findall(after)),
        (before.splitlines(keepends=True), after.splitlines(keepends=True)),
    ):
        if len(old) * len(new) <= MAX_STEPS:
            return _compared(old, new)
    return _pieces(("went", before), ("came", after))


def _compared(old: Sequence[str], new: Sequence[str]) -> list[Piece]:
    found: list[Piece] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for what, start, end, other_start, other_end in matcher.get_opcodes():
        if what == "equal":
            found += _pieces(("same", "".join(old[start:end])))
        else:
            found += _pieces(
                ("went", "".join(old[start:end])),
                ("came", "".join(new[other_start:other_end])),
            )
    return found


def _pieces(*pairs: tuple[Literal["same", "came", "went"], str]) -> list[Piece]:
    return [Piece(kind, text) for kind, text in pairs if text]
