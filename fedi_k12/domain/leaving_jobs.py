"""What must happen later because a member left, one dataclass per job: see `domain.jobs`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FederateLeaving:
    """Tell other servers that an account of ours is gone (Delete), then forget what it left."""

    account_id: int


@dataclass(frozen=True, slots=True)
class PurgeAccount:
    """Forget the next part of what an account left behind."""

    account_id: int
