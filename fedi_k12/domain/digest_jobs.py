"""What must happen later because of the day's digest: see `domain.jobs`."""

from msgspec import Struct


class KeepDigests(Struct, frozen=True):
    """Gather yesterday's posts once it is time, and let go what was taken back since."""
