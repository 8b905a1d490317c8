"""What must happen later because of records: see `domain.jobs`."""

from typing import ClassVar

from msgspec import Struct


class CheckpointRecords(Struct, frozen=True):
    """Sign how far the chain of records has come, once a day."""


class MakeRecordsFile(Struct, frozen=True):
    """Write the records that somebody asked for into one file."""

    lane: ClassVar[str] = "archive"
    order_id: int


class LetFilesGo(Struct, frozen=True):
    """Forget files of records that were disposed of, where nothing else shows them."""

    files: tuple[str, ...]


class TakeArchive(Struct, frozen=True):
    """Take over what an official account said on X or Facebook, from where it stopped."""

    lane: ClassVar[str] = "archive"
    archive_id: int


RecordJob = CheckpointRecords | LetFilesGo | MakeRecordsFile | TakeArchive
