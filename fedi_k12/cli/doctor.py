"""`doctor`: what is wrong with this server, and what to do."""

from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import as_json, loaded, run, show_json

if TYPE_CHECKING:
    from fedi_k12.services.doctor import Finding
    from fedi_k12.settings import Settings

_MARKS = {"ok": "ok  ", "note": "NOTE", "fail": "FAIL"}


@click.command()
@click.option("--inside", is_flag=True, help="Leave out what asks the network.")
@as_json
def doctor(inside: bool, as_json: bool) -> None:
    """Examine this server, and say what to do for whatever is wrong.

    Looked at are disk, files, database, queue and clock; then, from outside, name, certificate,
    proxy and mail: for that the server has to be running. Ends with 1 where anything fails.
    """
    settings = loaded().settings
    findings = run(_look(settings, inside=inside))
    failed = sum(one.level == "fail" for one in findings)
    if as_json:
        show_json(findings)
    else:
        for one in findings:
            click.echo(f"{_MARKS[one.level]}  {one.name:<12} {one.found}")
            if one.advice:
                click.echo(f"{'':<19}{one.advice}")
        click.echo(f"{failed} to mend." if failed else "Nothing to mend.")
    if failed:
        raise SystemExit(1)


async def _look(settings: "Settings", *, inside: bool) -> "list[Finding]":
    from fedi_k12.context import utc_now
    from fedi_k12.opening import open_blobs
    from fedi_k12.services import doctor as within
    from fedi_k12.services import doctor_outside

    findings = await within.examine(settings, open_blobs(settings), now=utc_now())
    if inside:
        return findings
    return [
        *findings,
        *await doctor_outside.look_from_outside(settings),
        await doctor_outside.mail(settings),
    ]
