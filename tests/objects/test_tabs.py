"""Which tabs somebody's page has, as Mastodon says it (`toot:showMedia` and its like)."""

import pytest

NAMES = {
    "show_media": "showMedia",
    "show_media_replies": "showRepliesInMedia",
    "show_featured": "showFeatured",
}


@pytest.mark.parametrize("name", NAMES)
async def test_what_a_member_chose_goes_out(client, maya, document, name):
    answer = await client.patch("/api/v1/profile", json={name: False}, headers=maya.headers)
    assert answer.status == 200

    actor = await document(maya.account.uri)

    said = {one: actor[NAMES[one]] for one in NAMES}
    assert said == {one: one != name for one in NAMES}
    assert actor["@context"][-1]["showMedia"] == "toot:showMedia"


@pytest.mark.parametrize("says", [False, True, None, "no"])
async def test_what_somebody_elsewhere_chose_is_shown(
    client, remote, befriend, account_by_uri, says
):
    ria = remote.actor("ria")
    remote.show(ria.document(**dict.fromkeys(NAMES.values(), says)))
    await befriend(ria)
    row = await account_by_uri(ria.uri)

    shown = await (await client.get(f"/api/v1/accounts/{row.id}")).json()

    assert [shown[name] for name in NAMES] == [says is not False] * 3
