"""Answers go on to those who follow whom they answer, and come from others so.

Row 1.5 "Inbox forwarding".
"""

import pytest

from federation.sig.integrity import with_proof
from federation.sig.keys import load_private, to_multibase
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import follows, posts
from fedi_k12.services.keys import generate_keys
from fedi_k12.worker import run_until_idle
from storage import posts as post_rows
from storage.tables import PostRow
from tests.remote import PUBLIC

CREATED = "2026-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def proof_keys():
    return generate_keys().ed25519


@pytest.fixture
async def far(make_server):
    """A server from which somebody follows Maya."""
    return await make_server("far.example")


@pytest.fixture
async def fan(far, send, maya):
    actor = far.actor("fan")
    await send(actor, actor.activity("Follow", maya.account.uri))
    far.delivered.clear()
    return actor


@pytest.fixture
def ren(remote, proof_keys):
    """Somebody elsewhere who proves what they write."""
    actor = remote.actor("ren")
    remote.show(
        actor.document(
            assertionMethod=[
                {
                    "id": f"{actor.uri}#ed25519-key",
                    "type": "Multikey",
                    "controller": actor.uri,
                    "publicKeyMultibase": to_multibase(proof_keys.public_pem),
                }
            ]
        )
    )
    return actor


@pytest.fixture
def proven(proof_keys):
    def prove(activity):
        return with_proof(
            activity,
            key_id=f"{activity['actor']}#ed25519-key",
            private_key=load_private(proof_keys.private_pem),
            created=CREATED,
        )

    return prove


@pytest.fixture
def publish(ctx):
    async def run(member, **parts) -> PostRow:
        number = await ctx.write(
            posts.publish,
            actor=member.actor,
            draft=Draft("What works for fractions?", **parts),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        await run_until_idle(ctx)
        async with ctx.read() as session:
            return await post_rows.by_id(session, number)

    return run


@pytest.fixture
def known(ctx):
    async def look(uri):
        async with ctx.read() as session:
            return await post_rows.by_uri(session, uri)

    return look


def answer(actor, post, number="1", **changes):
    return actor.create(actor.note(number, inReplyTo=post.uri, **changes), number)


def got(server, kind="Create"):
    return [item.body for item in server.delivered if item.body["type"] == kind]


async def test_an_answer_goes_on_to_followers_with_its_authors_proof(
    send, fan, far, remote, ren, maya, publish, proven
):
    post = await publish(maya)
    far.delivered.clear()
    activity = proven(answer(ren, post))

    await send(ren, activity)

    assert got(far) == [activity]
    assert f'keyId="{maya.account.uri}#main-key"' in far.delivered[0].headers["Signature"]
    assert got(remote) == []


async def test_its_edit_and_its_end_go_on_too(
    send, fan, far, ren, maya, publish, proven, clock
):
    post = await publish(maya)
    await send(ren, proven(answer(ren, post)))
    far.delivered.clear()
    note = ren.note("1", "<p>Strips!</p>", inReplyTo=post.uri, updated=clock().isoformat())

    await send(ren, proven(ren.activity("Update", note, to=[PUBLIC])))
    await send(ren, proven(ren.activity("Delete", note["id"], to=[PUBLIC])))

    assert [body["type"] for body in (item.body for item in far.delivered)] == [
        "Update",
        "Delete",
    ]


async def test_an_answer_to_an_answer_goes_on_to_followers_of_who_began(
    send, fan, far, remote, ren, maya, publish, proven
):
    post = await publish(maya)
    await send(ren, proven(answer(ren, post)))
    far.delivered.clear()
    below = ren.create(ren.note("2", inReplyTo=f"{ren.uri}/posts/1"), "2")

    await send(ren, proven(below))

    assert [body["object"]["id"] for body in got(far)] == [f"{ren.uri}/posts/2"]


async def test_without_a_proof_nothing_goes_on(send, fan, far, ren, maya, publish, known):
    post = await publish(maya)
    far.delivered.clear()

    await send(ren, answer(ren, post))

    assert await known(f"{ren.uri}/posts/1") is not None
    assert got(far) == []


@pytest.mark.parametrize("visibility", [Visibility.FOLLOWERS, Visibility.DIRECT])
async def test_fed_87_an_answer_to_what_is_not_for_all_stays_where_it_was_sent(
    send, fan, far, ren, maya, publish, proven, visibility
):
    post = await publish(maya, visibility=visibility)
    far.delivered.clear()

    await send(ren, proven(answer(ren, post, to=[PUBLIC, maya.account.uri])))

    assert got(far) == []


async def test_fed_87_what_is_for_few_does_not_go_on(
    send, fan, far, ren, maya, publish, proven
):
    post = await publish(maya)
    far.delivered.clear()

    await send(ren, proven(answer(ren, post, to=[maya.account.uri], cc=None)))

    assert got(far) == []


async def test_who_is_blocked_reaches_nobody_through_whom_they_answer(
    ctx, send, fan, far, ren, maya, publish, proven, account_by_uri
):
    post = await publish(maya)
    await send(ren, ren.activity("Like", post.uri))
    row = await account_by_uri(ren.uri)
    await ctx.write(
        follows.block,
        actor=maya.actor,
        target_id=row.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    far.delivered.clear()

    await send(ren, proven(answer(ren, post)))

    assert got(far) == []


async def test_a_flood_of_answers_does_not_become_a_flood_of_ours(
    send, fan, far, ren, maya, publish, proven, monkeypatch
):
    monkeypatch.setattr("federation.outbound.forwards.MAX_OF_ONE", 2)
    post = await publish(maya)
    far.delivered.clear()

    for number in ("1", "2", "3"):
        await send(ren, proven(answer(ren, post, number)))

    assert len(got(far)) == 2


async def test_what_another_hands_on_is_its_authors_where_they_proved_it(
    send, fan, ren, maya, publish, proven, known, account_by_uri
):
    post = await publish(maya)

    status = await send(fan, proven(answer(ren, post)))

    kept = await known(f"{ren.uri}/posts/1")
    assert status == 202
    assert kept.account_id == (await account_by_uri(ren.uri)).id


async def test_fed_3_without_a_proof_it_is_looked_up_where_it_is_from(
    send, fan, remote, ren, maya, publish, known
):
    post = await publish(maya)
    true = ren.note("1", "<p>What Ren wrote</p>", inReplyTo=post.uri)
    remote.show(true)

    status = await send(fan, ren.create({**true, "content": "<p>What Fan claims</p>"}))

    assert status == 202
    assert "What Ren wrote" in (await known(true["id"])).content


async def test_what_its_own_server_does_not_know_was_never_written(
    send, fan, ren, maya, publish, known
):
    post = await publish(maya)

    assert await send(fan, answer(ren, post)) == 202

    assert await known(f"{ren.uri}/posts/1") is None


async def test_a_rumour_does_not_keep_the_author_from_saying_it(
    send, fan, ren, maya, publish, known
):
    post = await publish(maya)
    await send(fan, answer(ren, post))

    await send(ren, answer(ren, post))

    assert await known(f"{ren.uri}/posts/1") is not None


async def test_a_proof_of_other_words_makes_a_rumour_of_it(
    send, fan, remote, ren, maya, publish, proven, known
):
    """FED-36: nothing of a proof counts that does not fit to the letter."""
    post = await publish(maya)
    activity = proven(answer(ren, post))
    activity["object"]["content"] = "<p>Other words</p>"

    await send(fan, activity)

    assert await known(f"{ren.uri}/posts/1") is None


async def test_somebodys_post_is_not_deleted_by_hearsay(
    send, fan, remote, ren, maya, publish, known
):
    post = await publish(maya)
    note = ren.note("1", inReplyTo=post.uri)
    remote.show(note)
    await send(ren, ren.create(note))

    await send(fan, ren.activity("Delete", note["id"]))
    assert await known(note["id"]) is not None

    remote.documents["/users/ren/posts/1"] = (410, "text/plain", b"")
    await send(fan, ren.activity("Delete", note["id"], "2"))
    assert await known(note["id"]) is None


@pytest.mark.parametrize("kind", ["Like", "Follow", "Announce", "Undo", "Move", "Accept"])
async def test_what_cannot_be_looked_up_needs_its_own_signature(
    send, fan, ren, maya, publish, kind
):
    post = await publish(maya)

    assert await send(fan, ren.activity(kind, post.uri)) == 401


async def test_what_concerns_nobody_here_is_not_even_looked_up(send, fan, remote, ren, known):
    note = ren.note("1", inReplyTo="http://elsewhere.example/posts/1")
    remote.show(note)
    remote.asked.clear()

    assert await send(fan, ren.create(note)) == 202

    assert await known(note["id"]) is None
    assert "/users/ren/posts/1" not in remote.asked
