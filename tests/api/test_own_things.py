"""FED-81: lists, filters, words, marks and uploads are their owner's and nobody else's."""

import io

import pytest
from PIL import Image

from fedi_k12.services import follows


def picture():
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "#2f6b5a").save(out, "PNG")
    out.seek(0)
    return out


async def make_filter(ask, member):
    _, made = await ask(
        member, "POST", "/api/v2/filters", title="Testing", context=["home", "public"],
        filter_action="hide", expires_in=3600,
        keywords_attributes=[{"keyword": "test", "whole_word": True}],
    )  # fmt: skip
    return made


async def test_a_filter_is_made_changed_and_deleted(ask, client, maya):
    made = await make_filter(ask, maya)
    path = f"/api/v2/filters/{made['id']}"
    word = made["keywords"][0]

    assert (made["filter_action"], made["context"]) == ("hide", ["home", "public"])
    assert made["expires_at"]
    _, changed = await ask(
        maya, "PUT", path, title="Tests", expires_in=0, filter_action="warn",
        keywords_attributes=[
            {"id": word["id"], "keyword": "exam"}, {"keyword": "quiz"},
            {"keyword": "x", "_destroy": True},
        ],
    )  # fmt: skip
    assert (changed["title"], changed["expires_at"]) == ("Tests", None)
    assert [item["keyword"] for item in changed["keywords"]] == ["exam", "quiz"]
    _, fewer = await ask(
        maya, "PUT", path,
        keywords_attributes=[{"id": word["id"], "_destroy": True}],
    )  # fmt: skip
    assert [item["keyword"] for item in fewer["keywords"]] == ["quiz"]
    assert (await ask(maya, "GET", path))[1] == fewer
    assert (await ask(maya, "DELETE", path))[0] == 200
    assert (await ask(maya, "GET", path))[0] == 404


async def test_words_of_a_filter_one_by_one(ask, maya):
    made = await make_filter(ask, maya)
    path = f"/api/v2/filters/{made['id']}/keywords"

    _, word = await ask(maya, "POST", path, keyword="quiz", whole_word=False)
    one = f"/api/v2/filters/keywords/{word['id']}"

    assert [item["keyword"] for item in (await ask(maya, "GET", path))[1]] == ["test", "quiz"]
    assert (await ask(maya, "PUT", one, keyword="exam", whole_word=True))[1]["whole_word"]
    assert (await ask(maya, "GET", one))[1]["keyword"] == "exam"
    assert (await ask(maya, "DELETE", one))[0] == 200
    assert (await ask(maya, "GET", one))[0] == 404


async def test_posts_of_a_filter_one_by_one(ask, maya):
    made = await make_filter(ask, maya)
    _, post = await ask(maya, "POST", "/api/v1/statuses", status="Hello")
    path = f"/api/v2/filters/{made['id']}/statuses"

    _, entry = await ask(maya, "POST", path, status_id=post["id"])
    one = f"/api/v2/filters/statuses/{entry['id']}"

    assert entry["status_id"] == post["id"]
    assert len((await ask(maya, "GET", path))[1]) == 1
    assert (await ask(maya, "GET", one))[1] == entry
    assert (await ask(maya, "POST", path, status_id="1"))[0] == 404
    assert (await ask(maya, "POST", path, x=1))[0] == 404
    assert (await ask(maya, "DELETE", one))[0] == 200
    assert (await ask(maya, "GET", one))[0] == 404


async def test_the_older_form_of_filters(ask, maya):
    _, made = await ask(
        maya, "POST", "/api/v1/filters", phrase="test", context=["home"], irreversible=True
    )
    path = f"/api/v1/filters/{made['id']}"

    assert (made["phrase"], made["irreversible"], made["whole_word"]) == ("test", True, True)
    _, changed = await ask(
        maya, "PUT", path, phrase="exam", context=["public"], irreversible=False, expires_in=60
    )
    assert (changed["phrase"], changed["context"]) == ("exam", ["public"])
    assert not changed["irreversible"]
    assert (await ask(maya, "GET", path))[1] == changed
    assert (await ask(maya, "GET", "/api/v1/filters"))[1] == [changed]
    assert (await ask(maya, "DELETE", path))[0] == 200
    assert (await ask(maya, "GET", "/api/v1/filters"))[1] == []


@pytest.mark.parametrize(
    "body",
    [
        {"title": "", "context": ["home"]}, {"title": "x"}, {"title": "x", "context": []},
        {"title": "x", "context": ["mars"]},
        {"title": "x", "context": ["home"], "filter_action": "x"},
        {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": " "}]},
    ],
    ids=["no title", "no place", "empty places", "no such place", "no such action", "no word"],
)  # fmt: skip
async def test_filters_that_cannot_be_are_refused(ask, maya, body):
    assert (await ask(maya, "POST", "/api/v2/filters", **body))[0] == 422


async def test_filters_are_their_owners(ask, maya, tom):
    made = await make_filter(ask, maya)
    _, post = await ask(maya, "POST", "/api/v1/statuses", status="Hello")
    path = f"/api/v2/filters/{made['id']}"
    _, entry = await ask(maya, "POST", f"{path}/statuses", status_id=post["id"])
    word = made["keywords"][0]["id"]

    for method, address, body in (
        ("GET", path, {}), ("PUT", path, {"title": "Mine"}), ("DELETE", path, {}),
        ("GET", f"{path}/keywords", {}), ("POST", f"{path}/keywords", {"keyword": "x"}),
        ("GET", f"/api/v2/filters/keywords/{word}", {}),
        ("PUT", f"/api/v2/filters/keywords/{word}", {"keyword": "x"}),
        ("DELETE", f"/api/v2/filters/keywords/{word}", {}),
        ("POST", f"{path}/statuses", {"status_id": post["id"]}),
        ("GET", f"/api/v2/filters/statuses/{entry['id']}", {}),
        ("DELETE", f"/api/v2/filters/statuses/{entry['id']}", {}),
        ("GET", f"/api/v1/filters/{word}", {}),
        ("PUT", f"/api/v1/filters/{word}", {"phrase": "x"}),
        ("DELETE", f"/api/v1/filters/{word}", {}),
    ):  # fmt: skip
        assert (await ask(tom, method, address, **body))[0] == 404, (method, address)
    assert (await ask(tom, "GET", "/api/v2/filters"))[1] == []
    own = (await ask(maya, "GET", path))[1]
    assert own["title"] == "Testing"
    assert len(own["keywords"]) == len(own["statuses"]) == 1


async def test_a_word_of_another_filter_is_not_changed_through_ones_own(ask, maya, tom):
    theirs = (await make_filter(ask, maya))["keywords"][0]["id"]
    mine = (await make_filter(ask, tom))["id"]

    status, _ = await ask(
        tom, "PUT", f"/api/v2/filters/{mine}",
        keywords_attributes=[{"id": theirs, "keyword": "stolen"}],
    )  # fmt: skip

    assert status == 404
    _, word = await ask(maya, "GET", f"/api/v2/filters/keywords/{theirs}")
    assert word["keyword"] == "test"


async def test_a_filter_hides_words_posts_and_what_is_passed_on(ask, maya, tom):
    await ask(maya, "POST", f"/api/v1/accounts/{tom.account.id}/follow")
    await ask(
        maya, "POST", "/api/v2/filters", title="w", context=["home"], filter_action="warn",
        keywords_attributes=[{"keyword": "exam", "whole_word": True}],
    )  # fmt: skip
    await ask(tom, "POST", "/api/v1/statuses", status="An EXAM today")
    await ask(tom, "POST", "/api/v1/statuses", status="Examples")

    _, home = await ask(maya, "GET", "/api/v1/timelines/home")

    marked = {post["content"]: post["filtered"] for post in home}
    assert [bool(found) for found in marked.values()] == [False, True]
    assert next(iter(marked["<p>An EXAM today</p>"]))["keyword_matches"] == ["exam"]


async def make_list(ask, member):
    return (await ask(member, "POST", "/api/v1/lists", title="Maths"))[1]["id"]


async def test_lists_are_their_owners(ask, ctx, maya, tom):
    number = await make_list(ask, maya)
    path = f"/api/v1/lists/{number}"
    people = {"account_ids": [str(maya.account.id)]}

    for method, address, body in (
        ("GET", path, {}), ("PUT", path, {"title": "Mine"}), ("DELETE", path, {}),
        ("GET", f"{path}/accounts", {}), ("POST", f"{path}/accounts", people),
        ("DELETE", f"{path}/accounts", people), ("GET", f"/api/v1/timelines/list/{number}", {}),
    ):  # fmt: skip
        assert (await ask(tom, method, address, **body))[0] == 404, (method, address)
    assert (await ask(maya, "GET", path))[1]["title"] == "Maths"


async def test_lists_hold_those_one_follows(ask, ctx, maya, tom):
    number = await make_list(ask, maya)
    path = f"/api/v1/lists/{number}/accounts"
    people = {"account_ids": [str(tom.account.id)]}
    assert (await ask(maya, "POST", path, **people))[0] == 404
    await ctx.write(
        follows.follow, actor=maya.actor, target_id=tom.account.id, addresses=ctx.addresses,
        now=ctx.clock(),
    )  # fmt: skip

    assert (await ask(maya, "POST", path, **people))[0] == 200
    assert (await ask(maya, "POST", path, **people))[0] == 422
    _, found = await ask(maya, "GET", f"/api/v1/accounts/{tom.account.id}/lists")
    assert [item["id"] for item in found] == [number]
    _, members = await ask(maya, "GET", path)
    assert [item["acct"] for item in members] == ["tom"]


@pytest.mark.parametrize(
    "body",
    [{"title": " "}, {"title": "x" * 300}, {"title": "x", "replies_policy": "never"}],
    ids=["no title", "FED-81 an endless title", "an unknown rule"],
)
async def test_lists_that_cannot_be_are_refused(ask, maya, body):
    number = await make_list(ask, maya)

    assert (await ask(maya, "POST", "/api/v1/lists", **body))[0] == 422
    assert (await ask(maya, "PUT", f"/api/v1/lists/{number}", **body))[0] == 422


async def test_uploads_are_their_owners(client, ask, maya, tom):
    answer = await client.post(
        "/api/v2/media", data={"file": picture(), "description": "A plan"}, headers=maya.headers
    )
    made = await answer.json()
    path = f"/api/v1/media/{made['id']}"

    assert answer.status == 200
    assert made["description"] == "A plan"
    for method in ("GET", "PUT", "DELETE"):
        assert (await ask(tom, method, path, description="x"))[0] == 404
    assert (await ask(tom, "POST", "/api/v1/statuses", status="x", media_ids=[made["id"]]))[
        0
    ] == 404
    assert (await ask(maya, "PUT", path, description="Better", focus="0.5,-0.5"))[0] == 200
    assert (await ask(maya, "DELETE", path))[0] == 200


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({}, 422),
        ({"file": io.BytesIO(b"<svg onload=x>")}, 422),
        ({"file": "words"}, 422),
    ],
    ids=["nothing", "FED-98 SVG", "words"],
)
async def test_what_is_no_picture_is_refused(client, maya, data, status):
    answer = await client.post("/api/v2/media", data=data, headers=maya.headers)

    assert answer.status == status


@pytest.mark.parametrize("focus", ["x", "1", "nan,nan", "5,5", "0.1,0.2,0.3", ","])
async def test_a_focus_is_held_to_what_can_be(client, maya, focus):
    """FED-101."""
    answer = await client.post(
        "/api/v2/media", data={"file": picture(), "focus": focus}, headers=maya.headers
    )

    assert answer.status in {200, 422}


async def test_people_are_looked_up_searched_and_compared(ask, client, remote, maya, tom):
    remote.actor("ren")
    who = f"/api/v1/accounts/{tom.account.id}"

    assert (await ask(maya, "GET", who))[1]["acct"] == "tom"
    assert (await ask(maya, "GET", f"/api/v1/accounts?id[]={tom.account.id}&id[]=1"))[1][0][
        "acct"
    ] == "tom"
    assert (await ask(maya, "GET", "/api/v1/accounts/lookup?acct=tom@home.example"))[1]["id"]
    assert (await ask(maya, "GET", "/api/v1/accounts/lookup?acct=nobody"))[0] == 404
    assert (await ask(maya, "GET", "/api/v1/accounts/lookup"))[0] == 404
    assert [a["acct"] for a in (await ask(maya, "GET", "/api/v1/accounts/search?q=to"))[1]] == [
        "tom"
    ]
    _, found = await ask(
        maya, "GET", "/api/v1/accounts/search?q=ren@remote.example&resolve=true"
    )
    assert [a["acct"] for a in found] == ["ren@remote.example"]
    assert (await ask(maya, "GET", f"{who}/featured_tags"))[1] == []
    assert (await ask(maya, "GET", "/api/v1/accounts/1/featured_tags"))[0] == 404
    _, known = await ask(
        maya, "GET", f"/api/v1/accounts/familiar_followers?id[]={tom.account.id}"
    )
    assert known == [{"id": str(tom.account.id), "accounts": []}]


async def test_portraits_are_set_and_taken_away(client, maya):
    path = "/api/v1/accounts/update_credentials"

    set_ = await client.patch(
        path,
        data={"avatar": picture(), "header": picture(), "bot": "true"},
        headers=maya.headers,
    )
    removed = await client.delete("/api/v1/profile/avatar", headers=maya.headers)
    await client.delete("/api/v1/profile/header", headers=maya.headers)

    assert (await set_.json())["bot"]
    assert (await set_.json())["avatar"] != (await removed.json())["avatar"]
    bad = await client.patch(path, data={"avatar": io.BytesIO(b"<svg>")}, headers=maya.headers)
    assert bad.status == 422


async def test_an_accounts_posts_and_people_are_read_in_pages(ask, client, maya, tom):
    for number in range(3):
        await ask(maya, "POST", "/api/v1/statuses", status=f"Post {number} #a")
    who = f"/api/v1/accounts/{maya.account.id}"

    first = await client.get(f"{who}/statuses?limit=2&tagged=a", headers=tom.headers)

    assert len(await first.json()) == 2
    assert 'rel="next"' in first.headers["Link"]
    assert "tagged=a" in first.headers["Link"]
    for part in ("followers", "following"):
        assert (await ask(tom, "GET", f"{who}/{part}"))[1] == []
    assert (await ask(tom, "GET", "/api/v1/accounts/1/statuses"))[0] == 404


async def test_search_finds_by_words_handles_and_addresses(ask, client, remote, maya):
    ren = remote.actor("ren")
    remote.show(ren.note("1"))
    await ask(maya, "POST", "/api/v1/statuses", status="Fraction strips #Fractions")

    async def search(who=maya, **given):
        answer = await client.get(
            "/api/v2/search", params=given, headers=who.headers if who else {}
        )
        assert answer.status == 200
        said = await answer.json()
        return [len(said[name]) for name in ("accounts", "statuses", "hashtags")]

    assert await search(q="fraction") == [0, 1, 1]
    assert await search(q="fraction", type="hashtags") == [0, 0, 1]
    assert await search(None, q="fraction") == [0, 0, 1]
    assert await search(q="") == [0, 0, 0]
    assert await search(q="ren@remote.example") == [0, 0, 0]
    refused = await client.get(f"/api/v2/search?q={ren.uri}&resolve=true")
    assert refused.status == 401
    assert remote.asked == []
    assert await search(q="ren@remote.example", resolve="true") == [1, 0, 0]
    assert await search(q=f"{ren.uri}/posts/1", resolve="true") == [0, 1, 0]
    assert await search(q=ren.uri) == [1, 0, 0]
    assert await search(q="http://nowhere.example/", resolve="true") == [0, 0, 0]
    assert await search(q="@@@@") == [0, 0, 0]
    assert (await ask(maya, "GET", "/api/v2/search?q=x&type=everything"))[0] == 422


async def test_choices_and_what_is_empty_by_design(ask, client, maya):
    _, chosen = await ask(maya, "GET", "/api/v1/preferences")

    assert chosen["posting:default:visibility"] == "unlisted"
    assert (await client.get("/api/v1/trends/tags")).status == 200
    assert (await ask(maya, "GET", "/api/v1/push/subscription"))[0] == 404
    assert (await ask(maya, "GET", "/api/v1/directory?local=true&order=new"))[1] == []


async def test_notifications_are_read_and_dismissed(ask, maya, tom):
    await ask(tom, "POST", "/api/v1/statuses", status="@maya hello")
    _, [item] = await ask(maya, "GET", "/api/v1/notifications?types[]=mention")
    one = f"/api/v1/notifications/{item['id']}"

    assert (await ask(maya, "GET", one))[1]["type"] == "mention"
    assert (await ask(tom, "GET", one))[0] == 404
    assert (await ask(tom, "POST", f"{one}/dismiss"))[0] == 404
    assert (await ask(maya, "GET", "/api/v1/notifications/unread_count"))[1]["count"] == 1
    assert (await ask(maya, "GET", "/api/v1/notifications?account_id=1"))[1] == []
    assert (await ask(maya, "POST", f"{one}/dismiss"))[0] == 200
    await ask(maya, "POST", "/api/v1/notifications/clear")
    assert (await ask(maya, "GET", "/api/v1/notifications"))[1] == []


async def test_whole_hosts_and_notes_are_for_oneself(ask, maya, tom):
    assert (await ask(maya, "POST", "/api/v1/domain_blocks", domain="Spam.example"))[0] == 200
    assert (await ask(maya, "GET", "/api/v1/domain_blocks"))[1] == ["spam.example"]
    assert (await ask(tom, "GET", "/api/v1/domain_blocks"))[1] == []
    assert (await ask(maya, "DELETE", "/api/v1/domain_blocks", domain="spam.example"))[0] == 200
    assert (await ask(maya, "POST", "/api/v1/domain_blocks", domain="no domain"))[0] == 422
    path = f"/api/v1/accounts/{tom.account.id}"
    assert (await ask(maya, "POST", f"{path}/note", comment="Grade 4"))[1]["note"] == "Grade 4"
    assert (await ask(maya, "POST", f"{path}/mute", duration=60))[1]["muting"]
    assert (await ask(maya, "POST", f"{path}/remove_from_followers"))[0] == 200
    assert len((await ask(maya, "GET", "/api/v1/mutes"))[1]) == 1


async def test_what_others_may_not_see_is_not_there_for_their_apps(ask, maya, tom):
    """FED-83, FED-84."""
    _, letter = await ask(
        maya, "POST", "/api/v1/statuses", status="for myself", visibility="direct"
    )
    path = f"/api/v1/statuses/{letter['id']}"

    for method, part in (
        ("GET", ""), ("GET", "/context"), ("GET", "/history"), ("GET", "/source"),
        ("GET", "/favourited_by"), ("GET", "/reblogged_by"), ("POST", "/favourite"),
        ("POST", "/reblog"), ("POST", "/bookmark"), ("POST", "/mute"), ("DELETE", ""),
    ):  # fmt: skip
        status, said = await ask(tom, method, path + part)
        assert (status, said) == (404, {"error": "Record not found"}), part
    assert (await ask(tom, "GET", f"/api/v1/statuses?id[]={letter['id']}"))[1] == []
