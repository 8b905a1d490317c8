"""What must happen later because of relays, one frozen dataclass per job: see `domain.jobs`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JoinRelay:
    """Ask a relay to take part (Follow)."""

    relay_id: int


@dataclass(frozen=True, slots=True)
class LeaveRelay:
    """Tell a relay that we no longer take part (Undo Follow). Its row is gone already."""

    style: str
    inbox: str
    host: str
    actor_uri: str
    follow_uri: str
