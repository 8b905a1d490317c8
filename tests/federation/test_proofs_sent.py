"""Proofs on what we send: made over the bytes that go out, verifiable by anybody.

Row 1.4 "Proofs out".
Row 1.4 "Actor keys (Multikey)".
Row 1.4 "@context out".
"""

import pytest

from federation.sig import integrity, keys
from federation.vocab.contexts import ACTIVITYSTREAMS, DATA_INTEGRITY, MULTIKEY, SECURITY
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import follows, posts, profiles, reactions
from fedi_k12.worker import run_until_idle
from tests.conftest import HOST
from tests.remote import PUBLIC

ACTIVITY = "application/activity+json"


@pytest.fixture
def do(ctx):
    async def run(fn, **given):
        done = await ctx.write(fn, now=ctx.clock(), **given)
        await run_until_idle(ctx)
        return done

    return run


@pytest.fixture
async def ren(remote, send, maya):
    """An actor elsewhere who follows Maya."""
    actor = remote.actor("ren")
    await send(actor, actor.activity("Follow", maya.account.uri))
    return actor


@pytest.fixture
async def ours(client, maya):
    """Maya's document as anybody may fetch it."""
    answer = await client.get("/users/maya", headers={"Accept": ACTIVITY, "Host": HOST})
    return await answer.json(content_type=None)


def is_proven(body, actor):
    """Verify as a stranger would, with nothing but the two documents."""
    [method] = actor["assertionMethod"]
    [proof] = integrity.proofs_in(body)
    assert proof.key_id == method["id"]
    assert method["controller"] == body["actor"] == actor["id"]
    key = keys.load_public(keys.from_multibase(method["publicKeyMultibase"]))
    return integrity.verifies(body, proof, key)


async def test_an_actor_lists_its_key_for_proofs(ours):
    [method] = ours["assertionMethod"]

    assert method["type"] == "Multikey"
    assert method["id"] == f"{ours['id']}#ed25519-key"
    assert method["publicKeyMultibase"].startswith("z6Mk")
    assert {DATA_INTEGRITY, MULTIKEY} <= {c for c in ours["@context"] if isinstance(c, str)}


async def test_all_that_may_be_passed_on_is_proven(ctx, remote, do, send, ren, maya, ours):
    home = {"addresses": ctx.addresses}
    post_id = await do(posts.publish, actor=maya.actor, draft=Draft("Hello"), **home)
    await do(posts.edit, actor=maya.actor, post_id=post_id, draft=Draft("Hello 2"), **home)
    changes = profiles.ProfileChanges(display_name="Maya O.")
    await do(profiles.update_profile, actor=maya.actor, changes=changes, **home)
    await do(reactions.boost, actor=maya.actor, post_id=post_id, **home)
    await do(posts.delete, actor=maya.actor, post_id=post_id)
    quiet = Draft("For those who follow", visibility=Visibility.FOLLOWERS)
    await do(posts.publish, actor=maya.actor, draft=quiet, **home)
    followers = await do_find(ctx, ren)
    await do(follows.follow, actor=maya.actor, target_id=followers, **home)
    await do(follows.unfollow, actor=maya.actor, target_id=followers)

    found = [item.body for item in remote.delivered]
    kinds = {body["type"] for body in found}
    assert kinds >= {"Accept", "Create", "Update", "Announce", "Delete", "Follow", "Undo"}
    for body in found:
        assert is_proven(body, ours), body["type"]


async def do_find(ctx, actor):
    from storage import accounts

    async with ctx.read() as session:
        return (await accounts.by_uri(session, actor.uri)).id


async def test_a_like_is_proven(ctx, remote, do, send, ren, maya, ours):
    await send(ren, ren.create(ren.note(to=[maya.account.uri, PUBLIC])))
    async with ctx.read() as session:
        from storage import posts as rows

        row = await rows.by_uri(session, f"{ren.uri}/posts/1")
    me = {"actor": maya.actor, "post_id": row.id, "addresses": ctx.addresses}

    await do(reactions.favourite, **me)

    [like] = [item.body for item in remote.delivered if item.body["type"] == "Like"]
    assert is_proven(like, ours)


async def test_a_letter_is_not_proven(ctx, remote, do, ren, maya):
    """Whoever gets it could otherwise show all the world who wrote it (FEP-8b32, privacy)."""
    letter = Draft("@ren@remote.example between us", visibility=Visibility.DIRECT)

    await do(posts.publish, actor=maya.actor, draft=letter, addresses=ctx.addresses)

    assert remote.delivered[-1].body["type"] == "Create"
    assert "proof" not in remote.delivered[-1].body


async def test_the_context_is_the_same_in_the_proof_and_of_known_addresses(
    ctx, remote, do, ren, maya
):
    await do(
        posts.publish, actor=maya.actor, draft=Draft("Hello #maths"), addresses=ctx.addresses
    )

    body = remote.delivered[-1].body
    context = body["@context"]
    assert isinstance(context, list)
    assert body["proof"]["@context"] == context
    assert [item for item in context if isinstance(item, str)] == [
        ACTIVITYSTREAMS,
        DATA_INTEGRITY,
    ]
    assert isinstance(body["proof"], dict)
    assert "signature" not in body


async def test_only_contexts_that_everybody_bundles_are_linked(client, ours):
    """Friendica PR 15296: a context that a peer does not have makes it drop the document."""
    known = {ACTIVITYSTREAMS, SECURITY, DATA_INTEGRITY, MULTIKEY}

    server = await client.get("/actor", headers={"Accept": ACTIVITY})
    for document in (ours, await server.json(content_type=None)):
        assert isinstance(document["@context"], list)
        assert {item for item in document["@context"] if isinstance(item, str)} <= known


async def test_the_same_bytes_go_to_everybody(ctx, make_server, do, send, ren, maya, ours):
    other = await make_server("other.example")
    pat = other.actor("pat")
    await send(pat, pat.activity("Follow", maya.account.uri))

    await do(posts.publish, actor=maya.actor, draft=Draft("Hello"), addresses=ctx.addresses)

    assert is_proven(other.delivered[-1].body, ours)
    assert other.delivered[-1].body["type"] == "Create"
