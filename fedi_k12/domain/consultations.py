"""Consultations: an official account asks, and says what it heard and decided (S-19)."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.posts import PostView

MAX_DAYS = 60
MAX_BACKGROUND, MAX_OUTCOME = 20_000, 20_000


class Stage(StrEnum):
    """How far a consultation is. It ends with what was heard and decided, never without."""

    OPEN = "open"
    ENDED = "ended"
    """Its time is over; the answer is owed."""
    ANSWERED = "answered"


class ConsultationDraft(Struct, frozen=True):
    """What somebody wants to ask."""

    title: str
    question: str
    background: str = ""
    """Markdown."""
    options: tuple[str, ...] = ()
    """Answers to choose from; none where people are to write."""
    multiple: bool = False
    days: int = 14
    language: str | None = None


class Outcome(Struct, frozen=True):
    """What was heard, and what was decided. Markdown, under headings in its language."""

    heard: str
    decided: str
    headings: tuple[str, str] = ("What we heard", "What we decided")
    language: str | None = None


class ConsultationView(Struct, frozen=True):
    """A consultation as a viewer may see it."""

    id: int
    account: AccountView
    title: str
    background: str
    """Safe HTML."""
    starts_at: datetime
    ends_at: datetime
    stage: Stage
    question: PostView
    outcome: PostView | None = None
    """The article that says what was heard and decided."""
    closed_at: datetime | None = None
    by_choice: bool = False
    """People choose between answers."""
