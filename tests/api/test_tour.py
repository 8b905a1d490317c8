"""One member's day through the API: every call of the kernel answers as documented.

Row 1.18 "Mastodon client API".
"""

import io

import pytest
from PIL import Image

from fedi_k12.domain.ids import MAX_ID


def picture(color=(40, 120, 90)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (64, 48), color).save(made, "JPEG")
    return made.getvalue()


EMPTY_LISTS = [
    "/api/v1/custom_emojis",
    "/api/v1/announcements",
    "/api/v1/followed_tags",
    "/api/v1/lists",
    "/api/v1/filters",
    "/api/v2/filters",
    "/api/v1/follow_requests",
    "/api/v1/blocks",
    "/api/v1/mutes",
    "/api/v1/domain_blocks",
    "/api/v1/bookmarks",
    "/api/v1/favourites",
    "/api/v1/notifications",
    "/api/v1/timelines/home",
    "/api/v1/trends/tags",
    "/api/v1/trends/statuses",
    "/api/v1/trends/links",
    "/api/v1/trends",
    "/api/v1/suggestions",
    "/api/v2/suggestions",
    "/api/v1/endorsements",
    "/api/v1/featured_tags",
    "/api/v1/scheduled_statuses",
    "/api/v1/instance/activity",
    "/api/v1/instance/peers",
    "/api/v1/instance/domain_blocks",
    "/api/v1/timelines/link?url=https://a.example/",
    "/api/v1/accounts?id[]=1",
    "/api/v1/statuses?id[]=1",
    "/api/v1/accounts/relationships",
    "/api/v1/accounts/familiar_followers",
]


@pytest.mark.parametrize("path", EMPTY_LISTS)
async def test_what_is_empty_is_an_empty_list(client, maya, path):
    answer = await client.get(path, headers=maya.headers)

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert await answer.json() == []


async def test_a_post_is_written_read_edited_and_deleted(client, maya):
    made = await client.post(
        "/api/v1/statuses",
        json={"status": "Fraction strips for grade 4 #math", "visibility": "public"},
        headers=maya.headers,
    )
    assert made.status == 200, await made.text()
    post = await made.json()
    assert post["content"].startswith("<p>Fraction strips")
    assert post["tags"][0]["name"] == "math"

    read = await client.get(f"/api/v1/statuses/{post['id']}")
    assert (await read.json())["id"] == post["id"]

    source = await client.get(f"/api/v1/statuses/{post['id']}/source", headers=maya.headers)
    assert (await source.json())["text"] == "Fraction strips for grade 4 #math"

    edited = await client.put(
        f"/api/v1/statuses/{post['id']}",
        data={"status": "Fraction strips for grade 5"},
        headers=maya.headers,
    )
    assert edited.status == 200, await edited.text()
    assert (await edited.json())["edited_at"]
    history = await client.get(f"/api/v1/statuses/{post['id']}/history", headers=maya.headers)
    assert len(await history.json()) == 2

    gone = await client.delete(f"/api/v1/statuses/{post['id']}", headers=maya.headers)
    assert (await gone.json())["text"] == "Fraction strips for grade 5"
    again = await client.get(f"/api/v1/statuses/{post['id']}", headers=maya.headers)
    assert again.status == 404
    assert await again.json() == {"error": "Record not found"}


async def test_an_idempotency_key_posts_once(client, maya):
    headers = {**maya.headers, "Idempotency-Key": "one"}

    first = await (
        await client.post("/api/v1/statuses", json={"status": "a"}, headers=headers)
    ).json()
    second = await (
        await client.post("/api/v1/statuses", json={"status": "a"}, headers=headers)
    ).json()

    assert first["id"] == second["id"]


async def test_a_picture_is_uploaded_described_and_posted(client, maya):
    uploaded = await client.post(
        "/api/v2/media",
        data={
            "file": io.BytesIO(picture()),
            "description": "A green strip",
            "focus": "0.1,-0.2",
        },
        headers=maya.headers,
    )
    assert uploaded.status == 200, await uploaded.text()
    media = await uploaded.json()
    assert media["url"]
    assert media["meta"]["focus"] == {"x": 0.1, "y": -0.2}
    changed = await client.put(
        f"/api/v1/media/{media['id']}", json={"description": "A strip"}, headers=maya.headers
    )
    assert (await changed.json())["description"] == "A strip"

    made = await client.post(
        "/api/v1/statuses",
        json={"status": "", "media_ids": [media["id"]]},
        headers=maya.headers,
    )

    post = await made.json()
    assert post["media_attachments"][0]["description"] == "A strip"
    file = await client.get(post["media_attachments"][0]["url"].partition("home.example")[2])
    assert file.status == 200
    assert file.headers["Content-Type"].startswith("image/")


async def test_reactions_change_and_are_told(client, maya, tom):
    post = await (
        await client.post(
            "/api/v1/statuses",
            json={"status": "Hello", "visibility": "public"},
            headers=maya.headers,
        )
    ).json()
    path = f"/api/v1/statuses/{post['id']}"

    liked = await (await client.post(f"{path}/favourite", headers=tom.headers)).json()
    boosted = await (await client.post(f"{path}/reblog", headers=tom.headers)).json()
    kept = await (await client.post(f"{path}/bookmark", headers=tom.headers)).json()

    assert liked["favourited"]
    assert liked["favourites_count"] == 1
    assert boosted["reblog"]["id"] == post["id"]
    assert boosted["reblog"]["reblogged"]
    assert kept["bookmarked"]
    told = await (await client.get("/api/v1/notifications", headers=maya.headers)).json()
    assert {item["type"] for item in told} == {"favourite", "reblog"}
    count = await client.get("/api/v1/notifications/unread_count", headers=maya.headers)
    assert await count.json() == {"count": 2}
    by = await (await client.get(f"{path}/favourited_by", headers=maya.headers)).json()
    assert [one["username"] for one in by] == ["tom"]
    by = await (await client.get(f"{path}/reblogged_by", headers=maya.headers)).json()
    assert [one["username"] for one in by] == ["tom"]
    for name in ("unfavourite", "unreblog", "unbookmark"):
        undone = await client.post(f"{path}/{name}", headers=tom.headers)
        assert undone.status == 200
        assert (await undone.json())["id"] == post["id"]
    told = await (await client.get("/api/v1/notifications", headers=maya.headers)).json()
    assert told == []


async def test_follows_blocks_and_mutes(client, maya, tom):
    path = f"/api/v1/accounts/{tom.account.id}"

    followed = await (await client.post(f"{path}/follow", headers=maya.headers)).json()
    assert followed["following"]
    muted = await (await client.post(f"{path}/mute", headers=maya.headers)).json()
    assert muted["muting"]
    assert (await (await client.post(f"{path}/unmute", headers=maya.headers)).json())[
        "muting"
    ] is False
    noted = await client.post(f"{path}/note", json={"comment": "science"}, headers=maya.headers)
    assert (await noted.json())["note"] == "science"
    followers = await client.get(f"{path}/followers", headers=tom.headers)
    assert [one["username"] for one in await followers.json()] == ["maya"]
    blocked = await (await client.post(f"{path}/block", headers=maya.headers)).json()
    assert blocked["blocking"]
    assert blocked["following"] is False
    assert (await (await client.post(f"{path}/unblock", headers=maya.headers)).json())[
        "blocking"
    ] is False


async def test_a_locked_account_answers_requests(client, maya, tom):
    changed = await client.patch(
        "/api/v1/accounts/update_credentials", data={"locked": "true"}, headers=tom.headers
    )
    assert (await changed.json())["locked"] is True

    asked = await (
        await client.post(f"/api/v1/accounts/{tom.account.id}/follow", headers=maya.headers)
    ).json()
    assert asked["requested"]
    waiting = await (await client.get("/api/v1/follow_requests", headers=tom.headers)).json()
    assert [one["username"] for one in waiting] == ["maya"]
    let = await client.post(
        f"/api/v1/follow_requests/{maya.account.id}/authorize", headers=tom.headers
    )
    assert (await let.json())["followed_by"]


async def test_the_profile_is_presented_differently(client, maya):
    answer = await client.patch(
        "/api/v1/accounts/update_credentials",
        data={
            "display_name": "Maya R.",
            "note": "Grade 4 #math",
            "fields_attributes[0][name]": "School",
            "fields_attributes[0][value]": "Lincoln",
            "source[privacy]": "private",
            "avatar": io.BytesIO(picture()),
        },
        headers=maya.headers,
    )

    own = await answer.json()
    assert answer.status == 200, own
    assert own["display_name"] == "Maya R."
    assert own["fields"][0]["name"] == "School"
    assert own["source"]["privacy"] == "private"
    preferences = await client.get("/api/v1/preferences", headers=maya.headers)
    assert (await preferences.json())["posting:default:visibility"] == "private"
    removed = await client.delete("/api/v1/profile/avatar", headers=maya.headers)
    assert removed.status == 200


async def test_lists_are_kept_and_read(client, maya, tom):
    await client.post(f"/api/v1/accounts/{tom.account.id}/follow", headers=maya.headers)
    made = await client.post("/api/v1/lists", json={"title": "Science"}, headers=maya.headers)
    number = (await made.json())["id"]

    added = await client.post(
        f"/api/v1/lists/{number}/accounts",
        json={"account_ids": [str(tom.account.id)]},
        headers=maya.headers,
    )
    assert await added.json() == {}
    await client.post(
        "/api/v1/statuses",
        json={"status": "volcano", "visibility": "public"},
        headers=tom.headers,
    )

    timeline = await (
        await client.get(f"/api/v1/timelines/list/{number}", headers=maya.headers)
    ).json()
    assert [one["account"]["username"] for one in timeline] == ["tom"]
    on = await client.get(f"/api/v1/accounts/{tom.account.id}/lists", headers=maya.headers)
    assert [one["title"] for one in await on.json()] == ["Science"]
    renamed = await client.put(
        f"/api/v1/lists/{number}", json={"title": "STEM"}, headers=maya.headers
    )
    assert (await renamed.json())["title"] == "STEM"
    people = await client.get(f"/api/v1/lists/{number}/accounts?limit=0", headers=maya.headers)
    assert len(await people.json()) == 1
    taken = await client.delete(
        f"/api/v1/lists/{number}/accounts",
        json={"account_ids": [str(tom.account.id)]},
        headers=maya.headers,
    )
    assert taken.status == 200
    assert (await client.get(f"/api/v1/lists/{number}", headers=tom.headers)).status == 404
    assert (await client.delete(f"/api/v1/lists/{number}", headers=maya.headers)).status == 200


async def test_a_filter_marks_what_it_fits(client, maya, tom):
    await client.post(f"/api/v1/accounts/{tom.account.id}/follow", headers=maya.headers)
    made = await client.post(
        "/api/v2/filters",
        json={
            "title": "Spoilers",
            "context": ["home"],
            "filter_action": "warn",
            "keywords_attributes": [{"keyword": "exam", "whole_word": True}],
        },
        headers=maya.headers,
    )
    assert made.status == 200, await made.text()
    await client.post(
        "/api/v1/statuses", json={"status": "The exam is on Friday"}, headers=tom.headers
    )
    await client.post("/api/v1/statuses", json={"status": "Examples"}, headers=tom.headers)

    home = await (await client.get("/api/v1/timelines/home", headers=maya.headers)).json()

    marked = {one["content"]: [r["filter"]["title"] for r in one["filtered"]] for one in home}
    assert sorted(marked.values()) == [[], ["Spoilers"]]
    older = await (await client.get("/api/v1/filters", headers=maya.headers)).json()
    assert older[0]["phrase"] == "exam"
    assert older[0]["irreversible"] is False


async def test_a_hashtag_is_followed_and_read(client, maya, tom):
    followed = await client.post("/api/v1/tags/Biology/follow", headers=maya.headers)
    assert (await followed.json())["following"] is True
    await client.post(
        "/api/v1/statuses",
        json={"status": "Cells #biology", "visibility": "public"},
        headers=tom.headers,
    )

    tag = await (await client.get("/api/v1/timelines/tag/BIOLOGY")).json()
    assert len(tag) == 1
    home = await (await client.get("/api/v1/timelines/home", headers=maya.headers)).json()
    assert len(home) == 1
    mine = await (await client.get("/api/v1/followed_tags", headers=maya.headers)).json()
    assert [one["name"] for one in mine] == ["biology"]
    left = await client.post("/api/v1/tags/biology/unfollow", headers=maya.headers)
    assert (await left.json())["following"] is False


async def test_a_poll_is_asked_and_answered(client, maya, tom):
    made = await client.post(
        "/api/v1/statuses",
        data={
            "status": "Which day?",
            "visibility": "public",
            "poll[options][]": ["Monday", "Friday"],
            "poll[expires_in]": "3600",
        },
        headers=maya.headers,
    )
    if made.status == 422:
        made = await client.post(
            "/api/v1/statuses",
            json={
                "status": "Which day?",
                "visibility": "public",
                "poll": {"options": ["Monday", "Friday"], "expires_in": 3600},
            },
            headers=maya.headers,
        )
    poll = (await made.json())["poll"]
    assert [one["title"] for one in poll["options"]] == ["Monday", "Friday"]

    voted = await client.post(
        f"/api/v1/polls/{poll['id']}/votes", json={"choices": [1]}, headers=tom.headers
    )
    assert (await voted.json())["own_votes"] == [1]
    again = await client.post(
        f"/api/v1/polls/{poll['id']}/votes", json={"choices": [0]}, headers=tom.headers
    )
    assert again.status == 422


async def test_search_finds_people_tags_and_own_posts(client, maya, tom):
    await client.post(
        "/api/v1/statuses", json={"status": "Volcano day #volcano"}, headers=maya.headers
    )

    found = await (await client.get("/api/v2/search?q=volcano", headers=maya.headers)).json()
    assert len(found["statuses"]) == 1
    assert [one["name"] for one in found["hashtags"]] == ["volcano"]
    by_name = await (
        await client.get("/api/v2/search?q=to&type=accounts", headers=maya.headers)
    ).json()
    assert [one["username"] for one in by_name["accounts"]] == ["tom"]
    others = await (await client.get("/api/v2/search?q=volcano", headers=tom.headers)).json()
    assert others["statuses"] == []


async def test_reading_marks_are_kept(client, maya):
    assert (
        await (await client.get("/api/v1/markers?timeline[]=home", headers=maya.headers)).json()
        == {}
    )

    kept = await client.post(
        "/api/v1/markers", data={"home[last_read_id]": "42"}, headers=maya.headers
    )
    assert (await kept.json())["home"]["last_read_id"] == "42"
    read = await client.get("/api/v1/markers?timeline[]=home", headers=maya.headers)
    assert (await read.json())["home"]["version"] == 0


@pytest.mark.parametrize("path", ["/api/v1/instance", "/api/v2/instance", "/api/v1/instance/"])
async def test_the_instance_is_described(client, path):
    answer = await client.get(path)

    about = await answer.json()
    assert answer.status == 200
    assert about["version"].startswith("4.6.0 (compatible; fedi-k12 ")
    assert about["title"] == "Home District"


async def test_a_page_leads_to_those_beside_it(client, maya):
    for number in range(5):
        await client.post(
            "/api/v1/statuses",
            json={"status": str(number), "visibility": "public"},
            headers=maya.headers,
        )

    first = await client.get("/api/v1/timelines/public?limit=2&local=true")
    entities = await first.json()

    links = first.links
    assert str(links["next"]["url"]) == (
        f"https://home.example/api/v1/timelines/public?limit=2&local=true&max_id={entities[1]['id']}"
    )
    assert str(links["prev"]["url"]) == (
        f"https://home.example/api/v1/timelines/public?limit=2&local=true&min_id={entities[0]['id']}"
    )
    path = str(links["next"]["url"].relative())
    second = await (await client.get(path)).json()
    assert [one["content"] for one in second] == ["<p>2</p>", "<p>1</p>"]
    above = await (
        await client.get(f"/api/v1/timelines/public?limit=2&min_id={second[1]['id']}")
    ).json()
    assert [one["content"] for one in above] == ["<p>3</p>", "<p>2</p>"]
    last = await client.get("/api/v1/timelines/public?max_id=1")
    assert "Link" not in last.headers
    assert MAX_ID
