"""Letters that lie about who they are, what they are about, or whose it is (FED-1 to FED-35).

Each case: who signs, what is sent, and what may not come of it.

Row 1.3 "keyId shapes".
Row 1.3 "Key to actor binding".
Row 1.3 "Deleted sender".
"""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

import federation.authenticate
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import moderation
from fedi_k12.services.posts import publish
from fedi_k12.worker import run_until_idle
from storage import accounts, posts
from storage.tables import AccountRow, FollowRow, JobRow, NotificationRow, PostRow
from tests.remote import ACTIVITY, KEYS, OTHER_KEYS, PUBLIC, Actor, make_keys, signed_headers

HOST = "home.example"


async def count(ctx, table, *conditions):
    async with ctx.read() as session:
        return await session.scalar(select(func.count()).select_from(table).where(*conditions))


@pytest.fixture
async def ren(remote, send, maya):
    """An actor who follows maya, so that what they send matters."""
    actor = remote.actor("ren")
    assert await send(actor, actor.activity("Follow", maya.account.uri, "first")) == 202
    return actor


def named(maya):
    return [{"type": "Mention", "href": maya.account.uri, "name": "@maya"}]


LIES = {
    "FED-1 a post of another server": lambda ren, maya: ren.activity(
        "Create",
        ren.note(tag=named(maya))
        | {"id": "http://good.example/1", "attributedTo": "http://good.example/users/ada"},
    ),
    "FED-2 a post whose author is of another server": lambda ren, maya: ren.activity(
        "Create", ren.note(tag=named(maya), attributedTo="http://good.example/users/ada")
    ),
    "FED-2 a post whose author is a sibling": lambda ren, maya: ren.activity(
        "Create", ren.note(tag=named(maya), attributedTo="http://remote.example/users/eve")
    ),
    "FED-16 a post without an id": lambda ren, maya: ren.activity(
        "Create", ren.note(tag=named(maya), id=None)
    ),
    "FED-16 a post with an empty fragment": lambda ren, maya: ren.activity(
        "Create", ren.note(tag=named(maya), id=f"{ren.uri}#")
    ),
    "FED-17 a post of ours": lambda ren, maya: ren.activity(
        "Create",
        ren.note(tag=named(maya))
        | {"id": f"https://{HOST}/users/maya/statuses/1", "attributedTo": maya.account.uri},
    ),
    "FED-19 a graph": lambda ren, maya: (
        ren.activity("Create", ren.note(tag=named(maya)))
        | {"object": {"@graph": [ren.note(tag=named(maya))]}}
    ),
    "FED-22 the victim first of two authors": lambda ren, maya: ren.activity(
        "Create",
        ren.note(
            tag=named(maya),
            attributedTo=["http://remote.example/users/eve", ren.uri],
        ),
    ),
    "FED-64 a Create of a Create": lambda ren, maya: ren.activity(
        "Create", ren.create(ren.note(tag=named(maya)))
    ),
    "FED-64 an Announce with an activity inside": lambda ren, maya: ren.activity(
        "Announce", ren.create(ren.note(tag=named(maya))), to=[PUBLIC]
    ),
    "FED-67 a post with a relative id": lambda ren, maya: ren.activity(
        "Create", ren.note(tag=named(maya), id="/1")
    ),
    "an unknown thing": lambda ren, maya: ren.activity(
        "Create", {"id": f"{ren.uri}/1", "type": "Tree"}
    ),
    "an unknown activity": lambda ren, maya: ren.activity("Juggle", ren.note(tag=named(maya))),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
async def test_a_lie_stores_nothing_and_leaves_no_work(ctx, send, ren, maya, lie):
    status = await send(ren, lie(ren, maya))

    assert status in {202, 400, 401, 403, 422}
    assert await count(ctx, PostRow) == 0
    assert await count(ctx, JobRow) == 0


REFUSED = {
    "FED-3 by another than its signer": (
        401,
        lambda ren: {"actor": "http://remote.example/u/eve", "type": "Like"},
    ),
    "an id of another server": (422, lambda ren: {"id": "http://other.example/1"}),
    "no id": (422, lambda ren: {"id": None}),
    "no type": (422, lambda ren: {"type": None}),
    "no object": (422, lambda ren: {"object": None}),
    "FED-59 an object of lists": (422, lambda ren: {"object": [[[]]]}),
    "FED-59 a type that is a number": (422, lambda ren: {"type": 5}),
    "FED-18 an actor that is a number": (422, lambda ren: {"actor": 5}),
}


@pytest.mark.parametrize(("status", "changes"), REFUSED.values(), ids=REFUSED.keys())
async def test_an_envelope_that_does_not_fit_is_refused(send, ren, status, changes):
    letter = ren.activity("Create", ren.note()) | changes(ren)

    assert await send(ren, {k: v for k, v in letter.items() if v is not None}) == status


BODIES = {
    "FED-57 nested endlessly": b"[" * 100_000,
    "FED-58 NaN": b'{"type": NaN}',
    "FED-58 an endless number": b'{"type": ' + b"9" * 6000 + b"}",
    "FED-58 a mark in front": b"\xef\xbb\xbf{}",
    "FED-58 not UTF-8": b'{"type": "\xff"}',
    "FED-58 UTF-16": '{"type": "Like"}'.encode("utf-16"),
    "FED-58 something after it": b'{"type": "Like"} x',
    "FED-58 a null character": b'{"type": "Like", "id": "\\u0000"}',
    "FED-58 half a character": b'{"type": "Like", "id": "\\ud800"}',
    "FED-18 the same key twice": b'{"type": "Like", "type": "Block"}',
    "a list": b"[]",
    "a text": b'"Like"',
    "nothing": b"",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_a_body_that_is_not_json_is_refused(send, ren, body):
    assert await send(ren, body) == 400


async def test_fed_56_a_body_that_is_too_long_is_refused(client, send, ren, ctx):
    letter = json.dumps(ren.activity("Create", ren.note(text="x" * 1_100_000))).encode()

    assert await send(ren, letter) == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-Type": "text/html"},
        {"Content-Type": "application/ld+json"},
        {"Content-Type": ACTIVITY, "Content-Encoding": "gzip"},
        {"Content-Type": ACTIVITY, "Content-Encoding": "br"},
    ],
    ids=[
        "FED-13 plain JSON",
        "a page",
        "FED-14 no profile",
        "FED-40 packed",
        "FED-40 packed anew",
    ],
)
async def test_another_form_is_refused(client, ctx, ren, headers):
    body = b"{}"
    signed = signed_headers(ren, body, host=HOST, path="/inbox", now=ctx.clock())

    answer = await client.post("/inbox", data=body, headers={**signed, **headers})

    assert answer.status == 415


async def test_fed_20_a_replay_by_another_changes_nothing(ctx, send, remote, ren, maya):
    eve = remote.actor("eve", keys=OTHER_KEYS)
    note = ren.note(text="<p>Mine</p>", tag=named(maya))
    assert await send(ren, ren.create(note)) == 202
    stolen = eve.create(eve.note(text="<p>Hers</p>", tag=named(maya)) | {"id": note["id"]})
    stolen["id"] = ren.create(note)["id"]

    assert await send(eve, stolen) == 202

    async with ctx.read() as session:
        assert (await posts.by_uri(session, note["id"])).content == "<p>Mine</p>"


async def test_fed_77_a_create_never_changes_what_is_there(ctx, send, ren, maya):
    note = ren.note(to=[maya.account.uri], cc=[], tag=named(maya))
    await send(ren, ren.create(note))

    await send(ren, ren.create(note | {"to": [PUBLIC]}, number="wider"))

    async with ctx.read() as session:
        assert (await posts.by_uri(session, note["id"])).visibility == "direct"


async def test_fed_26_a_letter_for_one_path_is_none_for_another(client, ctx, ren, maya):
    body = json.dumps(ren.activity("Like", "http://remote.example/1")).encode()
    headers = signed_headers(ren, body, host=HOST, path="/inbox", now=ctx.clock())

    answer = await client.post(
        "/users/maya/inbox", data=body, headers={**headers, "Content-Type": ACTIVITY}
    )

    assert answer.status == 401


async def test_fed_26_a_letter_for_another_host_is_refused(client, ctx, ren):
    body = json.dumps(ren.activity("Like", "http://remote.example/1")).encode()
    headers = signed_headers(ren, body, host="other.example", path="/inbox", now=ctx.clock())

    answer = await client.post(
        "/inbox", data=body, headers={**headers, "Content-Type": ACTIVITY}
    )

    assert answer.status == 421


@pytest.mark.parametrize("hours", [-2, 2, 24 * 400], ids=["late", "early", "far ahead"])
async def test_fed_27_a_letter_of_another_time_is_refused(send, ren, clock, client, ctx, hours):
    body = json.dumps(ren.activity("Like", "http://remote.example/1")).encode()
    headers = signed_headers(
        ren, body, host=HOST, path="/inbox", now=ctx.clock() + timedelta(hours=hours)
    )

    answer = await client.post(
        "/inbox", data=body, headers={**headers, "Content-Type": ACTIVITY}
    )

    assert answer.status == 401


KEY_LIES = {
    "FED-29 owned by another": {"owner": "http://remote.example/users/eve"},
    "FED-29 of another server": {"id": "http://other.example/users/ren#main-key"},
    "FED-28 weak": {"publicKeyPem": make_keys(1024).public_pem},
    "FED-28 no key": {
        "publicKeyPem": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"
    },
    "of somebody else": {"publicKeyPem": OTHER_KEYS.public_pem},
}


@pytest.mark.parametrize("key", KEY_LIES.values(), ids=KEY_LIES.keys())
async def test_a_key_that_does_not_prove_it_is_refused(ctx, send, remote, maya, key):
    eve = Actor("remote.example", "lena")
    document = eve.document()
    document["publicKey"] |= key
    remote.show(document)

    status = await send(eve, eve.activity("Follow", maya.account.uri))

    assert status == 401
    assert await count(ctx, FollowRow) == 0


FOREIGN_KEYS = {
    "FED-30 a file": "file:///etc/passwd",
    "FED-30 data": "data:text/plain,x",
    "FED-30 this server": f"https://{HOST}/users/maya#main-key",
    "FED-6 a hidden host": "http://remote.example@evil.example/users/ren#main-key",
    "FED-6 a dot at the end": "http://remote.example./users/ren#main-key",
    "no address": "main-key",
    "FED-30 nowhere": "http://nowhere.example/users/ren#main-key",
    "FED-30 a private network": "http://10.0.0.1/users/ren#main-key",
}


@pytest.mark.parametrize("key_id", FOREIGN_KEYS.values(), ids=FOREIGN_KEYS.keys())
async def test_a_key_from_nowhere_is_refused(send, ren, key_id):
    status = await send(ren, ren.activity("Like", "http://remote.example/1"), key_id=key_id)

    assert status in {401, 503}


async def test_fed_29_a_key_document_needs_its_owners_word(ctx, send, remote, maya):
    """A key with a document of its own, whose owner does not know it."""
    remote.actor("ren")
    key_id = "http://remote.example/keys/1"
    remote.show(
        {
            "id": key_id,
            "type": "Key",
            "owner": "http://remote.example/users/ren",
            "publicKeyPem": OTHER_KEYS.public_pem,
        }
    )
    eve = Actor("remote.example", "ren", OTHER_KEYS)

    status = await send(eve, eve.activity("Follow", maya.account.uri), key_id=key_id)

    assert status == 401
    assert await count(ctx, FollowRow) == 0


async def test_a_key_document_with_its_owners_word_is_good(ctx, send, remote, maya):
    """As GoToSocial has it: the key's address shows a stub of the actor."""
    key_id = "http://remote.example/users/ren/main-key"
    ren = Actor("remote.example", "ren")
    document = ren.document()
    document["publicKey"]["id"] = key_id
    remote.show(document)
    remote.show(document, "/users/ren/main-key")

    assert await send(ren, ren.activity("Follow", maya.account.uri), key_id=key_id) == 202
    assert await count(ctx, FollowRow) == 1


async def test_fed_31_bad_signatures_do_not_make_us_fetch_again_and_again(send, remote, ren):
    remote.asked.clear()
    for number in range(10):
        letter = ren.activity("Like", "http://remote.example/1", str(number))
        assert await send(ren, letter, keys=OTHER_KEYS) == 401

    assert remote.asked.count("/users/ren") <= 1


async def test_fed_31_many_unknown_keys_of_one_source_are_too_many(
    client, ctx, settings, remote, monkeypatch
):
    monkeypatch.setattr(federation.authenticate, "KEYS_PER_HOST", 3)
    object.__setattr__(settings, "rate_limits", True)
    statuses = []
    for number in range(6):
        actor = Actor("remote.example", f"nobody{number}")
        body = json.dumps(actor.activity("Like", "http://remote.example/1")).encode()
        headers = signed_headers(actor, body, host=HOST, path="/inbox", now=ctx.clock())
        answer = await client.post(
            "/inbox", data=body, headers={**headers, "Content-Type": ACTIVITY}
        )
        statuses.append(answer.status)

    assert statuses == [401, 401, 401, 429, 429, 429]


async def test_fed_32_an_update_cannot_bring_another_key_along(ctx, send, remote, ren):
    forged = ren.document()
    forged["publicKey"]["publicKeyPem"] = OTHER_KEYS.public_pem

    await send(ren, ren.activity("Update", forged))

    assert await send(ren, ren.activity("Like", "http://remote.example/1")) == 202


async def test_fed_33_ten_keys_are_enough(ctx, send, remote, maya):
    ren = Actor("remote.example", "ren")
    document = ren.document()
    own = document["publicKey"]
    document["publicKey"] = [
        own,
        *({**own, "id": f"{ren.uri}#key-{number}"} for number in range(500)),
    ]
    remote.show(document)

    assert await send(ren, ren.activity("Follow", maya.account.uri)) == 202
    async with ctx.read() as session:
        row = await accounts.by_uri(session, ren.uri)
        assert len(await accounts.keys_of(session, row.id)) <= 10


@pytest.mark.parametrize(
    "domain", ["remote.example", "example"], ids=["its host", "FED-109 a domain above it"]
)
async def test_fed_34_a_blocked_host_is_refused(ctx, send, remote, ren, domain):
    await ctx.write(
        moderation.set_host_policy,
        actor=None,
        domain=domain,
        severity="suspend",
        now=ctx.clock(),
    )
    remote.asked.clear()

    assert await send(ren, ren.activity("Like", "http://remote.example/1")) == 403
    assert remote.asked == []


async def test_fed_34_what_is_about_a_blocked_host_is_refused(ctx, send, ren):
    await ctx.write(
        moderation.set_host_policy,
        actor=None,
        domain="evil.example",
        severity="suspend",
        now=ctx.clock(),
    )

    assert await send(ren, ren.activity("Announce", "http://evil.example/1")) == 403


async def test_fed_35_a_key_that_is_gone_proves_nothing(send, remote, maya):
    ren = Actor("remote.example", "ren")
    remote.documents["/users/ren"] = (410, "text/plain", b"")

    assert await send(ren, ren.activity("Follow", maya.account.uri)) == 401


async def test_fed_31_a_server_that_is_down_is_asked_again_later(send, remote, maya):
    ren = Actor("remote.example", "ren")
    remote.documents["/users/ren"] = (503, "text/plain", b"")
    assert await send(ren, ren.activity("Follow", maya.account.uri)) == 503

    remote.show(ren.document())

    assert await send(ren, ren.activity("Follow", maya.account.uri)) == 202


async def test_fed_10_a_stolen_handle_is_shown_unconfirmed(
    ctx, send, remote, make_server, maya
):
    await make_server("good.example")
    eve = remote.actor("eve", keys=OTHER_KEYS, webfinger="superintendent@good.example")

    await send(eve, eve.activity("Follow", maya.account.uri))

    async with ctx.read() as session:
        row = await accounts.by_uri(session, eve.uri)
    assert (row.username, row.domain, row.handle_verified) == ("eve", "remote.example", False)


async def test_fed_12_an_inbox_elsewhere_makes_no_account(ctx, send, remote, maya):
    eve = Actor("remote.example", "eve")
    remote.show(eve.document(inbox="http://victim.example/inbox"))

    assert await send(eve, eve.activity("Follow", maya.account.uri)) == 401
    assert await count(ctx, AccountRow, AccountRow.domain != "") == 0


async def test_fed_12_shared_inboxes_and_followers_elsewhere_are_left_out(
    ctx, send, remote, maya
):
    eve = Actor("remote.example", "eve")
    remote.show(
        eve.document(
            endpoints={"sharedInbox": "http://victim.example/inbox"},
            followers="http://victim.example/followers",
        )
    )

    assert await send(eve, eve.activity("Follow", maya.account.uri)) == 202
    async with ctx.read() as session:
        row = await accounts.by_uri(session, eve.uri)
    assert row.shared_inbox is None
    assert row.followers_uri is None


async def test_fed_61_far_too_many_of_everything_is_cut(ctx, send, ren, maya):
    note = ren.note(
        tag=[
            *named(maya),
            *({"type": "Hashtag", "name": f"#t{n}"} for n in range(3000)),
        ],
        to=[PUBLIC, *(f"http://remote.example/u/{n}" for n in range(3000))],
        attachment=[
            {"type": "Image", "url": f"http://remote.example/{n}.png"} for n in range(500)
        ],
    )

    assert await send(ren, ren.create(note)) == 202
    async with ctx.read() as session:
        row = await posts.by_uri(session, note["id"])
        assert len((await posts.tags_of(session, [row.id]))[row.id]) <= 32
        assert len((await posts.media_of(session, [row.id]))[row.id]) <= 16


async def test_fed_63_replies_in_a_circle_come_to_an_end(ctx, send, remote, ren, maya):
    one, two = f"{ren.uri}/posts/1", f"{ren.uri}/posts/2"
    remote.show(ren.note("1", inReplyTo=two))
    remote.show(ren.note("2", inReplyTo=one))

    assert await send(ren, ren.create(ren.note("1", inReplyTo=two, tag=named(maya)))) == 202

    assert await count(ctx, JobRow) == 0


async def test_fed_60_times_that_cannot_be_are_now(ctx, send, ren, maya):
    for at, published in enumerate(("9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", 5, "soon")):
        note = ren.note(str(at), published=published, tag=named(maya))
        assert await send(ren, ren.create(note, str(at))) == 202

    async with ctx.read() as session:
        for row in await session.scalars(select(PostRow)):
            assert row.created_at <= ctx.clock()


async def test_fed_106_a_mention_bomb_tells_few(ctx, send, ren, make_member):
    people = [await make_member(f"member{number}") for number in range(25)]
    tags = [
        {"type": "Mention", "href": one.account.uri, "name": f"@{one.account.username}"}
        for one in people
    ]

    await send(ren, ren.create(ren.note(tag=tags)))

    assert await count(ctx, NotificationRow, NotificationRow.kind == "mention") <= 20


async def own_post(ctx, maya, visibility=Visibility.PUBLIC):
    number = await ctx.write(
        publish,
        actor=maya.actor,
        draft=Draft("Hello", visibility),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)
    async with ctx.read() as session:
        return await posts.by_id(session, number)


CHANGES = {
    "FED-68 an Update of another's post": lambda eve, post, theirs: eve.activity(
        "Update", eve.note() | {"id": theirs, "content": "<p>Forged</p>"}
    ),
    "FED-69 a Delete of another's post": lambda eve, post, theirs: eve.activity(
        "Delete", theirs
    ),
    "FED-69 a Delete of a post of ours": lambda eve, post, theirs: eve.activity(
        "Delete", post.uri
    ),
    "FED-69 a Delete of another account": lambda eve, post, theirs: eve.activity(
        "Delete", "http://remote.example/users/ren"
    ),
    "FED-71 an Undo of another's Like": lambda eve, post, theirs: eve.activity(
        "Undo", "http://remote.example/users/ren/activities/like-1"
    ),
    "FED-71 an Undo of another's Follow": lambda eve, post, theirs: eve.activity(
        "Undo", "http://remote.example/users/ren/activities/follow-first"
    ),
    "FED-71 an Undo with another's Follow inside": lambda eve, post, theirs: eve.activity(
        "Undo",
        {
            "id": "http://remote.example/users/ren/activities/follow-first",
            "type": "Follow",
            "actor": "http://remote.example/users/ren",
            "object": post.uri.partition("/statuses")[0],
        },
    ),
    "FED-71 an Accept of a follow that was never asked": lambda eve, post, theirs: eve.activity(
        "Accept",
        {"type": "Follow", "actor": post.uri.partition("/statuses")[0], "object": eve.uri},
    ),
    "FED-32 an Update of another's account": lambda eve, post, theirs: eve.activity(
        "Update", Actor("remote.example", "ren").document(name="Forged")
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_nobody_changes_what_is_anothers(ctx, send, remote, ren, maya, change):
    eve = remote.actor("eve", keys=OTHER_KEYS)
    theirs = ren.note("theirs", "<p>Mine</p>", tag=named(maya))
    await send(ren, ren.create(theirs, "theirs"))
    post = await own_post(ctx, maya)
    await send(ren, ren.activity("Like", post.uri))

    status = await send(eve, change(eve, post, theirs["id"]))

    assert status in {202, 401, 422}
    async with ctx.read() as session:
        assert (await posts.by_uri(session, theirs["id"])).content == "<p>Mine</p>"
        assert (await posts.by_id(session, post.id)).favourites_count == 1
        row = await accounts.by_uri(session, ren.uri)
        assert row.deleted_at is None
        assert row.display_name == "Ren"
    assert await count(ctx, FollowRow) == 1


REWRITES = {
    "FED-70 another author": (
        {"attributedTo": "http://remote.example/users/eve"},
        "account_id",
    ),
    "FED-70 a wider audience": ({"to": [PUBLIC]}, "visibility"),
    "FED-70 another kind": ({"type": "Article"}, "kind"),
    "FED-70 another parent": ({"inReplyTo": "http://remote.example/1"}, "in_reply_to_uri"),
    "FED-70 another age": ({"published": "2001-01-01T00:00:00Z"}, "created_at"),
    "FED-70 another thread": ({"context": "http://remote.example/c"}, "context_uri"),
}


@pytest.mark.parametrize(("changes", "kept"), REWRITES.values(), ids=REWRITES.keys())
async def test_an_edit_cannot_change_what_a_post_is(ctx, send, ren, maya, changes, kept):
    note = ren.note(to=[maya.account.uri], cc=[], tag=named(maya))
    await send(ren, ren.create(note))
    async with ctx.read() as session:
        before = getattr(await posts.by_uri(session, note["id"]), kept)

    await send(
        ren, ren.activity("Update", note | changes | {"updated": ctx.clock().isoformat()})
    )

    async with ctx.read() as session:
        assert getattr(await posts.by_uri(session, note["id"]), kept) == before


BOOSTS = {
    "FED-74 a letter": Visibility.DIRECT,
    "FED-74 a post for followers": Visibility.FOLLOWERS,
}


@pytest.mark.parametrize("visibility", BOOSTS.values(), ids=BOOSTS.keys())
@pytest.mark.parametrize("kind", ["Announce", "Like"])
async def test_a_stranger_does_nothing_with_what_they_may_not_see(
    ctx, send, remote, maya, visibility, kind
):
    eve = remote.actor("eve", keys=OTHER_KEYS)
    post = await own_post(ctx, maya, visibility)

    assert await send(eve, eve.activity(kind, post.uri, to=[PUBLIC])) == 202

    async with ctx.read() as session:
        row = await posts.by_id(session, post.id)
    assert (row.boosts_count, row.favourites_count) == (0, 0)


async def test_fed_8_a_name_that_hides_something_is_shown_without(ctx, send, remote, maya):
    eve = Actor("remote.example", "eve", OTHER_KEYS)
    remote.show(eve.document(name="Eve \u202enimda\u202c \u200b"))

    await send(eve, eve.activity("Follow", maya.account.uri))

    async with ctx.read() as session:
        assert (await accounts.by_uri(session, eve.uri)).display_name == "Eve nimda"


@pytest.mark.parametrize(
    "name", ["a b", "a@b", "a/b", "", "x" * 3000, "a\u0000b"], ids=lambda name: repr(name[:6])
)
async def test_fed_8_a_username_that_is_none_makes_no_account(ctx, send, remote, maya, name):
    eve = Actor("remote.example", "eve")
    remote.show(eve.document(preferredUsername=name))

    assert await send(eve, eve.activity("Follow", maya.account.uri)) in {401, 503}
    assert await count(ctx, FollowRow) == 0


async def test_fed_21_a_deletion_before_its_post_counts(ctx, send, ren, maya, clock):
    note = ren.note(tag=named(maya))
    await send(ren, ren.activity("Delete", note["id"]))

    await send(ren, ren.create(note))

    assert await count(ctx, PostRow) == 0


async def test_an_inbox_of_nobody_is_not_there(client, ctx, ren):
    body = b"{}"
    headers = signed_headers(ren, body, host=HOST, path="/users/nobody/inbox", now=ctx.clock())

    answer = await client.post(
        "/users/nobody/inbox", data=body, headers={**headers, "Content-Type": ACTIVITY}
    )

    assert answer.status == 404


def test_the_fixture_signs_with_what_the_actor_shows():
    assert (
        Actor("remote.example", "ren").document()["publicKey"]["publicKeyPem"]
        == KEYS.public_pem
    )
