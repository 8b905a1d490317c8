"""What must happen later because of records: see `domain.jobs`."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class CheckpointRecords:
    """Sign how far the chain of records has come, once a day."""


@dataclass(frozen=True, slots=True)
class MakeRecordsFile:
    """Write the records that somebody asked for into one file."""

    lane: ClassVar[str] = "archive"
    order_id: int


@dataclass(frozen=True, slots=True)
class LetFilesGo:
    """Forget files of records that were disposed of, where nothing else shows them."""

    files: tuple[str, ...]


RecordJob = CheckpointRecords | LetFilesGo | MakeRecordsFile
