"""Signed requests between servers: what we send, what we make of theirs.

Row 1.3 "cavage out, GET".
Row 1.3 "Clock".
Row 1.3 "keyId shapes".
Row 1.3 "Deleted sender".
Row 1.3 "Followers-only fetch".
Row 1.4 "Context caching".
"""

import io
import json
from datetime import timedelta

import pytest
from multidict import CIMultiDict

from federation.fetch import fetch_document
from federation.inspector import look_into
from federation.knock import SIGN_GETS
from federation.learn import fetch_account
from federation.sig import cavage, keys
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import posts
from fedi_k12.services.keys import generate_keys
from storage import accounts, hosts
from storage.tables import HostRow
from tests.conftest import HOST
from tests.remote import ACTIVITY, OTHER_KEYS, PUBLIC, Actor, signed_headers


@pytest.fixture
async def server_actor(ctx):
    """The actor of a whole other server, which speaks for nobody in it."""

    async def make(remote):
        actor = remote.actor("instance", type="Application")
        await fetch_account(ctx, actor.uri)
        return actor

    return make


async def get(client, ctx, uri, by):
    path = uri.removeprefix("https://home.example")
    signed = signed_headers(by, None, host=HOST, path=path, now=ctx.clock(), method="GET")
    answer = await client.get(path, headers={"Accept": ACTIVITY, **signed})
    await answer.read()
    return answer


# ---- out ----


async def test_a_get_is_signed_by_the_server_itself(ctx, remote, account_keys):
    seen = []

    def takes(request):
        seen.append((request.raw_path, CIMultiDict(request.headers)))
        return True

    remote.takes = takes
    note = remote.actor("ria").note("1")
    remote.show(note)
    await fetch_document(ctx, note["id"])

    [(path, headers)] = seen
    signature = cavage.parse_signature(headers)
    assert signature.headers == ("(request-target)", "host", "date")
    assert signature.key_id == "https://home.example/actor#main-key"
    assert signature.algorithm == "rsa-sha256"
    assert "Digest" not in headers
    cavage.verify(
        signature,
        key=keys.load_public(account_keys.rsa.public_pem),
        method="GET",
        target=path,
        headers=headers,
    )


async def test_a_server_that_chokes_is_asked_without_a_signature(ctx, clock, remote):
    remote.takes = lambda request: "Signature" not in request.headers
    remote.refuses = 500
    note = remote.actor("ria").note("1")
    remote.show(note)
    await ctx.write(hosts.learn, "remote.example", {SIGN_GETS: False}, now=ctx.clock())

    assert (await fetch_document(ctx, note["id"])).id == note["id"]
    # It is a decision, nothing that was learnt: it holds until it is taken back.
    clock.advance(days=60)
    assert (await fetch_document(ctx, note["id"])).id == note["id"]


async def test_a_stripped_document_takes_nothing_away(ctx, remote):
    """Some answer who they do not believe with 200, an id and a key, and nothing else."""
    ria = remote.actor("ria", summary="<p>Teaches</p>")
    await fetch_account(ctx, ria.uri)
    whole = ria.document()
    stripped = {key: whole[key] for key in ("id", "type", "preferredUsername", "inbox")}
    new_key = {**whole["publicKey"], "publicKeyPem": OTHER_KEYS.public_pem}
    remote.show({**stripped, "publicKey": new_key})

    row = await fetch_account(ctx, ria.uri)

    assert (row.display_name, row.note) == ("Ria", "<p>Teaches</p>")
    assert row.followers_uri == f"{ria.uri}/followers"
    async with ctx.read() as session:
        [key] = await accounts.keys_of(session, row.id)
    assert key.public_key == OTHER_KEYS.public_pem
    remote.show(stripped)
    await fetch_account(ctx, ria.uri)
    async with ctx.read() as session:
        assert len(await accounts.keys_of(session, row.id)) == 1


async def test_no_context_is_ever_loaded(ctx, remote, send, maya):
    """FED-19: whatever address stands in `@context`, nobody asks for it."""
    ria = remote.actor("ria")
    like = ria.activity("Like", maya.account.uri)
    like["@context"] = ["http://remote.example/context", {"@import": "http://remote.example/2"}]

    assert await send(ria, like) == 202
    assert not [path for path in remote.asked if "context" in path or path == "/2"]


# ---- in ----


@pytest.mark.parametrize("minutes", [-50, 0, 50])
async def test_how_far_a_clock_is_off_is_remembered(client, ctx, remote, maya, minutes):
    ria = remote.actor("ria")
    body = json.dumps(ria.activity("Like", maya.account.uri)).encode()
    then = ctx.clock() + timedelta(minutes=minutes)
    headers = signed_headers(ria, body, host=HOST, path="/inbox", now=then)

    answer = await client.post(
        "/inbox", data=io.BytesIO(body), headers={**headers, "Content-Type": ACTIVITY}
    )

    assert answer.status == 202
    async with ctx.read() as session:
        row = await session.get(HostRow, "remote.example")
    assert abs(row.clock_skew - minutes * 60) < 10


@pytest.mark.parametrize(
    ("hours", "ok", "words"),
    [(0.5, True, "30 minutes ahead of"), (-0.5, True, "behind"), (3, False, "ahead of")],
)
async def test_the_operator_is_told_whose_clock_is_off(ctx, clock, remote, hours, ok, words):
    """`fedi-k12 inspect`."""
    remote.actor("ren")
    clock.advance(hours=-hours)

    report = await look_into(ctx, "@ren@remote.example")

    [step] = [step for step in report.steps if step.name == "clock"]
    assert step.ok is ok
    assert words in step.found or "29 minutes" in step.found


KEY_IDS = ["#main-key", "/main-key", "/#main-key", "", "/keys/1#k"]


@pytest.mark.parametrize("ending", KEY_IDS)
async def test_key_ids_of_every_shape_lead_to_their_owner(ctx, remote, send, maya, ending):
    ria = remote.actor("ria")
    key_id = f"{ria.uri}{ending}"
    key = {"id": key_id, "owner": ria.uri, "publicKeyPem": ria.keys.public_pem}
    whole = ria.document(publicKey=[{"id": f"{ria.uri}#other"}, key])
    remote.show(whole)
    path = f"/users/ria{ending}".partition("#")[0]
    if path != "/users/ria":
        if ending == "/keys/1#k":
            remote.show({**key, "id": key_id.partition("#")[0]}, path)
        else:
            stub = {"id": ria.uri, "type": "Person", "publicKey": key}
            remote.show({**stub, "preferredUsername": "ria", "inbox": f"{ria.uri}/inbox"}, path)

    assert await send(ria, ria.activity("Like", maya.account.uri), key_id=key_id) == 202


async def test_a_key_may_be_named_under_assertion_method_alone(ctx, remote, send, maya):
    pair = generate_keys()
    ria = remote.actor("ria")
    key_id = f"{ria.uri}#rsa-key"
    method = {
        "id": key_id,
        "type": "Multikey",
        "controller": ria.uri,
        "publicKeyMultibase": keys.to_multibase(pair.rsa.public_pem),
    }
    remote.show(ria.document(publicKey=None, assertionMethod=[method]))
    signing = Actor("remote.example", "ria", pair.rsa)

    like = signing.activity("Like", maya.account.uri)
    assert await send(signing, like, key_id=key_id) == 202


async def test_fed_35_who_is_gone_and_says_so_is_forgotten(
    ctx, remote, send, make_remote, account_by_uri
):
    """FED-35: the key is gone with its account, so nothing can be verified any more."""
    row = await make_remote("ria", keys=())
    ria = Actor("remote.example", "ria")
    remote.documents["/users/ria"] = (410, "text/plain", b"")

    assert await send(ria, ria.activity("Delete", ria.uri, to=[PUBLIC])) == 202
    assert (await account_by_uri(row.uri)).deleted_at is not None


@pytest.mark.parametrize("answer", [404, 410])
async def test_fed_35_nobody_says_it_for_another(
    ctx, remote, send, make_remote, account_by_uri, answer
):
    """FED-35: 404 is no end, and the gone key of one is not the end of another."""
    await make_remote("ria", keys=())
    ria, eve = Actor("remote.example", "ria"), Actor("remote.example", "eve")
    remote.show(ria.document())
    remote.documents["/users/eve"] = (answer, "text/plain", b"")
    gone = ria.activity("Delete", ria.uri, to=[PUBLIC])

    assert await send(eve, gone) == 401
    remote.documents["/users/ria"] = (404, "text/plain", b"")
    assert await send(ria, gone) == 401
    assert (await account_by_uri(ria.uri)).deleted_at is None


async def test_fed_35_a_stranger_who_is_gone_makes_no_work(ctx, remote, send, account_by_uri):
    ria = Actor("remote.example", "ria")
    remote.documents["/users/ria"] = (410, "text/plain", b"")

    assert await send(ria, ria.activity("Delete", ria.uri)) == 202
    assert remote.asked == []
    assert await account_by_uri(ria.uri) is None


async def test_a_reader_whose_key_is_gone_is_not_known(client, ctx, remote, maya):
    """401: it is not the post that is gone."""
    post_id = await ctx.write(
        posts.publish, actor=maya.actor, draft=Draft("Hello"), addresses=ctx.addresses,
        now=ctx.clock(),
    )  # fmt: skip
    ria = Actor("remote.example", "ria")
    remote.documents["/users/ria"] = (410, "text/plain", b"")

    uri = f"{maya.account.uri}/statuses/{post_id}"
    assert (await get(client, ctx, uri, ria)).status == 401


async def test_a_servers_own_signature_opens_nothing_private(
    client, ctx, remote, send, server_actor, maya
):
    """FED-83: though somebody there follows Maya, the server as such does not."""
    ren, instance = remote.actor("ren"), await server_actor(remote)
    await send(ren, ren.activity("Follow", maya.account.uri))
    private = Draft("For those who follow", visibility=Visibility.FOLLOWERS)
    public = Draft("For all")
    uris = []
    for draft in (private, public):
        number = await ctx.write(
            posts.publish, actor=maya.actor, draft=draft, addresses=ctx.addresses,
            now=ctx.clock(),
        )  # fmt: skip
        uris.append(f"{maya.account.uri}/statuses/{number}")

    assert [(await get(client, ctx, uri, instance)).status for uri in uris] == [404, 200]
    assert [(await get(client, ctx, uri, ren)).status for uri in uris] == [200, 200]


async def test_an_answer_is_for_whoever_signed_alone(client, ctx, remote, maya):
    answer = await get(client, ctx, maya.account.uri, remote.actor("ria"))

    assert "private" in answer.headers["Cache-Control"]
    assert {"Accept", "Signature", "Signature-Input"} <= set(answer.headers["Vary"].split(", "))
