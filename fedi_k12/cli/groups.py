"""`group`: make groups, list them, and say who looks after them."""

import asyncio
from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import as_json, fail, show_json, show_table, with_context
from fedi_k12.domain.groups import GroupDraft
from fedi_k12.domain.permissions import Actor, Role

if TYPE_CHECKING:
    from fedi_k12.context import Context


@click.group()
def group() -> None:
    """Make groups and list them."""


@group.command("create")
@click.argument("name")
@click.option("--owner", required=True, help="The member who looks after it first.")
@click.option("--display-name", default="", help="The name that is shown.")
@click.option("--about", default="", help="What it is for.")
@click.option("--rules", default="", help="Its rules, one a line.")
@click.option("--approval", is_flag=True, help="Moderators decide who may join.")
@click.option("--restricted", is_flag=True, help="Only moderators begin posts.")
@click.option("--private", is_flag=True, help="Only members read it; it stays on this server.")
def create(
    name: str,
    owner: str,
    display_name: str,
    about: str,
    rules: str,
    approval: bool,
    restricted: bool,
    private: bool,
) -> None:
    """Make a group and print its handle, alone on the last line."""
    draft = GroupDraft(display_name or name, about, rules, approval, restricted, private)

    async def work(ctx: "Context") -> str:
        from fedi_k12.services import finding, groups, views
        from fedi_k12.services.keys import generate_keys

        async with ctx.read() as session:
            found = await finding.lookup(session, acct=owner, own_hosts=ctx.settings.own_hosts)
        if found is None or not found.is_local:
            fail(f"{owner} does not live here. `fedi-k12 account list` shows who does.")
        number = await ctx.write(
            groups.create,
            actor=Actor(found.id, role=Role.OWNER),
            username=name,
            draft=draft,
            needed=Role.OWNER,
            keys=await asyncio.to_thread(generate_keys),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        async with ctx.read() as session:
            made = await views.account_view(session, number)
        return f"@{made.username}@{ctx.addresses.handle_domain}"

    click.echo(with_context(work))


@group.command("list")
@as_json
def list_groups(as_json: bool) -> None:
    """List the groups of this server."""

    async def work(ctx: "Context") -> list[dict[str, object]]:
        from fedi_k12.services import groups

        async with ctx.read() as session:
            found = await groups.listed(session, viewer=None)
        return [
            {
                "id": str(one.account.id),
                "handle": f"@{one.account.username}@{ctx.addresses.handle_domain}",
                "name": one.account.name,
                "members": one.account.followers_count,
                "moderators": [person.acct for person in one.moderators],
                "approval": one.account.locked,
                "restricted": one.restricted,
                "private": one.private,
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
                str(row["handle"]),
                str(row["name"]),
                str(row["members"]),
                ", ".join(map(str, row["moderators"]))  # type: ignore[call-overload]  # a list
                or "-",
            ]
            for row in rows
        ],
        heads=("HANDLE", "NAME", "MEMBERS", "MODERATORS"),
    )
