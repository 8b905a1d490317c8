"""Hashtags that the district owns (S-15): as they are shown, and their limits."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.forum import OWN, Stated
from fedi_k12.domain.posts import PostView

MAX_DESCRIPTION = 500
MOST_STEWARDS = 50


class By(StrEnum):
    """Whose posts the page of a hashtag shows."""

    STAFF = "staff"
    EVERYONE = "everyone"


class OwnedTag(Struct, frozen=True):
    """A hashtag of the district."""

    tag_id: int
    name: str
    """Its key, as it stands in addresses."""
    display: str
    description: str
    account: AccountView
    """Who passes on what verified staff say with it."""
    stewards: Sequence[AccountView]
    """By their names; empty where nobody asked for them."""
    made_at: datetime


class TakenOff(Struct, frozen=True):
    """A post that was taken off the page of a hashtag."""

    post: PostView
    rule: Stated
    at: datetime

    @property
    def own_words(self) -> bool:
        """Whether the rule is in this place's own words, which no catalogue has."""
        return self.rule.code.startswith(OWN)
