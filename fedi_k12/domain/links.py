"""Links that a member keeps, with a note and tags: saved posts and pages of the web (S-48)."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.text import clean_line, without_tracking
from fedi_k12.domain.urls import parse_remote_url
from fedi_k12.domain.words import words

MAX_LINKS = 20_000
MAX_TITLE, MAX_NOTE, MAX_TAG, MAX_TAGS = 300, 2000, 50, 20
WEEK = timedelta(days=7)
MOST_IN_A_WEEK = 100
_SPACES = re.compile(r"[\s,;]+")
_UNSAFE = re.compile(r"([\\\[\]*_`<>])")


class LinkView(Struct, frozen=True):
    """Something that a member keeps, for nobody else."""

    id: int
    url: str
    title: str
    """Of a post: whose it is and how it begins."""
    note: str
    tags: tuple[str, ...]
    added_at: datetime
    post_id: int | None = None
    """The saved post; None for a page of the web."""


def clean_url(text: str) -> str:
    """Return the address of a link without what follows people around.

    Raises `InvalidError` for whatever does not lead to a web page: `javascript:`, `data:`,
    files, and addresses that hide where they lead.
    """
    try:
        # Spaces in a path are often kept as they are.
        return without_tracking(str(parse_remote_url(text.strip().replace(" ", "%20"))))
    except InvalidError as error:
        sentence = words("That is no address of a web page. One begins with https://")
        raise InvalidError(sentence, fields={"url": sentence}) from error


def clean_tags(given: Iterable[str]) -> tuple[str, ...]:
    """Return tags in small letters, each once, without marks: at most `MAX_TAGS`."""
    found = (_SPACES.sub("-", one.strip().strip("#").lower()).strip("-") for one in given)
    kept = dict.fromkeys(clean_line(one, MAX_TAG) for one in found)
    return tuple(one for one in kept if one)[:MAX_TAGS]


def read_tags(text: str) -> tuple[str, ...]:
    """Return the tags that somebody typed, with spaces or commas between them."""
    return clean_tags(_SPACES.split(text))


def stored_tags(tags: Sequence[str]) -> str:
    """Return tags as one text in which each is found as ` tag `."""
    return f" {' '.join(tags)} " if tags else ""


def clean_note(text: str) -> str:
    """Return a note as it is kept, without what no text has in it."""
    return text.replace("\0", "").replace("\r\n", "\n").strip()[:MAX_NOTE]


def week_text(links: Sequence[LinkView]) -> str:
    """Return links as Markdown, for their keeper to go over before anybody reads them."""
    return "\n\n".join(_item(one) for one in links)


def _item(one: LinkView) -> str:
    name = _UNSAFE.sub(r"\\\1", one.title or one.url)
    address = one.url.replace("(", "%28").replace(")", "%29")
    said = f"- [{name}]({address})"
    note = _UNSAFE.sub(r"\\\1", " ".join(one.note.split()))
    return f"{said} – {note}" if note else said
