"""What is about one thing goes out in order, whenever the delivery before it ends."""

import asyncio

import pytest
from msgspec.structs import replace

from federation.deliver import _UnderWay
from fedi_k12.domain.posts import Draft
from fedi_k12.services import posts
from fedi_k12.web.shelf import kept
from fedi_k12.worker import run_default, run_until_idle
from storage import deliveries


@pytest.fixture
def looking_slowly(ctx):
    """A context whose look into the queue ends only after what was under way."""

    async def write(fn, *args, **given):
        result = await ctx.write(fn, *args, **given)
        if fn is deliveries.claim and not result and (tasks := kept(slow, _UnderWay).tasks):
            await asyncio.wait(set(tasks))
        return result

    slow = replace(ctx, write=write)
    return slow


async def test_what_had_to_wait_goes_out_when_the_one_before_ends_unseen(
    ctx, looking_slowly, remote, send, maya
):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    remote.delivered.clear()
    now = ctx.clock()
    post_id = await ctx.write(
        posts.publish, actor=maya.actor, draft=Draft("Hello"), addresses=ctx.addresses, now=now
    )
    await run_default(ctx)
    await ctx.write(posts.delete, actor=maya.actor, post_id=post_id, now=now)

    await run_until_idle(looking_slowly)

    assert remote.types() == ["Create", "Delete"]
