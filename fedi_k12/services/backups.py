"""Back up a whole server while it runs, and bring it back: rows, files, keys and settings.

Files are copied first, then all rows as they are at one moment, then the files that came
meanwhile: so whatever a row refers to at that moment is in the backup.
"""

import asyncio
import gzip
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import msgspec
from msgspec import Struct

from fedi_k12 import __version__
from fedi_k12.context import Blobs
from fedi_k12.domain.errors import ConflictError, InvalidError, UnavailableError
from fedi_k12.services import backup_file
from fedi_k12.services.backup_file import Head, Manifest, Writer
from fedi_k12.settings import Loaded, Settings
from storage import copies, migrate, restoring
from storage.copies import AT_ONCE, READ_AS, Snapshot
from storage.keys import KEY, digest_of

FOLDERS = ("alerts", "archives", "exports", "quarantine", "schedules")
"""What lies in the data folder beside the database and the media."""
_LINES = 4_194_304
"""So many bytes of rows make one file in the backup."""
_HELD = 8_388_608
_TABLE = re.compile(r"tables/([a-z][a-z0-9_]{0,62})\.\d{4,}\.jsonl\.gz")

Tell = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done and how much there is."""


class Done(Struct, frozen=True):
    """What was backed up or restored."""

    head: Head
    rows: int
    media: int
    damaged: tuple[str, ...]
    """Keys of files whose bytes are no longer those that were once kept."""


async def make(
    loaded: Loaded, blobs: Blobs, file: IO[bytes], *, now: datetime, tell: Tell
) -> Done:
    """Write a backup of the whole server into `file`; the server may run meanwhile.

    Raises `NotFoundError` where there is no store, `ConflictError` where it was migrated
    meanwhile.
    """
    settings = loaded.settings
    async with copies.open_snapshot(settings.database_url) as at_first:
        head = Head(
            backup_file.FORMAT,
            __version__,
            at_first.revision,
            at_first.domain or settings.domain,
            at_first.handle_domain or settings.handle_domain,
            now.isoformat(),
            at_first.connection.dialect.name,
        )
    writer = Writer(file, int(now.timestamp()))
    writer.whole(backup_file.HEAD, msgspec.json.encode(head))
    writer.whole(backup_file.SETTINGS, settings_file(loaded).encode())
    for path in _files(settings.data_dir):
        _copy_in(writer, path, f"files/{path.relative_to(settings.data_dir).as_posix()}")
    damaged = await _copy_media(writer, blobs, tell=tell)
    async with copies.open_snapshot(settings.database_url) as snapshot:
        if snapshot.revision != head.revision:
            raise ConflictError("The store was brought up to date meanwhile. Back it up again.")
        rows = await _copy_rows(writer, snapshot, tell=tell)
    damaged += await _copy_media(writer, blobs, tell=tell)
    writer.finish(rows)
    media = sum(name.startswith("media/") for name in writer.parts)
    return Done(head, sum(rows.values()), media, tuple(damaged))


async def restore(
    path: Path, settings: Settings, blobs: Blobs, *, overwrite: bool, tell: Tell
) -> Done:
    """Bring back a server from a backup, after all of it was verified.

    What was in the store is gone when this returns, and still there if it raises. Raises
    `InvalidError` for a backup that is damaged, of a newer release or of another name, and
    `ConflictError` for a store that is in use, or not empty without `overwrite`.
    """
    head = backup_file.head_of(path)
    if head.revision > migrate.HEAD:
        raise InvalidError(
            f"This backup was made by release {head.release} and is of revision "
            f"{head.revision}; this release ({__version__}) knows {migrate.HEAD}. Restore it "
            "with the release that made it, or a newer one."
        )
    _check_names(head, settings)
    if not overwrite and not await is_empty(settings):
        raise ConflictError(
            "There is a store already, and people live in it. --overwrite puts the backup in "
            "its place: what happened since is then gone."
        )
    manifest = backup_file.verify(path, tell=lambda done, of: tell("Verifying", done, of))
    media, damaged = 0, []
    size = sum(part.size for part in manifest.parts.values())

    async def fill(filling: restoring.Filling) -> None:
        nonlocal media
        done = 0
        rows = dict.fromkeys(manifest.rows, 0)
        for name, length, opened in backup_file.read_parts(path):
            if name.startswith("media/"):
                media += 1
                if not await _keep(blobs, name.removeprefix("media/"), opened):
                    damaged.append(name)
            elif name.startswith("files/"):
                _put_back(settings.data_dir, name.removeprefix("files/"), opened)
            elif found := _TABLE.fullmatch(name):
                rows[found[1]] += await _add_rows(filling, found[1], opened.read())
            done += length
            tell("Restoring", done, size)
        _check_rows(rows, manifest)

    await restoring.restore(settings.database_url, revision=head.revision, fill=fill)
    return Done(head, sum(manifest.rows.values()), media, tuple(damaged))


async def is_empty(settings: Settings) -> bool:
    """Return whether nobody lives in the store yet."""
    return await restoring.is_empty(settings.database_url)


def settings_file(loaded: Loaded) -> str:
    """Return the settings in force, but for the usual ones, as a `fedi-k12.toml`."""
    lines = [
        f"{name} = {_toml(getattr(loaded.settings, name))}"
        for name in Settings.__struct_fields__
        if loaded.sources[name] != "default"
    ]
    head = "# The settings that were in force when the backup was made, secrets included."
    return "\n".join([head, *lines]) + "\n"


def settings_in(path: Path) -> str:
    """Return the settings file that a backup holds."""
    for name, _size, opened in backup_file.read_parts(path):
        if name == backup_file.SETTINGS:
            return opened.read().decode()
    raise InvalidError(f"{path} holds no settings.")


def _toml(value: object) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return json.dumps("" if value is None else str(value))


def _check_names(head: Head, settings: Settings) -> None:
    if (head.domain, head.handle_domain) != (settings.domain, settings.handle_domain):
        raise InvalidError(
            f"This backup is of {head.domain} (handles @…@{head.handle_domain}), but the "
            f"settings say {settings.domain} (@…@{settings.handle_domain}). Ids are for ever: "
            f"set domain and handle_domain, or take the settings out of the backup with "
            "--settings."
        )


def _check_rows(rows: Mapping[str, int], manifest: Manifest) -> None:
    for name, number in manifest.rows.items():
        if rows[name] != number:
            raise InvalidError(f"The backup has {rows[name]} of the {number} rows of {name}.")


async def _copy_rows(writer: Writer, snapshot: Snapshot, *, tell: Tell) -> dict[str, int]:
    tables = await snapshot.tables()
    rows = await snapshot.count(tables)
    total, done = sum(rows.values()), 0
    for table in tables:
        columns = {column.name: copies.kind_of(column) for column in table.columns}
        first = msgspec.json.encode({"columns": columns}) + b"\n"
        number, lines = 0, [first]
        size = 0
        async for part in snapshot.rows(table):
            encoded = [msgspec.json.encode(tuple(row)) + b"\n" for row in part]
            lines += encoded
            size += sum(map(len, encoded))
            done += len(part)
            tell("Rows", done, total)
            if size >= _LINES:
                _add_lines(writer, table.name, number, lines)
                number, lines, size = number + 1, [first], 0
        if len(lines) > 1 or number == 0:
            _add_lines(writer, table.name, number, lines)
    return rows


def _add_lines(writer: Writer, name: str, number: int, lines: Sequence[bytes]) -> None:
    packed = gzip.compress(b"".join(lines), 5, mtime=0)
    writer.whole(f"tables/{name}.{number:04}.jsonl.gz", packed)


async def _add_rows(filling: restoring.Filling, name: str, packed: bytes) -> int:
    first, *lines = gzip.decompress(packed).splitlines()
    columns: dict[str, str] = msgspec.json.decode(first)["columns"]
    kinds: Any = tuple(READ_AS[kind] for kind in columns.values())
    decode = msgspec.json.Decoder(tuple.__class_getitem__(kinds)).decode
    for at in range(0, len(lines), AT_ONCE):
        rows = [decode(line) for line in lines[at : at + AT_ONCE]]
        await filling.add(name, tuple(columns), rows)
    return len(lines)


async def _copy_media(writer: Writer, blobs: Blobs, *, tell: Tell) -> list[str]:
    """Add the files that are not in the backup yet; return those whose bytes have changed."""
    known = writer.parts.keys()
    keys = [
        key
        for key in sorted(await blobs.keys(older_than=float("inf")))
        if f"media/{key}" not in known
    ]
    damaged = []
    for at, key in enumerate(keys, start=1):
        if await _copy_file(writer, blobs, key):
            name = f"media/{key}"
            if writer.parts[name].sha256 != digest_of(key):
                damaged.append(key)
        tell("Files", at, len(keys))
    return damaged


async def _copy_file(writer: Writer, blobs: Blobs, key: str) -> bool:
    """Add a file, and return whether it is still there."""
    size = await blobs.size(key)
    if size is None:
        return False
    parts = blobs.stream(key)
    try:
        first = await anext(parts, b"")
    except (FileNotFoundError, UnavailableError):
        if await blobs.size(key) is None:
            return False
        raise
    entry = writer.begin(f"media/{key}", size)
    entry.write(first)
    async for part in parts:
        entry.write(part)
    entry.end()
    return True


async def _keep(blobs: Blobs, key: str, opened: IO[bytes]) -> bool:
    """Keep a file of the backup, and return whether its bytes are those of its key."""
    if not KEY.fullmatch(key):
        raise InvalidError(f"{key} is no key of a file.")
    with tempfile.SpooledTemporaryFile(_HELD) as file:
        while data := opened.read(backup_file.READ_AT_ONCE):
            await asyncio.to_thread(file.write, data)
        kept = await blobs.put_file(file, ending=key.rpartition(".")[2])
    if kept == key:
        return True
    await blobs.delete(kept)
    return False


def _files(data_dir: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((data_dir / folder).rglob("*")):
            if path.is_file() and not path.is_symlink() and not path.name.endswith(".partial"):
                yield path


def _copy_in(writer: Writer, path: Path, name: str) -> None:
    with path.open("rb") as file:
        left = os.fstat(file.fileno()).st_size
        entry = writer.begin(name, left)
        # What is added to it meanwhile is left for the next backup.
        while left and (data := file.read(min(left, backup_file.READ_AT_ONCE))):
            entry.write(data)
            left -= len(data)
        entry.end()


def _put_back(data_dir: Path, name: str, opened: IO[bytes]) -> None:
    parts = name.split("/")
    if parts[0] not in FOLDERS or len(parts) < 2 or not all(map(_is_name, parts)):  # noqa: PLR2004
        raise InvalidError(f"{name} has no place in the data folder.")
    path = data_dir.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        # Alerts are made for everybody to read, by another server in front of this one.
        path.chmod(0o644 if parts[0] == "alerts" else 0o600)
        shutil.copyfileobj(opened, file, backup_file.READ_AT_ONCE)


def _is_name(part: str) -> bool:
    return part not in {"", ".", ".."} and "\\" not in part and "\0" not in part
