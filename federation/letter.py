"""An activity on its way through the handlers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from msgspec import Struct

from federation.vocab.parse import Activity
from fedi_k12.domain.addresses import Addresses
from storage.tables import AccountRow

Kind = Literal[
    "account",
    "post",
    "refresh",
    "post_anew",
    "keys",
    "moderators",
    "gone",
    "relayed",
    "collection",
]


class Letter(Struct, frozen=True):
    """An activity whose sender is known, and what its handler may lean on."""

    activity: Activity
    sender: AccountRow
    addresses: Addresses
    now: datetime
    given_up: frozenset[str] = frozenset()
    """Ids that could not be fetched: to be done without."""
    via: AccountRow | None = None
    """The group that passed it on, and vouches for nothing but that."""


class NeedsFetchError(Exception):
    """What is asked for is not known here yet: fetch it, then handle the letter again.

    Handlers run inside a transaction, so they never fetch anything themselves.
    """

    def __init__(self, kind: Kind, uris: Iterable[str]) -> None:
        super().__init__(kind)
        self.kind: Kind = kind
        self.uris = tuple(uris)


class DroppedError(Exception):
    """The letter is not to be acted on; `code` says why, for counters (`FED-nn` or a word)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
