"""`announcement`: what everybody here is told."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from msgspec.structs import asdict

from fedi_k12.cli.command import as_json, show_json, show_table, with_context

if TYPE_CHECKING:
    from fedi_k12.context import Context
    from fedi_k12.services.announcements import AnnouncementView


@click.group()
def announcement() -> None:
    """Tell every member something."""


@announcement.command()
@click.argument("text")
@click.option("--until", type=click.DateTime(), help="When it is over, in UTC.")
def add(text: str, until: datetime | None) -> None:
    """Announce TEXT: members see it at home and in their apps."""

    async def work(ctx: "Context") -> int:
        from fedi_k12.services import announcements

        return await ctx.write(
            announcements.announce,
            actor=None,
            text=text,
            ends_at=until.replace(tzinfo=UTC) if until else None,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    click.echo(f"Announced as {with_context(work)}.")


@announcement.command()
@click.argument("number", type=int)
def remove(number: int) -> None:
    """Take the announcement with this NUMBER back."""

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import announcements

        await ctx.write(
            announcements.withdraw, actor=None, announcement_id=number, now=ctx.clock()
        )

    with_context(work)
    click.echo(f"{number} is withdrawn.")


@announcement.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List what is and was announced, the newest first."""

    async def work(ctx: "Context") -> "list[AnnouncementView]":
        from fedi_k12.services import announcements

        async with ctx.read() as session:
            return await announcements.everything(session, actor=None)

    found = with_context(work)
    if as_json:
        show_json([{**asdict(one), "read": None} for one in found])
        return
    show_table(
        [[str(one.id), f"{one.published_at:%Y-%m-%d}", one.text] for one in found],
        heads=("NUMBER", "SINCE", "TEXT"),
    )
