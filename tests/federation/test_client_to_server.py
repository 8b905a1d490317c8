"""A member's own program speaks ActivityPub with us: outbox, inbox, proxy and upload.

Row 1.18 "Outbox POST", "proxyUrl" and "uploadMedia".
"""

import io
import json

import pytest
from PIL import Image

from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import follows, posts
from fedi_k12.worker import run_until_idle
from tests.conftest import HOST
from tests.remote import ACTIVITY, PUBLIC

BASE = f"https://{HOST}/users/maya"


@pytest.fixture
def say(client, maya):
    """Return a function that posts to Maya's outbox and returns status and answer."""

    async def post(document, *, token=None, to="maya"):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        answer = await client.post(
            f"/users/{to}/outbox",
            data=io.BytesIO(body),
            headers={
                "Authorization": f"Bearer {token or maya.token}",
                "Content-Type": ACTIVITY,
            },
        )
        answer.document = await answer.json(content_type=None)
        return answer

    return post


@pytest.fixture
def idle(ctx):
    """Return a function that lets all that follows happen."""

    async def run():
        await run_until_idle(ctx)

    return run


@pytest.fixture
def look(client, ctx):
    """Return a function that reads what visitors (or a member) may see over the client API."""

    async def get(path, member=None):
        headers = {"Authorization": f"Bearer {member.token}"} if member else {}
        answer = await client.get(path, headers=headers)
        return await answer.json()

    return get


async def statuses_of(look, member):
    return await look(f"/api/v1/accounts/{member.account.id}/statuses", member)


async def test_a_bare_note_becomes_a_post(say, look, maya):
    answer = await say(
        {
            "type": "Note",
            "content": '<p>Good <strong>morning</strong> <a href="https://x.example/">x</a></p>'
            "<script>alert(1)</script>",
            "to": [PUBLIC],
            "cc": [f"{BASE}/followers"],
        }
    )

    assert answer.status == 201
    assert answer.document["type"] == "Create"
    assert answer.headers["Location"] == answer.document["id"]
    assert answer.document["object"]["attributedTo"] == BASE
    (status,) = await statuses_of(look, maya)
    assert status["visibility"] == "public"
    assert "<strong>morning</strong>" in status["content"]
    assert "https://x.example/" in status["content"]
    assert "script" not in status["content"]


async def test_fed_80_ids_and_authors_of_the_client_count_for_nothing(say, look, maya, tom):
    answer = await say(
        {
            "id": f"{BASE}/statuses/1",
            "type": "Create",
            "object": {"id": "https://evil.example/1", "type": "Note", "content": "Hello"},
            "to": [PUBLIC],
        }
    )
    assert answer.status == 201
    assert answer.document["object"]["id"].startswith(f"{BASE}/statuses/")
    assert answer.document["object"]["id"] != f"{BASE}/statuses/1"

    foreign = await say({"type": "Like", "actor": tom.account.uri, "object": tom.account.uri})
    assert foreign.status == 403
    wrote = {"type": "Note", "content": "x", "attributedTo": tom.account.uri}
    assert (await say(wrote)).status == 403
    assert (await say({"type": "Create", "object": wrote})).status == 403


async def test_fed_80_nobody_posts_through_anothers_outbox(say, client, tom, make_member):
    note = {"type": "Note", "content": "x", "to": [PUBLIC]}
    assert (await say(note, token=tom.token)).status == 403
    assert (await say(note, token="wrong")).status == 401
    answer = await client.post("/users/maya/outbox", json=note)
    assert answer.status == 401
    reader = await make_member("reader", scopes="read")
    assert (await say(note, token=reader.token, to="reader")).status == 403


async def test_fed_80_a_post_of_another_is_neither_changed_nor_deleted(say, ctx, tom, look):
    post_id = await ctx.write(
        posts.publish,
        actor=tom.actor,
        draft=Draft("Mine"),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    uri = ctx.addresses.post("tom", post_id)

    changed = await say({"type": "Update", "object": {"id": uri, "content": "Yours"}})
    deleted = await say({"type": "Delete", "object": uri})

    assert changed.status == deleted.status == 404
    assert "Mine" in (await look(f"/api/v1/statuses/{post_id}"))["content"]


async def test_hidden_recipients_get_it_and_nobody_reads_who_they_are(
    say, look, client, remote, maya, tom
):
    """Row 1.6 "bto/bcc"."""
    answer = await say(
        {
            "type": "Note",
            "content": "For you",
            "to": [f"{BASE}/followers"],
            "bcc": [tom.account.uri],
        }
    )

    assert tom.account.uri not in json.dumps(answer.document)
    assert "bcc" not in json.dumps(answer.document)
    (status,) = await statuses_of(look, maya)
    seen = await look(f"/api/v1/statuses/{status['id']}", tom)
    assert seen["id"] == status["id"]
    assert seen["mentions"] == []


async def test_likes_boosts_and_follows_go_out_and_are_taken_back(
    say, ctx, client, remote, maya, idle
):
    ria = remote.actor("ria")
    note = ria.note()
    remote.show(note)

    followed = await say({"type": "Follow", "object": ria.uri})
    liked = await say({"type": "Like", "object": note["id"]})
    boosted = await say({"type": "Announce", "object": note["id"]})
    assert [followed.status, liked.status, boosted.status] == [201, 201, 201]
    await idle()
    assert {"Follow", "Like", "Announce"} <= set(remote.types())

    for done in (followed, liked, boosted):
        undone = await say({"type": "Undo", "object": done.document["id"]})
        assert undone.status == 201, undone.document
    await idle()
    assert remote.types().count("Undo") == 3


async def test_what_was_done_is_also_undone_by_saying_what_it_was(say, remote, idle):
    ria = remote.actor("ria")
    await say({"type": "Follow", "object": ria.uri})
    await idle()

    undone = await say({"type": "Undo", "object": {"type": "Follow", "object": ria.uri}})

    assert undone.status == 201
    await idle()
    assert "Undo" in remote.types()


async def test_a_post_is_edited_pinned_and_deleted(say, look, maya, client):
    made = await say({"type": "Note", "content": "<p>One</p>", "to": [PUBLIC]})
    uri = made.document["object"]["id"]

    edited = await say({"type": "Update", "object": {"id": uri, "summary": "A note"}})
    assert edited.status == 201
    (status,) = await statuses_of(look, maya)
    assert status["spoiler_text"] == "A note"
    assert "One" in status["content"]

    featured = f"{BASE}/collections/featured"
    assert (await say({"type": "Add", "object": uri, "target": featured})).status == 201
    pinned = await look(f"/api/v1/accounts/{maya.account.id}/statuses?pinned=true", maya)
    assert [item["uri"] for item in pinned] == [uri]
    assert (await say({"type": "Remove", "object": uri, "target": featured})).status == 201
    assert (await say({"type": "Add", "object": uri, "target": BASE})).status == 422

    assert (await say({"type": "Delete", "object": uri})).status == 201
    assert await statuses_of(look, maya) == []


async def test_a_profile_is_updated(say, look, maya):
    answer = await say(
        {
            "type": "Update",
            "object": {
                "id": BASE,
                "type": "Person",
                "name": "Maya L.",
                "summary": "<p>Grade 5</p>",
                "manuallyApprovesFollowers": True,
                "attachment": [{"type": "PropertyValue", "name": "Room", "value": "12"}],
            },
        }
    )

    assert answer.status == 201
    account = await look(f"/api/v1/accounts/{maya.account.id}")
    assert account["display_name"] == "Maya L."
    assert "Grade 5" in account["note"]
    assert account["locked"]
    assert account["fields"][0]["name"] == "Room"


async def test_a_block_ends_follows_and_is_not_told(say, ctx, maya, tom, look):
    await ctx.write(
        follows.follow,
        actor=tom.actor,
        target_id=maya.account.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )

    blocked = await say({"type": "Block", "object": tom.account.uri})

    assert blocked.status == 201
    path = f"/api/v1/accounts/relationships?id[]={tom.account.id}"
    (relation,) = await look(path, maya)
    assert relation["blocking"]
    assert not relation["followed_by"]
    assert (await say({"type": "Undo", "object": blocked.document["id"]})).status == 201
    (relation,) = await look(path, maya)
    assert not relation["blocking"]


async def test_a_question_is_asked(say, look, maya):
    answer = await say(
        {
            "type": "Question",
            "content": "Which day?",
            "oneOf": [{"type": "Note", "name": "Monday"}, {"type": "Note", "name": "Friday"}],
            "to": [PUBLIC],
        }
    )

    assert answer.status == 201
    assert answer.document["object"]["type"] == "Question"
    (status,) = await statuses_of(look, maya)
    assert [option["title"] for option in status["poll"]["options"]] == ["Monday", "Friday"]


async def test_a_quote_goes_through_the_same_service(say, maya, tom):
    def policy(who):
        return {"canQuote": {"automaticApproval": [who], "manualApproval": []}}

    async def post(member, text, **parts):
        note = {"type": "Note", "content": text, "to": [PUBLIC], **parts}
        answer = await say(note, token=member.token, to=member.account.username)
        return answer.status, answer.document.get("object", {})

    made = await post(tom, "Fractions", interactionPolicy=policy(PUBLIC))
    first = made[1]["id"]
    _, closed = await post(tom, "Mine", interactionPolicy=policy(tom.account.uri))
    status, second = await post(maya, "So true", quote=first)

    assert status == 201
    assert second["quote"] == first
    assert second["quoteAuthorization"].startswith(f"{tom.account.uri}/stamps/")
    refused, _ = await post(maya, "So true", quote=closed["id"])
    assert refused == 403


async def test_a_picture_is_uploaded_and_carried(say, client, look, maya):
    picture = io.BytesIO()
    Image.new("RGB", (8, 6), "navy").save(picture, "PNG")
    picture.seek(0)
    actor = await (await client.get("/users/maya", headers={"Accept": ACTIVITY})).json(
        content_type=None
    )
    assert actor["type"] == "Person"
    answer = await client.post(
        "/users/maya/media",
        data={"file": picture, "object": json.dumps({"type": "Image", "name": "A plan"})},
        headers={"Authorization": f"Bearer {maya.token}"},
    )
    assert answer.status == 201
    location = answer.headers["Location"]

    made = await say(
        {
            "type": "Note",
            "content": "Look",
            "attachment": [{"type": "Image", "id": location}],
            "to": [PUBLIC],
        }
    )
    assert made.status == 201
    (status,) = await statuses_of(look, maya)
    assert status["media_attachments"][0]["description"] == "A plan"
    elsewhere = {"type": "Image", "url": "https://far.example/a.png"}
    refused = await say({"type": "Note", "content": "x", "attachment": [elsewhere]})
    assert refused.status == 422


async def test_the_inbox_shows_its_owner_what_came_in(
    client, ctx, send, remote, maya, tom, idle, say
):
    ria = remote.actor("ria")
    await say({"type": "Follow", "object": ria.uri})
    await idle()
    follow = remote.delivered[-1].body
    await send(ria, ria.activity("Accept", follow))
    note = ria.note("7", "<p>Hello there</p>")
    assert await send(ria, ria.create(note)) == 202

    async def inbox(token, path="/users/maya/inbox?page=true"):
        return await client.get(path, headers={"Authorization": f"Bearer {token}"})

    answer = await inbox(maya.token)
    assert answer.status == 200
    page = await answer.json(content_type=None)
    (item,) = [item for item in page["orderedItems"] if item["type"] == "Create"]
    assert item["object"]["id"] == note["id"]
    assert "Hello there" in item["object"]["content"]
    assert "replies" not in item["object"]
    assert (await inbox(tom.token)).status == 403
    assert (await client.get("/users/maya/inbox")).status == 401
    first = await (await inbox(maya.token, "/users/maya/inbox")).json(content_type=None)
    assert first["first"] == f"{BASE}/inbox?page=true"


async def test_the_proxy_fetches_for_its_owner_alone(client, remote, maya, tom, ctx):
    ria = remote.actor("ria")
    note = ria.note(bto=["https://x.example/secret"])
    remote.show(note)

    async def proxy(token, uri):
        return await client.post(
            "/users/maya/proxy",
            data={"id": uri},
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    answer = await proxy(maya.token, note["id"])
    assert answer.status == 200
    document = await answer.json(content_type=None)
    assert document["id"] == note["id"]
    assert "bto" not in document
    assert f'keyId="{BASE}#main-key"' in remote.signatures[-1]
    assert (await proxy(None, note["id"])).status == 401
    assert (await proxy(tom.token, note["id"])).status == 403
    assert (await proxy(maya.token, "http://10.0.0.1/secret")).status >= 400
    assert (await proxy(maya.token, "")).status == 422


async def test_the_proxy_shows_of_this_server_what_the_member_may_see(client, ctx, maya, tom):
    letter = await ctx.write(
        posts.publish,
        actor=tom.actor,
        draft=Draft("Not for Maya", visibility=Visibility.DIRECT),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    answer = await client.post(
        "/users/maya/proxy",
        data={"id": ctx.addresses.post("tom", letter)},
        headers={"Authorization": f"Bearer {maya.token}"},
    )
    assert answer.status == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"type": "Create"}',
        b'{"type": "Create", "object": 5}',
        b'{"type": "Create", "object": "https://x.example/1"}',
        b'{"type": "Flag", "object": "https://x.example/1"}',
        b'{"type": "Undo", "object": {"type": "Undo", "object": "x"}}',
        b'{"type": "Note", "content": ""}',
        b'{"type": "Note", "content": {"a": 1}, "to": 7, "tag": 3, "attachment": "x"}',
        b'{"type": "Update", "object": {"id": "nowhere"}}',
        b'{"type": "Follow", "object": "not an address"}',
        b'{"type": "Note", "content": "x", "inReplyTo": "javascript:alert(1)"}',
    ],
)
async def test_what_cannot_be_done_is_refused_with_a_reason(say, body):
    answer = await say(body)

    assert 400 <= answer.status < 500
    assert answer.content_type == "application/problem+json"
    assert answer.document["detail"]
