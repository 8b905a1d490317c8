"""What must happen later because of records: see `domain.jobs`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckpointRecords:
    """Sign how far the chain of records has come, once a day."""
