"""What must happen later about collections of accounts between servers (FEP-7aa9)."""

from typing import ClassVar

from msgspec import Struct


class RequestFeature(Struct, frozen=True):
    """Ask an account elsewhere whether it may be in a collection here (FeatureRequest)."""

    item_id: int


class AnswerFeature(Struct, frozen=True):
    """Answer whether a member may be in a collection elsewhere; without a stamp it is no."""

    account_id: int
    asker_id: int
    collection_uri: str
    request_uri: str
    stamp_uri: str | None = None


class SendFeatureRevocation(Struct, frozen=True):
    """Tell a collection's server that a member took their word back (Delete of a stamp)."""

    item_id: int


class VerifyFeature(Struct, frozen=True):
    """Fetch the stamp of an account elsewhere that is to be in a collection here."""

    lane: ClassVar[str] = "fetch"
    item_id: int


class RecheckFeatures(Struct, frozen=True):
    """Look again at stamps, and at collections elsewhere, that nobody looked at for a while."""


class FederateCollection(Struct, frozen=True):
    """Tell other servers that a collection is new on a profile (Add), or changed (Update)."""

    collection_id: int
    added: bool = False


class FederateCollectionEnd(Struct, frozen=True):
    """Tell other servers that a collection is no longer on its maker's profile (Remove)."""

    account_id: int
    uri: str
    people: list[int]
    """Who was in it: their servers know it, too."""


class FederateItem(Struct, frozen=True):
    """Tell other servers that an account is in a collection now, or no longer."""

    collection_id: int
    account_id: int
    uri: str
    added: bool


class LearnCollection(Struct, frozen=True):
    """Fetch a collection of another server from its own id, and who is in it."""

    lane: ClassVar[str] = "fetch"
    uri: str
