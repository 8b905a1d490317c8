"""What must happen later about collections of accounts between servers (FEP-7aa9)."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class RequestFeature:
    """Ask an account elsewhere whether it may be in a collection here (FeatureRequest)."""

    item_id: int


@dataclass(frozen=True, slots=True)
class AnswerFeature:
    """Answer whether a member may be in a collection elsewhere; without a stamp it is no."""

    account_id: int
    asker_id: int
    collection_uri: str
    request_uri: str
    stamp_uri: str | None = None


@dataclass(frozen=True, slots=True)
class SendFeatureRevocation:
    """Tell a collection's server that a member took their word back (Delete of a stamp)."""

    item_id: int


@dataclass(frozen=True, slots=True)
class VerifyFeature:
    """Fetch the stamp of an account elsewhere that is to be in a collection here."""

    lane: ClassVar[str] = "fetch"
    item_id: int


@dataclass(frozen=True, slots=True)
class RecheckFeatures:
    """Look again at stamps, and at collections elsewhere, that nobody looked at for a while."""


@dataclass(frozen=True, slots=True)
class FederateCollection:
    """Tell other servers that a collection is new on a profile (Add), or changed (Update)."""

    collection_id: int
    added: bool = False


@dataclass(frozen=True, slots=True)
class FederateCollectionEnd:
    """Tell other servers that a collection is no longer on its maker's profile (Remove)."""

    account_id: int
    uri: str
    people: list[int]
    """Who was in it: their servers know it, too."""


@dataclass(frozen=True, slots=True)
class FederateItem:
    """Tell other servers that an account is in a collection now, or no longer."""

    collection_id: int
    account_id: int
    uri: str
    added: bool


@dataclass(frozen=True, slots=True)
class LearnCollection:
    """Fetch a collection of another server from its own id, and who is in it."""

    lane: ClassVar[str] = "fetch"
    uri: str
