"""Hold other servers' files against lists of what must not be kept, before they are.

Two ways, both the operator's choice: a file of hashes (SHA-256 of the bytes, or a difference
hash of the picture, which survives scaling), and a command that reads the bytes and decides.
A command that fails or takes too long stops the file too: what was not checked is not kept.
"""

import asyncio
import hashlib
import os
import shlex
from functools import lru_cache
from pathlib import Path

import structlog
from msgspec import Struct

from fedi_k12.context import Context
from fedi_k12.domain.errors import InvalidError, NotFoundError, UnavailableError
from fedi_k12.services import pictures, remote_files

COMMAND_SECONDS = 20.0
NEAR = 5
"""Bits in which difference hashes (of 64) of the same picture may differ."""
_SIDE = 8
_HEX_SHA256, _HEX_DHASH = 64, 16
_log = structlog.get_logger("media")


class Hashes(Struct, frozen=True):
    """A list of hashes: exact ones, and those of how a picture looks."""

    exact: frozenset[str]
    looks: tuple[int, ...]


async def demand_harmless(ctx: Context, url: str, data: bytes) -> None:
    """Raise `NotFoundError` for a file that a check stops; it is kept from everybody.

    The bytes are put aside for the authorities where the operator keeps them
    (`media_quarantine`); the address is not asked again.
    """
    reason = await _reason(ctx, data)
    if reason is None:
        return
    digest = hashlib.sha256(data).hexdigest()
    held = ctx.settings.media_quarantine == "keep"
    if held:
        await asyncio.to_thread(_put_aside, ctx.settings.data_dir / "quarantine", digest, data)
    await ctx.write(
        remote_files.stop,
        url=url,
        sha256=digest,
        reason=reason,
        size=len(data),
        held=held,
        now=ctx.clock(),
    )
    _log.warning("file stopped", url=url, sha256=digest, reason=reason)
    raise NotFoundError("There is no such file.")


def read_hashes(text: str) -> Hashes:
    """Return the list in a file: a hash a line, `dhash:` before those of looks, # comments."""
    exact: set[str] = set()
    looks: list[int] = []
    for number, line in enumerate(text.splitlines(), 1):
        word = line.partition("#")[0].strip().lower()
        if not word:
            continue
        kind, _, rest = word.rpartition(":")
        length = _HEX_DHASH if kind == "dhash" else _HEX_SHA256
        if kind not in {"", "sha256", "dhash"} or len(rest) != length:
            raise InvalidError(f"line {number}: {line.strip()[:80]!r} is no hash.")
        try:
            value = int(rest, 16)
        except ValueError as error:
            raise InvalidError(f"line {number}: {line.strip()[:80]!r} is no hash.") from error
        if kind == "dhash":
            looks.append(value)
        else:
            exact.add(rest)
    return Hashes(frozenset(exact), tuple(looks))


def look_of(data: bytes) -> int | None:
    """Return the difference hash of a picture, None for what is no picture."""
    from PIL import Image

    try:
        image = pictures.opened(data)
        small = image.convert("L").resize((_SIDE + 1, _SIDE), Image.Resampling.LANCZOS)
    except pictures.damage(InvalidError):
        return None
    found = 0
    for y in range(_SIDE):
        for x in range(_SIDE):
            left, right = small.getpixel((x, y)), small.getpixel((x + 1, y))
            found = (found << 1) | int(left > right)  # type: ignore[operator]  # grey is a number
    return found


async def _reason(ctx: Context, data: bytes) -> str | None:
    path = ctx.settings.media_check_hashes
    if path is not None:
        reason = await asyncio.to_thread(_on_the_list, path, data)
        if reason is not None:
            return reason
    if ctx.settings.media_check_command:
        return await _asked(ctx.settings.media_check_command, data)
    return None


def _on_the_list(path: Path, data: bytes) -> str | None:
    try:
        hashes = _hashes(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise UnavailableError(f"{path} cannot be read, so nothing is kept.") from error
    if hashlib.sha256(data).hexdigest() in hashes.exact:
        return "on the list of hashes"
    if hashes.looks:
        look = look_of(data)
        if look is not None and any((look ^ bad).bit_count() <= NEAR for bad in hashes.looks):
            return "looks like a picture on the list"
    return None


@lru_cache(maxsize=2)
def _hashes(path: Path, changed: int) -> Hashes:
    del changed  # the list is read anew when its file changed
    return read_hashes(path.read_text("utf-8"))


async def _asked(command: str, data: bytes) -> str | None:
    """Return why the operator's command stops a file: it exits with 1; 0 lets it pass."""
    process = await asyncio.create_subprocess_exec(
        *shlex.split(command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(COMMAND_SECONDS):
            words, _ = await process.communicate(data)
    except TimeoutError as error:
        process.kill()
        await process.wait()
        raise UnavailableError("The check of files took too long.") from error
    if process.returncode == 0:
        return None
    if process.returncode == 1:
        return words.decode("utf-8", "replace").strip()[:500] or "stopped by the check"
    raise UnavailableError(f"The check of files failed ({process.returncode}).")


def _put_aside(folder: Path, digest: str, data: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / digest, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
