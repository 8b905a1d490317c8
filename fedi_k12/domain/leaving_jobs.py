"""What must happen later because a member left, one struct per job: see `domain.jobs`."""

from msgspec import Struct


class FederateLeaving(Struct, frozen=True):
    """Tell other servers that an account of ours is gone (Delete), then forget what it left."""

    account_id: int


class PurgeAccount(Struct, frozen=True):
    """Forget the next part of what an account left behind."""

    account_id: int
