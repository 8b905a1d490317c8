"""`backup` and `restore`: the whole server as one file, and back."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from fedi_k12.cli.command import fail, loaded, run

if TYPE_CHECKING:
    from fedi_k12.services.backups import Tell

_WIDTH = 32


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
def backup(file: Path) -> None:
    """Write the whole server into FILE: accounts, posts, keys, pictures, settings.

    The server may run meanwhile. Whoever reads FILE can sign as everybody here: only you may
    read it, and it belongs in a safe. With - it is written to standard output, to be encrypted
    and sent away by another program.
    """
    from fedi_k12.context import utc_now
    from fedi_k12.opening import open_blobs
    from fedi_k12.services import backups

    known = loaded()
    with _written(file) as target, _progress() as tell:
        done = run(
            backups.make(known, open_blobs(known.settings), target, now=utc_now(), tell=tell)
        )
    click.echo(f"{file}: {done.rows} rows and {done.media} files.", err=True)
    for key in done.damaged:
        click.echo(f"Damaged before it was backed up: {key}", err=True)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--overwrite", is_flag=True, help="Take the place of what is in the store.")
@click.option("--check", is_flag=True, help="Only look whether the backup is whole.")
@click.option(
    "--settings",
    "settings_to",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Only write the settings that are in it to this file.",
)
def restore(file: Path, overwrite: bool, check: bool, settings_to: Path | None) -> None:
    """Bring back the server that was backed up into FILE. Stop the server first.

    All of FILE is verified before anything is changed. The store may be of the other database:
    so a server moves from SQLite to PostgreSQL.
    """
    from fedi_k12.opening import open_blobs
    from fedi_k12.services import backup_file, backups

    if settings_to is not None:
        settings = run(_settings(file))
        with _written(settings_to) as target:
            target.write(settings.encode())
        click.echo(f"{settings_to}: secrets are in it.")
        return
    if check:
        with _progress() as tell:
            run(_check(file, tell))
        head = backup_file.head_of(file)
        click.echo(f"{file} is whole: {head.domain}, {head.made_at}, release {head.release}.")
        return
    known = loaded().settings
    with _progress() as tell:
        done = run(
            backups.restore(file, known, open_blobs(known), overwrite=overwrite, tell=tell)
        )
    click.echo(f"{done.rows} rows and {done.media} files of {done.head.made_at} are back.")
    for name in done.damaged:
        click.echo(f"Left out, for it was damaged when it was backed up: {name}", err=True)


async def _check(file: Path, tell: "Tell") -> None:
    from fedi_k12.services import backup_file

    backup_file.head_of(file)
    backup_file.verify(file, tell=lambda done, of: tell("Verifying", done, of))


async def _settings(file: Path) -> str:
    from fedi_k12.services import backups

    return backups.settings_in(file)


@contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that only its owner reads; it is there when all of it is on the disk."""
    if str(path) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.exists():
        fail(f"{path} is there already. Choose another name, or take it away first.")
    made = path.with_name(f".{path.name}.partial")
    made.unlink(missing_ok=True)
    try:
        opened = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror or error}.")
    finally:
        with suppress(OSError):
            made.unlink(missing_ok=True)


@contextmanager
def _progress() -> "Iterator[Tell]":
    """Yield what shows progress: a bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    shown: tuple[str, int] = ("", -1)

    def tell(stage: str, done: int, total: int) -> None:
        nonlocal shown
        part = min(done, total) * 100 // max(total, 1)
        if (stage, part) == shown:
            return
        if shown[0] not in {"", stage}:
            click.echo(err=True)
        shown = (stage, part)
        bar = "#" * (part * _WIDTH // 100)
        click.echo(f"\r{stage:<10} [{bar:-<{_WIDTH}}] {part:>3} %", nl=False, err=True)

    yield tell
    if shown[0]:
        click.echo(err=True)
