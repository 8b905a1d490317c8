"""The top of the command line: which settings hold, and how refusals read."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

import click
import msgspec

from fedi_k12 import __version__
from fedi_k12.domain.errors import DomainError, InvalidError
from fedi_k12.settings import Loaded, SettingsError, load

if TYPE_CHECKING:
    # Opening the store takes most of a second to import; `--help` has no need of it.
    from fedi_k12.context import Context

P = ParamSpec("P")
T = TypeVar("T")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fedi-k12")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file instead of fedi-k12.toml.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting for this command; may be given several times.",
)
@click.pass_context
def main(context: click.Context, config: Path | None, overrides: tuple[str, ...]) -> None:
    """Run a fedi-k12 server: a federated community for a school district."""
    given = {}
    for item in overrides:
        name, equals, value = item.partition("=")
        if not equals:
            raise click.UsageError(f"--set {item}: write NAME=VALUE.")
        given[name] = value
    context.obj = (config, given)


def loaded() -> Loaded:
    """Return the settings in force; ends the command where one is impossible."""
    config, overrides = click.get_current_context().find_root().obj
    try:
        return load(file=config, overrides=overrides)
    except SettingsError as error:
        fail(str(error))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine; a refusal becomes a sentence on standard error and exit code 1."""
    try:
        return asyncio.run(work)
    except DomainError as error:
        sentence = str(error)
        if isinstance(error, InvalidError) and error.fields and sentence.endswith(":"):
            sentence += " " + ", ".join(error.fields.values())
        fail(sentence)
    except OSError as error:
        fail(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))
    except Exception as error:
        if (trouble := store_trouble(error)) is None:
            raise
        fail(trouble)


def store_trouble(error: Exception) -> str | None:
    """Return what to tell where it is the database that cannot be used, None otherwise."""
    # Loaded by now if this is what raised; `--help` has no need of it.
    from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

    # A driver's own errors come while connecting: no such database, a wrong password.
    connecting = type(error).__module__.startswith("asyncpg.")
    ours = isinstance(error, IntegrityError | ProgrammingError)
    if ours or not (connecting or isinstance(error, DBAPIError)):
        return None
    reason = error.orig if isinstance(error, DBAPIError) else error
    return (
        f"The database cannot be used: {str(reason).rstrip('.')}. "
        "`fedi-k12 settings` shows which one it is (database_url, data_dir)."
    )


def fail(sentence: str) -> NoReturn:
    """End the command: it could not be done, and this is why."""
    click.echo(sentence, err=True)
    raise SystemExit(1)


@asynccontextmanager
async def opened() -> AsyncIterator["Context"]:
    """Open the store and everything else with the settings in force; quiet but for trouble."""
    from fedi_k12.observe import set_up_logging
    from fedi_k12.opening import open_context

    settings = loaded().settings
    set_up_logging(style=settings.log_format, level="warning")
    async with open_context(settings, answer_seconds=None) as ctx:
        yield ctx


def with_context(
    work: "Callable[[Context], Awaitable[T]]",
) -> T:
    """Run `work(ctx)` with everything open, and return its result."""

    async def whole() -> T:
        async with opened() as ctx:
            return await work(ctx)

    return run(whole())


def show_json(value: object) -> None:
    """Print a value as JSON for scripts."""
    click.echo(msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode())


def show_table(rows: Sequence[Sequence[str]], *, heads: Sequence[str]) -> None:
    """Print rows under their heads, in columns."""
    table = [list(heads), *(list(row) for row in rows)]
    widths = [max(len(row[at]) for row in table) for at in range(len(heads))]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def password_from_stdin() -> str:
    """Return the first line of standard input."""
    return sys.stdin.readline().rstrip("\r\n")


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
