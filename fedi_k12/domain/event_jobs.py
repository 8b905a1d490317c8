"""What must happen later because of events, one frozen struct per job: see `domain.jobs`."""

from msgspec import Struct


class FederateJoin(Struct, frozen=True):
    """Ask the organiser elsewhere for a place at an event (Join)."""

    attendance_id: int


class FederateLeave(Struct, frozen=True):
    """Tell the organiser elsewhere that a member does not come after all (Leave)."""

    account_id: int
    organiser_id: int
    event_uri: str
    uri: str


class AnswerGuest(Struct, frozen=True):
    """Answer another server's wish to come to an event: Accept, Reject or Ignore."""

    account_id: int
    guest_id: int
    kind: str
    wish_uri: str
    wish_type: str
    event_uri: str


class SendInvite(Struct, frozen=True):
    """Invite somebody elsewhere to an event (Invite)."""

    account_id: int
    guest_id: int
    event_uri: str
    uri: str


class AnswerInvite(Struct, frozen=True):
    """Answer an invitation from elsewhere to an event: Accept or Reject."""

    account_id: int
    organiser_id: int
    invite_uri: str
    accepted: bool


class RemindGuests(Struct, frozen=True):
    """Remind guests of the events that begin soon."""
