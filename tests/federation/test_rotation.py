"""Keys that change: ours, announced with the old one; others', asked for once.

Row 1.3 "Key rotation".
"""

import asyncio

import pytest

from federation.sig import integrity, keys
from federation.vocab.actor import parse_actor
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.jobs import SweepStore
from fedi_k12.domain.posts import Draft
from fedi_k12.services import posts
from fedi_k12.services.keys import generate_keys
from fedi_k12.services.rotation import rotate_keys
from fedi_k12.services.upkeep import sweep_store
from fedi_k12.worker import run_until_idle
from storage import accounts, jobs
from tests.conftest import HOST
from tests.remote import ACTIVITY, OTHER_KEYS


@pytest.fixture
async def ren(remote, send, maya):
    actor = remote.actor("ren")
    await send(actor, actor.activity("Follow", maya.account.uri))
    remote.delivered.clear()
    return actor


@pytest.fixture
def rotate(ctx, clock):
    async def run(account_id):
        new = generate_keys()
        await ctx.write(
            rotate_keys, account_id=account_id, keys=new, addresses=ctx.addresses,
            now=ctx.clock(),
        )  # fmt: skip
        # The running server looks its keys up again within half a minute.
        clock.advance(seconds=31)
        await run_until_idle(ctx)
        return new

    return run


async def shown(client, path="/users/maya"):
    answer = await client.get(path, headers={"Accept": ACTIVITY, "Host": HOST})
    return await answer.json(content_type=None)


async def test_the_old_key_announces_the_new_ones(client, remote, rotate, ren, maya):
    before = await shown(client)

    await rotate(maya.account.id)

    [update] = remote.delivered
    after = update.body["object"]
    assert (update.body["type"], after["id"]) == ("Update", maya.account.uri)
    assert f'keyId="{before["publicKey"]["id"]}"' in update.headers["Signature"]
    assert after["publicKey"]["id"] != before["publicKey"]["id"]
    assert after["publicKey"]["publicKeyPem"] != before["publicKey"]["publicKeyPem"]
    assert parse_actor(after).keys[0].pem == after["publicKey"]["publicKeyPem"]


async def test_the_new_key_signs_what_comes_after(
    ctx, client, remote, rotate, ren, maya, account_keys
):
    new = await rotate(maya.account.id)
    await ctx.write(
        posts.publish, actor=maya.actor, draft=Draft("Hello"), addresses=ctx.addresses,
        now=ctx.clock(),
    )  # fmt: skip
    await run_until_idle(ctx)

    create, actor = remote.delivered[-1], await shown(client)
    assert f'keyId="{actor["publicKey"]["id"]}"' in create.headers["Signature"]
    assert actor["publicKey"]["publicKeyPem"] == new.rsa.public_pem
    [proof] = integrity.proofs_in(create.body)
    assert proof.key_id == actor["assertionMethod"][0]["id"]
    key = keys.load_public(new.ed25519.public_pem)
    assert integrity.verifies(create.body, proof, key)


async def test_proofs_on_their_way_can_still_be_verified_for_a_week(
    ctx, client, clock, remote, rotate, ren, maya
):
    before = await shown(client)
    await rotate(maya.account.id)

    now = [method["id"] for method in (await shown(client))["assertionMethod"]]
    assert len(now) == 2
    assert now[1] == before["assertionMethod"][0]["id"]
    clock.advance(days=8)
    await sweep_store(ctx, SweepStore())
    assert [m["id"] for m in (await shown(client))["assertionMethod"]] == now[:1]


async def test_a_server_that_asked_meanwhile_gets_the_new_signature(
    ctx, clock, remote, rotate, ren, maya
):
    remote.inbox_status = 401
    await rotate(maya.account.id)
    remote.inbox_status = 202
    clock.advance(minutes=10)

    await run_until_idle(ctx)

    first, *_, last = remote.delivered
    assert first.body["id"] == last.body["id"]
    assert "#main-key-" not in first.headers["Signature"]
    assert "#main-key-" in last.headers["Signature"]


async def test_the_servers_own_actor_changes_its_keys(ctx, client, rotate, make_server):
    async with ctx.read() as session:
        row = await accounts.by_uri(session, ctx.addresses.server_actor())
    before = await shown(client, "/actor")

    await rotate(row.id)

    after = await shown(client, "/actor")
    assert after["publicKey"]["id"] not in {before["publicKey"]["id"], ""}


async def test_only_keys_of_our_own_are_changed(ctx, make_remote, rotate):
    far = await make_remote("pat")

    with pytest.raises(NotFoundError):
        await rotate(far.id)
    with pytest.raises(NotFoundError):
        await rotate(1)


async def test_anothers_new_key_is_asked_for_once(ctx, clock, remote, send, ren, maya):
    asked = remote.asked.count("/users/ren")
    remote.show(ren.document() | {"publicKey": key_of(ren, OTHER_KEYS)})

    note = ren.create(ren.note(to=[maya.account.uri]))
    assert await send(ren, note, keys=OTHER_KEYS) == 202
    assert remote.asked.count("/users/ren") == asked + 1


async def test_what_comes_while_a_new_key_is_asked_for_waits_for_it(remote, send, ren, maya):
    asked = remote.asked.count("/users/ren")
    remote.show(ren.document() | {"publicKey": key_of(ren, OTHER_KEYS)})

    notes = [ren.create(ren.note(str(at), to=[maya.account.uri])) for at in range(3)]
    answers = await asyncio.gather(*(send(ren, note, keys=OTHER_KEYS) for note in notes))

    assert answers == [202] * 3
    assert remote.asked.count("/users/ren") == asked + 1


async def test_bad_signatures_cause_one_fetch_in_five_minutes(clock, remote, send, ren, maya):
    asked = remote.asked.count("/users/ren")

    for number in range(4):
        follow = ren.activity("Like", maya.account.uri, str(number))
        assert await send(ren, follow, keys=OTHER_KEYS) == 401
    assert remote.asked.count("/users/ren") == asked + 1
    clock.advance(minutes=6)
    assert await send(ren, ren.activity("Like", "https://x/y"), keys=OTHER_KEYS) == 401
    assert remote.asked.count("/users/ren") == asked + 2


async def test_the_old_signature_counts_until_the_new_key_was_seen(remote, send, ren, maya):
    """A rotation that nobody told us of: what was signed before it is not lost."""
    remote.show(ren.document() | {"publicKey": key_of(ren, OTHER_KEYS)})

    assert await send(ren, ren.activity("Like", "https://home.example/x")) == 202


def key_of(actor, pair):
    return {"id": actor.key_id, "owner": actor.uri, "publicKeyPem": pair.public_pem}


async def test_a_rotation_leaves_its_job_with_it(ctx, maya):
    """One transaction: new keys without their announcement there are none."""
    await ctx.write(
        rotate_keys, account_id=maya.account.id, keys=generate_keys(),
        addresses=ctx.addresses, now=ctx.clock(),
    )  # fmt: skip

    taken = await ctx.write(jobs.claim, lane="default", limit=10, now=ctx.clock())
    assert [row.kind for row in taken] == ["FederateProfile"]
