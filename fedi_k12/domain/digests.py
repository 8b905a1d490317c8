"""The day's digest: what happened yesterday, once a day instead of many boosts (S-43)."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from fedi_k12.domain.posts import MediaView

TITLE = "What happened yesterday"
TAG = "WhatHappenedYesterday"
GATHERED_AT = time(6)
"""By the clock of the place."""
MAX_ITEMS = 200
MAX_LINE = 300
MAX_SAID = 600
MAX_PICTURES = 8
"""As many as a post can carry."""
_MARKS = re.compile(r"([\\`*_{}\[\]<>()|~])")
_NAMING = re.compile(r"([@#＠＃])")
_BEGINS = re.compile(r"^(\s*)([-+>=]|\d+[.)])", re.MULTILINE)


class DigestState(StrEnum):
    """Where the digest of a day stands."""

    EMPTY = "empty"
    """Nobody posted anything that may be featured: nothing is published."""
    OPEN = "open"
    """An editor picks, orders and writes."""
    WAITING = "waiting"
    """For a second person."""
    OUT = "out"


class ItemView(Struct, frozen=True):
    """A post in a digest, as it was copied when it was gathered."""

    id: int
    post_id: int
    account_id: int
    handle: str
    name: str
    url: str
    said: str
    line: str
    """What the editor writes of it."""
    position: int
    included: bool
    at: datetime
    picture: MediaView | None = None


class DigestView(Struct, frozen=True):
    """The digest of a day, with what still may stand in it, in its order."""

    id: int
    day: date
    username: str
    name: str
    """The official account that says it."""
    state: DigestState
    version: int
    items: tuple[ItemView, ...] = ()
    editor: str = ""
    comment: str = ""
    """What the second person wanted changed."""
    published_at: datetime | None = None
    article_id: int | None = None
    own: bool = False
    """The viewer edited it, and does not approve it."""
    may_approve: bool = False

    @property
    def path(self) -> str:
        """Its page, which stays."""
        return path_of_day(self.day)

    @property
    def picked(self) -> tuple[ItemView, ...]:
        """What is in it, in order."""
        return tuple(item for item in self.items if item.included)


class Pick(Struct, frozen=True):
    """What an editor decides about one post."""

    item_id: int
    included: bool
    position: int
    line: str


def path_of_day(day: date) -> str:
    """Return the page of the digest that tells of a day."""
    return f"/digest/{day:%Y/%m/%d}"


def day_to_gather(now: datetime, zone: ZoneInfo) -> date | None:
    """Return the day that is to be gathered now: yesterday, from six in the morning on."""
    local = now.astimezone(zone)
    return local.date() - timedelta(days=1) if local.time() >= GATHERED_AT else None


def article(items: Sequence[ItemView]) -> str:
    """Return the digest as Markdown: who said what, with a link to each post.

    What others wrote is quoted as plain words: it names nobody and no hashtag anew.
    """
    if not items:
        return "Everything in this digest was taken back by those who wrote it."
    parts = []
    for item in items:
        parts.append(f"## [{_plain(item.name)}]({item.url})")
        if item.line:
            parts.append(_plain(item.line))
        if item.said:
            parts.append("\n".join(f"> {line}" for line in _plain(item.said).split("\n")))
    return "\n\n".join(parts)


def teaser(url: str) -> str:
    """Return the short note that leads to a digest."""
    return f"{TITLE} in our schools: {url} #{TAG}"


def _plain(text: str) -> str:
    quiet = _NAMING.sub("\\1\u2060", _MARKS.sub(r"\\\1", text.strip()))
    return _BEGINS.sub(r"\1\\\2", quiet)
