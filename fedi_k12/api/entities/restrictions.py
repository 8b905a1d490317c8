"""Answers to official accounts that wait for a time: what our own addresses answer with."""

from typing import Literal, TypedDict

from fedi_k12.api.entities.people import Account
from fedi_k12.api.entities.posts import HiddenUnder
from fedi_k12.api.entities.values import Id, Moment, Url


class Restriction(TypedDict):
    """That somebody's answers to an official account wait at its desk, for a time."""

    id: Id
    account: Account
    """The official account."""
    person: Account | None
    """Whose answers wait; null where they are gone."""
    handle: str
    """Theirs, as it was."""
    post_uri: Url
    """The answer that led to it."""
    rule: HiddenUnder
    words: str
    days: int
    asked_at: Moment
    began_at: Moment | None
    """When a second person approved it."""
    ends_at: Moment | None
    appealed_at: Moment | None
    appeal: str
    decision: Literal["", "upheld", "overturned"]
    answer: str
    """What was said to the appeal."""
    ended_at: Moment | None
    ended_because: Literal["", "time", "lifted", "appeal", "refused", "withdrawn"]
