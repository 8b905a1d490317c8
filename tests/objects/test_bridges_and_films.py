"""Two neighbours with ways of their own: the bridge to Bluesky, and PeerTube.

Row 1.20 "AT Protocol via Bridgy Fed". Row 1.16 "PeerTube follow".
"""

import pytest

from federation.learn import fetch_account
from fedi_k12.worker import run_until_idle
from storage import posts
from tests.remote import OTHER_KEYS, PUBLIC, Actor

BASE = "http://bsky.brid.gy"
DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
POST = f"{BASE}/convert/ap/at://{DID}/app.bsky.feed.post/3k44"


class Bridged(Actor):
    """An actor of the bridge: its id is a path with a DID."""

    @property
    def uri(self) -> str:
        return f"{BASE}/ap/{DID}"


@pytest.fixture
async def bridge(make_server):
    server = await make_server("bsky.brid.gy")
    zoe = Bridged("bsky.brid.gy", "zoe.bsky.social")
    server.show(zoe.document(url=f"{BASE}/r/https://bsky.app/profile/zoe.bsky.social"))
    server.webfinger = lambda resource: {
        "subject": f"acct:zoe.bsky.social@{zoe.host}",
        "links": [{"rel": "self", "type": "application/activity+json", "href": zoe.uri}],
    }
    return server, zoe


def skeet(zoe, **changes):
    return {
        "id": POST,
        "type": "Note",
        "attributedTo": zoe.uri,
        "content": "<p>Over the bridge</p>",
        "url": f"{BASE}/r/https://bsky.app/profile/zoe.bsky.social/post/3k44",
        "published": "2026-11-20T08:15:30.123Z",
        "to": [PUBLIC],
        "cc": [],
        **changes,
    }


async def test_a_bridged_account_is_followed_and_read(
    ctx, client, maya, bridge, befriend, send, status, home
):
    server, zoe = bridge
    account = await befriend(zoe)
    assert account.acct == "zoe.bsky.social@bsky.brid.gy"
    create = {
        "id": f"{POST}#bridgy-fed-create",
        "type": "Create",
        "actor": zoe.uri,
        "to": [PUBLIC],
        "object": skeet(zoe),
    }

    assert await send(zoe, create) == 202

    entity = await status(POST)
    assert (entity["uri"], entity["visibility"]) == (POST, "public")
    assert [one["uri"] for one in await home()] == [POST]
    for act in ("favourite", "reblog"):
        await client.post(f"/api/v1/statuses/{entity['id']}/{act}", headers=maya.headers)
    await run_until_idle(ctx)
    sent = {item.body["type"]: item.body["object"] for item in server.delivered}
    assert (sent["Like"], sent["Announce"]) == (POST, POST)


async def test_odd_paths_are_asked_for_just_as_they_are(
    client, ctx, maya, bridge, befriend, post_row
):
    """`//` and `:` stay: whoever tidies a path up asks for another page."""
    server, zoe = bridge
    await befriend(zoe)
    path = POST.removeprefix(BASE)
    server.show(skeet(zoe), path)
    server.asked.clear()

    answer = await client.get(
        "/api/v2/search", params={"q": POST, "resolve": "true"}, headers=maya.headers
    )

    found = (await answer.json())["statuses"]
    assert [one["uri"] for one in found] == [POST]
    assert path in server.asked
    assert (await post_row(POST)).uri == POST


async def test_what_the_bridge_asks_for_is_signed_and_answered(
    client, ctx, maya, bridge, send, document
):
    _server, zoe = bridge
    await send(zoe, zoe.activity("Follow", maya.account.uri))

    actor = await document(maya.account.uri)

    assert actor["followers"] == f"{maya.account.uri}/followers"


@pytest.mark.parametrize("kind", ["Delete", "Update"])
async def test_a_bridged_post_changes_and_goes(bridge, befriend, send, status, post_row, kind):
    _server, zoe = bridge
    await befriend(zoe)
    about = {"actor": zoe.uri, "to": [PUBLIC]}
    await send(zoe, {**about, "id": f"{POST}#c", "type": "Create", "object": skeet(zoe)})
    anew = skeet(zoe, content="<p>Again</p>", updated="2026-11-21T08:15:30Z")
    thing = POST if kind == "Delete" else anew

    await send(zoe, {**about, "id": f"{POST}#{kind}", "type": kind, "object": thing})

    if kind == "Delete":
        assert await post_row(POST) is None
    else:
        assert (await status(POST))["content"] == "<p>Again</p>"


@pytest.fixture
async def tube(make_server):
    """A PeerTube: joe's account, his channel, and a film of both."""
    server = await make_server("tube.example")
    joe = server.actor("joe")
    channel = server.actor("maths", keys=OTHER_KEYS, type="Group", attributedTo=[joe.uri])
    film = {
        "id": "http://tube.example/videos/watch/1c",
        "type": "Video",
        "name": "Folding eighths",
        "duration": "PT90S",
        "content": "How we **fold**",
        "mediaType": "text/markdown",
        "commentsEnabled": True,
        "published": "2026-11-20T08:00:00.000Z",
        "attributedTo": [
            {"type": "Person", "id": joe.uri},
            {"type": "Group", "id": channel.uri},
        ],
        "to": [PUBLIC],
        "cc": [f"{joe.uri}/followers"],
        "url": [
            {"type": "Link", "mediaType": "text/html", "href": "http://tube.example/w/1c"},
            {"type": "Link", "mediaType": "video/mp4", "href": "http://tube.example/1.mp4"},
        ],
        "icon": [{"type": "Image", "url": "http://tube.example/t.jpg"}],
    }
    server.show(film, "/videos/watch/1c")
    return server, joe, channel, film


async def test_a_channel_is_followed_and_its_announce_brings_the_film(
    ctx, tube, befriend, send, status, home
):
    server, joe, channel, film = tube
    await befriend(channel)
    assert server.types().count("Follow") == 1
    assert server.delivered[0].body["object"] == channel.uri

    announce = channel.activity("Announce", film["id"], to=[PUBLIC])
    assert await send(channel, announce) == 202

    entity = await status(film["id"])
    assert entity["account"]["acct"] == "joe@tube.example"
    [shown] = await home()
    assert shown["account"]["acct"] == "maths@tube.example"
    assert shown["reblog"]["uri"] == film["id"]
    # The Create that the account sends besides brings nothing a second time.
    await send(joe, joe.activity("Create", film, to=[PUBLIC]))
    assert len(await home()) == 1


async def test_an_account_is_followed_and_its_film_arrives_by_create(
    tube, befriend, send, home
):
    _server, joe, _channel, film = tube
    await befriend(joe)

    assert await send(joe, joe.activity("Create", film, to=[PUBLIC])) == 202

    [shown] = await home()
    assert (shown["uri"], shown["account"]["acct"]) == (film["id"], "joe@tube.example")


async def test_a_comment_goes_to_the_film_and_comments_come_back(
    ctx, client, maya, tube, befriend, send, status
):
    server, joe, _channel, film = tube
    await befriend(joe)
    await send(joe, joe.activity("Create", film, to=[PUBLIC]))
    entity = await status(film["id"])
    server.delivered.clear()

    await client.post(
        "/api/v1/statuses",
        json={"status": "@joe@tube.example Lovely", "in_reply_to_id": entity["id"]},
        headers=maya.headers,
    )
    ann = server.actor("ann")
    comment = ann.note(inReplyTo=film["id"], text="<p>Mine too</p>")
    comment["cc"] = [joe.uri, maya.account.uri]
    await send(ann, ann.create(comment))
    await run_until_idle(ctx)

    [sent] = [item.body for item in server.delivered if item.body["type"] == "Create"]
    assert (sent["object"]["type"], sent["object"]["inReplyTo"]) == ("Note", film["id"])
    answer = await client.get(f"/api/v1/statuses/{entity['id']}/context", headers=maya.headers)
    below = [one["account"]["acct"] for one in (await answer.json())["descendants"]]
    assert sorted(below) == ["ann@tube.example", "maya"]


@pytest.mark.parametrize("kind", ["View", "Dislike", "Playlist"])
async def test_views_dislikes_and_playlists_are_answered_and_change_nothing(
    tube, befriend, send, status, home, kind
):
    _server, joe, _channel, film = tube
    await befriend(joe)
    await send(joe, joe.activity("Create", film, to=[PUBLIC]))
    before = await status(film["id"])
    thing = {"id": f"{joe.uri}/playlists/1", "type": "Playlist", "name": "Mine",
             "attributedTo": joe.uri, "to": [PUBLIC]}  # fmt: skip
    sent = (
        joe.activity("Create", thing, "p", to=[PUBLIC])
        if kind == "Playlist"
        else joe.activity(kind, film["id"])
    )

    assert await send(joe, sent) == 202

    assert await status(film["id"]) == before
    assert len(await home()) == 1


@pytest.mark.parametrize(
    ("says", "closed"),
    [
        ({"commentsEnabled": False}, True),
        ({"commentsEnabled": True}, False),
        ({"commentsPolicy": 2}, True),
        ({"commentsPolicy": 1}, False),
    ],
    ids=str,
)
async def test_a_film_that_takes_no_comments_gets_none(
    client, maya, tube, befriend, send, status, at_maya, says, closed
):
    _server, joe, _channel, film = tube
    film.pop("commentsEnabled")
    await befriend(joe)
    await send(joe, joe.activity("Create", {**film, **says}, to=[PUBLIC]))
    entity = await status(film["id"])

    answer = await client.post(
        "/api/v1/statuses",
        json={"status": "Lovely", "in_reply_to_id": entity["id"]},
        headers=maya.headers,
    )
    page = await at_maya.get(f"/@joe@tube.example/{entity['id']}")

    assert answer.status == (422 if closed else 200)
    assert ("takes no answers" in page.text) is closed


async def test_the_channels_key_is_not_the_accounts(ctx, tube, send):
    """FED-2: each speaks for itself alone."""
    _server, joe, channel, film = tube
    await fetch_account(ctx, joe.uri)

    assert await send(channel, joe.activity("Create", film, to=[PUBLIC])) == 202
    assert await send(channel, joe.activity("Like", film["id"])) == 401

    async with ctx.read() as session:
        assert await posts.by_uri(session, film["id"]) is None
