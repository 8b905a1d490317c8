"""Letters that lie about who they are, what they are about, or whose it is (FED-1 to FED-28).

Each case: who signs, what is sent, and what may not come of it.
"""

import json
from datetime import timedelta

import pytest

from storage import posts
from storage.tables import JobRow, PostRow
from tests.hostile.letters import HOST, count, named
from tests.remote import ACTIVITY, KEYS, OTHER_KEYS, PUBLIC, Actor, signed_headers

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
