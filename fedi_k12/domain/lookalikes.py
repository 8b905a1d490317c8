"""Names that could be taken for those of a school of this district (S-35).

An account elsewhere may bear any name. Readers here are told where one resembles an official
account of this district: that is all that follows from it, so a name that is merely common must
not be pointed at. Skeletons are after UTS 39, section 4, with a table of the letters that
people do confuse rather than the whole one.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

from msgspec import Struct

_LIKE: Mapping[str, str] = {
    **dict(zip("аеорсухіјѕԁһԛԝвнкмтг", "aeopcyxijsdhqwbhkmtr", strict=True)),
    **dict(zip("αεηικνορτυχγω", "aenlkvoptuxyw", strict=True)),
    **dict(zip("0134578", "oleast8", strict=True)),
    **{"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ß": "ss", "æ": "ae", "œ": "oe"},
    **{"|": "l", "$": "s", "ɑ": "a", "ɡ": "g", "ʟ": "l", "ɩ": "i", "ꞁ": "l"},
}
_ALIKE = str.maketrans({**_LIKE, "i": "l"})
"""I, l and 1 look the same in many faces; so all are one letter."""
_LEAST_HANDLE, _LEAST_NAME, _LEAST_HOST = 5, 6, 8
"""Shorter ones are too common to say anything: `@pta`, `Music`."""
_COMMON = """
    school schools district districts elementary middle high primary secondary academy college
    library athletics sports music band choir theater drama science maths english counseling
    counselling nurse health nutrition lunch cafeteria transport transportation buses facilities
    finance payroll personnel human resources humanresources technology ithelp helpdesk support
    office frontoffice principal superintendent board schoolboard boardofeducation parents
    families family students student alumni teachers teacher staff news newsletter events
    calendar alerts weather closings community communications communication press media info
    information contact hello welcome admissions enrollment registration kindergarten preschool
    summer summerschool afterschool robotics chess debate yearbook newspaper radio football
    soccer basketball baseball volleyball track swimming escuela escuelas distrito biblioteca
    deportes noticias familias padres
"""
_ADORNED = ("official", "oficial", "verified", "real", "the", "account", "cuenta")
LABELS = (
    "official account", "cuenta oficial", "oficial account", "compte officiel",
    "column, official", "columna oficial",
)  # fmt: skip
"""Words that only this place says of an account, and only of those in its list."""


class Voice(Struct, frozen=True):
    """An official account of this district, as others could imitate it."""

    id: int
    username: str
    name: str


class Voices(Struct, frozen=True):
    """The official accounts of a district by how their names look, to be asked many times."""

    host: str
    """The district's own, without a port."""
    handles: Mapping[str, int]
    names: Mapping[str, int]


def voices(known: Iterable[Voice], *, host: str) -> Voices:
    """Return official accounts by how their names look; the first of those that look alike."""
    handles: dict[str, int] = {}
    names: dict[str, int] = {}
    for one in known:
        handles.setdefault(skeleton(one.username), one.id)
        if one.name:
            names.setdefault(skeleton(one.name), one.id)
    return Voices(host.partition(":")[0], handles, names)


def resembled(username: str, name: str, host: str, of: Voices) -> int | None:
    """Return the id of the official account that an account elsewhere could be taken for.

    `host` is the one in its handle. None where it resembles none of them: then its names are
    its own, or so common that they say nothing.
    """
    shown = skeleton(name)
    near = _near(host.partition(":")[0], of.host)
    named = _named(_bare(shown), of) or _said_official(shown, of)
    for handle in (_bare(skeleton(username)), _bare(skeleton(username.rstrip("0123456789")))):
        if handle in of.handles:
            telling = len(handle) >= _LEAST_HANDLE and handle not in _common()
            return of.handles[handle] if telling or near else named
    return named


def claims_label(text: str) -> bool:
    """Return whether somebody calls an account official in the words of this place."""
    plain = skeleton(text).replace(skeleton("unofficial"), "")
    return any(skeleton(label) in plain for label in LABELS)


def begins_with_label(text: str) -> bool:
    """Return whether a line begins with the words of this place; later they may stand."""
    plain = skeleton(text)
    return any(plain.startswith(skeleton(label)) for label in LABELS)


def bears_name(name: str, of: Voices) -> int | None:
    """Return the id of the official account that bears this name, None for any other name."""
    return _named(skeleton(name), of)


def skeleton(text: str) -> str:
    """Return how a text looks: no marks, no separators, letters for the figures like them."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    alike = unicodedata.normalize("NFKD", plain.translate(_ALIKE)).translate(_ALIKE)
    letters = "".join(letter for letter in alike if letter.isalnum())
    return letters.replace("rn", "m").replace("vv", "w")


def _named(shown: str, of: Voices) -> int | None:
    return of.names.get(shown) if _tells(shown) else None


def _said_official(shown: str, of: Voices) -> int | None:
    """Return the official account that a name has in it, beside the word official."""
    shown = shown.replace(skeleton("unofficial"), "")
    if not any(word in shown for word in (skeleton("official"), skeleton("oficial"))):
        return None
    return next((of.names[name] for name in of.names if _tells(name) and name in shown), None)


def _tells(shown: str) -> bool:
    return len(shown) >= _LEAST_NAME and shown not in _common()


def _bare(plain: str) -> str:
    """Return a skeleton without the words and figures that imitators put around a name."""
    for word in _adorned():
        if len(plain) - len(word) >= _LEAST_HANDLE:
            plain = plain.removeprefix(word)
        if len(plain) - len(word) >= _LEAST_HANDLE:
            plain = plain.removesuffix(word)
    return plain


def _near(host: str, own: str) -> bool:
    """Return whether a host could be taken for the district's own."""
    if host == own:
        return False
    first, other = skeleton(host), skeleton(own)
    return first == other or (
        len(label := skeleton(_longest(own))) >= _LEAST_HOST
        and label == skeleton(_longest(host))
    )


def _longest(host: str) -> str:
    return max(host.split("."), key=len)


@cache
def _common() -> frozenset[str]:
    return frozenset(skeleton(word) for word in _COMMON.split())


@cache
def _adorned() -> tuple[str, ...]:
    return tuple(skeleton(word) for word in _ADORNED)
