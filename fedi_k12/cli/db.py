"""`db`: whether the store agrees with itself, and what in it nobody needs."""

from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import as_json, fail, loaded, show_json, with_context

if TYPE_CHECKING:
    from fedi_k12.context import Context


@click.group()
def db() -> None:
    """Look after the database: check it, and forget what nobody touched."""


@db.command()
@click.option("--repair", is_flag=True, help="Count again what is counted wrongly.")
@as_json
def check(repair: bool, as_json: bool) -> None:
    """Look for damage, for rows that refer to nothing, and for counts that are wrong.

    Can be used while the server runs; in a large store it takes minutes. Ends with 1 where
    anything is wrong, or stays wrong after --repair.
    """

    async def work(ctx: "Context") -> dict[str, object]:
        from storage import checks, diagnosis

        async with diagnosis.looking(ctx.settings.database_url) as connection:
            damage = await diagnosis.faults(connection, thorough=True)
        async with ctx.slow_read() as session:
            orphans = await checks.orphans(session)
            wrong = {one.name: await checks.wrong(session, one) for one in checks.counted()}
        mended = 0
        for one in checks.counted() if repair else ():
            after: int | None = 0 if wrong[one.name] else None
            while after is not None:
                number, after = await ctx.write(checks.mend, one, after=after)
                mended += number
                wrong[one.name] -= number
        return {
            "damage": damage,
            "orphans": orphans,
            "wrong_counts": {name: number for name, number in wrong.items() if number > 0},
            "mended": mended,
        }

    found = with_context(work)
    if as_json:
        show_json(found)
    else:
        _tell(found)
    if found["damage"] or found["orphans"] or found["wrong_counts"]:
        raise SystemExit(1)


@db.command()
@click.option("--days", type=click.IntRange(1), help="Instead of the setting remote_post_days.")
@click.option("--dry-run", is_flag=True, help="Say what would be forgotten, and do nothing.")
def prune(days: int | None, dry_run: bool) -> None:
    """Forget posts of other servers that nobody here touched, and their pictures.

    Kept is what a member wrote, answered, boosted, liked, bookmarked, quoted or voted in, what
    names a member, letters, what is pinned, reported, in a group or in records, and whatever
    stands in a thread with a member. May be stopped and started again at any time.
    """
    chosen = days or loaded().settings.remote_post_days
    if not chosen:
        fail("Say after how many days with --days, or set remote_post_days.")

    async def work(ctx: "Context") -> int:
        from fedi_k12.services import tidying

        if dry_run:
            return await tidying.count_untouched(ctx, days=chosen)
        return await tidying.forget_untouched(
            ctx, days=chosen, tell=lambda number: click.echo(f"{number} posts …", err=True)
        )

    number = with_context(work)
    click.echo(f"{number} posts " + ("would be forgotten." if dry_run else "are forgotten."))


def _tell(found: dict[str, object]) -> None:
    for title, key, advice in (
        ("Damaged", "damage", "Keep a copy as it is, and restore the last good backup."),
        ("Refers to nothing", "orphans", "Tell whoever makes fedi-k12, with the version."),
        ("Counted wrongly", "wrong_counts", "--repair counts again."),
    ):
        told = found[key]
        if not told:
            click.echo(f"{title}: nothing.")
            continue
        lines = told.items() if isinstance(told, dict) else enumerate(told)  # type: ignore[arg-type]  # a list otherwise
        for name, number in lines:
            click.echo(f"{title}: {name}: {number}")
        click.echo(advice)
    if found["mended"]:
        click.echo(f"Counted again: {found['mended']}.")
