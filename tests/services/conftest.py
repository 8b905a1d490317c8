"""Calling services as the faces do: one write or one read at a time."""

import inspect

import msgspec
import pytest
from sqlalchemy import select

from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.posts import Draft
from fedi_k12.services import notifications, posts, timelines, views
from fedi_k12.services.receive import receive_posts
from fedi_k12.services.received import ReceivedPost
from storage.tables import AccountRow, AuditRow, JobRow


def _completed(ctx, fn, given):
    usual = {"now": ctx.clock(), "addresses": ctx.addresses}
    wanted = inspect.signature(fn).parameters
    return {**{name: value for name, value in usual.items() if name in wanted}, **given}


@pytest.fixture
def do(ctx):
    """Return a function that runs a service in one write, at this time."""

    async def run(fn, *args, **given):
        return await ctx.write(fn, *args, **_completed(ctx, fn, given))

    return run


@pytest.fixture
def see(ctx):
    """Return a function that runs a service in one read."""

    async def run(fn, *args, **given):
        async with ctx.read() as session:
            return await fn(session, *args, **_completed(ctx, fn, given))

    return run


@pytest.fixture
def publish(do, see):
    """Return a function that publishes a post and returns it as its author sees it."""

    async def run(member, text="Hello", **parts):
        post_id = await do(posts.publish, actor=member.actor, draft=Draft(text, **parts))
        return await see(views.post_view, post_id, viewer=member.actor)

    return run


@pytest.fixture
def arrive(ctx, do):
    """Return a function that takes in a post of another server's account."""

    async def run(account, name="1", **parts):
        values = {
            "uri": f"{account.uri}/posts/{name}",
            "account_id": account.id,
            "visibility": "public",
            "content": f"<p>{name}</p>",
            "published": ctx.clock(),
        }
        values.update(parts)
        values["visibility"] = posts.Visibility(values["visibility"])
        found = await do(receive_posts, [ReceivedPost(**values)])
        return found[0] if found else None

    return run


@pytest.fixture
def home(see):
    """Return a function that reads a member's home timeline: the ids, the newest first."""

    async def run(member, **page):
        found = await see(timelines.home, actor=member.actor, page=PageRequest(**page))
        return [view.id for view in found.items]

    return run


@pytest.fixture
def told(see):
    """Return a function that reads what a member is told of: (kind, who), the newest first."""

    async def run(member):
        found = await see(notifications.page, actor=member.actor, page=PageRequest())
        return [(view.kind, view.account.acct) for view in found.items]

    return run


@pytest.fixture
def queued(ctx):
    """Return a function that lists the jobs that wait: (kind, payload), the oldest first."""

    async def run(kind=None):
        async with ctx.read() as session:
            rows = list(await session.scalars(select(JobRow).order_by(JobRow.id)))
        found = [(row.kind, msgspec.json.decode(row.payload)) for row in rows]
        return [payload for name, payload in found if name == kind] if kind else found

    return run


@pytest.fixture
def audited(ctx):
    """Return a function that lists what staff did, the oldest first."""

    async def run():
        async with ctx.read() as session:
            rows = await session.scalars(select(AuditRow).order_by(AuditRow.id))
            return [row.action for row in rows if row.action != "account created"]

    return run


@pytest.fixture
def counts(ctx):
    """Return a function that reads what an account counts: following, followers, posts."""

    async def run(account_id):
        async with ctx.read() as session:
            row = await session.get(AccountRow, account_id)
            return row.following_count, row.followers_count, row.posts_count

    return run
