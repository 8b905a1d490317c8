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


@dataclass(frozen=True, slots=True)
class TakeArchive:
    """Take over what an official account said on X or Facebook, from where it stopped."""

    lane: ClassVar[str] = "archive"
    archive_id: int


RecordJob = CheckpointRecords | LetFilesGo | MakeRecordsFile | TakeArchive
