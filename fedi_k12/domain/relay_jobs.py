"""What must happen later because of relays, one frozen struct per job: see `domain.jobs`."""

from msgspec import Struct


class JoinRelay(Struct, frozen=True):
    """Ask a relay to take part (Follow)."""

    relay_id: int


class LeaveRelay(Struct, frozen=True):
    """Tell a relay that we no longer take part (Undo Follow). Its row is gone already."""

    style: str
    inbox: str
    host: str
    actor_uri: str
    follow_uri: str
