"""Somebody who may be quoted, and how posts are written and seen."""

import pytest

from fedi_k12.domain.posts import Draft
from fedi_k12.services import views
from fedi_k12.services.posts import publish
from fedi_k12.worker import run_until_idle
from storage import posts
from tests.quoting import EVERYBODY, mention


@pytest.fixture
async def ren(remote, send, maya):
    """An actor who follows maya."""
    actor = remote.actor("ren")
    assert await send(actor, actor.activity("Follow", maya.account.uri, "first")) == 202
    return actor


@pytest.fixture
def write(ctx):
    """Return a function that publishes a post and gives its id; jobs are done."""

    async def run(member, text="Hello", **parts):
        draft = Draft(text, **parts)
        post_id = await ctx.write(
            publish, actor=member.actor, draft=draft, addresses=ctx.addresses, now=ctx.clock()
        )
        await run_until_idle(ctx)
        return post_id

    return run


@pytest.fixture
def see(ctx):
    """Return a function that gives a post as somebody sees it, by its id here or its uri."""

    async def run(which, member=None):
        async with ctx.read() as session:
            if isinstance(which, str):
                row = await posts.by_uri(session, which)
                assert row is not None, which
                which = row.id
            viewer = member.actor if member else None
            return await views.post_view(session, which, viewer=viewer)

    return run


@pytest.fixture
async def theirs(ctx, remote, ren, send, maya):
    """A post of ren's that everybody may quote, known here."""
    note = ren.note("quotable", interactionPolicy=EVERYBODY, tag=mention(maya))
    remote.show(note)
    await send(ren, ren.create(note, "quotable"))
    return note["id"]
