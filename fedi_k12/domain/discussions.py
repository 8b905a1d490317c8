"""Discussion points and timed chats: points come out by a clock, each with a thread (S-25)."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.posts import PostView
from fedi_k12.domain.words import words

MAX_POINTS, MAX_POINT = 20, 500
MAX_INTRO, MAX_NAME = 10_000, 100
LONGEST = timedelta(days=60)
"""From its beginning to its end, and to its beginning from now."""
SOONEST = timedelta(minutes=5)
"""So long before its first point it is announced."""


class Stage(StrEnum):
    """How far a discussion is."""

    PLANNED = "planned"
    RUNNING = "running"
    OVER = "over"


class DiscussionDraft(Struct, frozen=True):
    """A discussion as somebody plans it."""

    title: str
    points: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    minutes: int = 0
    """Between two points; 0 for all at once."""
    intro: str = ""
    """Markdown."""
    tag: str = ""
    """A hashtag for all of it, without #."""
    language: str | None = None

    def due(self, number: int) -> datetime:
        """Return when point `number` (from 1) comes out."""
        return self.starts_at + timedelta(minutes=self.minutes * (number - 1))


class PointView(Struct, frozen=True):
    """A point, with what people answered as far as the viewer may see it."""

    number: int
    text: str
    due_at: datetime
    post: PostView | None
    """None until it is out, and where it was deleted."""
    answers: tuple[PostView, ...] = ()
    """Oldest first, answers to answers among them."""


class DiscussionView(Struct, frozen=True):
    """A discussion as a viewer may see it."""

    id: int
    account: AccountView
    title: str
    starts_at: datetime
    ends_at: datetime
    stage: Stage
    article: PostView
    points: tuple[PointView, ...] = ()
    transcript: PostView | None = None


class Line(Struct, frozen=True):
    """An answer as a transcript tells it."""

    name: str
    acct: str
    url: str
    text: str


def check(draft: DiscussionDraft, *, now: datetime) -> None:
    """Raise `InvalidError`, by field, for a discussion that nobody can hold."""
    if not draft.title.strip() or len(draft.title) > MAX_NAME:
        raise _wrong("title", words("Give it a title of at most 100 letters."))
    if len(draft.intro) > MAX_INTRO:
        sentence = words("That is too long: %(most)s characters are the most.", most=MAX_INTRO)
        raise _wrong("intro", sentence)
    if not 1 <= len(draft.points) <= MAX_POINTS:
        raise _wrong("points", words("Write one point to %(most)s.", most=MAX_POINTS))
    if any(not point.strip() or len(point) > MAX_POINT for point in draft.points):
        raise _wrong("points", words("Each point has up to %(most)s letters.", most=MAX_POINT))
    if "\0" in "".join((draft.title, draft.intro, *draft.points)):
        raise _wrong("points", words("That has a character nobody can read."))
    if not now + SOONEST <= draft.starts_at <= now + LONGEST:
        raise _wrong("starts_at", words("It begins in five minutes at the soonest."))
    if not 0 <= draft.minutes <= LONGEST.total_seconds() / 60:
        raise _wrong("minutes", words("Say how many minutes lie between two points."))
    if not draft.due(len(draft.points)) < draft.ends_at <= draft.starts_at + LONGEST:
        raise _wrong("ends_at", words("It ends after its last point, within 60 days."))


def announcement(draft: DiscussionDraft) -> str:
    """Return the article that announces a discussion, with its numbered points (Markdown)."""
    points = "\n".join(f"{at}. {_line(text)}" for at, text in enumerate(draft.points, 1))
    parts = [draft.intro.strip(), points, f"#{draft.tag}" if draft.tag else ""]
    return "\n\n".join(part for part in parts if part)


def transcript(points: Sequence[tuple[int, str, Sequence[Line]]], *, nothing: str) -> str:
    """Return the transcript of (number, point, answers) as Markdown, each answer once.

    Nobody is named so that they would be told: handles stand as code, and the words of others
    carry no mark that would make a mention, a tag or a heading. `nothing` stands where nobody
    answered.
    """
    parts = []
    for number, text, lines in points:
        parts.append(f"## Q{number}. {_plain(text)}")
        told = [
            f"- [{_plain(line.name)}]({line.url}) `@{line.acct}`: {_plain(line.text)}"
            for line in lines
        ]
        parts.append("\n".join(told) or _plain(nothing))
    return "\n\n".join(parts)


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|~])", r"\\\1", _line(re.sub("[@#\uff03]", "", text)))


def _line(text: str) -> str:
    return " ".join(text.split())


def _wrong(name: str, sentence: str) -> InvalidError:
    return InvalidError(sentence, fields={name: sentence})
