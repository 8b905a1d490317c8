"""Letting a person's answers to an official account wait: for a time, reading never (R-48)."""

from datetime import datetime

from msgspec import Struct

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.forum import OWN, Stated
from fedi_k12.domain.words import words

MAX_DAYS = 30
"""So long a restriction lasts at most; another one is decided about anew, by two people."""


class RestrictionView(Struct, frozen=True):
    """A restriction as who is restricted sees it, and those who decide about it."""

    id: int
    account: AccountView
    person: AccountView | None
    handle: str
    """Theirs, as it was."""
    post_uri: str
    """The answer that led to it."""
    rule: Stated
    words: str
    """What the person is told besides the rule."""
    days: int
    asked_at: datetime
    began_at: datetime | None
    """When a second person approved it; None until then."""
    ends_at: datetime | None
    told: str
    appealed_at: datetime | None
    appeal: str
    decision: str
    answer: str
    ended_at: datetime | None
    ended_because: str
    """`time`, `lifted`, `appeal`, `refused` or `withdrawn`."""
    own: bool
    """Whether whoever looks is the person that it is about."""
    approves: bool
    """Whether whoever looks could be the second person."""
    asked_for: bool
    """Whether whoever looks asked for it."""
    decides: bool
    """Whether whoever looks could decide about the appeal."""
    lifts: bool
    """Whether whoever looks could end it."""

    @property
    def own_words(self) -> bool:
        """Whether the rule is in this place's own words."""
        return self.rule.code.startswith(OWN)

    @property
    def waits(self) -> bool:
        """Whether an appeal waits to be decided."""
        return self.appealed_at is not None and not self.decision

    @property
    def asked(self) -> bool:
        """Whether it waits for a second person."""
        return self.began_at is None and self.ended_at is None


def checked_days(text: str) -> int:
    """Return for how many days a restriction is asked for; empty is the longest.

    Raises `InvalidError` for what is no number from 1 to `MAX_DAYS`.
    """
    text = text.strip()
    if not text:
        return MAX_DAYS
    known = {str(day): day for day in range(1, MAX_DAYS + 1)}
    days = known.get(text, 0)
    if not days:
        raise InvalidError(
            words("Choose from 1 to %(num)d days.", num=MAX_DAYS),
            fields={"days": "is out of range"},
        )
    return days
