"""Offices that members hold, and how their own accounts are labelled for it (S-24, R-50).

Whether an official speaks for a public body is decided by what they do, not by a label alone
(Lindke v. Freed, 2024); the label tells readers what is meant.
"""

import re
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.words import Words, marked, words

MAX_TITLE = 60


class Label(StrEnum):
    """What the own account of somebody who holds an office is."""

    COLUMN = "column"
    """What they say there they say as who holds the office."""
    PERSONAL = "personal"
    """What they say there is their own."""


LABEL_CHOICES: dict[Label, tuple[str, str]] = {
    Label.COLUMN: (
        marked("A column, official"),
        marked("What they write there they write as who holds the office."),
    ),
    Label.PERSONAL: (
        marked("A personal view"),
        marked("What they write there is their own. Official things are passed on."),
    ),
}


class OfficeView(Struct, frozen=True):
    """An office that a member holds, or held."""

    title: str
    label: Label
    since: datetime
    last_day: date | None = None
    """The last day of the term; None where none was named."""
    ended_at: datetime | None = None

    @property
    def said(self) -> Words:
        """Return what stands beside the name while the office is held."""
        return said_of(self.label, self.title)


def said_of(label: str, title: str) -> Words:
    """Return the label of an account in words, empty where it has none."""
    if label == Label.COLUMN:
        return words("%(office)s’s column, official", office=title)
    if label == Label.PERSONAL:
        return words("Personal account. Views my own")
    return words("")


def checked_title(text: str) -> str:
    """Return the name of an office on one line; raises `InvalidError`."""
    title = " ".join(text.replace("\0", "").split())
    if not title:
        raise InvalidError(
            "Name the office: superintendent, principal, board member.",
            fields={"title": "can't be blank"},
        )
    if len(title) > MAX_TITLE:
        raise InvalidError(
            "The name of an office has 60 letters at most.", fields={"title": "is too long"}
        )
    return title[0].upper() + title[1:]


_THE_BODY = (
    r"(?:the\s+)?(?:school\s+)?(?:board|district|superintendent(?:['’]s\s+office)?"
    r"|administration|school|central\s+office)"
)
_DECIDES = (
    r"(?:decided|voted|approved|adopted|announced?|resolved|determined|cancel?led|postponed|"
    r"closed|ordered)"
)
_OFFICIAL = re.compile(
    rf"\bwe(?:\s+have|['’]ve)?\s+(?:just\s+|all\s+|now\s+)?{_DECIDES}\b"
    rf"|\b{_THE_BODY}\s+(?:has\s+|have\s+|will\s+)?(?:just\s+|now\s+)?{_DECIDES}\b"
    r"|\b(?:in\s+my|as)\s+(?:official\s+)?(?:role|capacity|position)?\s*(?:as|of|your)\s+"
    r"(?:the\s+)?(?:superintendent|principal|board\s+(?:member|president|chair))\b"
    r"|\bas\s+(?:your|the)\s+(?:superintendent|principal|board\s+(?:member|president|chair))\b"
    r"|\b(?:all\s+)?schools?\s+(?:will\s+be|are|is)\s+(?:closed|dismissed|canceled|cancelled)\b"
    r"|\bon\s+behalf\s+of\s+(?:the\s+)?(?:school|district|board)\b"
    r"|\b(?:hemos\s+(?:decidido|votado|aprobado|acordado)"
    r"|(?:la\s+junta|el\s+distrito|la\s+escuela|la\s+dirección)\s+(?:ha\s+)?"
    r"(?:decidido|decidió|votado|votó|aprobado|aprobó|anuncia|anunció)"
    r"|(?:la\s+escuela|las\s+escuelas|todas\s+las\s+escuelas)\s+(?:estará|estarán|"
    r"permanecerá|permanecerán)\s+cerradas?"
    r"|en\s+nombre\s+(?:de\s+la\s+escuela|del\s+distrito|de\s+la\s+junta)"
    r"|como\s+(?:su\s+)?(?:superintendente|directora?))\b",
    re.IGNORECASE,
)


def official_words(text: str) -> str:
    """Return the words of a text that a school or a board would say, empty for none.

    A pattern of the house, for a question to who writes: it decides nothing.
    """
    found = _OFFICIAL.search(text)
    return " ".join(found[0].split()) if found else ""
