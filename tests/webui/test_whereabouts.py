"""Where a post went, and what was answered: its author and staff can see it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from fedi_k12.domain.jobs import SweepStore
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import posts
from fedi_k12.services.upkeep import sweep_store
from fedi_k12.services.whereabouts import KEPT
from fedi_k12.worker import run_until_idle
from storage.tables import SentRow
from tests.webui.test_every_page import broken_outline, scripts_in


@pytest.fixture
async def followed(remote, make_server, send, maya):
    """Somebody on each of two servers follows Maya."""
    other = await make_server("other.example")
    for server in (remote, other):
        actor = server.actor("ren")
        await send(actor, actor.activity("Follow", maya.account.uri))
        server.delivered.clear()
    return remote, other


@pytest.fixture
def write(ctx, publish):
    """Return a function that publishes a post and lets other servers be told."""

    async def run(member, text="Hello", **parts):
        number = await publish(member, text, **parts)
        await run_until_idle(ctx)
        return number

    return run


def told_of(page):
    """Return what the page says of each server."""
    return {
        row.find("dt")[0].text: row.find("dd")[0].text
        for row in page.main.find("div")
        if row.find("dt")
    }


async def number_kept(ctx):
    async with ctx.read() as session:
        return await session.scalar(select(func.count()).select_from(SentRow))


async def test_the_author_reads_which_servers_took_it(at_maya, maya, followed, write):
    post = await write(maya)
    page = await at_maya.get(f"/posts/{post}/deliveries")

    assert page.status == 200
    assert told_of(page) == {"other.example": "taken", "remote.example": "taken"}
    assert scripts_in(page) == []
    assert broken_outline(page.main) == []
    thread = await at_maya.get(f"/@maya/{post}")
    assert thread.root.find("a", href=f"/posts/{post}/deliveries")


@pytest.mark.parametrize(
    ("status", "words"),
    [(503, "waits"), (400, "given up"), (410, "refused")],
    ids=["not now", "not at all", "gone for good"],
)
async def test_what_was_not_taken_says_why(at_maya, maya, followed, write, status, words):
    followed[0].inbox_status = status
    post = await write(maya)
    told = told_of(await at_maya.get(f"/posts/{post}/deliveries"))

    assert told["other.example"] == "taken"
    assert told["remote.example"].startswith(words)
    assert (f"answered {status}" in told["remote.example"]) is (status != 410)


async def test_staff_see_it_of_posts_that_they_may_see(
    seated, make_member, maya, followed, write
):
    at_mona = await seated(await make_member("mona", role=Role.MODERATOR))
    public = await write(maya, visibility=Visibility.PUBLIC)
    letter = await write(maya, "@ren@remote.example psst", visibility=Visibility.DIRECT)

    assert (await at_mona.get(f"/posts/{public}/deliveries")).status == 200
    assert (await at_mona.get(f"/posts/{letter}/deliveries")).status == 404


async def test_nobody_else_sees_it(at_tom, visitor, maya, followed, write):
    post = await write(maya, visibility=Visibility.PUBLIC)

    assert (await at_tom.get(f"/posts/{post}/deliveries")).status == 404
    assert (await at_tom.get("/posts/1/deliveries")).status == 404
    assert (await visitor.get(f"/posts/{post}/deliveries")).location.startswith("/auth/sign_in")


async def test_what_stays_here_went_nowhere(at_maya, maya, followed, write):
    post = await write(maya, local_only=True)

    assert "Nothing is known" in (await at_maya.get(f"/posts/{post}/deliveries")).text


async def test_it_is_forgotten_with_the_post(ctx, maya, followed, write):
    post = await write(maya)
    assert await number_kept(ctx) == 1

    await ctx.write(posts.delete, actor=maya.actor, post_id=post, now=ctx.clock())
    await run_until_idle(ctx)

    assert await number_kept(ctx) == 0


async def test_it_is_forgotten_after_a_while(ctx, clock, maya, followed, write):
    await write(maya)
    clock.advance(days=(KEPT - timedelta(days=1)).days)
    await sweep_store(ctx, SweepStore())
    assert await number_kept(ctx) == 1

    clock.advance(days=2)
    await sweep_store(ctx, SweepStore())
    assert await number_kept(ctx) == 0
