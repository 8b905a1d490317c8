"""That a member can read who saw what only they and the staff may know (H15)."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Seen(StrEnum):
    """What of a member was seen."""

    ACCOUNT = "account"
    """The e-mail address, the role, how they came here."""
    POSTS = "posts"
    """Posts that are not for everybody, named in a report."""
    EXPORT = "export"
    """All that is kept of them, written into a file."""


class Look(Struct, frozen=True):
    """That somebody looked, on a day."""

    at: datetime
    """The first time on that day."""
    what: Seen
    by: str | None
    """The short name of who looked, as it was then; None for the operator of the server."""
