"""Feeds that official accounts post from: what is taken of one, and how much of it (S-21).

A feed is another's words. Of each entry its title, a short text and its address are taken, all
as plain text; it names nobody, and is posted once.
"""

import hashlib
import io
import re
from calendar import timegm
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.text import clean_line, short_text
from fedi_k12.domain.urls import parse_remote_url
from fedi_k12.domain.words import marked

A_DAY, MOST_A_DAY = 3, 10
"""So many posts a day come from the feeds of an account, unless its managers say otherwise."""
MOST_FEEDS = 5
MAX_BYTES = 1_048_576
MAX_ENTRIES = 200
"""So many of its first entries are looked at: feeds begin with what is new."""
MOST_WAITING = 10
"""So many entries of a feed wait for their turn; what comes besides is not taken."""
WAITS = timedelta(days=7)
EVERY = timedelta(minutes=30)
SLOWEST = timedelta(hours=6)
"""A feed that cannot be read is asked ever more seldom."""
PATIENCE = timedelta(days=3)
"""So long a feed may fail before its managers are told."""
MAX_TITLE, MAX_SAID = 200, 300
_MAX_MARKUP = 20_000
_NAMING = re.compile(r"(?<![\w.])@(?=\w)")


class PostedBy(StrEnum):
    """What posted something, where no person pressed a button at that moment."""

    FEED = "feed"
    SCHEDULE = "schedule"


POSTED_BY_WORDS: dict[str, str] = {
    PostedBy.FEED: marked("Posted by a feed"),
    PostedBy.SCHEDULE: marked("Posted by a schedule"),
}
"""What is said of such a post: beside it, to apps and to other servers."""


class Taken(StrEnum):
    """What became of an entry."""

    OLD = "old"
    """It was there before the feed was named."""
    WAITING = "waiting"
    SENT = "sent"
    """A second person reads it first."""
    POSTED = "posted"
    LEFT = "left"


class Entry(Struct, frozen=True):
    """What is taken of an entry."""

    key: str
    """A hash of what its feed calls it."""
    title: str
    said: str
    link: str
    """Empty where it has none that a browser opens."""
    at: datetime | None = None
    """When it was published, as it says itself."""

    @property
    def text(self) -> str:
        """Return the words of the post."""
        bare = self.said.rstrip("…. ")
        said = "" if bare == self.title.rstrip("…. ") else self.said
        words = "\n\n".join(part for part in (self.title, said) if part)
        # A feed has nobody told of anything: what reads like a name of somebody is none.
        return "\n\n".join(part for part in (_NAMING.sub("@\u2060", words), self.link) if part)


class ItemView(Struct, frozen=True):
    """An entry of a feed, for those who look after it."""

    title: str
    link: str
    state: Taken
    why: str
    """Why it was not taken."""
    seen_at: datetime
    post_id: int | None = None


class FeedView(Struct, frozen=True):
    """A feed that an official account posts from."""

    id: int
    url: str
    by: str
    """The handle of the manager who named it."""
    added_at: datetime
    read_at: datetime | None
    failing_since: datetime | None
    trouble: str
    """Why it could not be read, or nothing of it be posted; empty where all is well."""
    items: tuple[ItemView, ...] = ()


def checked_address(text: str) -> str:
    """Return the address of a feed, or raise `InvalidError` saying what is wrong with it."""
    try:
        url = parse_remote_url(text.strip())
    except InvalidError as error:
        raise InvalidError(str(error), fields={"url": "is not an address"}) from error
    return str(url)


def read_feed(body: bytes) -> list[Entry]:
    """Return the first entries of a feed (RSS or Atom) in its order, each once.

    Raises `InvalidError` for what is no feed. The parser gets bytes in a file: it would fetch
    what looks like an address. Entities that a document makes up are not expanded (expat).
    """
    # Most places follow no feed.
    import feedparser

    found = feedparser.parse(
        io.BytesIO(body[:MAX_BYTES]), sanitize_html=False, resolve_relative_uris=False
    )
    if not found.get("version"):
        raise InvalidError("That is no feed (RSS or Atom).")
    entries: dict[str, Entry] = {}
    for one in _entries(found):
        entries.setdefault(one.key, one)
    return list(entries.values())


def _entries(found: Mapping[str, Any]) -> Iterator[Entry]:
    for item in found.get("entries", [])[:MAX_ENTRIES]:
        link = _link(str(item.get("link") or ""))
        title = _plain(item.get("title"), MAX_TITLE)
        said = short_text(_plain(item.get("summary"), _MAX_MARKUP), MAX_SAID)
        named = str(item.get("id") or "") or link or f"{title} {said}"
        if not named.strip():
            continue
        key = hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()
        yield Entry(key, title, said, link, _moment(item))


def _plain(value: object, limit: int) -> str:
    markup = str(value or "")[:_MAX_MARKUP]
    return clean_line(" ".join(plain_text(markup).split()), limit)


def _link(text: str) -> str:
    try:
        return str(parse_remote_url(text.strip()))
    except InvalidError:
        return ""


def _moment(item: Mapping[str, Any]) -> datetime | None:
    parsed = item.get("published_parsed") or item.get("updated_parsed")
    if not parsed:
        return None
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None
