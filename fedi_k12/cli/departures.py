"""`account departs` and `account stays`: a member leaves the district, or not after all."""

from datetime import date
from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import fail, with_context

if TYPE_CHECKING:
    from fedi_k12.context import Context


@click.command()
@click.argument("name")
@click.option(
    "--on", "last_day", required=True, metavar="DAY", help="Their last day, 2027-06-30."
)
@click.option("--end-delegations", is_flag=True, help="What they act for ends at once.")
@click.option("--why", default="", help="The ground, where who is suspended leaves sooner.")
def departs(name: str, last_day: str, end_delegations: bool, why: str) -> None:
    """Note that NAME leaves the district: their account leaves with them.

    They are told, and again 60, 30 and 7 days before. After the day they sign in only to take
    things along, for 30 days. Then the account is closed.
    """
    try:
        day = date.fromisoformat(last_day)
    except ValueError:
        raise click.UsageError(f"--on {last_day}: write a day as 2027-06-30.") from None

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import departures

        await ctx.write(
            departures.note,
            actor=None,
            account_id=await _found(ctx, name),
            last_day=day,
            end_delegations=end_delegations,
            why=why,
            now=ctx.clock(),
        )

    with_context(work)
    click.echo(f"{name} leaves after {day.isoformat()}, and is told.")


@click.command()
@click.argument("name")
def stays(name: str) -> None:
    """Take back that NAME leaves the district."""

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import departures

        await ctx.write(
            departures.take_back,
            actor=None,
            account_id=await _found(ctx, name),
            now=ctx.clock(),
        )

    with_context(work)
    click.echo(f"{name} stays, and is told.")


async def _found(ctx: "Context", name: str) -> int:
    from fedi_k12.services import finding

    async with ctx.read() as session:
        view = await finding.lookup(session, acct=name, own_hosts=ctx.settings.own_hosts)
    if view is None:
        fail(f"{name} is not known here. `fedi-k12 account list` shows who lives here.")
    return view.id
