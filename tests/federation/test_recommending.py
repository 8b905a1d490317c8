"""Collections of accounts between servers (FEP-7aa9): asked, agreed, told, withdrawn.

Row 1.9 "Featured collections". Rows FED-71 and FED-111: nobody speaks for another.
"""

import json

import pytest
from sqlalchemy import update

from federation.featured_learning import recheck_features
from federation.learn import fetch_account
from fedi_k12.domain.collection_jobs import RecheckFeatures
from fedi_k12.domain.collections import CollectionDraft
from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.services import collections, follows
from fedi_k12.worker import run_until_idle
from storage import collections as queries
from storage.tables import AccountRow
from tests.remote import ACTIVITY, PUBLIC

EVERYBODY = {"canFeature": {"automaticApproval": [PUBLIC]}}
WHO_ASKS = {"canFeature": {"manualApproval": [PUBLIC]}}
BASE = "http://remote.example"
PACK = f"{BASE}/users/ren/packs/1"


@pytest.fixture
async def ren(ctx, remote, send, maya):
    """An actor who follows maya and whom maya follows, and who may be recommended."""
    actor = remote.actor(
        "ren", interactionPolicy=EVERYBODY, featuredCollections=f"{BASE}/users/ren/packs"
    )
    assert await send(actor, actor.activity("Follow", maya.account.uri, "first")) == 202
    row = await fetch_account(ctx, actor.uri)
    await ctx.write(
        follows.follow,
        actor=maya.actor,
        target_id=row.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)
    await send(actor, actor.activity("Accept", told(remote, "Follow")[-1], "follow"))
    remote.delivered.clear()
    return actor


@pytest.fixture
async def found(ctx, maya, tom):
    """Return a function that lets members be found, or no longer; maya and tom are."""

    async def let(*members, discoverable=True):
        async def change(session):
            await session.execute(
                update(AccountRow)
                .where(AccountRow.id.in_([one.account.id for one in members]))
                .values(discoverable=discoverable)
            )

        await ctx.write(change)

    await let(maya, tom)
    return let


@pytest.fixture
def do(ctx):
    """Return a function that lets a member do something; what follows from it is done."""

    async def run(fn, member, **given):
        if fn is collections.create:
            given["addresses"] = ctx.addresses
        result = await ctx.write(fn, actor=member.actor, now=ctx.clock(), **given)
        await run_until_idle(ctx)
        return result

    return run


@pytest.fixture
def see(ctx):
    """Return a function that gives a collection as somebody sees it, by its id or its uri."""

    async def run(which, member=None):
        async with ctx.read() as session:
            if isinstance(which, str):
                row = await queries.by_uri(session, which)
                if row is None:
                    return None
                which = row.id
            viewer = member.actor if member else None
            return await collections.get(session, collection_id=which, viewer=viewer)

    return run


@pytest.fixture
async def asking(ctx, do, found, maya, ren, remote):
    """A collection of maya's, the place that ren was asked for, and the request."""
    number = await do(collections.create, maya, draft=CollectionDraft("Science"))
    row = await fetch_account(ctx, ren.uri)
    item = await do(collections.add, maya, collection_id=number, account_id=row.id)
    return number, item, told(remote, "FeatureRequest")[-1]


def told(remote, kind):
    return [one.body for one in remote.delivered if one.body["type"] == kind]


def stamp(remote, actor, collection_uri, **changes):
    """Show a stamp of an actor as Mastodon writes it; return its id."""
    document = {
        "id": f"{actor.uri}/feature_authorizations/1",
        "type": "FeatureAuthorization",
        "interactingObject": collection_uri,
        "interactionTarget": actor.uri,
        **changes,
    }
    remote.show(document)
    return document["id"]


def states(view):
    return {one.account.username: one.state.value for one in view.items}


async def shown(client, uri):
    path = uri.removeprefix("https://home.example")
    return await client.get(path, headers={"Accept": ACTIVITY})


# Theirs in ours


async def test_an_account_elsewhere_is_asked_and_shown_only_after_its_word(
    asking, remote, ren, send, see, maya
):
    number, _item, request = asking
    view = await see(number)
    assert request["actor"] == maya.account.uri
    assert (request["object"], request["instrument"]) == (ren.uri, view.uri)
    assert view.items == ()
    assert states(await see(number, maya)) == {"ren": "pending"}
    remote.delivered.clear()

    word = stamp(remote, ren, view.uri)
    await send(ren, ren.activity("Accept", request["id"], result=word))

    view = await see(number)
    assert states(view) == {"ren": "accepted"}
    [add] = told(remote, "Add")
    assert add["target"] == view.uri
    assert add["object"]["featuredObject"] == ren.uri
    assert add["object"]["featureAuthorization"] == word


@pytest.mark.parametrize(
    ("policy", "possible"),
    [
        (None, False),
        ({"canFeature": {"automaticApproval": [f"{BASE}/users/ann"]}}, False),
        ({"canFeature": {"automaticApproval": [f"{BASE}/users/ann/followers"]}}, False),
        ({"canFeature": {"manualApproval": [PUBLIC]}}, True),
        (EVERYBODY, True),
    ],
)
async def test_only_who_says_so_is_asked(ctx, do, remote, maya, policy, possible):
    ann = remote.actor("ann", interactionPolicy=policy)
    row = await fetch_account(ctx, ann.uri)
    number = await do(collections.create, maya, draft=CollectionDraft("Science"))
    if possible:
        await do(collections.add, maya, collection_id=number, account_id=row.id)
    else:
        with pytest.raises(ForbiddenError):
            await do(collections.add, maya, collection_id=number, account_id=row.id)

    assert len(told(remote, "FeatureRequest")) == possible


FORGED = {
    "of another kind": {"type": "QuoteAuthorization"},
    "for another collection": {"interactingObject": "https://home.example/users/maya/x"},
    "of another account": {"interactionTarget": f"{BASE}/users/eve"},
    "by another account": {"attributedTo": f"{BASE}/users/eve"},
}


@pytest.mark.parametrize("name", FORGED)
async def test_fed_111_a_stamp_that_says_something_else_is_no_word(
    asking, remote, ren, send, see, maya, name
):
    number, _item, request = asking
    word = stamp(remote, ren, (await see(number)).uri, **FORGED[name])

    await send(ren, ren.activity("Accept", request["id"], result=word))

    assert states(await see(number, maya)) == {"ren": "rejected"}


async def test_fed_111_nobody_agrees_for_another_nor_from_elsewhere(
    asking, remote, make_server, ren, send, see, maya
):
    number, _item, request = asking
    uri = (await see(number)).uri
    evil = await make_server("evil.example")
    eve = evil.actor("eve")
    theirs = stamp(evil, eve, uri, interactionTarget=ren.uri)

    await send(eve, eve.activity("Accept", request["id"], result=theirs))
    await send(eve, eve.activity("Reject", request["id"]))
    await send(ren, ren.activity("Accept", request["id"], "2", result=theirs))
    await send(ren, ren.activity("Accept", request["id"], "3"))

    assert states(await see(number, maya)) == {"ren": "pending"}


async def test_who_says_no_is_not_asked_again(asking, ctx, do, remote, ren, send, see, maya):
    number, _item, request = asking

    await send(ren, ren.activity("Reject", request))

    assert states(await see(number, maya)) == {"ren": "rejected"}
    assert (await see(number)).items == ()
    row = await fetch_account(ctx, ren.uri)
    with pytest.raises(ForbiddenError):
        await do(collections.add, maya, collection_id=number, account_id=row.id)
    assert len(told(remote, "FeatureRequest")) == 1


async def test_a_word_taken_back_takes_out_and_only_its_giver_takes_it_back(
    asking, remote, make_server, ren, send, see, maya
):
    number, _item, request = asking
    eve = (await make_server("evil.example")).actor("eve")
    word = stamp(remote, ren, (await see(number)).uri)
    await send(ren, ren.activity("Accept", request["id"], result=word))
    place = (await see(number)).items[0].uri

    await send(eve, eve.activity("Delete", word))
    assert states(await see(number)) == {"ren": "accepted"}
    await send(ren, ren.activity("Delete", {"id": word, "type": "FeatureAuthorization"}))

    assert states(await see(number, maya)) == {"ren": "revoked"}
    assert told(remote, "Remove")[-1]["object"] == place


async def test_a_stamp_that_is_gone_after_a_week_is_noticed(
    asking, ctx, clock, remote, ren, send, see, maya
):
    number, _item, request = asking
    word = stamp(remote, ren, (await see(number)).uri)
    await send(ren, ren.activity("Accept", request["id"], result=word))
    del remote.documents[word.removeprefix(BASE)]

    await recheck_features(ctx, RecheckFeatures())
    await run_until_idle(ctx)
    assert states(await see(number, maya)) == {"ren": "accepted"}
    clock.advance(days=8)
    await recheck_features(ctx, RecheckFeatures())
    await run_until_idle(ctx)

    assert states(await see(number, maya)) == {"ren": "revoked"}


async def test_followers_hear_of_a_collection_that_is_on_the_profile(
    do, remote, ren, maya, tom, found
):
    listed = f"{maya.account.uri}/collections/accounts"
    number = await do(collections.create, maya, draft=CollectionDraft("Science"))
    [add] = told(remote, "Add")
    assert (add["object"]["type"], add["target"]) == ("FeaturedCollection", listed)
    uri = add["object"]["id"]

    await do(
        collections.update, maya, collection_id=number, draft=CollectionDraft("More science")
    )
    assert told(remote, "Update")[-1]["object"]["name"] == "More science"
    item = await do(collections.add, maya, collection_id=number, account_id=tom.account.id)
    assert told(remote, "Add")[-1]["object"]["featuredObject"] == tom.account.uri
    await do(collections.remove, maya, collection_id=number, item_id=item)
    assert told(remote, "Remove")[-1]["target"] == uri
    await do(collections.delete, maya, collection_id=number)
    gone = told(remote, "Remove")[-1]
    assert (gone["object"], gone["target"]) == (uri, listed)


async def test_a_collection_off_the_profile_is_told_to_nobody(
    do, remote, ren, maya, tom, found
):
    draft = CollectionDraft("For a few", discoverable=False)
    number = await do(collections.create, maya, draft=draft)
    await do(collections.add, maya, collection_id=number, account_id=tom.account.id)
    await do(collections.update, maya, collection_id=number, draft=draft)

    assert remote.delivered == []


# Ours in theirs


def pack(*items, **changes):
    """Return a collection of ren's."""
    return {
        "id": PACK,
        "type": "FeaturedCollection",
        "attributedTo": f"{BASE}/users/ren",
        "name": "Science <b>teachers</b>",
        "summaryMap": {"en": "<p>They teach</p>"},
        "topic": {"type": "Hashtag", "name": "#Science"},
        "sensitive": False,
        "discoverable": True,
        "url": f"{BASE}/collections/1",
        "totalItems": len(items),
        "orderedItems": list(items),
        "published": "2026-01-02T03:04:05Z",
        **changes,
    }


def place(actor_uri, word, number="1", **changes):
    """Return somebody's place in a collection of ren's."""
    return {
        "id": f"{PACK}/items/{number}",
        "type": "FeaturedItem",
        "featuredObject": actor_uri,
        "featuredObjectType": "Person",
        "featureAuthorization": word,
        **changes,
    }


def request_of(actor, member, number="1", **changes):
    return actor.activity(
        "FeatureRequest", member.account.uri, number, **{"instrument": PACK, **changes}
    )


async def test_a_member_who_may_be_found_gives_their_word_and_is_told(
    client, remote, ren, send, see, tom, found, ctx
):
    remote.show(pack())

    await send(ren, request_of(ren, tom))

    [accept] = told(remote, "Accept")
    assert accept["actor"] == tom.account.uri
    assert accept["object"]["id"] == request_of(ren, tom)["id"]
    answer = await shown(client, accept["result"])
    assert answer.status == 200
    word = await answer.json()
    assert (word["interactingObject"], word["interactionTarget"]) == (PACK, tom.account.uri)
    view = await see(PACK)
    assert states(view) == {"tom": "accepted"}
    assert not view.owner.is_local
    await send(ren, request_of(ren, tom, "2"))
    assert [one["result"] for one in told(remote, "Accept")] == [accept["result"]] * 2
    assert len(told(remote, "FeatureRequest")) == 0


async def test_who_is_not_found_or_blocks_the_asker_says_no(
    ctx, do, remote, ren, send, see, tom, make_member, found
):
    remote.show(pack())
    ann = await make_member("ann")
    row = await fetch_account(ctx, ren.uri)
    await do(follows.block, tom, target_id=row.id)

    await send(ren, request_of(ren, tom))
    await send(ren, request_of(ren, ann, "2"))

    assert [one["actor"] for one in told(remote, "Reject")] == [
        tom.account.uri, ann.account.uri,
    ]  # fmt: skip
    assert told(remote, "Accept") == []
    assert (await see(PACK)).items == ()


async def test_fed_111_nobody_asks_for_anothers_collection(
    remote, make_server, ren, send, see, tom, found
):
    evil = await make_server("evil.example")
    eve, sam = evil.actor("eve"), remote.actor("sam")
    remote.show(pack())
    fake = pack(id="http://evil.example/packs/1")
    evil.show(fake)

    await send(eve, request_of(eve, tom))
    await send(sam, request_of(sam, tom))
    await send(eve, request_of(eve, tom, "2", instrument=fake["id"]))

    assert told(remote, "Accept") + told(evil, "Accept") == []
    assert await see(fake["id"]) is None


async def test_a_member_takes_themselves_out_for_good(
    client, do, remote, ren, send, see, tom, found
):
    remote.show(pack())
    await send(ren, request_of(ren, tom))
    word = told(remote, "Accept")[-1]["result"]
    remote.show(pack(place(tom.account.uri, word)))
    view = await see(PACK)

    await do(collections.leave, tom, collection_id=view.id, item_id=view.items[0].id)

    [delete] = told(remote, "Delete")
    assert (delete["actor"], delete["object"]["id"]) == (tom.account.uri, word)
    assert delete["object"]["type"] == "FeatureAuthorization"
    assert (await shown(client, word)).status == 404
    # Their server may not have heard of it yet.
    await send(ren, ren.activity("Update", pack(place(tom.account.uri, word))))
    assert (await see(PACK)).items == ()
    await send(ren, request_of(ren, tom, "again"))
    assert told(remote, "Reject")[-1]["actor"] == tom.account.uri


# Theirs


@pytest.fixture
def ann(remote):
    return remote.actor("ann")


def listed(actor, thing=None, **changes):
    """Return the Add of a collection to those of its maker."""
    target = f"{actor.uri}/packs"
    return actor.activity("Add", thing or PACK, **{"target": target, **changes})


@pytest.mark.parametrize("with_id", [True, False])
async def test_a_collection_of_somebody_followed_is_learnt_from_its_own_id(
    remote, ren, ann, send, see, with_id
):
    word = stamp(remote, ann, PACK)
    remote.show(pack(place(ann.uri, word)))
    lie = pack(name="Not so")
    add = listed(ren, lie)
    # Mastodon's have none.
    await send(ren, add if with_id else {k: v for k, v in add.items() if k != "id"})

    view = await see(PACK)

    assert (view.name, view.description, view.language) == (
        "Science <b>teachers</b>", "They teach", "en",
    )  # fmt: skip
    assert (view.tag, view.url) == ("Science", f"{BASE}/collections/1")
    assert states(view) == {"ann": "accepted"}
    assert view.owner.username == "ren"


async def test_a_list_that_is_newer_than_what_is_known_of_its_actor_is_heard_of(
    ctx, remote, ren, send, see
):
    remote.actor("ren", interactionPolicy=EVERYBODY)
    await fetch_account(ctx, ren.uri)
    remote.show(pack())

    foreign = listed(ren, pack(), id=f"{ren.uri}/foreign", target="http://evil.example/packs")
    await send(ren, foreign)
    assert await see(PACK) is None
    await send(ren, listed(ren, pack()))
    assert await see(PACK) is not None
    del remote.documents[PACK.removeprefix(BASE)]
    await send(ren, ren.activity("Remove", PACK, target=f"{ren.uri}/packs"))

    assert await see(PACK) is None


async def test_what_nobody_follows_is_not_fetched(remote, send, see, found):
    sam = remote.actor("sam", featuredCollections=f"{BASE}/users/sam/packs")
    uri = f"{sam.uri}/packs/1"
    remote.show(pack(id=uri, attributedTo=sam.uri))

    await send(sam, listed(sam, uri))

    assert "/users/sam/packs/1" not in remote.asked
    assert await see(uri) is None


HOSTILE = {
    "an item of another server": {"id": "http://evil.example/items/1"},
    "no item": {"type": "Note"},
    "no account": {"featuredObject": "urn:x"},
    "another kind of thing": {"featuredObjectType": "Hashtag"},
    "no stamp": {"featureAuthorization": None},
    "a stamp of another server": {"featureAuthorization": "http://evil.example/stamps/1"},
    "a stamp that is not there": {"featureAuthorization": f"{BASE}/stamps/none"},
    "nobody": {"featuredObject": f"{BASE}/users/nobody"},
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_fed_111_who_gave_no_word_is_not_shown(
    remote, make_server, ren, ann, send, see, name
):
    evil = await make_server("evil.example")
    evil.show(
        {
            "id": "http://evil.example/stamps/1",
            "type": "FeatureAuthorization",
            "interactingObject": PACK,
            "interactionTarget": ann.uri,
        }
    )
    remote.show(pack(place(ann.uri, stamp(remote, ann, PACK), **HOSTILE[name])))

    await send(ren, listed(ren))

    assert (await see(PACK)).items == ()


async def test_fed_111_a_member_is_shown_by_their_own_word_alone(
    remote, ren, send, see, tom, found
):
    forged = f"{tom.account.uri}/stamps/1"
    remote.show(pack(place(tom.account.uri, forged), place("x", forged, "2"), 7, None))

    await send(ren, listed(ren))

    assert (await see(PACK)).items == ()


NONE = {
    "of another owner": {"attributedTo": "http://evil.example/users/eve"},
    "of nobody": {"attributedTo": None},
    "another thing": {"type": "Note", "content": "x"},
    "a collection of posts": {"type": "OrderedCollection"},
    "of another id": {"id": f"{BASE}/users/sam/packs/1"},
}


@pytest.mark.parametrize("name", NONE)
async def test_what_is_no_collection_of_its_owner_is_not_kept(remote, ren, send, see, name):
    remote.documents[PACK.removeprefix(BASE)] = pack(**NONE[name])

    await send(ren, listed(ren))

    assert await see(PACK) is None


async def test_a_collection_without_measure_is_cut(remote, ren, ann, send, see):
    words = [stamp(remote, ann, PACK)] * 2000
    items = [place(f"{BASE}/users/u{n}", word, str(n)) for n, word in enumerate(words)]
    remote.show(pack(*items, name="x" * 5000, summaryMap={"en": "y" * 9000}))
    remote.asked.clear()

    await send(ren, listed(ren))

    view = await see(PACK)
    assert (len(view.name), len(view.description)) == (256, 2048)
    assert len([one for one in remote.asked if one.startswith("/users/u")]) <= 50


async def test_fed_71_nobody_tells_of_anothers_collection(
    remote, make_server, ren, ann, send, see
):
    remote.show(pack(place(ann.uri, stamp(remote, ann, PACK))))
    await send(ren, listed(ren))
    eve = (await make_server("evil.example")).actor("eve")
    sam = remote.actor("sam", featuredCollections=f"{BASE}/users/sam/packs")
    asked = len(remote.asked)

    for actor in (eve, sam):
        await send(actor, actor.activity("Delete", PACK))
        await send(actor, actor.activity("Update", pack(name="Mine")))
        await send(actor, actor.activity("Remove", f"{PACK}/items/1", target=PACK))
        await send(actor, listed(actor, PACK))

    assert states(await see(PACK)) == {"ann": "accepted"}
    fetched = [one for one in remote.asked[asked:] if "packs" in one]
    assert fetched == []


async def test_changes_of_a_collection_are_followed(remote, ren, ann, send, see, maya):
    remote.show(pack(place(ann.uri, stamp(remote, ann, PACK))))
    await send(ren, listed(ren))

    remote.show(pack(place(ann.uri, f"{ann.uri}/feature_authorizations/1"), name="Art"))
    await send(ren, ren.activity("Update", PACK and pack(name="Art")))
    view = await see(PACK)
    assert (view.name, states(view)) == ("Art", {"ann": "accepted"})

    remote.show(pack(name="Art"))
    await send(ren, ren.activity("Remove", f"{PACK}/items/1", target=PACK))
    assert (await see(PACK)).items == ()
    remote.show(pack(place(ann.uri, stamp(remote, ann, PACK), "2"), name="Art"))
    await send(ren, ren.activity("Add", place(ann.uri, "x", "2"), "2", target=PACK))
    assert states(await see(PACK)) == {"ann": "accepted"}

    remote.show(pack(discoverable=False))
    await send(ren, ren.activity("Remove", PACK, "3", target=f"{ren.uri}/packs"))
    assert not (await see(PACK)).discoverable
    del remote.documents[PACK.removeprefix(BASE)]
    await send(ren, ren.activity("Remove", PACK, "4", target=f"{ren.uri}/packs"))
    assert await see(PACK) is None


async def test_a_deleted_collection_is_forgotten_at_once(remote, ren, send, see):
    remote.show(pack())
    await send(ren, listed(ren))
    assert await see(PACK) is not None

    await send(ren, ren.activity("Delete", PACK))

    assert await see(PACK) is None


async def test_a_collection_in_pages_is_read(remote, ren, ann, send, see):
    item = place(ann.uri, stamp(remote, ann, PACK))
    first = {"id": f"{PACK}?page=1", "type": "OrderedCollectionPage", "orderedItems": [item]}
    remote.documents["/users/ren/packs/1?page=1"] = first
    remote.show(pack(orderedItems=None, first=f"{PACK}?page=1"))

    await send(ren, listed(ren))

    assert states(await see(PACK)) == {"ann": "accepted"}
    assert json.dumps(first)
