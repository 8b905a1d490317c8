"""Files under the keys that are made of their contents: a folder on this machine."""

import asyncio
import hashlib
import io
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, cast

from fedi_k12.domain.errors import NotFoundError
from storage.keys import KEY, key_of

COPIED_AT_ONCE = 262_144


class FileBlobs:
    """Keeps files in a folder. The same bytes are kept once, and never under a given name."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, data: bytes, *, ending: str) -> str:
        """Keep `data` durably and return its key, such as `ab/abcd….webp`."""
        digest = hashlib.sha256(data).hexdigest()
        key = key_of(digest, ending)
        await asyncio.to_thread(self._write, key, data)
        return key

    async def put_file(self, file: IO[bytes], *, ending: str) -> str:
        """Keep what a file holds, from its beginning, and return its key."""
        return await asyncio.to_thread(self._copy_in, file, ending)

    async def copy(self, key: str, target: Path) -> None:
        """Write the bytes under `key` into a file; raises `NotFoundError` for none."""
        try:
            await asyncio.to_thread(shutil.copyfile, self.path(key) or key, target)
        except FileNotFoundError as error:
            raise NotFoundError("There is no such file.") from error

    async def get(self, key: str) -> bytes | None:
        """Return the bytes under `key`, or None where there are none."""
        path = self.path(key)
        return None if path is None else await asyncio.to_thread(_read, path)

    async def size(self, key: str) -> int | None:
        """Return how many bytes there are under `key`, None where there are none."""
        path = self.path(key)
        try:
            return (await asyncio.to_thread(path.stat)).st_size if path is not None else None
        except FileNotFoundError:
            return None

    async def stream(
        self, key: str, *, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """Yield the bytes under `key` from `start` up to `end`, some at a time."""
        path = self.path(key)
        if path is None:
            return
        with await asyncio.to_thread(path.open, "rb") as file:
            file.seek(start)
            at = start
            while end is None or at < end:
                most = COPIED_AT_ONCE if end is None else min(COPIED_AT_ONCE, end - at)
                part = await asyncio.to_thread(file.read, most)
                if not part:
                    return
                at += len(part)
                yield part

    async def delete(self, key: str) -> None:
        """Forget the bytes under `key`; no error if there are none."""
        path = self.path(key)
        if path is not None:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def keys(self, *, older_than: float) -> list[str]:
        """Return the keys of all files that were kept before a moment (seconds since 1970)."""
        return await asyncio.to_thread(self._keys, older_than)

    def _keys(self, older_than: float) -> list[str]:
        found = []
        for path in self._root.glob("[0-9a-f][0-9a-f]/*"):
            key = f"{path.parent.name}/{path.name}"
            if KEY.fullmatch(key) and path.stat().st_mtime < older_than:
                found.append(key)
        return found

    def path(self, key: str) -> Path | None:
        """Return where the file of a key lies, or None for what is no key of ours (FED-100)."""
        return self._root / key if KEY.fullmatch(key) else None

    def _copy_in(self, file: IO[bytes], ending: str) -> str:
        file.seek(0)
        digest = hashlib.file_digest(cast("io.BufferedReader", file), "sha256").hexdigest()
        key = key_of(digest, ending)
        file.seek(0)
        self._write_from(key, file)
        return key

    def _write(self, key: str, data: bytes) -> None:
        self._write_from(key, io.BytesIO(data))

    def _write_from(self, key: str, source: IO[bytes]) -> None:
        path = self._root / key
        if path.exists():
            # Whoever sweeps up files that nothing refers to must see that it is wanted anew.
            path.touch()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{secrets.token_hex(8)}.partial")
        with partial.open("wb") as file:
            shutil.copyfileobj(source, file, COPIED_AT_ONCE)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
