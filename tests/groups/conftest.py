"""Groups for the tests: made by Maya, joined by whoever a test wants."""

from collections.abc import Awaitable, Callable

import pytest

from fedi_k12.domain.groups import GroupDraft
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Draft
from fedi_k12.services import follows, group_posts, groups, posts, timelines
from fedi_k12.worker import run_until_idle
from storage import accounts
from storage import posts as post_rows
from storage.tables import AccountRow
from tests.remote import PUBLIC

MakeGroup = Callable[..., Awaitable[AccountRow]]


@pytest.fixture
def make_group(ctx, maya, account_keys) -> MakeGroup:
    """Return a function that lets Maya make a group."""

    async def make(username="fractions", *, by=None, **wishes) -> AccountRow:
        number = await ctx.write(
            groups.create,
            actor=(by or maya).actor,
            username=username,
            draft=GroupDraft(**{"display_name": username.title(), **wishes}),
            needed=Role.MEMBER,
            keys=account_keys,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        async with ctx.read() as session:
            row = await accounts.by_id(session, number)
        assert row is not None
        return row

    return make


@pytest.fixture
async def fractions(make_group) -> AccountRow:
    """An open group that Maya looks after."""
    return await make_group()


@pytest.fixture
def join(ctx):
    """Return a function that lets a member join a group."""

    async def run(member, group):
        return await ctx.write(
            follows.follow,
            actor=member.actor,
            target_id=group.id,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    return run


@pytest.fixture
def write(ctx):
    """Return a function that publishes a post and gives its row, jobs done."""

    async def run(member, text, **parts):
        post_id = await ctx.write(
            posts.publish,
            actor=member.actor,
            draft=Draft(text, **parts),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        await run_until_idle(ctx)
        async with ctx.read() as session:
            return await post_rows.by_id(session, post_id)

    return run


@pytest.fixture
def listed(ctx):
    """Return a function that gives what is listed in a group for a viewer, newest first."""

    async def look(group, viewer=None):
        async with ctx.read() as session:
            page = await group_posts.timeline(
                session,
                group_id=group.id,
                viewer=viewer.actor if viewer else None,
                page=PageRequest(limit=40),
            )
        return [view.uri for view in page.items]

    return look


@pytest.fixture
def at_home(ctx):
    """Return a function that gives what a member reads at home, newest first."""

    async def look(member):
        async with ctx.read() as session:
            page = await timelines.home(session, actor=member.actor, page=PageRequest(limit=40))
        return [(view.boost_of or view).uri for view in page.items]

    return look


def sent(remote, kind="Announce"):
    """Return what of a kind the fake server was sent, in order."""
    return [item.body for item in remote.delivered if item.body["type"] == kind]


def to_group(actor, group, number="1", text="<p>Strips for eighths</p>", **changes):
    """Return a post of an account elsewhere to a group, as servers that know groups do it."""
    return actor.note(
        number,
        text,
        **{
            "type": "Page",
            "name": "Fraction strips",
            "to": [group.uri, PUBLIC],
            "cc": [],
            "audience": group.uri,
            **changes,
        },
    )


def mentioning(actor, group, number="1", text="<p>Strips for eighths @fractions</p>"):
    """Return a post of a Mastodon account that mentions a group."""
    return actor.note(
        number,
        text,
        cc=[f"{actor.uri}/followers", group.uri],
        tag=[{"type": "Mention", "href": group.uri, "name": "@fractions@home.example"}],
    )
