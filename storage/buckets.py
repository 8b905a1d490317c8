"""Files in a bucket that speaks S3, under the same keys as in a folder.

Address and credentials come from the environment, under the names that every S3 program reads:
AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY.
"""

import asyncio
import hashlib
import io
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import IO, cast
from urllib.parse import urlsplit

from obstore.exceptions import BaseError
from obstore.store import S3Store

from fedi_k12.domain.errors import NotFoundError, UnavailableError
from fedi_k12.domain.media import SERVED_TYPES
from storage.keys import KEY, key_of

READ_AT_ONCE = 1_048_576
LISTED_AT_ONCE = 1000
CONNECT_WITHIN, ANSWER_WITHIN = timedelta(seconds=5), timedelta(seconds=120)


def open_bucket(url: str) -> "BucketBlobs":
    """Return the files of `s3://bucket/prefix`; nothing is asked of the bucket yet."""
    parts = urlsplit(url)
    return BucketBlobs(
        S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            client_options={
                "connect_timeout": CONNECT_WITHIN,
                "timeout": ANSWER_WITHIN,
                # Who writes http:// means it: a bucket in the same house.
                "allow_http": os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://"),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
        )
    )


class BucketBlobs:
    """Keeps files in a bucket. The same bytes are kept once, and never under a given name."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    async def put(self, data: bytes, *, ending: str) -> str:
        """Keep `data` durably and return its key, such as `ab/abcd….webp`."""
        return await self.put_file(io.BytesIO(data), ending=ending)

    async def put_file(self, file: IO[bytes], *, ending: str) -> str:
        """Keep what a file holds, from its beginning, and return its key.

        It is sent again where it is there already: its age then says that it is wanted anew.
        """
        key = await asyncio.to_thread(_key_of, file, ending)
        kind = SERVED_TYPES.get(ending, "application/octet-stream")
        with _said():
            await self._store.put_async(key, file, attributes={"Content-Type": kind})
        return key

    async def copy(self, key: str, target: Path) -> None:
        """Write the bytes under `key` into a file; raises `NotFoundError` for none."""
        if await self.size(key) is None:
            raise NotFoundError("There is no such file.")
        with target.open("wb") as file:
            async for part in self.stream(key):
                await asyncio.to_thread(file.write, part)

    def path(self, key: str) -> Path | None:
        """Return None: nothing of a bucket lies on this machine."""
        del key
        return None

    async def size(self, key: str) -> int | None:
        """Return how many bytes there are under `key`, None where there are none (FED-100)."""
        if not KEY.fullmatch(key):
            return None
        with _said():
            try:
                return (await self._store.head_async(key))["size"]
            except FileNotFoundError:
                return None

    async def stream(
        self, key: str, *, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """Yield the bytes under `key` from `start` up to `end`, some at a time."""
        with _said():
            found = await self._store.get_async(
                key,
                options={"range": (start, end) if end is not None else {"offset": start}},
            )
            async for part in found.stream(min_chunk_size=READ_AT_ONCE):
                yield bytes(part)

    async def get(self, key: str) -> bytes | None:
        """Return the bytes under `key`, or None where there are none."""
        if not KEY.fullmatch(key):
            return None
        with _said():
            try:
                found = await self._store.get_async(key)
                return bytes(await found.bytes_async())
            except FileNotFoundError:
                return None

    async def delete(self, key: str) -> None:
        """Forget the bytes under `key`; no error if there are none."""
        if KEY.fullmatch(key):
            with _said(), suppress(FileNotFoundError):
                await self._store.delete_async(key)

    async def keys(self, *, older_than: float) -> list[str]:
        """Return the keys of all files that were kept before a moment (seconds since 1970)."""
        found = []
        with _said():
            async for batch in self._store.list(chunk_size=LISTED_AT_ONCE):
                found += [
                    item["path"]
                    for item in batch
                    if KEY.fullmatch(item["path"])
                    and item["last_modified"].timestamp() < older_than
                ]
        return found


def _key_of(file: IO[bytes], ending: str) -> str:
    file.seek(0)
    digest = hashlib.file_digest(cast("io.BufferedReader", file), "sha256").hexdigest()
    file.seek(0)
    return key_of(digest, ending)


@contextmanager
def _said() -> Iterator[None]:
    """Say in our own words that the bucket does not answer."""
    try:
        yield
    except (BaseError, FileNotFoundError) as error:
        raise UnavailableError(
            "The store of pictures does not answer at the moment."
        ) from error
