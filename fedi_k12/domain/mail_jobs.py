"""Jobs that send e-mail."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class SendPasswordLetter:
    """Send a member who forgot the password a link to choose another.

    It carries no address and no secret: both are looked up as the letter is sent.
    """

    lane: ClassVar[str] = "mail"
    member_id: int
    cause: str
    """What the letter is sent for: it makes the same `Message-ID` however often it is tried."""
