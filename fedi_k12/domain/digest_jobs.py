"""What must happen later because of the day's digest: see `domain.jobs`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeepDigests:
    """Gather yesterday's posts once it is time, and let go what was taken back since."""
