"""Accounts elsewhere in members' collections (FEP-7aa9): asked, stamped, told, taken back.

Row 1.9 "Featured collections". Rows FED-71 and FED-111: nobody speaks for another.
"""

import pytest

from federation.featured_learning import recheck_features
from federation.learn import fetch_account
from fedi_k12.domain.collection_jobs import RecheckFeatures
from fedi_k12.domain.collections import CollectionDraft
from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.services import collections
from fedi_k12.worker import run_until_idle
from tests.recommending.conftest import BASE, EVERYBODY, stamp, states, told
from tests.remote import PUBLIC


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
