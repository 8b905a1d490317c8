"""Collections elsewhere (FEP-7aa9): believed at their own id, each person by their own word."""

import json

import pytest

from federation.learn import fetch_account
from fedi_k12.worker import run_until_idle
from tests.recommending.conftest import (
    BASE,
    EVERYBODY,
    PACK,
    listed,
    pack,
    place,
    stamp,
    states,
)
from tests.remote import ACTIVITY


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


@pytest.mark.parametrize("typed", [PACK, f"{BASE}/collections/1"])
async def test_whoever_types_its_address_finds_a_collection_that_nobody_here_knew(
    ctx, client, remote, ann, see, maya, typed
):
    remote.actor("ren", interactionPolicy=EVERYBODY)
    remote.show(pack(place(ann.uri, stamp(remote, ann, PACK))))
    remote.documents["/collections/1"] = (
        200,
        "text/html; charset=utf-8",
        f'<html><link rel="alternate" type="{ACTIVITY}" href="{PACK}">'.encode(),
    )

    async def search(**more):
        answer = await client.get(
            "/api/v2/search", params={"q": typed, **more}, headers=maya.headers
        )
        return (await answer.json())["collections"]

    assert await search() == []
    [found] = await search(resolve="true")
    assert (found["uri"], found["local"]) == (PACK, False)
    await run_until_idle(ctx)
    assert states(await see(PACK)) == {"ann": "accepted"}
    assert [one["item_count"] for one in await search()] == [1]


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
