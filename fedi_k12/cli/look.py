"""`settings`, `stats` and `inspect`: what is."""

from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import as_json, loaded, show_json, show_table, with_context
from fedi_k12.settings import describe

if TYPE_CHECKING:
    from federation.inspector import Report
    from fedi_k12.context import Context


@click.command()
@as_json
def settings(as_json: bool) -> None:
    """Show the settings in force and where each comes from; secrets are masked."""
    rows = describe(loaded())
    if as_json:
        show_json(
            [
                {"name": r.name, "value": r.value, "source": r.source, "meaning": r.meaning}
                for r in rows
            ]
        )
        return
    show_table(
        [[row.name, row.value or "-", row.source] for row in rows],
        heads=("SETTING", "VALUE", "FROM"),
    )


@click.command()
@as_json
def stats(as_json: bool) -> None:
    """Show how big this server is, and what waits to be done."""

    async def work(ctx: "Context") -> dict[str, int]:
        from fedi_k12.services import site
        from storage import deliveries, jobs

        async with ctx.slow_read() as session:
            size = await site.stats(session, now=ctx.clock())
            waiting = await jobs.count_waiting(session)
            owed = await deliveries.count_waiting(session)
        return {
            "members": size.members,
            "active members, month": size.active_month,
            "active members, half year": size.active_half_year,
            "posts": size.posts,
            "known servers": size.hosts,
            "jobs waiting": waiting,
            "deliveries owed": owed,
        }

    found = with_context(work)
    if as_json:
        show_json({name.replace(", ", "_").replace(" ", "_"): n for name, n in found.items()})
        return
    for name, number in found.items():
        click.echo(f"{name:<28}{number:>10}")


@click.command()
@click.argument("what")
@as_json
def inspect(what: str, as_json: bool) -> None:
    """Explain each step by which a handle or address leads to an account or post.

    Ends with exit code 1 where a step goes wrong, and says why and what to do.
    """

    async def work(ctx: "Context") -> "Report":
        from federation.inspector import look_into

        return await look_into(ctx, what)

    report = with_context(work)
    if as_json:
        show_json(report.as_dict())
    else:
        for step in report.steps:
            mark = "ok  " if step.ok else "FAIL"
            click.echo(f"{mark}  {step.name:<12} {step.found}")
            if step.advice:
                click.echo(f"{'':<19}{step.advice}")
        click.echo(report.conclusion)
    if not report.ok:
        raise SystemExit(1)
