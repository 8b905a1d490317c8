"""Collections of accounts as other servers see them (FEP-7aa9): documents and consent.

Row 1.9 "Featured collections".
"""

import json

import pytest

from federation.learn import fetch_account
from fedi_k12.api.quote_entities import feature_approval
from fedi_k12.domain.collections import CollectionDraft
from fedi_k12.services import collections, follows
from fedi_k12.services.views import view_of_account
from tests.remote import ACTIVITY, PUBLIC, signed_headers


@pytest.fixture
def make(ctx, found):
    async def run(member, *members, **parts):
        draft = CollectionDraft(**{"name": "Grade 5 science", **parts})
        number = await ctx.write(
            collections.create,
            actor=member.actor,
            draft=draft,
            account_ids=[one.account.id for one in members],
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        async with ctx.read() as session:
            return await collections.get(session, collection_id=number, viewer=member.actor)

    return run


@pytest.fixture
def fetch(client, ctx):
    """Return a function that fetches a document, signed by an actor of another server."""

    async def run(address, by=None, accept=ACTIVITY):
        path = address.removeprefix("https://home.example")
        signed = {}
        if by is not None:
            signed = signed_headers(
                by, None, host="home.example", path=path, now=ctx.clock(), method="GET"
            )
        headers = {"Accept": accept, **signed}
        answer = await client.get(path, headers=headers, allow_redirects=False)
        text = await answer.text()
        return answer, json.loads(text) if text.startswith("{") else {}

    return run


async def test_a_collection_is_read_by_who_signs_with_who_is_in_it_and_their_word(
    fetch, make, maya, tom, remote
):
    ren = remote.actor("ren")
    made = await make(
        maya, tom, description="They <teach>", tag="Science", language="en", sensitive=True
    )

    assert (await fetch(made.uri))[0].status == 401
    answer, seen = await fetch(made.uri, by=ren)

    assert answer.status == 200
    assert seen["type"] == "FeaturedCollection"
    assert (seen["id"], seen["attributedTo"]) == (made.uri, maya.account.uri)
    assert seen["url"] == f"https://home.example/collections/{made.id}"
    assert (seen["name"], seen["summary"]) == ("Grade 5 science", "They &lt;teach&gt;")
    assert seen["summaryMap"] == {"en": "They &lt;teach&gt;"}
    assert (seen["sensitive"], seen["discoverable"]) == (True, True)
    assert seen["topic"] == {
        "type": "Hashtag", "name": "#Science", "href": "https://home.example/tags/science",
    }  # fmt: skip
    assert seen["totalItems"] == 1
    [item] = seen["orderedItems"]
    assert item["type"] == "FeaturedItem"
    assert item["featuredObject"] == tom.account.uri
    assert item["featuredObjectType"] == "Person"
    terms = next(part for part in seen["@context"] if isinstance(part, dict))
    assert terms["fep7aa9"] == "https://w3id.org/fep/7aa9#"
    assert {"FeaturedCollection", "FeaturedItem", "topic", "featuredObject"} <= set(terms)
    assert (await fetch(item["id"], by=ren))[1]["featuredObject"] == tom.account.uri
    answer, stamp = await fetch(item["featureAuthorization"])
    assert answer.status == 200
    assert stamp["type"] == "FeatureAuthorization"
    assert stamp["interactingObject"] == made.uri
    assert stamp["interactionTarget"] == stamp["attributedTo"] == tom.account.uri


async def test_an_actor_lists_its_collections_but_for_those_off_its_profile(
    fetch, make, maya, remote
):
    ren = remote.actor("ren")
    shown = await make(maya)
    hidden = await make(maya, name="For a few", discoverable=False)

    actor = (await fetch(maya.account.uri, by=ren))[1]
    assert (await fetch(actor["featuredCollections"]))[0].status == 401
    listed = (await fetch(actor["featuredCollections"], by=ren))[1]

    assert (listed["totalItems"], listed["orderedItems"]) == (1, [shown.uri])
    answer, seen = await fetch(hidden.uri, by=ren)
    assert (answer.status, seen["discoverable"]) == (200, False)


async def test_people_are_led_from_a_collections_id_to_its_page_which_leads_back(
    client, fetch, make, maya
):
    made = await make(maya)

    answer, _ = await fetch(made.uri, accept="text/html")
    assert (answer.status, answer.headers["Location"]) == (
        302, f"https://home.example/collections/{made.id}",
    )  # fmt: skip
    page = await (await client.get(f"/collections/{made.id}")).text()
    assert f'rel="alternate" type="application/activity+json" href="{made.uri}"' in page


async def test_a_collection_is_found_under_nobody_elses_name_nor_what_is_not_in_it(
    fetch, make, maya, tom, remote
):
    ren = remote.actor("ren")
    made = await make(maya, tom)
    elsewhere = made.uri.replace("/maya/", "/tom/")

    assert (await fetch(elsewhere, by=ren))[0].status == 404
    assert (await fetch(f"{made.uri}/items/1", by=ren))[0].status == 404
    assert (await fetch(f"{maya.account.uri}/collections/1", by=ren))[0].status == 404


async def test_who_blocks_the_reader_or_left_is_not_shown_and_their_word_is_gone(
    ctx, fetch, make, make_member, found, maya, tom, remote
):
    """GHSA-ccpr-m53r-mfwr: a block counts in what other servers read, too."""
    ren, ann = remote.actor("ren"), await make_member("ann")
    await found(ann)
    made = await make(maya, tom, ann)
    there = await fetch_account(ctx, ren.uri)
    await ctx.write(follows.block, actor=tom.actor, target_id=there.id, now=ctx.clock())
    async with ctx.read() as session:
        view = await collections.get(session, collection_id=made.id, viewer=None)
    item = next(one for one in view.items if one.account.id == ann.account.id)
    assert (await fetch(item.stamp_uri))[0].status == 200

    await ctx.write(
        collections.leave,
        actor=ann.actor,
        collection_id=made.id,
        item_id=item.id,
        now=ctx.clock(),
    )

    assert (await fetch(made.uri, by=ren))[1]["orderedItems"] == []
    assert (await fetch(item.uri, by=ren))[0].status == 404
    assert (await fetch(item.stamp_uri))[0].status == 404


async def test_a_member_says_who_may_recommend_them(fetch, found, maya, remote):
    ren = remote.actor("ren")

    async def policy():
        document = (await fetch(maya.account.uri, by=ren))[1]
        return document["interactionPolicy"]["canFeature"]["automaticApproval"]

    assert await policy() == [PUBLIC]
    await found(maya, discoverable=False)
    assert await policy() == [maya.account.uri]


REN = "http://remote.example/users/ren"
POLICIES = {
    "everybody": ({"automaticApproval": [PUBLIC]}, ["public"], [], "automatic"),
    "everybody, in short": ({"automaticApproval": "as:Public"}, ["public"], [], "automatic"),
    "everybody who asks": ({"manualApproval": [PUBLIC]}, [], ["public"], "manual"),
    "followers": (
        {"automaticApproval": [f"{REN}/followers"]}, ["followers"], [], "unknown",
    ),
    "nobody": ({"automaticApproval": [REN]}, [], [], "denied"),
    "somebody": (
        {"automaticApproval": ["http://x.example/1"]}, ["unsupported_policy"], [], "unknown",
    ),
    "no word": ({"automaticApproval": [], "manualApproval": []}, [], [], "missing"),
    "a list": ([PUBLIC], [], [], "missing"),
    "numbers": ({"automaticApproval": [1, None, {}]}, [], [], "missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", POLICIES)
async def test_what_others_say_of_who_may_recommend_them_is_understood(ctx, remote, name):
    said, automatic, manual, mine = POLICIES[name]
    ren = remote.actor("ren", interactionPolicy={"canFeature": said})
    row = await fetch_account(ctx, ren.uri)

    assert feature_approval(view_of_account(row)) == {
        "automatic": automatic, "manual": manual, "current_user": mine,
    }  # fmt: skip


async def test_where_collections_are_is_believed_of_the_actors_own_server_only(ctx, remote):
    for at, kept in (
        (f"{REN}/packs", f"{REN}/packs"),
        ("http://evil.example/packs", None),
    ):
        remote.actor("ren", featuredCollections=at)
        assert (await fetch_account(ctx, REN)).featured_collections_uri == kept
