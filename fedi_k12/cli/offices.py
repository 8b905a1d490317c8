"""`account office`: the office that a member holds."""

from datetime import date
from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import fail, with_context
from fedi_k12.domain.offices import Label

if TYPE_CHECKING:
    from datetime import datetime

    from fedi_k12.context import Context


@click.command()
@click.argument("name")
@click.argument("title", required=False, default="")
@click.option(
    "--label",
    type=click.Choice([label.value for label in Label]),
    default=Label.PERSONAL.value,
    show_default=True,
    help="Their account is a column of the office, or personal.",
)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day of the term.")
@click.option("--end", is_flag=True, help="End the office they hold.")
def office(name: str, title: str, label: str, until: "datetime | None", end: bool) -> None:
    """Say that NAME holds the office TITLE; or end it, or show what they hold.

    While it is held, the account says so beside its name, in apps and on other servers, too.
    """
    if end and title:
        raise click.UsageError("Either name the office, or end the one they hold.")
    last_day = until.date() if until else None
    for line in with_context(lambda ctx: _work(ctx, name, title, label, last_day, end)):
        click.echo(line)


async def _work(
    ctx: "Context", name: str, title: str, label: str, last_day: date | None, end: bool
) -> list[str]:
    from fedi_k12.services import finding, offices

    async with ctx.read() as session:
        view = await finding.lookup(session, acct=name, own_hosts=ctx.settings.own_hosts)
    if view is None or not view.is_local:
        fail(f"{name} does not live here. `fedi-k12 account list` shows who does.")
    if end:
        await ctx.write(offices.end, actor=None, account_id=view.id, now=ctx.clock())
    elif title:
        await ctx.write(
            offices.give,
            actor=None,
            account_id=view.id,
            title=title,
            label=Label(label),
            last_day=last_day,
            now=ctx.clock(),
        )
    async with ctx.read() as session:
        held = await offices.all_of(session, account_id=view.id)
    return [
        f"{one.title}: {one.said}, since {one.since:%Y-%m-%d}"
        + (f", ended {one.ended_at:%Y-%m-%d}" if one.ended_at else "")
        + (f", until {one.last_day}" if one.last_day and not one.ended_at else "")
        for one in held
    ] or [f"{name} holds no office."]
