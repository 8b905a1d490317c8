"""By what colleagues find one another: school, subjects and grades, out of a profile's lines.

They are ordinary lines of the profile (`PropertyValue`s for other servers, `fields` for apps)
with these names; whatever writes them, the directory finds them.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from fedi_k12.domain.search_query import name_key

Kind = Literal["school", "subject", "grade"]
NAMES: dict[Kind, str] = {"school": "School", "subject": "Subjects", "grade": "Grades"}
"""How the lines are called."""
GRADES = ("Pre-K", "K", *(str(number) for number in range(1, 13)), "Adults")
MAX_FACETS = 40
"""Of one account; what is beyond is not found by."""
MAX_WORD = 100
_KINDS: dict[str, Kind] = {
    "school": "school",
    "schools": "school",
    "subject": "subject",
    "subjects": "subject",
    "grade": "grade",
    "grades": "grade",
}
_RANGE = re.compile(r"(?P<low>[^\s–—-]+(?:-k)?)\s*(?:[–—-]|to)\s*(?P<high>\S+)", re.IGNORECASE)
_GRADE_KEYS = {grade.lower(): grade for grade in GRADES} | {
    "prek": "Pre-K",
    "pk": "Pre-K",
    "kindergarten": "K",
    "adult": "Adults",
}


class Facet(Struct, frozen=True):
    """One thing that somebody is found by: `key` is compared, `word` is shown."""

    kind: Kind
    key: str
    word: str


def kind_of(name: str) -> Kind | None:
    """Return which facet a line of a profile is about, None for another line."""
    return _KINDS.get(name.strip().rstrip(":").lower())


def facets(lines: Iterable[tuple[str, str]]) -> list[Facet]:
    """Return what the lines of a profile (name, plain text) let their account be found by.

    Subjects and grades are parted by commas, semicolons, slashes or "and"; several schools by
    semicolons. Grades may be ranges, such as K-2; what is no grade is left out.
    """
    found: dict[tuple[Kind, str], Facet] = {}
    for name, text in lines:
        kind = kind_of(name)
        if kind is None:
            continue
        for word in _words(kind, text):
            key = key_of(word)
            if key and len(found) < MAX_FACETS:
                found.setdefault((kind, key), Facet(kind, key, word))
    return list(found.values())


def key_of(word: str) -> str:
    """Return a word as it is compared: without accents, capitals and signs."""
    return name_key(word[:MAX_WORD]).strip()


def _words(kind: Kind, text: str) -> Sequence[str]:
    if kind == "school":
        return [part.strip()[:MAX_WORD] for part in text.split(";") if part.strip()]
    parts = re.split(r"[,;/\n]|\s(?:and|&)\s", text)
    words = [part.strip()[:MAX_WORD] for part in parts if part.strip()]
    return words if kind == "subject" else [grade for word in words for grade in _grades(word)]


def _grades(word: str) -> list[str]:
    plain = re.sub(r"\bgrades?\b|(?<=\d)(?:st|nd|rd|th)\b", "", word.lower()).strip()
    if plain in _GRADE_KEYS:
        return [_GRADE_KEYS[plain]]
    spread = _RANGE.fullmatch(plain)
    ends = [_GRADE_KEYS.get(spread[part]) for part in ("low", "high")] if spread else []
    if len(ends) == 2 and ends[0] and ends[1]:  # noqa: PLR2004 - a range has two ends
        low, high = GRADES.index(ends[0]), GRADES.index(ends[1])
        return list(GRADES[low : high + 1])
    return []
