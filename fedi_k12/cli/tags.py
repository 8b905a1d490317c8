"""`tag`: hashtags that the district owns, and who is verified staff here."""

import asyncio
from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import as_json, fail, show_json, show_table, with_context

if TYPE_CHECKING:
    from fedi_k12.context import Context


@click.group()
def tag() -> None:
    """Own hashtags, each with a page and an account that people follow."""


@tag.command("own")
@click.argument("name")
@click.option("--handle", default="", help="Its account's short name; else the hashtag.")
@click.option("--about", default="", help="What it is for.")
@click.option("--steward", multiple=True, help="A member who looks after it; more than once.")
def own(name: str, handle: str, about: str, steward: tuple[str, ...]) -> None:
    """Make the hashtag NAME the district's; print its account's handle on the last line."""

    async def work(ctx: "Context") -> str:
        from fedi_k12.services import owned_tags
        from fedi_k12.services.keys import generate_keys

        made = await ctx.write(
            owned_tags.own,
            actor=None,
            name=name,
            username=handle,
            description=about,
            stewards=steward,
            keys=await asyncio.to_thread(generate_keys),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        return f"@{made.account.username}@{ctx.addresses.handle_domain}"

    click.echo(with_context(work))


@tag.command("change")
@click.argument("name")
@click.option("--about", help="What it is for.")
@click.option("--steward", multiple=True, help="Those who look after it from now on.")
def change(name: str, about: str | None, steward: tuple[str, ...]) -> None:
    """Say what the hashtag NAME is for, and who looks after it."""

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import owned_tags

        async with ctx.read() as session:
            before = await owned_tags.one(session, name=name)
        await ctx.write(
            owned_tags.change,
            actor=None,
            name=name,
            description=before.description if about is None else about,
            stewards=steward or None,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    with_context(work)
    click.echo(f"#{name} is changed.")


@tag.command("give-up")
@click.argument("name")
def give_up(name: str) -> None:
    """Let the hashtag NAME be nobody's again. Its account stays and passes nothing more on."""

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import owned_tags

        await ctx.write(owned_tags.give_up, actor=None, name=name, now=ctx.clock())

    with_context(work)
    click.echo(f"#{name} is no longer the district's.")


@tag.command("list")
@as_json
def list_tags(as_json: bool) -> None:
    """List the district's hashtags."""

    async def work(ctx: "Context") -> list[dict[str, object]]:
        from fedi_k12.services import owned_tags

        async with ctx.read() as session:
            found = await owned_tags.listed(session)
        return [
            {
                "name": one.name,
                "handle": f"@{one.account.username}@{ctx.addresses.handle_domain}",
                "about": one.description,
                "stewards": [f"@{person.username}" for person in one.stewards],
                "followers": one.account.followers_count,
            }
            for one in found
        ]

    rows = with_context(work)
    if as_json:
        show_json(rows)
        return
    show_table(
        [[f"#{row['name']}", str(row["handle"]), str(row["followers"])] for row in rows],
        heads=("HASHTAG", "ACCOUNT", "FOLLOWERS"),
    )


@tag.command("staff")
@click.argument("person")
@click.option("--off", is_flag=True, help="Nobody stands for it any more.")
def staff(person: str, off: bool) -> None:
    """Stand for it that PERSON is staff, so that hashtags pass on what they say."""

    async def work(ctx: "Context") -> None:
        from fedi_k12.services import finding, owned_tags

        async with ctx.read() as session:
            view = await finding.lookup(session, acct=person, own_hosts=ctx.settings.own_hosts)
        if view is None or not view.is_local:
            fail(f"{person} does not live here. `fedi-k12 account list` shows who does.")
        await ctx.write(
            owned_tags.vouch, actor=None, account_id=view.id, staff_now=not off, now=ctx.clock()
        )

    with_context(work)
    click.echo(f"{person} is {'no longer verified' if off else 'verified'} as staff.")
