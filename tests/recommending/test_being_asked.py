"""Members in collections elsewhere (FEP-7aa9): who is asked answers for themselves alone."""

import pytest

from federation.learn import fetch_account
from fedi_k12.services import collections, follows
from tests.recommending.conftest import PACK, pack, place, request_of, shown, states, told


@pytest.mark.parametrize("by", ["its actor", "its signer alone"])
async def test_a_member_who_may_be_found_gives_their_word_and_is_told(
    client, remote, ren, send, see, tom, found, by
):
    remote.show(pack())
    request = request_of(ren, tom)
    if by == "its signer alone":
        del request["actor"]

    assert await send(ren, request) == 202

    [accept] = told(remote, "Accept")
    assert accept["actor"] == tom.account.uri
    assert accept["object"]["id"] == request["id"]
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


async def test_only_a_request_may_leave_out_who_sends_it(ren, send, tom):
    follow = ren.activity("Follow", tom.account.uri)
    del follow["actor"]

    assert await send(ren, follow) == 422


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
