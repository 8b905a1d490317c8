"""`delegate`: who acts for an official account."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import as_json, fail, show_json, show_table, with_context
from fedi_k12.domain.delegates import MANAGERS_NEEDED, DelegateRole

if TYPE_CHECKING:
    from fedi_k12.context import Context

_ROLES = click.Choice([role.value for role in DelegateRole])


@click.group()
@click.argument("name")
@click.pass_context
def delegate(context: click.Context, name: str) -> None:
    """Say who acts for the official account NAME, each with a sign-in of their own."""
    context.obj = name


@delegate.command("add")
@click.argument("person")
@click.option("--role", type=_ROLES, default=DelegateRole.AUTHOR.value, show_default=True)
@click.option("--probationary", is_flag=True, help="They publish nothing alone.")
@click.pass_obj
def add(name: str, person: str, role: str, probationary: bool) -> None:
    """Let PERSON act for the account, or change the role they have."""

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import officials

        await ctx.write(
            officials.delegate,
            actor=None,
            account_id=await _found(ctx, name),
            person_id=await _found(ctx, person),
            role=DelegateRole(role),
            probationary=probationary,
            now=ctx.clock(),
        )

    managers = _after(name, work)
    click.echo(f"{person} is {role} of {name} now.")
    _warn(name, managers)


@delegate.command("remove")
@click.argument("person")
@click.pass_obj
def remove(name: str, person: str) -> None:
    """End that PERSON acts for the account: at once, in every app and browser."""

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import officials

        await ctx.write(
            officials.end,
            actor=None,
            account_id=await _found(ctx, name),
            person_id=await _found(ctx, person),
            now=ctx.clock(),
        )

    managers = _after(name, work)
    click.echo(f"{person} no longer acts for {name}.")
    _warn(name, managers)


@delegate.command("pause")
@click.argument("person")
@click.option("--reason", default="", help="The person reads it.")
@click.option("--off", is_flag=True, help="Let them act again.")
@click.pass_obj
def pause(name: str, person: str, reason: str, off: bool) -> None:
    """Let PERSON not act for the account for now; with --off, again."""

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import officials

        account, whom = await _found(ctx, name), await _found(ctx, person)
        if off:
            await ctx.write(
                officials.resume,
                actor=None,
                account_id=account,
                person_id=whom,
                now=ctx.clock(),
            )
            return
        await ctx.write(
            officials.pause,
            actor=None,
            account_id=account,
            person_id=whom,
            reason=reason,
            now=ctx.clock(),
        )

    managers = _after(name, work)
    click.echo(f"{person} acts for {name} again." if off else f"{person} is paused.")
    _warn(name, managers)


@delegate.command("list")
@as_json
@click.pass_obj
def list_delegates(name: str, as_json: bool) -> None:
    """List who acts for the account, and who did."""

    async def work(ctx: "Context") -> list[dict[str, object]]:
        from fedi_k12.services import officials

        number = await _found(ctx, name)
        async with ctx.read() as session:
            found = await officials.delegates(session, actor=None, account_id=number)
        return [
            {
                "person": f"@{one.handle}",
                "role": one.role.value,
                "probationary": one.probationary,
                "since": one.since.isoformat(),
                "paused_at": one.paused_at.isoformat() if one.paused_at else None,
                "pause_reason": one.pause_reason,
                "ended_at": one.ended_at.isoformat() if one.ended_at else None,
            }
            for one in found
        ]

    rows = with_context(work)
    if as_json:
        show_json(rows)
        return
    show_table(
        [
            [
                str(row["person"]),
                str(row["role"]) + (" (probationary)" if row["probationary"] else ""),
                "ended" if row["ended_at"] else "paused" if row["paused_at"] else "acts",
                str(row["since"])[:10],
            ]
            for row in rows
        ],
        heads=("PERSON", "ROLE", "STATE", "SINCE"),
    )


def _after(name: str, work: "Callable[[Context], Awaitable[None]]") -> int:
    """Do it, and return how many managers the account has then."""

    async def whole(ctx: "Context") -> int:
        from fedi_k12.services import officials

        await work(ctx)
        async with ctx.read() as session:
            standing = await officials.standing(
                session, await _found(ctx, name), now=ctx.clock()
            )
        return standing.managers if standing is not None else 0

    return with_context(whole)


def _warn(name: str, managers: int) -> None:
    if managers < MANAGERS_NEEDED:
        click.echo(
            f"{name} has {managers} of the {MANAGERS_NEEDED} managers it needs: "
            "nothing is posted until then.",
            err=True,
        )


async def _found(ctx: "Context", handle: str) -> int:
    from fedi_k12.services import finding

    async with ctx.read() as session:
        view = await finding.lookup(session, acct=handle, own_hosts=ctx.settings.own_hosts)
    if view is None or not view.is_local:
        fail(f"{handle} does not live here. `fedi-k12 account list` shows who does.")
    return view.id
