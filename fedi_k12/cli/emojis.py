"""`emoji`: the custom emojis of this place."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import as_json, show_json, show_table, with_context

if TYPE_CHECKING:
    from fedi_k12.context import Context
    from fedi_k12.services.emojis import OwnEmoji


@click.group()
def emoji() -> None:
    """Look after the custom emojis of this place."""


@emoji.command()
@click.argument("shortcode")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--category", default="", help="Under which heading apps show it.")
def add(shortcode: str, file: Path, category: str) -> None:
    """Add an emoji, written :SHORTCODE:, from a picture; it is made small and still."""
    data = file.read_bytes()

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import emojis
        from fedi_k12.web.uploads import take_in_emoji

        emojis.check_shortcode(shortcode)
        key = await take_in_emoji(ctx, data)
        await ctx.write(
            emojis.add,
            actor=None,
            shortcode=shortcode,
            file=key,
            category=category,
            now=ctx.clock(),
        )

    with_context(work)
    click.echo(f":{shortcode}: can be used now.")


@emoji.command()
@click.argument("shortcode")
def remove(shortcode: str) -> None:
    """Remove an emoji; texts that used it show its name."""

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import emojis

        name = shortcode.strip(":")
        await ctx.write(emojis.remove, actor=None, shortcode=name, now=ctx.clock())

    with_context(work)
    click.echo(f"{shortcode} is gone.")


@emoji.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List the emojis of this place."""

    async def work(ctx: "Context") -> "list[OwnEmoji]":
        from fedi_k12.services import emojis

        async with ctx.read() as session:
            return await emojis.own(session)

    found = with_context(work)
    if as_json:
        show_json(found)
        return
    show_table(
        [[f":{one.shortcode}:", one.category, f"{one.updated_at:%Y-%m-%d}"] for one in found],
        heads=("NAME", "CATEGORY", "SINCE"),
    )
