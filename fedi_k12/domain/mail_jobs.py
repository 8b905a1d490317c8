"""Jobs that send e-mail."""

from typing import ClassVar

from msgspec import Struct


class SendPasswordLetter(Struct, frozen=True):
    """Send a member who forgot the password a link to choose another.

    It carries no address and no secret: both are looked up as the letter is sent.
    """

    lane: ClassVar[str] = "mail"
    member_id: int
    cause: str
    """What the letter is sent for: it makes the same `Message-ID` however often it is tried."""


class SendConfirmation(Struct, frozen=True):
    """Send a member a link that confirms an e-mail address; it carries neither."""

    lane: ClassVar[str] = "mail"
    member_id: int
    cause: str


class SendAddressChange(Struct, frozen=True):
    """Tell the address that a member had so far that another is to take its place.

    It carries the address: by the time it is sent, it may be nobody's here any more.
    """

    lane: ClassVar[str] = "mail"
    member_id: int
    to: str
    cause: str


class FindDueLetters(Struct, frozen=True):
    """Find whose letters are due, and have each of them written."""

    lane: ClassVar[str] = "default"


class SendMailing(Struct, frozen=True):
    """Send a member a letter that they chose, unless there is nothing to tell."""

    lane: ClassVar[str] = "mail"
    mailing_id: int
    cause: str


class SendDecision(Struct, frozen=True):
    """Tell a member by mail what the moderators decided about the account, and why."""

    lane: ClassVar[str] = "mail"
    account_id: int
    action: str
    """As https://docs.joinmastodon.org/entities/AccountWarning/#action names it."""
    text: str
    """The moderators' words to the member."""
    cause: str


class SendDeparture(Struct, frozen=True):
    """Tell a member by mail how it stands with their leaving the district."""

    lane: ClassVar[str] = "mail"
    member_id: int
    what: str
    """`noted`, `60`, `30` or `7` days before, `left`, or `stays`."""
    cause: str


class SendFamilyConfirmation(Struct, frozen=True):
    """Ask an address whether it wants an official account's posts by e-mail."""

    lane: ClassVar[str] = "mail"
    mail_id: int
    cause: str


class SendFamilyLetter(Struct, frozen=True):
    """Send an address what an official account said on some days."""

    lane: ClassVar[str] = "mail"
    mail_id: int
    first: str
    """The first day as ISO 8601, by the clock of the place."""
    last: str
    cause: str


class SendTakeDownNews(Struct, frozen=True):
    """Tell whoever asked for something to be taken down how it stands."""

    lane: ClassVar[str] = "mail"
    take_down_id: int
    cause: str


MailJob = (
    SendPasswordLetter
    | SendConfirmation
    | SendAddressChange
    | FindDueLetters
    | SendMailing
    | SendDecision
    | SendDeparture
    | SendFamilyConfirmation
    | SendFamilyLetter
    | SendTakeDownNews
)
