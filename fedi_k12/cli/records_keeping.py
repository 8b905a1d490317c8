"""`records schedule` and `records hold`: how long records are kept.

Disposal has no command: it needs two people, each with a sign-in of their own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import as_json, show_json, show_table, with_context
from fedi_k12.cli.records import DAY

if TYPE_CHECKING:
    from fedi_k12.context import Context
    from fedi_k12.services.retention import Keeping
    from storage.tables import RecordHoldRow


@click.command()
@click.argument("account", required=False, default="")
@click.option("--use", "chosen", help="Keep this account's records by this schedule.")
@click.option("--class", "floor", default="", help="… and at least as long as this class.")
@as_json
def schedule(account: str, chosen: str | None, floor: str, as_json: bool) -> None:
    """Show the schedule of each official account and what becomes due, or choose one."""
    if (chosen or floor) and not account:
        raise click.UsageError("Name the account whose schedule is to be chosen.")
    if floor and not chosen:
        raise click.UsageError("Say --use with --class: a class is one of a schedule.")

    async def work(ctx: "Context") -> "list[Keeping]":
        from fedi_k12.services import records_export, retention, schedules

        known = schedules.known(ctx.settings.data_dir / "schedules")
        name = account.strip().lstrip("@").partition("@")[0].lower()
        if name:
            async with ctx.read() as session:
                row = await records_export.account_named(session, name)
            if chosen:
                await ctx.write(
                    retention.choose,
                    actor=None,
                    account_id=row.id,
                    schedule=chosen,
                    floor=floor,
                    schedules=known,
                    now=ctx.clock(),
                )
        async with ctx.slow_read() as session:
            return await retention.overview(
                session, actor=None, schedules=known, now=ctx.clock(), account=name
            )

    found = with_context(work)
    if as_json:
        show_json([_as_json(one) for one in found])
        return
    show_table(
        [
            [one.name, one.schedule.id, line.record_class.title, line.record_class.keep]
            + [str(number) for number in (line.kept, line.due, line.held)]
            + [line.next_at.date().isoformat() if line.next_at else ""]
            for one in found
            for line in one.lines
        ],
        heads=("ACCOUNT", "SCHEDULE", "CLASS", "KEEP", "KEPT", "DUE", "HELD", "NEXT"),
    )


@click.group()
def hold() -> None:
    """Place, list and lift legal holds: what they cover is not disposed of."""


@hold.command("add")
@click.argument("reason")
@click.option("--account", default="", help="Of this official account alone.")
@click.option("--from", "since", type=DAY, help="From the beginning of this day, in UTC.")
@click.option("--to", "until", type=DAY, help="To the end of this day, in UTC.")
@click.option("--words", "word", default="", help="What holds this phrase.")
@click.option("--person", default="", help="Done by this member, or sent by this handle.")
@click.option("--thread", default="", help="The id (address) of the post that began it.")
def place(
    reason: str,
    account: str,
    since: datetime | None,
    until: datetime | None,
    word: str,
    person: str,
    thread: str,
) -> None:
    """Hold all that fits, now and later. REASON: a case or a request, with its number."""

    async def work(ctx: "Context") -> int:
        from fedi_k12.services import retention
        from fedi_k12.services.records_desk import Search

        search = Search(
            account=account.strip().lstrip("@").partition("@")[0].lower(),
            since=since.date().isoformat() if since else "",
            until=until.date().isoformat() if until else "",
            word=word,
            person=person,
            thread=thread,
        )
        return await ctx.write(
            retention.hold, actor=None, search=search, reason=reason, now=ctx.clock()
        )

    click.echo(f"Hold {with_context(work)} stands.")


@hold.command("list")
@as_json
def show(as_json: bool) -> None:
    """List the legal holds, those that stand first."""

    async def work(ctx: "Context") -> "Sequence[RecordHoldRow]":
        from fedi_k12.services import retention

        async with ctx.read() as session:
            return await retention.holds(session, actor=None)

    rows = [
        {
            "hold": row.id,
            "reason": row.reason,
            "placed": row.placed_at.isoformat(),
            "lifted": row.lifted_at.isoformat() if row.lifted_at else None,
            "words": row.word,
            "person": row.person,
            "thread": row.thread,
            "from": row.since.isoformat() if row.since else None,
            "to": row.until.isoformat() if row.until else None,
        }
        for row in with_context(work)
    ]
    if as_json:
        show_json(rows)
        return
    show_table(
        [
            [str(row[name] or "") for name in ("hold", "placed", "lifted", "reason")]
            for row in rows
        ],
        heads=("HOLD", "PLACED", "LIFTED", "REASON"),
    )


@hold.command("lift")
@click.argument("number", type=int)
def lift(number: int) -> None:
    """End a hold: what it covered is kept by its schedule again."""

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import retention

        await ctx.write(retention.lift, actor=None, hold_id=number, now=ctx.clock())

    with_context(work)
    click.echo(f"Hold {number} is lifted.")


def _as_json(one: "Keeping") -> dict[str, object]:
    return {
        "account": one.name,
        "schedule": one.schedule.id,
        "source": one.schedule.source,
        "class": one.floor or None,
        "classes": [
            {
                "class": line.record_class.name,
                "title": line.record_class.title,
                "keep": line.record_class.keep,
                "kept": line.kept,
                "due": line.due,
                "held": line.held,
                "next": line.next_at.isoformat() if line.next_at else None,
            }
            for line in one.lines
        ],
    }
