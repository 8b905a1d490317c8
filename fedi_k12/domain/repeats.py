"""Answers that say the same: shown once, with how many say so, and none of them lost (R-47).

What counts are the words in their order. Capitals, accents, punctuation, emoji, links and the
people named do not. From eight words on, one word may be another, or be there in one alone.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

NEAR_FROM = 8
"""So many words a text needs before one that differs is overlooked."""
_ASIDE = re.compile(r"https?://\S+|@[\w.-]+(?:@[\w.-]+)?")
_WORD = re.compile(r"[^\W_]+")

Key = tuple[int, int]


def firsts(texts: Iterable[tuple[int, str]]) -> dict[int, int]:
    """Return for each text, by its number, the first one of them that says the same.

    That is its own number for what nobody said before. Each is compared with first ones alone,
    so a group does not drift; the cost grows with the number of words, not of pairs.
    """
    known: dict[Key, int] = {}
    found: dict[int, int] = {}
    for number, text in texts:
        said = _words(text)
        if not said:
            found[number] = number
            continue
        keys = _keys(said)
        first = next((known[key] for key in keys if key in known), None)
        found[number] = number if first is None else first
        if first is None:
            known |= {key: number for key in keys if key not in known}
    return found


def same(texts: Iterable[str]) -> bool:
    """Return whether all of these texts say the same."""
    return len(set(firsts(enumerate(texts)).values())) <= 1


def _words(text: str) -> tuple[str, ...]:
    letters = unicodedata.normalize("NFKD", _ASIDE.sub(" ", text))
    bare = "".join(one for one in letters if not unicodedata.combining(one))
    return tuple(_WORD.findall(bare.casefold()))


def _keys(said: Sequence[str]) -> list[Key]:
    """Return by what words are compared: two texts are near where they share a key.

    A key is what stands before a place and what stands after it, with nothing between, or with
    one word. So two texts share one if they are equal, or if one word is added or replaced.
    """
    before, after = [0], [0]
    for word in said:
        before.append(hash((before[-1], word)))
    if len(said) < NEAR_FROM:
        return [(before[-1], -1)]
    for word in reversed(said):
        after.append(hash((after[-1], word)))
    after.reverse()
    whole = [(before[at], after[at]) for at in range(len(said) + 1)]
    return whole + [(before[at], after[at + 1]) for at in range(len(said))]
