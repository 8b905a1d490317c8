"""`relay`: servers that pass public posts on to many others."""

from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import as_json, show_json, show_table, with_context

if TYPE_CHECKING:
    from fedi_k12.context import Context
    from fedi_k12.services.relays import RelayView


@click.group()
def relay() -> None:
    """Take part in relays: servers that pass public posts on to many others."""


@relay.command()
@click.argument("address")
def add(address: str) -> None:
    """Ask the relay at ADDRESS (https://…/inbox, or its actor) to take part."""

    async def work(ctx: "Context") -> int:
        from fedi_k12.services import relays

        return await ctx.write(
            relays.add,
            actor=None,
            address=address,
            mode=ctx.settings.federation,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    with_context(work)
    click.echo(f"{address} is asked. `fedi-k12 relay list` says what it answered.")


@relay.command()
@click.argument("address")
def remove(address: str) -> None:
    """Take part in the relay at ADDRESS no longer."""

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import relays

        async with ctx.read() as session:
            number = await relays.named(session, address=address)
        await ctx.write(relays.remove, actor=None, relay_id=number, now=ctx.clock())

    with_context(work)
    click.echo(f"{address} is left.")


@relay.command("list")
@as_json
def list_(as_json: bool) -> None:
    """List the relays, and what each answered."""

    async def work(ctx: "Context") -> "list[RelayView]":
        from fedi_k12.services import relays

        async with ctx.read() as session:
            return await relays.everything(session, actor=None)

    found = with_context(work)
    if as_json:
        show_json(found)
        return
    show_table(
        [[one.address, one.style, one.state, f"{one.created_at:%Y-%m-%d}"] for one in found],
        heads=("ADDRESS", "KIND", "STATE", "SINCE"),
    )
