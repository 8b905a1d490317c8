"""`archive`: what an official account said on X or Facebook, taken over from its archive."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fedi_k12.cli.command import as_json, fail, show_json, with_context
from fedi_k12.domain.archives import LEFT_WORDS, Left

if TYPE_CHECKING:
    from fedi_k12.context import Context
    from fedi_k12.services.archives import ArchiveView


@click.group()
@click.argument("name")
@click.pass_context
def archive(context: click.Context, name: str) -> None:
    """Take over what the official account NAME said on X or Facebook."""
    context.obj = name


@archive.command("bring")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--look", is_flag=True, help="Only tell what is in it.")
@as_json
@click.pass_obj
def bring(name: str, file: Path, look: bool, as_json: bool) -> None:
    """Take over FILE, the ZIP archive that X or Facebook made.

    It becomes readable on the page of the account, with its dates. It is sent nowhere. The
    same post is never taken twice: after an interruption, run the command once more.
    """

    async def work(ctx: "Context") -> "ArchiveView":
        from fedi_k12.domain.record_jobs import TakeArchive
        from fedi_k12.services import archive_import, archives

        account_id = await _found(ctx, name)
        with file.open("rb") as opened:
            number = await archive_import.bring(
                ctx, opened, actor=None, account_id=account_id, file_name=file.name
            )
        given: dict[str, Any] = {
            "actor": None,
            "account_id": account_id,
            "archive_id": number,
        }
        if not look:
            await ctx.write(archives.begin, now=ctx.clock(), **given)
            await archive_import.take_archive(ctx, TakeArchive(number))
        async with ctx.read() as session:
            done = await archives.one(session, **given)
        if look:
            await archive_import.stop(ctx, **given)
        return done

    done = with_context(work)
    if as_json:
        show_json(
            {
                "source": done.source.value,
                "owner": done.owner,
                "posts": done.total,
                "taken": done.taken,
                "from": done.first,
                "to": done.last,
                "left": dict(done.left),
            }
        )
    else:
        _tell(done, look=look)
    if not look and done.state != "done":
        sys.exit(1)


def _tell(done: "ArchiveView", *, look: bool) -> None:
    whose = f" of @{done.owner}" if done.owner else ""
    years = f", {done.first} to {done.last}" if done.first else ""
    click.echo(f"{done.name}{whose}: {done.total} posts{years}")
    if not look:
        click.echo(f"Taken over: {done.taken}")
    for line in _left(done.left):
        click.echo(f"  left out: {line}")


def _left(left: Mapping[str, int]) -> list[str]:
    return [f"{number} · {LEFT_WORDS[Left(why)]}" for why, number in sorted(left.items())]


async def _found(ctx: "Context", handle: str) -> int:
    from fedi_k12.services import finding

    async with ctx.read() as session:
        view = await finding.lookup(session, acct=handle, own_hosts=ctx.settings.own_hosts)
    if view is None or not view.official:
        fail(f"{handle} is no official account here.")
    return view.id
