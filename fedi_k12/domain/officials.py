"""Official accounts: which there are, who acts for them, and whether they may speak now."""

from datetime import date, datetime

from msgspec import Struct

from fedi_k12.domain.classrooms import OVER
from fedi_k12.domain.delegates import MANAGERS_NEEDED, DelegateRole
from fedi_k12.domain.words import words

HOLD_SECONDS = 90
"""So long a post of an official account can be taken back before other servers are told."""


class Standing(Struct, frozen=True):
    """How an official account stands at this moment."""

    managers: int
    """So many people manage it who could do so now."""
    today: date
    review_by: date | None
    """The last day on which its charter holds; None where it has none."""
    hold_seconds: int = HOLD_SECONDS
    own_threads: bool = False
    """Whether its charter lets it answer under its own posts only."""
    over: bool = False
    """Whether it is a class whose school year is over."""

    @property
    def silent_because(self) -> str:
        """Return why nothing can be posted, empty where it can."""
        if self.over:
            return words(OVER)
        if self.managers < MANAGERS_NEEDED:
            return words(
                "An official account needs two managers before anything is posted, and this "
                "one has %(num)d. Ask an administrator to name another.",
                num=self.managers,
            )
        if self.review_by is None:
            return words(
                "This account has no charter yet: before anything is posted, a manager says on "
                "its page what it is for."
            )
        if self.today > self.review_by:
            return words(
                "The charter of this account was to be looked at again by %(day)s: before "
                "anything else is posted, a manager says on its page what holds now.",
                day=self.review_by.isoformat(),
            )
        return ""


class DelegateView(Struct, frozen=True):
    """A person who acts, or acted, for an official account."""

    id: int
    member_id: int
    account_id: int | None
    """The person's own account; None for who is gone."""
    handle: str
    """As it was when they were delegated: what is over stays told."""
    role: DelegateRole
    probationary: bool
    since: datetime
    paused_at: datetime | None = None
    pause_reason: str = ""
    ended_at: datetime | None = None

    @property
    def stands(self) -> bool:
        """Whether the person can act for the account now."""
        return self.paused_at is None and self.ended_at is None


class SpeaksFor(Struct, frozen=True):
    """An official account that a person acts for."""

    account_id: int
    username: str
    name: str
    role: DelegateRole
    probationary: bool = False
    paused_at: datetime | None = None
    pause_reason: str = ""
