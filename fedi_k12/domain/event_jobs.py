"""What must happen later because of events, one frozen dataclass per job: see `domain.jobs`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FederateJoin:
    """Ask the organiser elsewhere for a place at an event (Join)."""

    attendance_id: int


@dataclass(frozen=True, slots=True)
class FederateLeave:
    """Tell the organiser elsewhere that a member does not come after all (Leave)."""

    account_id: int
    organiser_id: int
    event_uri: str
    uri: str


@dataclass(frozen=True, slots=True)
class AnswerGuest:
    """Answer another server's wish to come to an event: Accept, Reject or Ignore."""

    account_id: int
    guest_id: int
    kind: str
    wish_uri: str
    wish_type: str
    event_uri: str


@dataclass(frozen=True, slots=True)
class SendInvite:
    """Invite somebody elsewhere to an event (Invite)."""

    account_id: int
    guest_id: int
    event_uri: str
    uri: str


@dataclass(frozen=True, slots=True)
class AnswerInvite:
    """Answer an invitation from elsewhere to an event: Accept or Reject."""

    account_id: int
    organiser_id: int
    invite_uri: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class RemindGuests:
    """Remind guests of the events that begin soon."""
