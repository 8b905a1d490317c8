"""What documents say about search (FEP-268d). Row 1.14 "searchableBy"."""

import pytest

from fedi_k12.worker import run_until_idle
from tests.remote import PUBLIC


@pytest.fixture
def wish(client, ctx, maya):
    async def run(**fields):
        answer = await client.patch(
            "/api/v1/accounts/update_credentials", json=fields, headers=maya.headers
        )
        return answer.status, await answer.json()

    return run


@pytest.fixture
def toot(client, maya):
    async def run(**fields):
        answer = await client.post(
            "/api/v1/statuses", json={"status": "Clay", **fields}, headers=maya.headers
        )
        return (await answer.json())["uri"]

    return run


@pytest.mark.parametrize(
    ("wished", "public", "private"),
    [
        ({"indexable": True}, "everybody", "author"),
        ({"indexable": True, "searchable_by": "followers"}, "followers", "followers"),
        ({"indexable": True, "searchable_by": "self"}, "author", "author"),
        ({"indexable": False, "searchable_by": "public"}, "author", "author"),
    ],
    ids=["everybody", "followers", "nobody", "not indexable is stricter"],
)
async def test_what_a_member_wishes_goes_out(
    maya, wish, toot, document, wished, public, private
):
    status, own = await wish(**wished)
    means = {
        "everybody": [PUBLIC],
        "followers": [f"{maya.account.uri}/followers"],
        "author": [maya.account.uri],
    }
    assert status == 200
    assert own["source"]["searchable_by"] == wished.get("searchable_by")

    actor = await document(maya.account.uri)
    note = await document(await toot(visibility="public"))
    quiet = await document(await toot(visibility="unlisted"))

    assert actor["searchableBy"] == note["searchableBy"] == means[public]
    assert quiet["searchableBy"] == means[private]
    assert note["@context"][-1]["searchableBy"]["@id"] == "fedibird:searchableBy"


async def test_a_wish_that_is_none_is_refused(wish):
    status, _refusal = await wish(searchable_by="aliens")

    assert status == 422


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (PUBLIC, "public"),
        (["as:Public"], "public"),
        (["{followers}"], "followers"),
        (["{followers}", "http://x.example/team"], "followers"),
        ("{actor}", "self"),
        ([], "self"),
        (["http://x.example/followers"], "self"),
        ({"a": 5}, "self"),
        (None, None),
    ],
    ids=["everybody", "by a short name", "followers", "followers and others", "the author",
         "nobody", "FED-86 the followers of another", "FED-59 nonsense", "silence"],
)  # fmt: skip
async def test_what_others_wish_is_kept(
    ctx, remote, befriend, send, post_row, account_by_uri, says, expected
):
    actor = remote.actor("ria")

    def put(value):
        if isinstance(value, list):
            return [put(one) for one in value]
        return (
            value.format(followers=f"{actor.uri}/followers", actor=actor.uri)
            if isinstance(value, str)
            else value
        )

    remote.show(actor.document(searchableBy=put(says), indexable=True))
    await befriend(actor)
    note = actor.note(searchableBy=put(says))
    await send(actor, actor.create(note))
    await run_until_idle(ctx)

    assert (await post_row(note["id"])).searchable_by == expected
    assert (await account_by_uri(actor.uri)).searchable_by == (expected or "")


async def test_an_update_changes_who_finds_it(ren, send, post_row):
    note = ren.note(searchableBy=[PUBLIC])
    await send(ren, ren.create(note))

    update = ren.activity("Update", {**note, "searchableBy": [ren.uri]}, to=[PUBLIC])
    await send(ren, update)

    assert (await post_row(note["id"])).searchable_by == "self"


async def test_members_choose_on_their_page(at_maya, document, maya):
    page = await at_maya.get("/settings")
    done = await at_maya.submit(
        page,
        "/settings",
        {"indexable": "1", "searchable_by": "followers", "attribution": "Blog.lincoln.test\n"},
        files={"none": ("", b"", "application/octet-stream")},
    )
    assert done.status == 303, done.text

    actor = await document(maya.account.uri)

    assert actor["searchableBy"] == [f"{maya.account.uri}/followers"]
    assert actor["attributionDomains"] == ["blog.lincoln.test"]
