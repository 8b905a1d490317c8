"""Keys that prove nothing, names that are others' (FED-8 to FED-12, FED-29 to FED-35).

Row 1.3 "keyId shapes".
Row 1.3 "Key to actor binding".
Row 1.3 "Deleted sender".
"""

import json

import pytest
from msgspec.structs import force_setattr

import federation.authenticate
from fedi_k12.services import moderation
from storage import accounts
from storage.tables import AccountRow, FollowRow
from tests.hostile.letters import HOST, count
from tests.remote import ACTIVITY, OTHER_KEYS, Actor, make_keys, signed_headers

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
    force_setattr(settings, "rate_limits", True)
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
