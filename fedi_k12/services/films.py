"""Have films, sounds and moving pictures made safe, in processes that cannot hang us."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from fedi_k12.context import Context
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.media import Made

PATIENCE = 1200.0
"""Seconds after which a process is ended; its own limit of computing is below that."""
TOO_MUCH = (
    "Validation failed: File takes too much work to prepare; make it shorter or smaller, or "
    "save it as MP4 with H.264"
)
_log = structlog.get_logger("media")


class _Answer(Struct, frozen=True):
    made: Made | None = None
    refused: str | None = None


class Folder(Struct, frozen=True):
    """Where a file is while it is made safe; gone afterwards."""

    path: Path

    @property
    def source(self) -> Path:
        """The file as it came."""
        return self.path / "source"


@asynccontextmanager
async def folder(ctx: Context, key: str) -> AsyncIterator[Folder]:
    """Yield a folder of its own with the file that is kept under `key`."""
    found = Folder(Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="fedi-k12-")))
    try:
        await ctx.blobs.copy(key, found.source)
        yield found
    finally:
        await asyncio.to_thread(shutil.rmtree, found.path, ignore_errors=True)


async def make(where: Folder, *, patience: float = PATIENCE) -> Made:
    """Return what was made of a folder's file, in that folder; raise `InvalidError`.

    A process that uses up its memory, its computing time or our patience is ended, and its
    file refused: trying again would end no better.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fedi_k12.services.film_work",
        str(where.source), str(where.path),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(patience):
            words, complaint = await process.communicate()
    except TimeoutError as error:
        raise InvalidError(TOO_MUCH) from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        answer = msgspec.json.decode(words, type=_Answer)
    except msgspec.DecodeError as error:
        last_words = complaint[-300:].decode("utf-8", "replace")
        _log.warning("film process ended", code=process.returncode, words=last_words)
        raise InvalidError(TOO_MUCH) from error
    if answer.made is None:
        raise InvalidError(answer.refused or TOO_MUCH)
    return answer.made
