"""`domain`: which other servers this one talks with."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import as_json, fail, loaded, show_json, show_table, with_context
from fedi_k12.domain.errors import InvalidError

if TYPE_CHECKING:
    from fedi_k12.context import Context
    from fedi_k12.domain.blocklists import Parsed
    from fedi_k12.domain.hosts import Direction, Severity
    from fedi_k12.services.blocklists import Plan
    from fedi_k12.services.first_contact import HeldDomain
    from fedi_k12.services.moderation import HostPolicy
    from fedi_k12.services.severance import Severance


@click.group()
def domain() -> None:
    """Block, limit or allow other servers, with all their subdomains."""


@domain.command()
@click.argument("name")
@click.option("--comment", default="", help="Shown to the public beside the block.")
@click.option("--note", default="", help="For the staff of this server only.")
@click.option("--ground", default="", help="The rule it breaks, where official accounts are.")
def block(name: str, comment: str, note: str, ground: str) -> None:
    """Talk no more with a server: follows end, nothing is taken or sent."""
    _decide(name, "suspend", comment=comment, note=note, ground=ground)
    click.echo(f"{name} is blocked.")


@domain.command()
@click.argument("name")
@click.option("--reject-media", is_flag=True, help="Show no pictures from there.")
@click.option("--reject-reports", is_flag=True, help="Take no reports from there.")
@click.option(
    "--no-followers-only",
    is_flag=True,
    help="Send no letters, nor what is for followers alone.",
)
@click.option(
    "--only-that", is_flag=True, help="Only what is named here; its posts stay in lists."
)
@click.option("--comment", default="")
@click.option("--note", default="")
@click.option("--ground", default="", help="The rule it breaks, where official accounts are.")
def limit(
    name: str,
    reject_media: bool,
    reject_reports: bool,
    no_followers_only: bool,
    only_that: bool,
    comment: str,
    note: str,
    ground: str,
) -> None:
    """Keep a server at a distance."""
    _decide(
        name,
        "normal" if only_that else "limit",
        reject_media=reject_media,
        reject_reports=reject_reports,
        no_followers_only=no_followers_only,
        comment=comment,
        note=note,
        ground=ground,
    )
    click.echo(f"{name} is limited.")


@domain.command()
@click.argument("name")
@click.option("--only", type=click.Choice(["in", "out"]), help="Only take, or only send.")
@click.option("--note", default="")
def allow(name: str, only: "Direction | None", note: str) -> None:
    """Allow a server: needed in allowlist mode; in open mode it excepts from a wider block.

    `*.k12.or.us` allows every server under that name, and not that one itself.
    """
    _decide(name, "allow", direction=only or "both", note=note)
    click.echo(f"{name} is allowed.")


@domain.command()
@click.argument("name")
@click.option("--restore", is_flag=True, help="Also restore the follows that it ended.")
def remove(name: str, restore: bool) -> None:
    """Take a decision about a server back."""

    async def work(ctx: "Context") -> int:
        from fedi_k12.services import moderation

        return await ctx.write(
            moderation.remove_host_policy,
            actor=None,
            domain=name,
            restore=restore,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    restored = with_context(work)
    click.echo(f"Nothing is decided about {name} any more.")
    if restore:
        click.echo(f"{restored} follows are restored.")


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
                    "no_followers_only": one.no_followers_only,
                    "direction": one.direction,
                    "private_comment": one.private_comment,
                    "source": one.source,
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
    from fedi_k12.domain import blocklists

    entries = [
        blocklists.Entry(
            one.domain,
            one.severity,  # type: ignore[arg-type]  # one of the words of the store
            one.reject_media,
            one.reject_reports,
            one.obfuscate,
            one.public_comment,
        )
        for one in _policies()
    ]
    click.echo(blocklists.write(entries), nl=False)


@domain.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--apply", "really", is_flag=True, help="Do it; without this it is only shown.")
@click.option("--sever", is_flag=True, help="Also what would end follows of members here.")
@click.option("--ground", default="", help="The rule it breaks, where official accounts are.")
def import_domains(file: Path, really: bool, sever: bool, ground: str) -> None:
    """Show what a list of blocked servers would change, and with --apply take it over.

    The list is a CSV that Mastodon or another server wrote. Decisions made by hand are kept;
    what would end follows of members is left out unless --sever is given.
    """
    parsed = _read(file)

    async def look(ctx: "Context") -> "Plan":
        from fedi_k12.services import blocklists

        async with ctx.read() as session:
            return await blocklists.plan(session, parsed)

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import blocklists

        for row in to_do:
            await ctx.write(
                blocklists.apply,
                actor=None,
                entry=row.entry,
                source=f"list {file.name}",
                ground=ground,
                own_hosts=_own(),
                now=ctx.clock(),
            )

    found = with_context(look)
    to_do = found.to_do(sever=sever)
    for row in found.left_out:
        click.echo(
            f"{file}, line {row.line}: {row.domain} {row.why}, and is left out.", err=True
        )
    if not really:
        show_table(
            [
                [row.entry.domain, row.entry.severity, row.change, str(row.follows or "")]
                for row in found.rows
            ],
            heads=("DOMAIN", "DECISION", "CHANGE", "FOLLOWS IT ENDS"),
        )
    if found.follows:
        click.echo(
            f"It would sever {found.follows} follows of {found.members} members."
            + ("" if sever else " Those servers are left out unless you add --sever.")
        )
    if really:
        with_context(work)
        click.echo(f"{len(to_do)} decisions were taken over.")
    else:
        click.echo(f"{len(to_do)} decisions would be taken over. Add --apply to do it.")


@domain.command("severed")
@as_json
def severed(as_json: bool) -> None:
    """List the suspensions that ended follows; `domain restore` undoes one."""

    async def work(ctx: "Context") -> "list[Severance]":
        from fedi_k12.services import severance

        async with ctx.read() as session:
            return await severance.listed(session)

    found = with_context(work)
    if as_json:
        show_json(found)
        return
    show_table(
        [
            [str(one.id), one.name, str(one.follows), str(one.members), str(one.left)]
            for one in found
        ],
        heads=("NUMBER", "WHAT", "FOLLOWS", "MEMBERS", "NOT RESTORED"),
    )


@domain.command("waiting")
@as_json
def waiting(as_json: bool) -> None:
    """List servers never seen before that wait to be let in (setting `new_servers`)."""

    async def work(ctx: "Context") -> "list[HeldDomain]":
        from fedi_k12.services import first_contact

        async with ctx.read() as session:
            return await first_contact.waiting(session, actor=None, limit=1000)

    found = with_context(work)
    if as_json:
        show_json(found)
        return
    show_table(
        [
            [
                one.domain,
                str(one.count + one.left_out),
                one.letters[0].actor if one.letters else "",
            ]
            for one in found
        ],
        heads=("DOMAIN", "LETTERS", "FIRST OF"),
    )


@domain.command("sign-fetches")
@click.argument("name")
@click.argument("choice", type=click.Choice(["on", "off"]))
def sign_fetches(name: str, choice: str) -> None:
    """Sign what is fetched from a server, or not where it chokes on signatures.

    The server notices within a minute.
    """

    async def work(ctx: "Context") -> None:
        from federation.knock import SIGN_GETS
        from fedi_k12.services.moderation import normalise_domain
        from storage import hosts

        host = normalise_domain(name)
        await ctx.write(hosts.learn, host, {SIGN_GETS: choice == "on"}, now=ctx.clock())

    with_context(work)
    click.echo(f"What is fetched from {name} is {'' if choice == 'on' else 'not '}signed.")


@domain.command("let-in")
@click.argument("names", nargs=-1, required=True)
def let_in(names: tuple[str, ...]) -> None:
    """Let servers in that wait, and act on what they sent."""

    async def work(ctx: "Context") -> int:
        from fedi_k12.services import first_contact

        return await ctx.write(
            first_contact.release, actor=None, domains=names, now=ctx.clock()
        )

    click.echo(f"Let in; {with_context(work)} letters are acted on.")


@domain.command("keep-out")
@click.argument("names", nargs=-1, required=True)
@click.option("--ground", default="", help="The rule it breaks, where official accounts are.")
def keep_out(names: tuple[str, ...], ground: str) -> None:
    """Drop what servers that wait have sent, and will send. They are not told."""

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import first_contact

        await ctx.write(
            first_contact.reject, actor=None, domains=names, ground=ground, now=ctx.clock()
        )

    with_context(work)
    click.echo("Kept out.")


@domain.command("restore")
@click.argument("number", type=int)
def restore(number: int) -> None:
    """Restore the follows that a suspension ended, once it is taken back."""

    async def work(ctx: "Context") -> int:
        from fedi_k12.services import moderation

        return await ctx.write(
            moderation.restore_follows,
            actor=None,
            severance_id=number,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    click.echo(f"{with_context(work)} follows are restored.")


def _decide(
    name: str,
    severity: "Severity",
    *,
    reject_media: bool = False,
    reject_reports: bool = False,
    no_followers_only: bool = False,
    direction: "Direction" = "both",
    comment: str = "",
    note: str = "",
    ground: str = "",
) -> None:
    async def work(ctx: "Context") -> None:
        from fedi_k12.services import moderation

        await ctx.write(
            moderation.set_host_policy,
            actor=None,
            domain=name,
            severity=severity,
            reject_media=reject_media,
            reject_reports=reject_reports,
            no_followers_only=no_followers_only,
            direction=direction,
            public_comment=comment,
            private_comment=note,
            ground=ground,
            own_hosts=_own(),
            now=ctx.clock(),
        )

    with_context(work)


def _policies() -> "list[HostPolicy]":
    async def work(ctx: "Context") -> "list[HostPolicy]":
        from fedi_k12.services import moderation

        async with ctx.read() as session:
            return await moderation.host_policies(session)

    return with_context(work)


def _read(file: Path) -> "Parsed":
    from fedi_k12.domain import blocklists

    try:
        data = file.read_bytes()
    except OSError as error:
        fail(f"{file} cannot be read: {error}")
    try:
        return blocklists.parse(data, own_hosts=_own())
    except InvalidError as error:
        fail(f"{file}: {error}")


def _own() -> set[str]:
    return {host.partition(":")[0] for host in loaded().settings.own_hosts}
