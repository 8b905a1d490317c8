"""`records`: what concerns official accounts, kept for those who may ask for it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import as_json, fail, show_json, with_context

if TYPE_CHECKING:
    from fedi_k12.context import Context
    from fedi_k12.services.records_chain import Checkpoint, Found


@click.group()
def records() -> None:
    """Verify, search and export the records of official accounts."""


@records.command()
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Checkpoints that were kept elsewhere (`records checkpoints --json`).",
)
@as_json
def verify(against: Path | None, as_json: bool) -> None:
    """Check that no record was changed, moved or taken away; name the first that was."""

    async def work(ctx: "Context") -> "Found":
        from fedi_k12.services import records_chain
        from storage import records as rows

        kept = _read(against) if against is not None else []
        async with ctx.slow_read() as session:
            length = await rows.count(session)
            with click.progressbar(length=max(length, 1), label="Records") as bar:
                return await records_chain.verify(
                    session,
                    kept_elsewhere=kept,
                    tell=lambda so_far: bar.update(so_far - bar.pos),
                )

    found = with_context(work)
    if as_json:
        show_json(
            {
                "whole": not found.fault,
                "checked": found.checked,
                "disposed": found.disposed,
                "checkpoints": found.checkpoints,
                "fault": found.fault or None,
                "record": found.seq,
            }
        )
    if found.fault:
        fail(f"Not whole: {found.fault}. {found.checked} records before it hold.")
    if not as_json:
        click.echo(
            f"Whole: {found.checked} records, {found.disposed} of them disposed of, "
            f"{found.checkpoints} signed checkpoints."
        )


@records.command()
@as_json
def checkpoints(as_json: bool) -> None:
    """List the signed checkpoints: keep a copy where this server cannot write."""

    async def work(ctx: "Context") -> "list[Checkpoint]":
        from fedi_k12.services import records_chain

        await ctx.write(records_chain.checkpoint, now=ctx.clock())
        async with ctx.read() as session:
            return await records_chain.checkpoints(session)

    found = with_context(work)
    if as_json:
        show_json(
            [
                {
                    "day": one.day,
                    "seq": one.seq,
                    "hash": one.hash,
                    "key": one.key,
                    "signature": one.signature,
                }
                for one in found
            ]
        )
        return
    for one in found:
        click.echo(f"{one.day}  record {one.seq}  {one.hash}")


def _read(path: Path) -> "list[Checkpoint]":
    from fedi_k12.services.records_chain import Checkpoint

    try:
        return [
            Checkpoint(
                str(one["day"]),
                int(one["seq"]),
                str(one["hash"]),
                str(one["key"]),
                str(one["signature"]),
            )
            for one in json.loads(path.read_text("utf-8"))
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise click.UsageError(f"{path} holds no checkpoints: {error}") from error
