"""Quotes for apps: https://docs.joinmastodon.org/entities/Quote/."""

import pytest

from fedi_k12.worker import run_until_idle


@pytest.fixture
def post(client):
    """Return a function that publishes a post as an app does and gives the Status."""

    async def run(member, text="Hello", *, status=200, **parts):
        answer = await client.post(
            "/api/v1/statuses", json={"status": text, **parts}, headers=member.headers
        )
        assert answer.status == status, await answer.text()
        return await answer.json()

    return run


@pytest.fixture
def get(client):
    """Return a function that asks for something as a member, or as nobody."""

    async def run(path, member=None, *, status=200):
        answer = await client.get(path, headers=member.headers if member else {})
        assert answer.status == status, await answer.text()
        return await answer.json()

    return run


async def test_a_quote_carries_what_it_quotes_and_no_more(post, get, maya, tom):
    first = await post(maya, "Fractions are fair", quote_approval_policy="public")
    second = await post(tom, "Yes!", quoted_status_id=first["id"])
    third = await post(tom, "As I said", quoted_status_id=second["id"], visibility="public")

    assert second["quote"]["state"] == "accepted"
    assert second["quote"]["quoted_status"]["id"] == first["id"]
    assert second["content"].startswith('<p class="quote-inline">RE: <a')
    inner = third["quote"]["quoted_status"]
    assert inner["quote"] == {"state": "accepted", "quoted_status_id": first["id"]}
    again = await get(f"/api/v1/statuses/{first['id']}", maya)
    assert again["quotes_count"] == 1
    listed = await get(f"/api/v1/statuses/{first['id']}/quotes", maya)
    assert [one["id"] for one in listed] == [second["id"]]
    told = await get("/api/v1/notifications?types[]=quote", maya)
    assert [(one["type"], one["status"]["id"]) for one in told] == [("quote", second["id"])]


async def test_who_may_quote_is_said_to_whoever_asks(client, post, get, maya, tom):
    one = await post(maya, quote_approval_policy="public")
    assert one["quote_approval"] == {
        "automatic": ["public"], "manual": [], "current_user": "automatic",
    }  # fmt: skip
    usual = await post(maya)
    path = f"/api/v1/statuses/{usual['id']}"
    assert (await get(path, tom))["quote_approval"] == {
        "automatic": ["followers"], "manual": [], "current_user": "denied",
    }  # fmt: skip
    await client.post(f"/api/v1/accounts/{maya.account.id}/follow", headers=tom.headers)
    assert (await get(path, tom))["quote_approval"]["current_user"] == "automatic"
    assert (await get(path))["quote_approval"]["current_user"] == "denied"


async def test_a_quote_that_is_not_allowed_is_refused(post, maya, tom):
    closed = await post(maya, quote_approval_policy="nobody")
    letter = await post(maya, "@tom psst", visibility="direct", quote_approval_policy="public")
    secret = await post(maya, "psst", visibility="direct")

    for status, number in ((403, closed["id"]), (403, letter["id"]), (404, secret["id"])):
        refused = await post(tom, "See", status=status, quoted_status_id=number)
        assert refused["error"]
    await post(tom, "See", status=404, quoted_status_id="nonsense")
    await post(maya, "See", status=422, quote_approval_policy="friends")


async def test_what_is_for_followers_is_quoted_by_its_author_for_followers(post, maya):
    private = await post(maya, visibility="private")

    await post(maya, "See", status=422, quoted_status_id=private["id"], visibility="public")
    made = await post(maya, "See", quoted_status_id=private["id"], visibility="private")

    assert made["quote"]["state"] == "accepted"


async def test_a_quote_of_what_one_may_not_see_shows_nothing(client, post, get, maya, tom):
    first = await post(maya, quote_approval_policy="public")
    second = await post(tom, "Yes!", quoted_status_id=first["id"])
    path = f"/api/v1/accounts/{tom.account.id}"

    await client.post(f"{path}/block", headers=maya.headers)
    seen = await get(f"/api/v1/statuses/{second['id']}", tom)

    assert seen["quote"] == {"state": "unauthorized", "quoted_status": None}


async def test_whom_one_mutes_is_shown_as_such(client, post, get, make_member, maya, tom):
    joan = await make_member("joan")
    first = await post(maya, quote_approval_policy="public")
    second = await post(tom, "Yes!", quoted_status_id=first["id"])
    await client.post(f"/api/v1/accounts/{maya.account.id}/mute", headers=joan.headers)

    seen = await get(f"/api/v1/statuses/{second['id']}", joan)

    assert seen["quote"]["state"] == "muted_account"
    assert seen["quote"]["quoted_status"]["id"] == first["id"]


async def test_a_member_withdraws_their_post_from_a_quote(client, ctx, post, get, maya, tom):
    first = await post(maya, quote_approval_policy="public")
    second = await post(tom, "Yes!", quoted_status_id=first["id"])
    path = f"/api/v1/statuses/{first['id']}/quotes/{second['id']}/revoke"

    refused = await client.post(path, headers=tom.headers)
    answer = await client.post(path, headers=maya.headers)
    await run_until_idle(ctx)

    assert refused.status == 403
    assert (await answer.json())["quote"] == {"state": "revoked", "quoted_status": None}
    assert (await get(f"/api/v1/statuses/{first['id']}"))["quotes_count"] == 0
    assert await get(f"/api/v1/statuses/{first['id']}/quotes", maya) == []


async def test_who_may_quote_can_be_changed_later(client, post, get, maya, tom):
    first = await post(maya, quote_approval_policy="public")
    path = f"/api/v1/statuses/{first['id']}"

    async def change(member, **asked):
        return await client.put(
            f"{path}/interaction_policy", json=asked, headers=member.headers
        )

    assert (await change(tom, quote_approval_policy="nobody")).status == 404
    assert (await change(maya, quote_approval_policy="x")).status == 422
    assert (await change(maya)).status == 422
    changed = await (await change(maya, quote_approval_policy="nobody")).json()
    assert changed["quote_approval"]["automatic"] == []
    assert (await get(f"{path}/source", maya))["quote_policy"] == "nobody"
    await post(tom, "See", status=403, quoted_status_id=first["id"])
    edited = await client.put(
        path, json={"status": "New", "quote_approval_policy": "public"}, headers=maya.headers
    )
    assert (await edited.json())["quote_approval"]["automatic"] == ["public"]


async def test_what_members_usually_want_is_kept(client, post, get, maya):
    answer = await client.patch(
        "/api/v1/accounts/update_credentials",
        json={"source": {"quote_policy": "nobody"}},
        headers=maya.headers,
    )

    assert (await answer.json())["source"]["quote_policy"] == "nobody"
    chosen = await get("/api/v1/preferences", maya)
    assert chosen["posting:default:quote_policy"] == "nobody"
    assert (await post(maya))["quote_approval"]["automatic"] == []


async def test_who_quotes_is_told_of_changes(client, post, get, maya, tom):
    first = await post(maya, quote_approval_policy="public")
    await post(tom, "Yes!", quoted_status_id=first["id"])

    await client.put(
        f"/api/v1/statuses/{first['id']}", json={"status": "No!"}, headers=maya.headers
    )

    told = await get("/api/v1/notifications?types[]=quoted_update", tom)
    assert [one["status"]["id"] for one in told] == [first["id"]]


async def test_what_was_quoted_can_go(client, post, get, maya, tom):
    first = await post(maya, quote_approval_policy="public")
    second = await post(tom, "Yes!", quoted_status_id=first["id"])
    third = await post(tom, "Twice", quoted_status_id=first["id"])
    await client.delete(f"/api/v1/statuses/{third['id']}", headers=tom.headers)
    assert (await get(f"/api/v1/statuses/{first['id']}"))["quotes_count"] == 1

    await client.delete(f"/api/v1/statuses/{first['id']}", headers=maya.headers)

    left = await get(f"/api/v1/statuses/{second['id']}", tom)
    assert left["quote"] == {"state": "deleted", "quoted_status": None}


async def test_a_quote_of_what_stays_here_stays_here(post, maya, tom):
    first = await post(maya, local_only=True, quote_approval_policy="public")

    second = await post(tom, "Yes!", quoted_status_id=first["id"])

    assert second["local_only"] is True
