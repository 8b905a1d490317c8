"""What many changes at once cost others: little. Row 1.5 "Self-inflicted storms"."""

import pytest
from sqlalchemy import select

from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import posts
from fedi_k12.worker import run_until_idle
from storage.tables import DeliveryRow


@pytest.fixture
async def ren(remote, send, maya):
    actor = remote.actor("ren")
    await send(actor, actor.activity("Follow", maya.account.uri))
    remote.delivered.clear()
    return actor


@pytest.fixture
def rename(client, maya):
    async def run(name):
        answer = await client.patch(
            "/api/v1/accounts/update_credentials",
            json={"display_name": name},
            headers=maya.headers,
        )
        assert answer.status == 200

    return run


def told(remote):
    return [item.body["object"]["name"] for item in remote.delivered]


async def test_many_changes_of_a_profile_are_told_as_one(ctx, remote, ren, rename):
    for number in range(20):
        await rename(f"Maya {number}")
    await run_until_idle(ctx)

    assert told(remote) == ["Maya 19"]


async def test_a_change_soon_after_waits_a_minute(ctx, clock, remote, ren, rename):
    await rename("One")
    await run_until_idle(ctx)
    for name in ("Two", "Three", "Four"):
        await rename(name)
        await run_until_idle(ctx)
    assert told(remote) == ["One"]

    clock.advance(seconds=61)
    await run_until_idle(ctx)

    assert told(remote) == ["One", "Four"]


async def test_a_change_long_after_goes_out_at_once(ctx, clock, remote, ren, rename):
    await rename("One")
    await run_until_idle(ctx)
    clock.advance(minutes=5)

    await rename("Two")
    await run_until_idle(ctx)

    assert told(remote) == ["One", "Two"]


async def test_a_deletion_goes_only_where_the_post_went_and_after_all_else(
    ctx, remote, make_server, make_remote, send, ren, maya
):
    """Whose server never got it is not told that it is gone."""
    other = await make_server("other.example")
    pat = await make_remote("pat", "other.example")
    del pat
    post_id = await ctx.write(
        posts.publish,
        actor=maya.actor,
        draft=Draft("Hello", visibility=Visibility.PUBLIC),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)

    await ctx.write(posts.delete, actor=maya.actor, post_id=post_id, now=ctx.clock())
    from fedi_k12.worker import run_default

    await run_default(ctx)
    async with ctx.read() as session:
        waiting = list(await session.scalars(select(DeliveryRow)))
    assert {(row.host, row.priority) for row in waiting} == {("remote.example", 5)}
    await run_until_idle(ctx)

    assert remote.types() == ["Create", "Delete"]
    assert other.delivered == []


async def test_a_hundred_followers_of_one_server_cost_one_request(ctx, remote, send, maya):
    for number in range(12):
        actor = remote.actor(f"pupil{number}")
        await send(actor, actor.activity("Follow", maya.account.uri))
    remote.delivered.clear()

    await ctx.write(
        posts.publish,
        actor=maya.actor,
        draft=Draft("Hello"),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)

    assert remote.types() == ["Create"]
