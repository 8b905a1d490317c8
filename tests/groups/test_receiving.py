"""What groups elsewhere pass on: believed only where it is proven, theirs, or fetched.

Row 1.12 "Receiving group Announce". Row 1.12 "NodeBB / Discourse".
"""

import json
from pathlib import Path

import pytest

from federation.sig.integrity import with_proof
from federation.sig.keys import load_private, to_multibase
from fedi_k12.services.keys import generate_keys
from fedi_k12.services.moderation import set_host_policy
from fedi_k12.worker import run_until_idle
from storage import posts as post_rows
from tests.groups.conftest import to_group
from tests.remote import PUBLIC

SAMPLES = Path(__file__).parent.parent / "samples"


@pytest.fixture
async def lemmy(make_server):
    return await make_server("lemmy.example")


@pytest.fixture
async def maths(lemmy, tom, join, account_by_uri, send, ctx):
    """A group elsewhere that Tom is in."""
    maths = lemmy.actor(
        "maths",
        type="Group",
        attributedTo="http://lemmy.example/users/maths/moderators",
        featured="http://lemmy.example/users/maths/featured",
    )
    await send(maths, maths.activity("Announce", "http://nowhere.example/1", "0"))
    group = await account_by_uri(maths.uri)
    await join(tom, group)
    await run_until_idle(ctx)
    follow = next(i.body for i in lemmy.delivered if i.body["type"] == "Follow")
    await send(maths, maths.activity("Accept", follow))
    lemmy.delivered.clear()
    return maths


def passed_on(group, thing, number="1", **changes):
    return group.activity(
        "Announce", thing, number, to=[PUBLIC], cc=[f"{group.uri}/followers"], **changes
    )


@pytest.fixture
def stored(ctx):
    async def look(uri):
        async with ctx.read() as session:
            return await post_rows.by_uri(session, uri)

    return look


async def test_fed_75_what_is_forged_is_read_where_it_was_written(
    remote, send, maths, tom, at_home, stored
):
    """FED-75: the words of somebody elsewhere are theirs alone."""
    ren = remote.actor("ren")
    page = to_group(ren, maths, text="<p>What I said</p>")
    remote.show(page)
    forged = {**page, "content": "<p>What I never said</p>"}

    await send(maths, passed_on(maths, ren.create(forged)))

    assert (await stored(page["id"])).content == "<p>What I said</p>"
    assert await at_home(tom) == [page["id"]]


async def test_fed_75_what_its_server_does_not_know_is_dropped(
    remote, send, maths, tom, stored
):
    ren = remote.actor("ren")
    page = to_group(ren, maths)

    await send(maths, passed_on(maths, ren.create(page)))

    assert await stored(page["id"]) is None


async def test_fed_75_a_person_passes_no_activities_on(lemmy, remote, send, maths, stored):
    ren = remote.actor("ren")
    page = to_group(ren, maths)
    remote.show(page)
    eve = lemmy.actor("eve")

    await send(eve, passed_on(eve, ren.create(page)))

    assert await stored(page["id"]) is None


async def test_fed_75_a_group_passes_on_only_what_is_its_own(
    lemmy, remote, send, maths, fractions, stored
):
    ren = remote.actor("ren")
    remote.show(to_group(ren, fractions))

    await send(maths, passed_on(maths, ren.create(to_group(ren, fractions))))

    assert await stored(ren.note()["id"]) is None


@pytest.mark.parametrize("proof", ["right", "of another", "of other words"])
async def test_fed_75_a_proof_makes_a_fetch_needless(remote, send, maths, stored, proof):
    pair = generate_keys().ed25519
    ren = remote.actor("ren")
    key_id = f"{ren.uri}#ed25519-key"
    listed = generate_keys().ed25519 if proof == "of another" else pair
    remote.show(
        ren.document(
            assertionMethod=[
                {
                    "id": key_id,
                    "type": "Multikey",
                    "controller": ren.uri,
                    "publicKeyMultibase": to_multibase(listed.public_pem),
                }
            ]
        )
    )
    create = with_proof(
        ren.create(to_group(ren, maths)),
        key_id=key_id,
        private_key=load_private(pair.private_pem),
        created="2026-01-01T00:00:00Z",
    )
    if proof == "of other words":
        create["object"]["content"] = "<p>Other words</p>"

    await send(maths, passed_on(maths, create))

    assert (await stored(ren.note()["id"]) is not None) is (proof == "right")


async def test_what_is_of_the_groups_own_server_is_believed(
    lemmy, send, maths, tom, at_home, stored, listed, account_by_uri
):
    kim = lemmy.actor("kim")
    page = to_group(kim, maths)
    below = kim.note("2", "<p>And another</p>", inReplyTo=page["id"], audience=maths.uri)

    await send(maths, passed_on(maths, kim.create(page)))
    await send(maths, passed_on(maths, page["id"], "1b"))
    await send(maths, passed_on(maths, kim.create(below, "2"), "2"))

    group = await account_by_uri(maths.uri)
    assert await at_home(tom) == [page["id"]]
    assert await listed(group, tom) == [page["id"]]
    assert (await stored(below["id"])).group_id == group.id


async def test_likes_changes_and_deletions_of_its_own_server_count(
    lemmy, remote, send, maths, stored
):
    kim, lou, ren = lemmy.actor("kim"), lemmy.actor("lou"), remote.actor("ren")
    page = to_group(kim, maths)
    await send(maths, passed_on(maths, kim.create(page)))

    like = lou.activity("Like", page["id"])
    await send(maths, passed_on(maths, like, "2"))
    # Of a third server, and not proven: a rumour.
    await send(maths, passed_on(maths, ren.activity("Like", page["id"]), "3"))
    assert (await stored(page["id"])).favourites_count == 1

    await send(maths, passed_on(maths, lou.activity("Undo", like), "4"))
    changed = {**page, "content": "<p>Better</p>", "updated": "2030-01-01T00:00:00Z"}
    await send(maths, passed_on(maths, kim.activity("Update", changed), "5"))
    after = await stored(page["id"])
    assert (after.favourites_count, after.content) == (0, "<p>Better</p>")

    await send(maths, passed_on(maths, kim.activity("Delete", page["id"]), "6"))
    assert await stored(page["id"]) is None


@pytest.mark.parametrize("truth", ["gone", "tombstone", "still there"])
async def test_fed_75_a_deletion_from_a_third_server_is_looked_into(
    remote, send, maths, stored, truth
):
    ren = remote.actor("ren")
    page = to_group(ren, maths)
    remote.show(page)
    await send(maths, passed_on(maths, ren.create(page)))
    path = page["id"].removeprefix("http://remote.example")
    if truth == "gone":
        del remote.documents[path]
    elif truth == "tombstone":
        remote.show({"id": page["id"], "type": "Tombstone"})

    await send(maths, passed_on(maths, ren.activity("Delete", page["id"]), "2"))

    assert (await stored(page["id"]) is None) is (truth != "still there")


async def test_a_change_from_a_third_server_is_fetched(remote, send, maths, stored):
    ren = remote.actor("ren")
    page = to_group(ren, maths)
    remote.show(page)
    await send(maths, passed_on(maths, ren.create(page)))
    changed = {**page, "content": "<p>Better</p>", "updated": "2030-01-01T00:00:00Z"}
    remote.show(changed)

    forged = {**changed, "content": "<p>Worse</p>"}
    await send(maths, passed_on(maths, ren.activity("Update", forged), "2"))

    assert (await stored(page["id"])).content == "<p>Better</p>"


async def test_several_in_one_envelope_succeed_or_fail_alone(
    lemmy, remote, send, maths, tom, at_home
):
    kim, ren = lemmy.actor("kim"), remote.actor("ren")
    one, two = to_group(kim, maths, "1"), to_group(kim, maths, "2")
    things = [kim.create(one), "nonsense", ren.create(to_group(ren, maths)), {}]
    things += [kim.create(two, "2")] * 2

    await send(maths, passed_on(maths, things))

    assert sorted(await at_home(tom)) == [one["id"], two["id"]]


async def test_fed_109_what_comes_of_a_refused_server_is_not_taken_by_detour(
    ctx, remote, send, maths, stored
):
    ren = remote.actor("ren")
    page = to_group(ren, maths)
    remote.show(page)
    await ctx.write(
        set_host_policy,
        actor=None,
        domain="remote.example",
        severity="suspend",
        now=ctx.clock(),
    )

    await send(maths, passed_on(maths, ren.create(page)))

    assert await stored(page["id"]) is None
    assert f"/users/ren/posts/{1}" not in remote.asked


async def test_fed_64_envelopes_in_envelopes_are_not_opened(lemmy, send, maths, stored):
    kim = lemmy.actor("kim")
    page = to_group(kim, maths)
    inner = passed_on(maths, kim.create(page), "7")

    assert await send(maths, passed_on(maths, inner)) == 202

    assert await stored(page["id"]) is None


async def test_our_own_post_stands_there_once_the_group_says_so(
    lemmy, send, maths, tom, write, listed, account_by_uri
):
    group = await account_by_uri(maths.uri)
    post = await write(tom, "Cut them", group_id=group.id)
    assert await listed(group, tom) == []
    create = next(item.body for item in lemmy.delivered if item.body["type"] == "Create")

    await send(maths, passed_on(maths, create))

    assert await listed(group, tom) == [post.uri]


@pytest.mark.parametrize(
    "program", ["nodebb", "discourse", "friendica", "lemmy", "piefed", "mbin"]
)
async def test_groups_of_other_programs_pass_on_what_is_shown(
    make_server, ctx, send, tom, join, account_by_uri, at_home, stored, program
):
    """The forms are those that each program publishes; hosts are made up."""
    host = f"{program}.example"
    server = await make_server(host)
    text = (SAMPLES / program / "announce_create.json").read_text("utf-8")
    announce = json.loads(text.replace(f"https://{host}", f"http://{host}"))
    group = server.actor("forum", type="Group")
    author = announce["object"]["actor"].rpartition("/")[2]
    server.actor(author)
    server.documents[announce["object"]["actor"].removeprefix(f"http://{host}")] = (
        server.documents[f"/users/{author}"]
        | {"id": announce["object"]["actor"], "inbox": f"http://{host}/inbox"}
    )
    await send(group, group.activity("Announce", "http://nowhere.example/1", "0"))
    row = await account_by_uri(group.uri)
    await join(tom, row)
    await run_until_idle(ctx)
    follow = next(i.body for i in server.delivered if i.body["type"] == "Follow")
    await send(group, group.activity("Accept", follow))

    status = await send(group, announce)

    post_uri = announce["object"]["object"]["id"]
    post = await stored(post_uri)
    assert status == 202
    assert post is not None
    assert post.group_id == row.id
    assert await at_home(tom) == [post_uri]
    context = announce["object"]["object"].get("context")
    assert post.context_uri == context
