"""`domain`: which other servers this one talks with."""

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from fedi_k12.cli.command import as_json, fail, loaded, show_json, show_table, with_context
from fedi_k12.domain.errors import InvalidError

if TYPE_CHECKING:
    from fedi_k12.context import Context
    from fedi_k12.services.moderation import HostPolicy

Severity = Literal["allow", "limit", "suspend"]

_TO_CSV = {"suspend": "suspend", "limit": "silence"}
_FROM_CSV: dict[str, Severity] = {"suspend": "suspend", "silence": "limit", "limit": "limit"}
_COLUMNS = (
    "#domain",
    "#severity",
    "#reject_media",
    "#reject_reports",
    "#public_comment",
    "#obfuscate",
)
MAX_ROWS = 100_000


@click.group()
def domain() -> None:
    """Block, limit or allow other servers, with all their subdomains."""


@domain.command()
@click.argument("name")
@click.option("--comment", default="", help="Shown to the public beside the block.")
@click.option("--note", default="", help="For the staff of this server only.")
def block(name: str, comment: str, note: str) -> None:
    """Talk no more with a server: follows end, nothing is taken or sent."""
    _decide(name, "suspend", comment=comment, note=note)
    click.echo(f"{name} is blocked.")


@domain.command()
@click.argument("name")
@click.option("--reject-media", is_flag=True, help="Show no pictures from there.")
@click.option("--reject-reports", is_flag=True, help="Take no reports from there.")
@click.option("--comment", default="")
@click.option("--note", default="")
def limit(name: str, reject_media: bool, reject_reports: bool, comment: str, note: str) -> None:
    """Keep a server at a distance."""
    _decide(
        name,
        "limit",
        reject_media=reject_media,
        reject_reports=reject_reports,
        comment=comment,
        note=note,
    )
    click.echo(f"{name} is limited.")


@domain.command()
@click.argument("name")
@click.option("--note", default="")
def allow(name: str, note: str) -> None:
    """Allow a server: needed in allowlist mode; in open mode it excepts from a wider block."""
    _decide(name, "allow", note=note)
    click.echo(f"{name} is allowed.")


@domain.command()
@click.argument("name")
def remove(name: str) -> None:
    """Take a decision about a server back."""

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import moderation

        await ctx.write(moderation.remove_host_policy, actor=None, domain=name, now=ctx.clock())

    with_context(work)
    click.echo(f"Nothing is decided about {name} any more.")


@domain.command("list")
@as_json
def list_domains(as_json: bool) -> None:
    """List what is decided about other servers."""
    found = _policies()
    if as_json:
        show_json(
            [
                {
                    "domain": one.domain,
                    "severity": one.severity,
                    "reject_media": one.reject_media,
                    "reject_reports": one.reject_reports,
                    "public_comment": one.public_comment,
                    "private_comment": one.private_comment,
                    "created_at": one.created_at.isoformat(),
                }
                for one in found
            ]
        )
        return
    show_table(
        [
            [one.domain, one.severity, one.public_comment or one.private_comment]
            for one in found
        ],
        heads=("DOMAIN", "DECISION", "COMMENT"),
    )


@domain.command("export")
def export_domains() -> None:
    """Print blocks and limits as the CSV that Mastodon reads and writes."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in _policies():
        if one.severity in _TO_CSV:
            writer.writerow(
                [
                    one.domain,
                    _TO_CSV[one.severity],
                    one.reject_media,
                    one.reject_reports,
                    _harmless(one.public_comment),
                    one.obfuscate,
                ]
            )


@domain.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def import_domains(file: Path, dry_run: bool) -> None:
    """Take over blocks and limits from a CSV that Mastodon or another server wrote."""
    wanted = _read(file)
    if dry_run:
        show_table(
            [[row["domain"], row["severity"]] for row in wanted], heads=("DOMAIN", "DECISION")
        )
        return

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import moderation

        for row in wanted:
            await ctx.write(
                moderation.set_host_policy,
                actor=None,
                domain=row["domain"],
                severity=_FROM_CSV[row["severity"]],
                reject_media=row["reject_media"] == "true",
                reject_reports=row["reject_reports"] == "true",
                obfuscate=row["obfuscate"] == "true",
                public_comment=row["public_comment"],
                now=ctx.clock(),
            )

    with_context(work)
    click.echo(f"{len(wanted)} decisions were taken over.")


def _decide(
    name: str,
    severity: Severity,
    *,
    reject_media: bool = False,
    reject_reports: bool = False,
    comment: str = "",
    note: str = "",
) -> None:
    async def work(ctx: "Context") -> None:
        from fedi_k12.services import moderation

        if moderation.normalise_domain(name) in _own():
            fail(f"{name} is this server itself.")
        await ctx.write(
            moderation.set_host_policy,
            actor=None,
            domain=name,
            severity=severity,
            reject_media=reject_media,
            reject_reports=reject_reports,
            public_comment=comment,
            private_comment=note,
            now=ctx.clock(),
        )

    with_context(work)


def _policies() -> "list[HostPolicy]":
    async def work(ctx: "Context") -> "list[HostPolicy]":
        from fedi_k12.services import moderation

        async with ctx.read() as session:
            return await moderation.host_policies(session)

    return with_context(work)


def _read(file: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV with its columns by name; `#` before a name is left out."""
    try:
        text = file.read_text("utf-8-sig")
    except (UnicodeDecodeError, OSError) as error:
        fail(f"{file} cannot be read: {error}")
    reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
    found: list[dict[str, str]] = []
    own = _own()
    try:
        for row in reader:
            # What has no column of its own comes under None, as a list.
            cells = {
                name.lstrip("#").strip(): value.strip()
                for name, value in row.items()
                if name is not None
            }
            if len(found) == MAX_ROWS:
                fail(f"{file} has more than {MAX_ROWS} rows.")
            wanted = _wanted(cells, where=f"{file}, line {reader.line_num}", own=own)
            if wanted is not None:
                found.append(wanted)
    except csv.Error as error:
        fail(f"{file} cannot be read after line {reader.line_num}: {error}.")
    return found


def _wanted(row: dict[str, str], *, where: str, own: set[str]) -> dict[str, str] | None:
    """Return what a row decides, None for nothing; all are checked before any counts."""
    from fedi_k12.services import moderation

    severity = row.get("severity", "") or "suspend"
    if not row.get("domain"):
        fail(f"{where}: there is no domain. The first line names the columns.")
    if severity == "noop":
        return None
    if severity not in _FROM_CSV:
        fail(f"{where}: {severity!r} is neither suspend nor silence.")
    try:
        domain_name = moderation.normalise_domain(row["domain"])
    except InvalidError as error:
        fail(f"{where}: {error}")
    if domain_name in own:
        click.echo(f"{where}: {domain_name} is this server itself, and is left out.", err=True)
        return None
    return {
        "domain": domain_name,
        "severity": severity,
        "reject_media": row.get("reject_media", "").lower(),
        "reject_reports": row.get("reject_reports", "").lower(),
        "obfuscate": row.get("obfuscate", "").lower(),
        "public_comment": row.get("public_comment", ""),
    }


def _own() -> set[str]:
    return {host.partition(":")[0] for host in loaded().settings.own_hosts}


def _harmless(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula (FED-104)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text
