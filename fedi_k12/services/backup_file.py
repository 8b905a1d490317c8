"""The file of a backup: a tar archive that is written and read in one go, with a manifest.

Any `tar` opens it. In it, in this order:

- `backup.json`: what it is of, who made it and when, and the revision of the store;
- `settings.toml`: the settings that were in force, but for those that are the usual ones;
- `files/…`: what lies in the data folder beside the database;
- `media/…`: the files of members and of other servers, under the keys they are kept by;
- `tables/NAME.NNNN.jsonl.gz`: rows, one JSON array a line; the first line names the columns;
- `manifest.json`: the size and SHA-256 of each of these, and how many rows each table has;
- `manifest.sha256`: the SHA-256 of the manifest, so that the end is known to be the end.
"""

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct, field

from fedi_k12.domain.errors import InvalidError

FORMAT = 1
"""Grows when a release writes what older ones cannot read."""
HEAD, SETTINGS = "backup.json", "settings.toml"
MANIFEST, SEAL = "manifest.json", "manifest.sha256"
READ_AT_ONCE = 262_144
_BLOCK = tarfile.BLOCKSIZE
_SMALL = 1_073_741_824
"""What is held in memory is never larger; a larger one is no backup of ours."""


class Head(msgspec.Struct, frozen=True):
    """What a backup is of."""

    format: int
    release: str
    revision: str
    domain: str
    handle_domain: str
    made_at: str
    engine: str


class Part(msgspec.Struct, frozen=True):
    """One file in a backup."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """All that a backup has to hold."""

    parts: dict[str, Part]
    rows: dict[str, int]


class Writer(Struct):
    """Writes a backup from its beginning to its end; nothing is ever read or changed again."""

    file: IO[bytes]
    mtime: int
    parts: dict[str, Part] = field(default_factory=dict)

    def whole(self, name: str, data: bytes) -> None:
        """Add a file that is in memory."""
        entry = self.begin(name, len(data))
        entry.write(data)
        entry.end()

    def begin(self, name: str, size: int) -> "Entry":
        """Begin a file of `size` bytes; its bytes are given to the entry, then it is ended."""
        about = tarfile.TarInfo(name)
        about.size, about.mode, about.mtime = size, 0o600, self.mtime
        self.file.write(about.tobuf(tarfile.PAX_FORMAT))
        return Entry(self, name, size)

    def finish(self, rows: dict[str, int]) -> None:
        """Write the manifest and the end."""
        manifest = msgspec.json.encode(Manifest(self.parts.copy(), rows))
        self.whole(MANIFEST, manifest)
        self.whole(SEAL, hashlib.sha256(manifest).hexdigest().encode())
        self.file.write(bytes(2 * _BLOCK))


class Entry(Struct):
    """A file that is being written into a backup."""

    writer: Writer
    name: str
    size: int
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    written: int = 0

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self.writer.file.write(data)
        self.digest.update(data)
        self.written += len(data)

    def end(self) -> None:
        """Note what was written; bytes that did not come are a fault of who gave the size."""
        if self.written != self.size:
            raise OSError(f"{self.name} has {self.written} bytes instead of {self.size}.")
        self.writer.file.write(bytes(-self.size % _BLOCK))
        self.writer.parts[self.name] = Part(self.size, self.digest.hexdigest())


def read_parts(path: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    """Yield name, size and bytes of each file in a backup, in order; each is read at once.

    Raises `InvalidError` where the archive ends too early or is none.
    """
    try:
        with tarfile.open(path, "r|", bufsize=READ_AT_ONCE) as archive:
            for member in archive:
                opened = archive.extractfile(member) if member.isfile() else None
                if opened is None:
                    raise InvalidError(f"{path} holds {member.name}, which no backup does.")
                yield member.name, member.size, opened
    except (tarfile.TarError, EOFError) as error:
        raise InvalidError(
            f"{path} is cut short, or is no backup of fedi-k12 ({error})."
        ) from error


def head_of(path: Path) -> Head:
    """Return what a backup is of; raises `InvalidError` for what cannot be read."""
    for name, size, opened in read_parts(path):
        if name != HEAD or size > _SMALL:
            break
        try:
            head = msgspec.json.decode(opened.read(), type=Head)
        except msgspec.MsgspecError as error:
            raise InvalidError(f"{path} cannot be read: {error}.") from error
        if head.format > FORMAT:
            raise InvalidError(
                f"This backup was made by release {head.release}, whose backups this release "
                "cannot read. Restore it with that release or a newer one."
            )
        return head
    raise InvalidError(f"{path} is no backup of fedi-k12.")


def verify(path: Path, *, tell: Callable[[int, int], None]) -> Manifest:
    """Read a whole backup and return its manifest.

    `tell` hears how many bytes are read, and how many there are. Raises
    `InvalidError` where the end is missing, or bytes are not those that were written.
    """
    found: dict[str, Part] = {}
    manifest, sealed = b"", b""
    done, total = 0, path.stat().st_size
    for name, size, opened in read_parts(path):
        digest = hashlib.sha256()
        kept = io.BytesIO() if name in {MANIFEST, SEAL} and size < _SMALL else None
        while data := opened.read(READ_AT_ONCE):
            digest.update(data)
            if kept is not None:
                kept.write(data)
            done += len(data)
            tell(done, total)
        if kept is None:
            found[name] = Part(size, digest.hexdigest())
        elif name == MANIFEST:
            manifest = kept.getvalue()
        else:
            sealed = kept.getvalue()
    if not sealed:
        raise InvalidError(f"{path} is cut short: its end is missing.")
    if hashlib.sha256(manifest).hexdigest().encode() != sealed:
        raise InvalidError(f"{path} was changed: its manifest is not the one that was written.")
    told = msgspec.json.decode(manifest, type=Manifest)
    for name in sorted(told.parts.keys() | found.keys()):
        if told.parts.get(name) != found.get(name):
            raise InvalidError(f"{path} was changed or damaged: {name} differs.")
    return told
