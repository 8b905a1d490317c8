"""Blocks between servers.

Row 1.8 "Block": taken in silently; sent only by members who chose that.
"""

import pytest
from sqlalchemy import select

from fedi_k12.services import follows, profiles
from fedi_k12.worker import run_until_idle
from storage.tables import BlockRow, FollowRow


def sent(remote, kind):
    return [item.body for item in remote.delivered if item.body["type"] == kind]


@pytest.fixture
def rows(ctx):
    async def run(table):
        async with ctx.read() as session:
            return list(await session.scalars(select(table)))

    return run


@pytest.fixture
def relation(ctx):
    async def run(member, uri, account_by_uri):
        account = await account_by_uri(uri)
        async with ctx.read() as session:
            return (
                await follows.relationships(
                    session, actor=member.actor, target_ids=[account.id]
                )
            )[0]

    return run


async def test_a_block_ends_follows_and_says_nothing(
    ctx, remote, send, maya, relation, rows, account_by_uri
):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    before = len(remote.delivered)

    assert await send(ren, ren.activity("Block", maya.account.uri)) == 202

    assert await rows(FollowRow) == []
    assert len(remote.delivered) == before
    assert (await relation(maya, ren.uri, account_by_uri)).blocked_by


@pytest.mark.parametrize("bare", [True, False], ids=["its id alone", "embedded"])
async def test_a_block_taken_back_does_not_bring_follows_back(remote, send, maya, rows, bare):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    block = ren.activity("Block", maya.account.uri)
    await send(ren, block)

    await send(ren, ren.activity("Undo", block["id"] if bare else block))

    assert await rows(BlockRow) == []
    assert await rows(FollowRow) == []


async def test_fed_79_blocks_in_a_circle_have_no_effect_but_one(remote, send, maya, rows):
    ren = remote.actor("ren")
    for number in range(5):
        block = ren.activity("Block", maya.account.uri, f"b{number}")
        await send(ren, block)
        await send(ren, block)
        await send(ren, ren.activity("Undo", block, f"u{number}"))

    assert await rows(BlockRow) == []
    assert sent(remote, "Accept") == sent(remote, "Reject") == []


async def test_fed_79_nobody_takes_back_the_block_of_another(remote, send, maya, rows):
    ren, eve = remote.actor("ren"), remote.actor("eve")
    block = ren.activity("Block", maya.account.uri)
    await send(ren, block)

    await send(eve, eve.activity("Undo", block["id"]))
    await send(eve, eve.activity("Undo", block, "2"))

    assert len(await rows(BlockRow)) == 1


@pytest.fixture
async def followed(ctx, remote, send, maya, account_by_uri):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    return await account_by_uri(ren.uri)


async def _block(client, member, account, what="block"):
    answer = await client.post(f"/api/v1/accounts/{account.id}/{what}", headers=member.headers)
    assert answer.status == 200


async def test_who_is_blocked_hears_a_reject_and_no_block(client, ctx, remote, maya, followed):
    await _block(client, maya, followed)
    await run_until_idle(ctx)

    assert len(sent(remote, "Reject")) == 1
    assert sent(remote, "Block") == []


async def test_a_member_can_choose_that_blocks_are_sent(client, ctx, remote, maya, followed):
    await ctx.write(profiles.save_preferences, actor=maya.actor, changes={"send_blocks": True})

    await _block(client, maya, followed)
    await _block(client, maya, followed, "unblock")
    await run_until_idle(ctx)

    [block] = sent(remote, "Block")
    [undo] = sent(remote, "Undo")
    assert block["object"] == followed.uri
    assert undo["object"]["id"] == block["id"]
