"""`charter`: what an official account is for, which it says before its first post."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import click

from fedi_k12.cli.command import as_json, fail, show_json, with_context
from fedi_k12.domain.charters import (
    CharterDraft,
    ForumMode,
    checked,
    read_hours,
    stored_week,
)
from fedi_k12.domain.submissions import Level

if TYPE_CHECKING:
    from fedi_k12.context import Context
    from fedi_k12.domain.charters import Charter


@click.group()
@click.argument("name")
@click.pass_context
def charter(context: click.Context, name: str) -> None:
    """Say what the official account NAME is for: nothing is posted before."""
    context.obj = name


@charter.command("set")
@click.option("--goal", required=True, help="Why there is this account.")
@click.option("--audience", required=True, help="For whom it is.")
@click.option("--speakers", required=True, help="Who speaks.")
@click.option("--answered", required=True, help="What is answered, and what is not.")
@click.option(
    "--review-by",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last day on which it holds; without it a year from now.",
)
@click.option("--hours", default="", help="Such as: mon-fri 08:00-16:00, sat 09:00-12:00")
@click.option("--time-zone", default="UTC", show_default=True)
@click.option(
    "--forum",
    type=click.Choice([mode.value for mode in ForumMode]),
    default=ForumMode.LIMITED.value,
    show_default=True,
)
@click.option(
    "--approval",
    type=click.Choice([level.value for level in Level]),
    default=Level.ALL.value,
    show_default=True,
    help="What a second person reads first.",
)
@click.option("--records-class", default="")
@click.option("--language", "languages", multiple=True, default=("en",), show_default=True)
@click.option("--letters/--no-letters", default=False, help="Whether letters to it are taken.")
@click.option(
    "--own-threads/--any-thread",
    default=False,
    help="Whether it answers under its own posts only, and letters to it.",
)
@click.pass_obj
def write(
    name: str,
    goal: str,
    audience: str,
    speakers: str,
    answered: str,
    review_by: date | None,
    hours: str,
    time_zone: str,
    forum: str,
    approval: str,
    records_class: str,
    languages: tuple[str, ...],
    letters: bool,
    own_threads: bool,
) -> None:
    """Put a new version in force. What it said before stays readable."""

    async def work(ctx: "Context") -> "Charter":
        from fedi_k12.services import charters

        today = ctx.clock().date()
        until = date(review_by.year, review_by.month, review_by.day) if review_by else None
        draft = CharterDraft(
            goal=goal,
            audience=audience,
            speakers=speakers,
            answered=answered,
            review_by=until or today + timedelta(days=365),
            hours=read_hours(hours),
            time_zone=time_zone,
            forum=ForumMode(forum),
            approval=Level(approval),
            records_class=records_class,
            languages=languages,
            direct_messages=letters,
            own_threads=own_threads,
        )
        return await ctx.write(
            charters.adopt,
            actor=None,
            account_id=await _found(ctx, name),
            draft=checked(draft, today=today),
            now=ctx.clock(),
        )

    done = with_context(work)
    click.echo(f"Version {done.version} holds until {done.review_by.isoformat()}.")


@charter.command("show")
@as_json
@click.pass_obj
def show(name: str, as_json: bool) -> None:
    """Print what holds now."""

    async def work(ctx: "Context") -> dict[str, object]:
        from fedi_k12.services import charters

        async with ctx.read() as session:
            found = await charters.of(session, await _found(ctx, name))
        if found is None:
            fail(f"{name} has no charter yet: `fedi-k12 charter {name} set` writes one.")
        return {
            "version": found.version,
            "goal": found.goal,
            "audience": found.audience,
            "speakers": found.speakers,
            "answered": found.answered,
            "hours": stored_week(found.hours),
            "time_zone": found.time_zone,
            "forum": found.forum.value,
            "approval": found.approval.value,
            "records_class": found.records_class,
            "languages": list(found.languages),
            "direct_messages": found.direct_messages,
            "own_threads": found.own_threads,
            "review_by": found.review_by.isoformat(),
        }

    told = with_context(work)
    if as_json:
        show_json(told)
        return
    for key, value in told.items():
        click.echo(f"{key}: {value}")


async def _found(ctx: "Context", handle: str) -> int:
    from fedi_k12.services import finding

    async with ctx.read() as session:
        view = await finding.lookup(session, acct=handle, own_hosts=ctx.settings.own_hosts)
    if view is None or not view.official:
        fail(f"{handle} is no official account here.")
    return view.id
