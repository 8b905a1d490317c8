"""`records`: what concerns official accounts, kept for those who may ask for it."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import as_json, fail, show_json, show_table, with_context

if TYPE_CHECKING:
    from fedi_k12.context import Context
    from fedi_k12.services.records_chain import Checkpoint, Found
    from fedi_k12.services.records_export import Exported

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def records() -> None:
    """Verify, search and export the records of official accounts."""


@records.command()
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Checkpoints that were kept elsewhere (`records checkpoints --json`).",
)
@as_json
def verify(against: Path | None, as_json: bool) -> None:
    """Check that no record was changed, moved or taken away; name the first that was.

    Then hold the files of records against their hashes.
    """

    async def work(ctx: "Context") -> "tuple[Found, int, list[str]]":
        from fedi_k12.services import records_chain
        from storage import records as rows

        kept = _read(against) if against is not None else []
        async with ctx.slow_read() as session:
            length = await rows.count(session)
            with click.progressbar(
                length=max(length, 1), label="Records", file=sys.stderr
            ) as bar:
                found = await records_chain.verify(
                    session,
                    kept_elsewhere=kept,
                    tell=lambda so_far: bar.update(so_far - bar.pos),
                )
        return found, *await records_chain.verify_files(ctx)

    found, number, wrong = with_context(work)
    if as_json:
        show_json(
            {
                "whole": not (found.fault or wrong),
                "checked": found.checked,
                "disposed": found.disposed,
                "certificates": list(found.certificates),
                "files": number,
                "wrong_files": wrong,
                "checkpoints": found.checkpoints,
                "fault": found.fault or None,
                "record": found.seq,
            }
        )
    if found.fault:
        fail(f"Not whole: {found.fault}. {found.checked} records before it hold.")
    if wrong:
        fail(f"The chain is whole, but {'; '.join(wrong)}.")
    if not as_json:
        under = ", ".join(str(seq) for seq in found.certificates)
        gone = f"{found.disposed} of them disposed of"
        gone += f" (certificates: {under})" if under else ""
        click.echo(
            f"Whole: {found.checked} records, {gone}, {number} files, "
            f"{found.checkpoints} signed checkpoints."
        )


@records.command()
@as_json
def checkpoints(as_json: bool) -> None:
    """List the signed checkpoints: keep a copy where this server cannot write."""

    async def work(ctx: "Context") -> "list[Checkpoint]":
        from fedi_k12.services import records_chain

        await ctx.write(records_chain.checkpoint, now=ctx.clock())
        async with ctx.read() as session:
            return await records_chain.checkpoints(session)

    found = with_context(work)
    if as_json:
        show_json(
            [
                {
                    "day": one.day,
                    "seq": one.seq,
                    "hash": one.hash,
                    "key": one.key,
                    "signature": one.signature,
                }
                for one in found
            ]
        )
        return
    for one in found:
        click.echo(f"{one.day}  record {one.seq}  {one.hash}")


@records.command()
@click.argument("account")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--year", type=click.IntRange(2000, 9998), help="All of a year, in UTC.")
@click.option("--from", "since", type=DAY, help="From the beginning of this day, in UTC.")
@click.option("--to", "until", type=DAY, help="To the end of this day, in UTC.")
@click.option("--public", is_flag=True, help="Public copies, without what was left out.")
def export(
    account: str,
    folder: Path,
    year: int | None,
    since: datetime | None,
    until: datetime | None,
    public: bool,
) -> None:
    """Write the records of an official account into a new folder.

    JSON Lines with the exact bytes, an index as CSV, a WARC file, a page for each thread, the
    files of posts, and a manifest with the count and the hash of everything.
    """
    start, end = _span(year, since, until)

    async def work(ctx: "Context") -> "Exported":
        from fedi_k12.services import records_export
        from storage import records as rows

        async with ctx.read() as session:
            row = await records_export.account_named(session, account)
            wanted = rows.Wanted(account_ids=[row.id], since=start, until=end)
            length = await rows.count_of(session, wanted)
        with click.progressbar(length=max(length, 1), label="Records", file=sys.stderr) as bar:
            return await records_export.export(
                ctx,
                folder,
                account=row,
                since=start,
                until=end,
                public=public,
                tell=lambda so_far: bar.update(so_far - bar.pos),
            )

    found = with_context(work)
    click.echo(
        f"{folder}: {found.records} records in {found.threads} threads, {found.files} files."
    )
    click.echo(f"SHA-256 of manifest.json: {found.manifest}")


@records.command()
@click.argument("words", nargs=-1)
@click.option("--account", help="Of this official account alone.")
@click.option("--from", "since", type=DAY, help="From the beginning of this day, in UTC.")
@click.option("--to", "until", type=DAY, help="To the end of this day, in UTC.")
@click.option("--person", default="", help="Done by this member, or sent by this handle.")
@click.option("--thread", default="", help="The id (address) of the post that began it.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50)
@as_json
def search(
    words: tuple[str, ...],
    account: str | None,
    since: datetime | None,
    until: datetime | None,
    person: str,
    thread: str,
    limit: int,
    as_json: bool,
) -> None:
    """Find records by word, account, day, person and thread; the newest first."""
    start, end = _span(None, since, until)

    async def work(ctx: "Context") -> list[dict[str, object]]:
        from fedi_k12.services import records_export
        from storage import records as rows

        async with ctx.slow_read() as session:
            ids = None
            if account is not None:
                ids = [(await records_export.account_named(session, account)).id]
            wanted = rows.Wanted(
                account_ids=ids,
                since=start,
                until=end,
                word=" ".join(words),
                person=person,
                thread=thread,
            )
            found = await rows.page(session, wanted, before=None, limit=limit)
        return [
            {
                "record": row.seq,
                "time": row.at.isoformat(),
                "direction": row.direction,
                "kind": row.kind,
                "account": row.account,
                "person": row.person,
                "object": row.object_id,
                "thread": row.thread,
                "hash": row.hash,
            }
            for row in found
        ]

    found = with_context(work)
    if as_json:
        show_json(found)
        return
    show_table(
        [
            [str(row[name]) for name in ("record", "time", "direction", "kind", "person")]
            + [str(row["object"])]
            for row in found
        ],
        heads=("RECORD", "TIME", "WAY", "KIND", "PERSON", "ABOUT"),
    )


def _span(
    year: int | None, since: datetime | None, until: datetime | None
) -> tuple[datetime, datetime]:
    """Return the first moment of what is asked for, and the first after it."""
    if year is not None:
        if since is not None or until is not None:
            raise click.UsageError("Say --year, or --from and --to.")
        return datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    start = since.replace(tzinfo=UTC) if since else datetime(2000, 1, 1, tzinfo=UTC)
    end = until.replace(tzinfo=UTC) if until else datetime(9998, 1, 1, tzinfo=UTC)
    if until is not None:
        end += timedelta(days=1)
    if end <= start:
        raise click.UsageError("--to comes before --from.")
    return start, end


def _read(path: Path) -> "list[Checkpoint]":
    from fedi_k12.services.records_chain import Checkpoint

    try:
        return [
            Checkpoint(
                str(one["day"]),
                int(one["seq"]),
                str(one["hash"]),
                str(one["key"]),
                str(one["signature"]),
            )
            for one in json.loads(path.read_text("utf-8"))
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise click.UsageError(f"{path} holds no checkpoints: {error}") from error
