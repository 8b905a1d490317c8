"""`account`, `token` and `invite`: who is here."""

import asyncio
import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import (
    as_json,
    fail,
    password_from_stdin,
    show_json,
    show_table,
    with_context,
)
from fedi_k12.domain.people import AccountKind, check_password, check_username
from fedi_k12.domain.permissions import Role

if TYPE_CHECKING:
    from fedi_k12.context import Context

_KINDS = {kind.value.lower(): kind for kind in AccountKind if kind != AccountKind.APPLICATION}
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d{1,5})([mhdw])")
WORDS = 4


@click.group()
def account() -> None:
    """Make accounts, list them, and decide about them."""


@account.command()
@click.argument("name")
@click.option("--email", help="The address they sign in with; the name works too.")
@click.option("--display-name", default="", help="The name that is shown.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="member")
@click.option("--kind", type=click.Choice(sorted(_KINDS)), default="person")
@click.option("--classroom", is_flag=True, help="An organization that is a class.")
@click.option("--local-only", is_flag=True, help="Nothing of the class leaves this server.")
def create(
    name: str,
    email: str | None,
    display_name: str,
    password_stdin: bool,
    role: str,
    kind: str,
    classroom: bool,
    local_only: bool,
) -> None:
    """Make an account and print its handle, alone on the last line.

    Without --password-stdin a password is made up and printed on standard error. To an
    organization nobody signs in: `fedi-k12 delegate` says who acts for it.
    """
    if _KINDS[kind] is AccountKind.ORGANIZATION:
        if email or password_stdin or role != Role.MEMBER.value:
            raise click.UsageError("Nobody signs in to an organization: it has no such thing.")
        handle = _official(name, display_name, classroom=classroom, local_only=local_only)
        click.echo(
            f"Nothing is posted yet. Name two managers: `fedi-k12 delegate {name} add PERSON "
            f"--role manager`. Say what it is for: `fedi-k12 charter {name} set`, or a manager "
            "does on the page “Charter” of its profile.",
            err=True,
        )
        click.echo(handle)
        return
    if classroom or local_only:
        raise click.UsageError("A classroom is an organization: say --kind organization.")
    given = password_from_stdin() if password_stdin else _made_up()

    async def work(ctx: "Context") -> str:
        from fedi_k12.services import login, signup
        from fedi_k12.services.keys import generate_keys

        username = check_username(name)
        password = check_password(given, username=username, email=email or "")
        row = await ctx.write(
            signup.create_member,
            username=username,
            email=email,
            password_hash=login.hash_password(password),
            role=Role(role),
            kind=_KINDS[kind].value,
            display_name=display_name,
            keys=generate_keys(),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        return f"@{row.username}@{ctx.addresses.handle_domain}"

    handle = with_context(work)
    if not password_stdin:
        click.echo(f"Password: {given}", err=True)
    click.echo(handle)


@account.command("list")
@as_json
def list_accounts(as_json: bool) -> None:
    """List the accounts of this server."""

    async def work(ctx: "Context") -> list[dict[str, object]]:
        from fedi_k12.services import members

        if as_json:
            found = await ctx.write(members.local_accounts_in_full, now=ctx.clock())
        else:
            async with ctx.read() as session:
                found = await members.local_accounts(session)
        return [
            {
                "id": str(one.id),
                "handle": f"@{one.username}@{ctx.addresses.handle_domain}",
                "kind": one.kind,
                "name": one.display_name,
                "role": one.role,
                "email": one.email,
                "suspended": one.suspended,
                "created_at": one.created_at.isoformat(),
            }
            for one in found
        ]

    rows = with_context(work)
    if as_json:
        show_json(rows)
        return
    heads = ("HANDLE", "KIND", "ROLE", "NAME", "STATE")
    show_table(
        [
            [
                str(row["handle"]),
                str(row["kind"]),
                str(row["role"]) or "-",
                str(row["name"]),
                "suspended" if row["suspended"] else "active",
            ]
            for row in rows
        ],
        heads=heads,
    )


@account.command()
@click.argument("handle")
@click.option("--reason", default="", help="Kept in the audit trail.")
def suspend(handle: str, reason: str) -> None:
    """Suspend an account, here or elsewhere: nothing of it is shown any more."""

    async def work(ctx: "Context") -> str:
        from fedi_k12.services import moderation

        found = await _found(ctx, handle)
        await ctx.write(
            moderation.suspend_account,
            actor=None,
            account_id=found,
            reason=reason,
            now=ctx.clock(),
        )
        return handle

    click.echo(f"{with_context(work)} is suspended.")


@account.command()
@click.argument("handle")
def unsuspend(handle: str) -> None:
    """Take a suspension back."""

    async def work(ctx: "Context") -> str:
        from fedi_k12.services import moderation

        found = await _found(ctx, handle)
        await ctx.write(
            moderation.unsuspend_account, actor=None, account_id=found, now=ctx.clock()
        )
        return handle

    click.echo(f"{with_context(work)} is active again.")


@account.command("delete")
@click.argument("handle")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete_account(handle: str, yes: bool) -> None:
    """Delete a member's account for good, with all that it wrote; others are told."""
    if not yes:
        click.confirm(f"Delete {handle} and all that they wrote, for good?", abort=True)

    async def work(ctx: "Context") -> str:
        from fedi_k12.services import leaving

        found = await _found(ctx, handle)
        await ctx.write(leaving.leave, actor=None, account_id=found, now=ctx.clock())
        return handle

    click.echo(f"{with_context(work)} is gone. Other servers are told in the background.")


@account.command("rotate-keys")
@click.argument("name", required=False)
@click.option("--server", is_flag=True, help="The server's own actor.")
@click.option("--all", "everybody", is_flag=True, help="Everybody here, and the server itself.")
def rotate_keys(name: str | None, server: bool, everybody: bool) -> None:
    """Give an account new keys, for instance after its old ones were seen by somebody.

    Other servers are told in the background; they need a few minutes to notice.
    """
    if sum((name is not None, server, everybody)) != 1:
        raise click.UsageError("Name one account, or say --server or --all.")

    async def work(ctx: "Context") -> int:
        from fedi_k12.services import members
        from fedi_k12.services.keys import generate_keys
        from fedi_k12.services.rotation import rotate_keys

        found = [] if name is None else [await _found(ctx, name)]
        async with ctx.read() as session:
            if everybody:
                found = [one.id for one in await members.local_accounts(session)]
            if name is None:
                found.append(await members.server_account(session, ctx.addresses))
        for number in found:
            await ctx.write(
                rotate_keys,
                account_id=number,
                keys=await asyncio.to_thread(generate_keys),
                addresses=ctx.addresses,
                now=ctx.clock(),
            )
        return len(found)

    number = with_context(work)
    click.echo(
        "New keys for one account." if number == 1 else f"New keys for {number} accounts."
    )


@account.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice([role.value for role in Role]))
def give_role(name: str, role: str) -> None:
    """Give a member a role."""

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import sanctions

        await ctx.write(
            sanctions.give_role,
            actor=None,
            account_id=await _found(ctx, name),
            role=Role(role),
            now=ctx.clock(),
        )

    with_context(work)
    click.echo(f"{name} is {role} now.")


@account.command("reset-password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def reset_password(name: str, password_stdin: bool) -> None:
    """Set a member's password; every browser of theirs is signed out."""
    given = password_from_stdin() if password_stdin else _made_up()

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import login, members

        password = check_password(given, username=name)
        await ctx.write(
            members.reset_password,
            username=name,
            password_hash=login.hash_password(password),
            now=ctx.clock(),
        )

    with_context(work)
    click.echo(f"{name} has a new password." if password_stdin else f"New password: {given}")


@account.command("reset-second-factor")
@click.argument("name")
def reset_second_factor(name: str) -> None:
    """Take a member's second factors away, when they lost their device and codes."""

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import second_factor

        await ctx.write(second_factor.reset, username=name, now=ctx.clock())

    with_context(work)
    click.echo(f"{name} signs in with the password alone now.")


@click.group()
def token() -> None:
    """Give programs access to the client API."""


@token.command("create")
@click.argument("name")
@click.option("--scopes", default="read write follow push", show_default=True)
@click.option("--app", "app_name", default="fedi-k12 command line", show_default=True)
def create_token(name: str, scopes: str, app_name: str) -> None:
    """Print an access token for a member, alone on the last line."""

    async def work(ctx: "Context") -> str:
        from fedi_k12.services import apps

        return await ctx.write(
            apps.create_token,
            username=name,
            scopes=scopes,
            app_name=app_name,
            now=ctx.clock(),
        )

    click.echo(with_context(work))


@click.group()
def invite() -> None:
    """Invite people."""


@invite.command("create")
@click.option("--uses", type=click.IntRange(1, 10_000), help="So many people; any number else.")
@click.option("--expires", default="7d", show_default=True, help="30m, 12h, 7d, 4w or never.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="member")
@click.option("--note", default="", help="What it is for, to tell links apart.")
def create_invite(uses: int | None, expires: str, role: str, note: str) -> None:
    """Print a link by which people can sign up, alone on the last line."""
    lasts = _duration(expires)

    async def work(ctx: "Context") -> str:
        from fedi_k12.services import signup

        code = await ctx.write(
            signup.create_invite,
            actor=None,
            max_uses=uses,
            expires_at=None if lasts is None else ctx.clock() + lasts,
            role=Role(role),
            note=note,
            now=ctx.clock(),
        )
        return f"{ctx.addresses.base_url}/invite/{code}"

    click.echo(with_context(work))


def _official(name: str, display_name: str, *, classroom: bool, local_only: bool) -> str:
    """Make an official account and return its handle."""

    async def work(ctx: "Context") -> str:
        from fedi_k12.services import officials
        from fedi_k12.services.keys import generate_keys

        row = await ctx.write(
            officials.make,
            actor=None,
            username=name,
            display_name=display_name,
            keys=generate_keys(),
            addresses=ctx.addresses,
            classroom=classroom,
            local_only=local_only,
            now=ctx.clock(),
        )
        return f"@{row.username}@{ctx.addresses.handle_domain}"

    return with_context(work)


async def _found(ctx: "Context", handle: str) -> int:
    from fedi_k12.services import finding

    async with ctx.read() as session:
        view = await finding.lookup(session, acct=handle, own_hosts=ctx.settings.own_hosts)
    if view is None:
        fail(f"{handle} is not known here. `fedi-k12 account list` shows who lives here.")
    return view.id


def _duration(text: str) -> timedelta | None:
    if text == "never":
        return None
    match = _DURATION.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise click.UsageError(f"--expires {text}: write 30m, 12h, 7d, 4w or never.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _made_up() -> str:
    """Return a password nobody has to think of: letters and figures in four groups."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join(
        "".join(secrets.choice(letters) for _ in range(5)) for _group in range(WORDS)
    )
