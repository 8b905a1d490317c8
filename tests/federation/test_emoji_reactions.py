"""Emojis that people give posts. Row 1.8 "Emoji reactions"."""

import pytest

from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import posts
from fedi_k12.worker import run_until_idle
from tests.remote import PUBLIC

BLOB = {
    "id": "http://remote.example/emojis/blob",
    "type": "Emoji",
    "name": ":blob:",
    "icon": {
        "type": "Image",
        "mediaType": "image/png",
        "url": "http://remote.example/blob.png",
    },
}


@pytest.fixture
async def ren(remote):
    return remote.actor("ren")


@pytest.fixture
def post(ctx, maya):
    async def make(text="Hello", **parts):
        return await ctx.write(
            posts.publish,
            actor=maya.actor,
            draft=Draft(text, **parts),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )

    return make


@pytest.fixture
def ask(client, maya):
    async def run(method, path, headers=None, **parts):
        answer = await client.request(method, path, headers=headers or maya.headers, **parts)
        return answer.status, await answer.json()

    return run


@pytest.fixture
def signs(ask):
    """Return a function that reads what stands under a post: {name: count}, favourites."""

    async def run(post_id):
        _status, entity = await ask("GET", f"/api/v1/statuses/{post_id}")
        found = {one["name"]: one["count"] for one in entity["reactions"]}
        assert entity["emoji_reactions"] == entity["reactions"]
        return found, entity["favourites_count"]

    return run


def uri_of(maya, post_id):
    return f"{maya.account.uri}/statuses/{post_id}"


@pytest.mark.parametrize(
    ("kind", "parts", "expected"),
    [
        ("EmojiReact", {"content": "👏"}, {"👏": 1}),
        ("Like", {"content": "👩🏽‍🏫"}, {"👩🏽‍🏫": 1}),
        ("Like", {"_misskey_reaction": "🎉"}, {"🎉": 1}),
        ("Like", {"content": ":blob:", "tag": [BLOB]}, {"blob@remote.example": 1}),
        ("Like", {"_misskey_reaction": ":blob@.:", "tag": BLOB}, {"blob@remote.example": 1}),
        ("EmojiReact", {"content": ":blob:"}, {}),
        ("EmojiReact", {"content": "not an emoji"}, {}),
        ("EmojiReact", {"content": "👏" * 50}, {}),
        ("EmojiReact", {"content": {"en": "👏"}}, {}),
        ("EmojiReact", {"content": ":<script>:", "tag": [BLOB]}, {}),
        ("Like", {"content": ":verified:", "tag": [{**BLOB, "name": ":verified:"}]}, {}),
        ("Like", {}, {}),
    ],
    ids=[
        "EmojiReact (Pleroma)", "Like with content", "Misskey", "a custom one",
        "a custom one as Misskey writes it", "one without its picture is a heart",
        "words are a heart", "FED-102 fifty at once are a heart", "FED-59 not a text",
        "FED-102 not a name", "FED-102 a badge is a heart", "none",
    ],
)  # fmt: skip
async def test_an_emoji_is_taken_in_and_counts_as_a_favourite(
    ren, maya, send, post, signs, kind, parts, expected
):
    post_id = await post()

    for number in ("1", "2"):
        sent = ren.activity(kind, uri_of(maya, post_id), number, to=[PUBLIC], **parts)
        assert await send(ren, sent) == 202

    assert await signs(post_id) == (expected, 1)


async def test_one_who_gives_several_counts_once_until_the_last_is_undone(
    ren, maya, send, post, signs
):
    post_id = await post()
    about = uri_of(maya, post_id)
    clap = ren.activity("EmojiReact", about, "1", content="👏")
    party = ren.activity("EmojiReact", about, "2", content="🎉")
    await send(ren, clap)
    await send(ren, party)
    assert await signs(post_id) == ({"👏": 1, "🎉": 1}, 1)

    await send(ren, ren.activity("Undo", clap, "1"))
    assert await signs(post_id) == ({"🎉": 1}, 1)
    await send(ren, ren.activity("Undo", party["id"], "2"))

    assert await signs(post_id) == ({}, 0)


async def test_an_undo_without_a_known_id_names_post_and_emoji(ren, maya, send, post, signs):
    post_id = await post()
    about = uri_of(maya, post_id)
    await send(ren, ren.activity("EmojiReact", about, "1", content="👏"))

    other = ren.activity("EmojiReact", about, "9", content="🎉")
    await send(ren, ren.activity("Undo", other, "1"))
    assert await signs(post_id) == ({"👏": 1}, 1)
    same = ren.activity("EmojiReact", about, "9", content="👏")
    await send(ren, ren.activity("Undo", same, "2"))

    assert await signs(post_id) == ({}, 0)


async def test_a_recommendation_outlives_the_emoji_and_the_other_way_round(
    ren, maya, send, post, signs
):
    for first in ("Like", "EmojiReact"):
        post_id = await post(first)
        about = uri_of(maya, post_id)
        like = ren.activity("Like", about, f"{first}-like")
        clap = ren.activity("EmojiReact", about, f"{first}-clap", content="👏")
        for sent in (like, clap) if first == "Like" else (clap, like):
            await send(ren, sent)
        assert await signs(post_id) == ({"👏": 1}, 1)

        await send(ren, ren.activity("Undo", like, f"{first}-1"))
        assert await signs(post_id) == ({"👏": 1}, 1)
        await send(ren, ren.activity("Undo", clap, f"{first}-2"))

        assert await signs(post_id) == ({}, 0)


async def test_somebody_else_undoes_nothing(ren, remote, maya, send, post, signs):
    """FED-71."""
    post_id = await post()
    clap = ren.activity("EmojiReact", uri_of(maya, post_id), "1", content="👏")
    await send(ren, clap)
    pat = remote.actor("pat")

    await send(pat, pat.activity("Undo", clap["id"], "1"))
    await send(pat, pat.activity("Undo", {**clap, "actor": pat.uri}, "2"))

    assert await signs(post_id) == ({"👏": 1}, 1)


async def test_what_one_may_not_see_one_gives_no_emoji(ren, maya, send, post, signs):
    """FED-74."""
    letter = await post("@maya", visibility=Visibility.DIRECT)

    await send(ren, ren.activity("EmojiReact", uri_of(maya, letter), "1", content="👏"))

    assert await signs(letter) == ({}, 0)


async def test_a_hundred_emojis_of_one_account_are_cut_off(ren, maya, send, post, signs):
    """FED-106."""
    post_id = await post()
    for number in range(12):
        sent = ren.activity(
            "EmojiReact", uri_of(maya, post_id), str(number), content=chr(0x1F600 + number)
        )
        await send(ren, sent)

    found, favourites = await signs(post_id)

    assert (len(found), favourites) == (8, 1)


async def test_a_dislike_is_answered_and_not_counted(ren, maya, send, post, signs):
    post_id = await post()
    dislike = ren.activity("Dislike", uri_of(maya, post_id), "1")

    assert await send(ren, dislike) == 202
    assert await send(ren, ren.activity("Undo", dislike, "2")) == 202

    assert await signs(post_id) == ({}, 0)


async def test_a_picture_of_elsewhere_is_served_from_here(ren, maya, send, post, ask):
    post_id = await post()
    sent = ren.activity("Like", uri_of(maya, post_id), content=":blob:", tag=[BLOB])
    await send(ren, sent)

    _status, entity = await ask("GET", f"/api/v1/statuses/{post_id}")

    assert entity["reactions"][0]["url"].startswith("https://home.example/media/pictures/")


@pytest.fixture
async def theirs(client, ctx, maya, ren, send):
    """A post of another server that maya may see, by its id here and there."""
    note = ren.note(tag=[{"type": "Mention", "href": maya.account.uri}], to=[maya.account.uri])
    note["to"] = [PUBLIC, maya.account.uri]
    await send(ren, ren.create(note))
    answer = await client.get(
        "/api/v2/search", params={"q": note["id"], "resolve": "true"}, headers=maya.headers
    )
    found = (await answer.json())["statuses"]
    return found[0]["id"], note["id"]


async def test_an_emoji_goes_out_as_a_like_that_mastodon_counts(ctx, remote, maya, ask, theirs):
    post_id, uri = theirs
    path = f"/api/v1/pleroma/statuses/{post_id}/reactions"

    status, entity = await ask("PUT", f"{path}/👏")
    await run_until_idle(ctx)

    assert status == 200
    assert (entity["favourited"], entity["favourites_count"]) == (True, 1)
    assert entity["reactions"] == [
        {"name": "👏", "count": 1, "me": True, "url": None, "static_url": None}
    ]
    [sent] = [item.body for item in remote.delivered]
    assert (sent["type"], sent["object"]) == ("Like", uri)
    assert sent["content"] == sent["_misskey_reaction"] == "👏"
    assert sent["@context"][-1]["_misskey_reaction"] == "misskey:_misskey_reaction"


async def test_another_emoji_takes_the_place_of_the_first(ctx, remote, ask, theirs):
    post_id, _uri = theirs
    for act in ("favourite", "react/👏", "react/🎉", "react/🎉"):
        _status, entity = await ask("POST", f"/api/v1/statuses/{post_id}/{act}")
        await run_until_idle(ctx)

    assert [one["name"] for one in entity["reactions"]] == ["🎉"]
    assert entity["favourites_count"] == 1
    sent = []
    for item in remote.delivered:
        undone = item.body["type"] == "Undo"
        like = item.body["object"] if undone else item.body
        sent.append((item.body["type"], like.get("content")))
    assert sent == [
        ("Like", None), ("Undo", None), ("Like", "👏"), ("Undo", "👏"), ("Like", "🎉"),
    ]  # fmt: skip


@pytest.mark.parametrize("way", ["DELETE", "unreact", "unfavourite"])
async def test_an_emoji_is_taken_back_with_the_like_it_was(ctx, remote, ask, theirs, way):
    post_id, uri = theirs
    path = f"/api/v1/pleroma/statuses/{post_id}/reactions/👏"
    await ask("PUT", path)
    await run_until_idle(ctx)

    if way == "DELETE":
        _status, entity = await ask("DELETE", path)
    elif way == "unreact":
        _status, entity = await ask("POST", f"/api/v1/statuses/{post_id}/unreact/👏")
    else:
        _status, entity = await ask("POST", f"/api/v1/statuses/{post_id}/unfavourite")
    await run_until_idle(ctx)

    assert (entity["reactions"], entity["favourited"], entity["favourites_count"]) == (
        [], False, 0,
    )  # fmt: skip
    undone = remote.delivered[-1].body
    assert (undone["type"], undone["object"]["object"]) == ("Undo", uri)
    assert undone["object"]["id"] == remote.delivered[0].body["id"]


async def test_a_custom_one_that_stands_there_can_be_given_too(
    ctx, ren, remote, maya, send, ask, post, theirs
):
    post_id, uri = theirs
    await send(ren, ren.activity("Like", uri, "own", content=":blob:", tag=[BLOB]))

    status, entity = await ask(
        "PUT", f"/api/v1/pleroma/statuses/{post_id}/reactions/blob@remote.example"
    )
    await run_until_idle(ctx)

    assert status == 200
    assert [(one["name"], one["count"]) for one in entity["reactions"]] == [
        ("blob@remote.example", 2)
    ]
    sent = remote.delivered[-1].body
    assert sent["content"] == ":blob:"
    assert sent["tag"][0]["icon"]["url"] == "http://remote.example/blob.png"


@pytest.mark.parametrize("emoji", ["hello", "nobody_made_this", "👏👏"])
async def test_what_is_no_emoji_is_refused(ask, post, emoji):
    post_id = await post()

    status, _refusal = await ask("PUT", f"/api/v1/pleroma/statuses/{post_id}/reactions/{emoji}")

    assert status == 422


async def test_who_gave_what_is_listed_for_those_who_may_see_the_post(
    ren, maya, tom, send, post, ask
):
    post_id = await post()
    await send(ren, ren.activity("EmojiReact", uri_of(maya, post_id), "1", content="👏"))
    await ask("PUT", f"/api/v1/pleroma/statuses/{post_id}/reactions/🎉", tom.headers)

    _status, found = await ask("GET", f"/api/v1/pleroma/statuses/{post_id}/reactions")
    _status, one = await ask("GET", f"/api/v1/pleroma/statuses/{post_id}/reactions/🎉")

    assert {
        entry["name"]: [person["acct"] for person in entry["accounts"]] for entry in found
    } == {"👏": ["ren@remote.example"], "🎉": ["tom"]}
    assert [entry["name"] for entry in one] == ["🎉"]
    status, _ = await ask("GET", "/api/v1/pleroma/statuses/1/reactions")
    assert status == 404
