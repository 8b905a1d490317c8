"""Accounts to follow together: https://docs.joinmastodon.org/methods/collections/."""

import pytest
from sqlalchemy import update

from fedi_k12.services import collections_elsewhere
from fedi_k12.services.collections_elsewhere import ReceivedCollection, ReceivedItem
from storage.tables import AccountRow

PATH = "/api/v1/collections"


@pytest.fixture
async def found(ctx):
    """Return a function that lets members be found, or no longer."""

    async def let(*members, discoverable=True):
        async def change(session):
            await session.execute(
                update(AccountRow)
                .where(AccountRow.id.in_([one.account.id for one in members]))
                .values(discoverable=discoverable)
            )

        await ctx.write(change)

    return let


@pytest.fixture
async def ann(make_member):
    return await make_member("ann")


@pytest.fixture
def make(ask):
    async def run(member, *members, name="Grade 5 science", status=200, **parts):
        ids = [str(one.account.id) for one in members]
        answered, body = await ask(member, "POST", PATH, name=name, account_ids=ids, **parts)
        assert answered == status, body
        return body.get("collection")

    return run


async def test_a_collection_is_made_read_changed_and_deleted(ask, make, maya, tom, ann, found):
    await found(tom, ann)
    made = await make(
        maya, tom, ann, description="They <teach>", tag_name="#Science", language="EN"
    )

    assert made["description"] == "They &lt;teach&gt;"
    assert made["tag"] == {"name": "science", "url": "https://home.example/tags/science"}
    assert (made["language"], made["local"], made["item_count"]) == ("en", True, 2)
    assert made["url"] == f"https://home.example/collections/{made['id']}"
    path = f"{PATH}/{made['id']}"
    status, seen = await ask(None, "GET", path)
    assert status == 200
    assert seen["collection"] == made
    assert {one["username"] for one in seen["accounts"]} == {"maya", "tom", "ann"}
    for method in ("PATCH", "PUT"):
        _, changed = await ask(maya, method, path, name=f"Science {method}")
        assert changed["collection"]["name"] == f"Science {method}"
        assert changed["collection"]["tag"] == made["tag"]
    _, listed = await ask(None, "GET", f"/api/v1/accounts/{maya.account.id}/collections")
    assert [one["id"] for one in listed["collections"]] == [made["id"]]
    assert len(listed["partial_accounts"]) == 3
    assert await ask(maya, "DELETE", path) == (200, {})
    assert (await ask(maya, "GET", path))[0] == 404
    assert (await ask(tom, "GET", "/api/v1/notifications"))[1] == []


async def test_somebody_is_put_in_is_told_and_is_taken_out(ask, make, maya, tom, found):
    await found(tom)
    made = await make(maya)
    path = f"{PATH}/{made['id']}"

    status, body = await ask(maya, "POST", f"{path}/items", account_id=str(tom.account.id))
    assert (status, body["collection_item"]["state"]) == (200, "accepted")
    again = await ask(maya, "POST", f"{path}/items", account_id=str(tom.account.id))
    assert again[1] == body
    [told] = (await ask(tom, "GET", "/api/v1/notifications"))[1]
    assert (told["type"], told["collection"]["id"]) == ("added_to_collection", made["id"])
    await ask(maya, "PATCH", path, name="Other")
    _, told = await ask(tom, "GET", "/api/v1/notifications?types[]=collection_update")
    assert [one["collection"]["name"] for one in told] == ["Other"]
    _, groups = await ask(tom, "GET", "/api/v2/notifications")
    assert groups["notification_groups"][0]["collection"]["id"] == made["id"]
    _, mine = await ask(tom, "GET", f"/api/v1/accounts/{tom.account.id}/in_collections")
    assert [one["id"] for one in mine["collections"]] == [made["id"]]

    item = f"{path}/items/{body['collection_item']['id']}"
    assert await ask(maya, "DELETE", item) == (200, {})
    assert (await ask(maya, "GET", path))[1]["collection"]["items"] == []
    assert (await ask(maya, "DELETE", item))[0] == 404


async def test_who_takes_themselves_out_stays_out(ask, make, maya, tom, ann, found):
    await found(tom)
    made = await make(maya, tom)
    item = f"{PATH}/{made['id']}/items/{made['items'][0]['id']}"

    assert (await ask(ann, "POST", f"{item}/revoke"))[0] == 403
    assert (await ask(maya, "POST", f"{item}/revoke"))[0] == 403
    assert await ask(tom, "POST", f"{item}/revoke") == (200, {})

    assert (await ask(maya, "GET", f"{PATH}/{made['id']}"))[1]["collection"]["items"] == []
    assert (await ask(tom, "GET", "/api/v1/notifications"))[1] == []
    await ask(maya, "DELETE", item)
    added = {"account_id": str(tom.account.id)}
    assert (await ask(maya, "POST", f"{PATH}/{made['id']}/items", **added))[0] == 403


async def test_who_does_not_want_to_be_found_is_in_none(
    ask, make, maya, tom, ann, found, make_remote
):
    await found(tom, ann, discoverable=False)
    rosa = await make_remote("rosa", discoverable=True)
    made = await make(maya)
    items = f"{PATH}/{made['id']}/items"

    for number in (tom.account.id, rosa.id):
        assert (await ask(maya, "POST", items, account_id=str(number)))[0] == 403
    await make(maya, tom, status=403)
    _, shown = await ask(maya, "GET", f"/api/v1/accounts/{tom.account.id}")
    assert shown["feature_approval"] == {
        "automatic": [], "manual": [], "current_user": "denied",
    }  # fmt: skip
    await found(tom)
    _, shown = await ask(maya, "GET", f"/api/v1/accounts/{tom.account.id}")
    assert shown["feature_approval"]["automatic"] == ["public"]
    _, shown = await ask(maya, "GET", f"/api/v1/accounts/{rosa.id}")
    assert shown["feature_approval"]["current_user"] == "missing"


async def test_blocks_hold_before_and_after(ask, make, maya, tom, ann, found):
    """GHSA-ccpr-m53r-mfwr."""
    await found(tom, ann)
    made = await make(maya, tom, ann)
    path = f"{PATH}/{made['id']}"

    async def people(viewer):
        status, seen = await ask(viewer, "GET", path)
        return {one["username"] for one in seen["accounts"]} if status == 200 else status

    await ask(ann, "POST", f"/api/v1/accounts/{tom.account.id}/block")
    assert await people(ann) == {"maya", "ann"}
    assert await people(tom) == {"maya", "tom"}
    assert await people(None) == {"maya", "tom", "ann"}
    await ask(tom, "POST", f"/api/v1/accounts/{maya.account.id}/block")
    assert await people(None) == {"maya", "ann"}
    await ask(maya, "POST", f"/api/v1/accounts/{ann.account.id}/block")
    assert await people(ann) == 404
    assert await people(None) == {"maya"}
    other = await make(maya, name="Other")
    items = f"{PATH}/{other['id']}/items"
    for member in (tom, ann):
        assert (await ask(maya, "POST", items, account_id=str(member.account.id)))[0] == 403


async def test_nobody_changes_what_is_not_theirs(ask, make, maya, tom, ann, found):
    await found(ann)
    made = await make(maya, ann)
    path = f"{PATH}/{made['id']}"
    item = f"{path}/items/{made['items'][0]['id']}"

    assert (await ask(tom, "PATCH", path, name="Mine"))[0] == 403
    assert (await ask(tom, "DELETE", path))[0] == 403
    assert (await ask(tom, "DELETE", item))[0] == 403
    assert (await ask(tom, "POST", f"{path}/items", account_id="1"))[0] == 403
    assert (await ask(None, "POST", PATH, name="x"))[0] == 401
    in_path = f"/api/v1/accounts/{ann.account.id}/in_collections"
    assert (await ask(tom, "GET", in_path))[0] == 403
    for method, address in (
        ("GET", f"{PATH}/1"), ("PATCH", f"{PATH}/1"), ("DELETE", f"{PATH}/1"),
        ("DELETE", f"{path}/items/1"), ("POST", f"{path}/items/1/revoke"), ("GET", f"{PATH}/x"),
    ):  # fmt: skip
        assert (await ask(maya, method, address))[0] == 404


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"name": "x", "description": "x" * 101}, "description"),
        ({"name": "x", "tag_name": "two words"}, "tag_name"),
        ({"name": "x", "language": "no language"}, "language"),
    ],
)
async def test_what_is_no_collection_is_refused(ask, maya, parts, field):
    status, body = await ask(maya, "POST", PATH, **parts)

    assert status == 422
    assert list(body["details"]) == [field]


async def test_there_is_an_end_to_how_many(ask, make, maya, make_member, found):
    crowd = [await make_member(f"m{number}") for number in range(26)]
    await found(*crowd)
    made = await make(maya, *crowd[:25])
    items = f"{PATH}/{made['id']}/items"

    assert (await ask(maya, "POST", items, account_id=str(crowd[25].account.id)))[0] == 422
    assert (await ask(maya, "POST", items))[0] == 422
    assert (await ask(maya, "POST", items, account_id="1"))[0] == 422
    for number in range(9):
        await make(maya, name=f"No {number}")
    await make(maya, name="Eleven", status=422)


async def test_one_that_is_not_to_be_found_is_for_whoever_has_the_address(ask, make, maya, tom):
    made = await make(maya, discoverable=False)
    listed = f"/api/v1/accounts/{maya.account.id}/collections"

    assert (await ask(tom, "GET", listed))[1]["collections"] == []
    assert len((await ask(maya, "GET", listed))[1]["collections"]) == 1
    assert (await ask(tom, "GET", f"{PATH}/{made['id']}"))[0] == 200


async def test_an_account_elsewhere_waits_where_only_the_maker_sees_it(
    ask, make, maya, tom, make_remote
):
    """Row 1.9 "Featured collections"."""
    ren = await make_remote("ren", feature_policy={"automatic": ["public"], "manual": []})
    sam = await make_remote("sam")
    made = await make(maya)
    path = f"{PATH}/{made['id']}"

    status, body = await ask(maya, "POST", f"{path}/items", account_id=str(ren.id))
    assert (status, body["collection_item"]["state"]) == (200, "pending")
    assert (await ask(maya, "POST", f"{path}/items", account_id=str(sam.id)))[0] == 403

    mine = (await ask(maya, "GET", path))[1]["collection"]
    assert (mine["item_count"], [one["state"] for one in mine["items"]]) == (0, ["pending"])
    theirs = (await ask(tom, "GET", path))[1]
    assert theirs["collection"]["items"] == []
    assert [one["username"] for one in theirs["accounts"]] == ["maya"]
    item = body["collection_item"]["id"]
    assert (await ask(maya, "DELETE", f"{path}/items/{item}"))[0] == 200
    assert (await ask(maya, "GET", path))[1]["collection"]["items"] == []


async def test_collections_of_accounts_elsewhere_are_on_their_profiles_here(
    ctx, ask, tom, make_remote
):
    """Row 1.9 "Featured collections"."""
    ren, ann = await make_remote("ren"), await make_remote("ann")
    uri = f"{ren.uri}/packs/1"
    received = ReceivedCollection(
        uri=uri, account_id=ren.id, name="Art", description="", tag="", language=None,
        sensitive=False, discoverable=True, url="http://remote.example/c/1", published=None,
        updated=None, items=[ReceivedItem(f"{uri}/items/1", ann.id, f"{ann.uri}/stamps/1")],
    )  # fmt: skip
    await ctx.write(collections_elsewhere.receive, received, now=ctx.clock())

    _, listed = await ask(tom, "GET", f"/api/v1/accounts/{ren.id}/collections")

    [seen] = listed["collections"]
    assert (seen["uri"], seen["url"], seen["local"]) == (
        uri,
        "http://remote.example/c/1",
        False,
    )
    assert [one["account_id"] for one in seen["items"]] == [str(ann.id)]
    status, _ = await ask(tom, "PATCH", f"{PATH}/{seen['id']}", name="Mine")
    assert status == 403
