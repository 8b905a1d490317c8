"""`media`: pictures of other servers that are kept here, and files that nothing refers to."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import as_json, fail, show_json, show_table, with_context

if TYPE_CHECKING:
    from fedi_k12.context import Context
    from fedi_k12.services.remote_files import Figures, Stopped

_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_MIB = 1_048_576


@click.group()
def media() -> None:
    """Look after files: what is kept of other servers, and what nobody needs."""


@media.command()
@as_json
def figures(as_json: bool) -> None:
    """Say how much of other servers is kept, and of which."""

    async def work(ctx: "Context") -> "Figures":
        from fedi_k12.services import remote_files

        async with ctx.read() as session:
            return await remote_files.figures(session)

    found = with_context(work)
    if as_json:
        show_json(found)
        return
    click.echo(
        f"{found.files} files, {_mib(found.bytes)}; {found.quarantined} stopped by checks."
    )
    show_table(
        [[host, str(number), _mib(size)] for host, number, size in found.hosts],
        heads=("SERVER", "FILES", "SIZE"),
    )


@media.command()
@click.option("--unseen", metavar="30d", help="What nobody looked at for so long.")
@click.option("--host", default="", help="What is of this server and those under it.")
@click.option("--dry-run", is_flag=True, help="Say what would be forgotten, and do nothing.")
def prune(unseen: str | None, host: str, dry_run: bool) -> None:
    """Forget files of other servers; whoever looks again has them fetched anew.

    Without options: what is beyond the setting remote_media_bytes. May be stopped and started
    again at any time: it goes on where it was.
    """
    age = _age(unseen) if unseen else None

    async def work(ctx: "Context") -> tuple[int, int]:
        from fedi_k12.services import remote_files, upkeep

        number = size = 0
        over = None if host or age else ctx.settings.remote_media_bytes
        since = ctx.clock() - age if age else None
        if dry_run:
            async with ctx.slow_read() as session:
                return await remote_files.measured(
                    session, host=host, unseen_since=since, over=over
                )
        while True:
            async with ctx.read() as session:
                found = await remote_files.candidates(
                    session, host=host, unseen_since=since, over=over
                )
            if not found:
                return number, size
            await upkeep.forget_files(ctx, [key for key, _size in found])
            number += len(found)
            size += sum(one for _key, one in found)
            click.echo(f"{number} files, {_mib(size)} …", err=True)

    number, size = with_context(work)
    would = "would be forgotten" if dry_run else "are forgotten"
    click.echo(f"{number} files, {_mib(size)}, {would}.")


@media.command()
@click.option("--delete", "really", is_flag=True, help="Delete them; otherwise only count.")
def orphans(really: bool) -> None:
    """Find files on the disk that nothing refers to; those younger than a day are left."""

    async def work(ctx: "Context") -> int:
        from fedi_k12.services import remote_files

        before = ctx.clock() - timedelta(days=1)
        keys = await ctx.blobs.keys(older_than=before.timestamp())
        number = 0
        for at in range(0, len(keys), remote_files.BATCH):
            part = keys[at : at + remote_files.BATCH]
            async with ctx.read() as session:
                found = await remote_files.orphans(session, part)
            number += len(found)
            if really:
                for key in found:
                    await ctx.blobs.delete(key)
            click.echo(f"{at + len(part)} of {len(keys)} looked at …", err=True)
        return number

    number = with_context(work)
    click.echo(f"{number} files that nothing refers to" + (" are deleted." if really else "."))


@media.command()
@as_json
def stopped(as_json: bool) -> None:
    """List files of other servers that a check stopped."""

    async def work(ctx: "Context") -> "list[Stopped]":
        from fedi_k12.services import remote_files

        async with ctx.read() as session:
            return await remote_files.stopped(session)

    found = with_context(work)
    if as_json:
        show_json(found)
        return
    show_table(
        [[one.sha256[:16], one.host, one.reason, "kept" if one.held else ""] for one in found],
        heads=("SHA-256", "SERVER", "WHY", "BYTES"),
    )


def _age(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,4})([hdw])", text)
    if found is None:
        fail(f"--unseen {text}: write a number and h, d or w, such as 30d.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _mib(size: int) -> str:
    return f"{size / _MIB:.1f} MiB"
