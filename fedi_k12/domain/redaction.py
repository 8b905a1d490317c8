"""Public copies of records (R-16): words left out, each with the reason that a law gives.

The sealed original is never touched. A copy tells where something is left out and why, never
how long it was. No I/O here.
"""

import html
import json
import re
from collections.abc import Sequence

from msgspec import Struct

from fedi_k12.domain.sanitise import plain_text, safe_html
from fedi_k12.domain.words import marked

REASONS: dict[str, str] = {
    "student": marked("A student: education records (FERPA, 20 U.S.C. 1232g)"),
    "minor": marked("A child who is no student here"),
    "contact": marked("An address, telephone number or e-mail address of a private person"),
    "health": marked("Health of a person"),
    "personnel": marked("Personnel matters that a law keeps confidential"),
    "legal": marked("What is said between the district and its lawyers"),
    "security": marked("Safety plans, passwords and the like"),
    "other": marked("Another law: name it in the letter that goes with the copy"),
}
LEAST = 2
"""So many characters a passage has at least: a single letter would leave nothing readable."""
MOST_PASSAGES = 50


class Passage(Struct, frozen=True):
    """Words that are left out of a copy, and why."""

    words: str
    reason: str
    """A code of `REASONS`."""


def public_copy(body: bytes, passages: Sequence[Passage]) -> bytes:
    """Return a record's bytes without these passages, wherever its strings hold them.

    Of JSON the names of fields stay. Bytes that are no JSON are taken as text.
    """
    text = body.decode("utf-8", "replace")
    try:
        document = json.loads(text)
    except ValueError:
        return without(text, passages).encode()
    copied = _copied(document, passages)
    return json.dumps(copied, ensure_ascii=False, separators=(",", ":")).encode()


def withheld(reason: str) -> bytes:
    """Return the copy of a record of which nothing is public."""
    return json.dumps({"withheld": reason}).encode()


def without(text: str, passages: Sequence[Passage]) -> str:
    """Return a text without these passages, whatever letters and markup they stand in."""
    for one in passages:
        pattern = _pattern(one.words)
        instead = f"[{one.reason}]"
        found = pattern.sub(instead, text)
        escaped = html.escape(one.words)
        if escaped != one.words:
            found = _pattern(escaped).sub(instead, found)
        plain = plain_text(safe_html(found))
        if pattern.search(plain):
            # It stands across tags or entities: what is read counts, the markup goes.
            found = html.escape(pattern.sub(instead, plain), quote=False)
        text = found
    return text


def holds(text: str, passages: Sequence[Passage]) -> bool:
    """Return whether a text holds one of these passages."""
    return without(text, passages) != text


def _copied(value: object, passages: Sequence[Passage]) -> object:
    if isinstance(value, str):
        return without(value, passages)
    if isinstance(value, list):
        return [_copied(item, passages) for item in value]
    if isinstance(value, dict):
        return {name: _copied(item, passages) for name, item in value.items()}
    return value


def _pattern(words: str) -> re.Pattern[str]:
    parts = [re.escape(part) for part in words.split()]
    return re.compile(r"\s+".join(parts), re.IGNORECASE)
