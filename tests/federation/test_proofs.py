"""Proofs at the door: whose they are, by keys that are fetched, and what is dropped (FED-36).

Row 1.4 "Proofs in".
Row 1.4 "LD signatures".
"""

import pytest

from federation.letter import NeedsFetchError
from federation.proofs import learn_keys, proven_by, verified_proof
from federation.sig.integrity import with_proof
from federation.sig.keys import load_private, to_multibase
from fedi_k12.services.keys import generate_keys
from fedi_k12.services.moderation import set_host_policy
from storage import accounts, posts

CREATED = "2026-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def proof_keys():
    return generate_keys().ed25519


@pytest.fixture
def ria(remote, proof_keys):
    """An actor of the fake server who lists a key for proofs."""
    actor = remote.actor("ria")
    remote.show(listing(actor, proof_keys))
    return actor


def listing(actor, *pairs, **changes):
    methods = [
        {
            "id": f"{actor.uri}#ed25519-key{number or ''}",
            "type": "Multikey",
            "controller": actor.uri,
            "publicKeyMultibase": to_multibase(pair.public_pem),
            **changes,
        }
        for number, pair in enumerate(pairs)
    ]
    return actor.document(assertionMethod=methods)


def proven(document, pair, key_id=None):
    key_id = key_id or f"{document.get('actor', document.get('attributedTo'))}#ed25519-key"
    return with_proof(
        document, key_id=key_id, private_key=load_private(pair.private_pem), created=CREATED
    )


async def test_a_proof_names_who_wrote_it(ctx, ria, proof_keys):
    activity = proven(ria.create(ria.note()), proof_keys)

    assert await verified_proof(ctx, activity) == ria.uri
    assert await verified_proof(ctx, proven(ria.note(), proof_keys)) == ria.uri


async def test_the_key_is_fetched_once(ctx, remote, ria, proof_keys):
    for number in range(3):
        assert await verified_proof(ctx, proven(ria.note(str(number)), proof_keys)) == ria.uri

    assert remote.asked.count("/users/ria") == 1


async def test_a_bad_proof_causes_one_fetch_and_no_more(ctx, remote, ria, proof_keys):
    """FED-31, FED-36."""
    other = generate_keys().ed25519
    for number in range(4):
        assert await verified_proof(ctx, proven(ria.note(str(number)), other)) is None

    assert remote.asked.count("/users/ria") == 1


async def test_a_new_key_is_asked_for(ctx, clock, remote, ria, proof_keys):
    new = generate_keys().ed25519
    assert await verified_proof(ctx, proven(ria.note(), proof_keys)) == ria.uri
    remote.show(listing(ria, proof_keys, new))
    clock.advance(minutes=6)

    by_new = proven(ria.note("2"), new, f"{ria.uri}#ed25519-key1")
    assert await verified_proof(ctx, by_new) == ria.uri
    assert await verified_proof(ctx, proven(ria.note("3"), proof_keys)) == ria.uri


async def test_the_proof_of_somebody_else_counts_for_nothing(ctx, remote, ria, proof_keys):
    """FED-36: a key of another actor, of the same server or not."""
    pat = remote.actor("pat")
    by_ria = proven(pat.create(pat.note()), proof_keys, f"{ria.uri}#ed25519-key")
    assert await verified_proof(ctx, proven(ria.note(), proof_keys)) == ria.uri

    assert await verified_proof(ctx, by_ria) is None


async def test_a_key_that_is_not_for_proofs_makes_none(ctx, remote, proof_keys):
    """FED-36: under `publicKey`, not under `assertionMethod`."""
    actor = remote.actor("sam")
    key_id = f"{actor.uri}#ed25519-key"
    remote.show(
        actor.document(
            publicKey={
                "id": key_id,
                "owner": actor.uri,
                "publicKeyPem": proof_keys.public_pem,
            }
        )
    )

    assert await verified_proof(ctx, proven(actor.note(), proof_keys, key_id)) is None


async def test_a_key_may_serve_requests_and_proofs(ctx, remote, proof_keys):
    actor = remote.actor("sam")
    document = listing(actor, proof_keys, id=f"{actor.uri}#main-key")
    document["publicKey"]["publicKeyPem"] = proof_keys.public_pem
    remote.show(document)

    note = proven(actor.note(), proof_keys, f"{actor.uri}#main-key")
    assert await verified_proof(ctx, note) == actor.uri


async def test_keys_that_contradict_each_other_make_no_proof(ctx, remote, proof_keys):
    """FED-33: one id, two keys; the first is the one for requests."""
    actor = remote.actor("sam")
    remote.show(listing(actor, proof_keys, id=f"{actor.uri}#main-key"))

    note = proven(actor.note(), proof_keys, f"{actor.uri}#main-key")
    assert await verified_proof(ctx, note) is None


async def test_the_proof_of_a_blocked_server_counts_for_nothing(ctx, ria, proof_keys):
    """FED-34."""
    assert await verified_proof(ctx, proven(ria.note(), proof_keys)) == ria.uri
    await ctx.write(
        set_host_policy,
        actor=None,
        domain="remote.example",
        severity="suspend",
        now=ctx.clock(),
    )

    assert await verified_proof(ctx, proven(ria.note(), proof_keys)) is None


@pytest.mark.parametrize(
    "owner", [None, 1, [], ["a", "b"], {"id": "x"}, "data:,x", "ftp://x/y"]
)
async def test_a_document_without_an_owner_is_proven_by_nobody(ctx, ria, proof_keys, owner):
    document = proven({**ria.note(), "attributedTo": owner}, proof_keys, f"{ria.uri}#k")

    assert await verified_proof(ctx, document) is None


async def test_our_own_proofs_are_no_news_from_elsewhere(ctx, maya, account_keys):
    """FED-17: nobody acts here as one of us by handing over what one of us wrote."""
    uri = maya.account.uri
    note = {"id": f"{uri}/posts/1", "type": "Note", "attributedTo": uri}

    assert await verified_proof(ctx, proven(note, account_keys.ed25519)) is None


async def test_a_handler_asks_for_the_keys_first(ctx, ria, proof_keys):
    note = proven(ria.note(), proof_keys)
    async with ctx.read() as session:
        with pytest.raises(NeedsFetchError) as need:
            await proven_by(session, note, now=ctx.clock(), given_up=frozenset())
    assert (need.value.kind, need.value.uris) == ("keys", (ria.uri,))
    await learn_keys(ctx, ria.uri)

    async with ctx.read() as session:
        found = await proven_by(session, note, now=ctx.clock(), given_up=frozenset({ria.uri}))
        bare = await proven_by(session, ria.note(), now=ctx.clock(), given_up=frozenset())
    assert (found, bare) == (ria.uri, None)


async def test_a_signed_activity_with_a_valid_proof_is_taken(ctx, maya, ria, proof_keys, send):
    status = await send(ria, proven(ria.create(ria.note(to=[maya.account.uri])), proof_keys))

    assert status == 202
    async with ctx.read() as session:
        assert await posts.by_uri(session, f"{ria.uri}/posts/1") is not None


@pytest.mark.parametrize("wrong", ["tampered", "another's", "future"])
async def test_a_signed_activity_with_a_wrong_proof_is_dropped(
    ctx, maya, ria, proof_keys, send, wrong
):
    """FED-36: fail closed, though the request itself is signed well."""
    activity = proven(ria.create(ria.note(to=[maya.account.uri])), proof_keys)
    if wrong == "tampered":
        activity["object"]["content"] = "<p>Goodbye</p>"
    elif wrong == "another's":
        activity["proof"]["verificationMethod"] = "http://elsewhere.example/users/x#key"
    else:
        activity["proof"]["created"] = "2099-01-01T00:00:00Z"

    assert await send(ria, activity) == 202
    async with ctx.read() as session:
        assert await posts.by_uri(session, f"{ria.uri}/posts/1") is None


@pytest.mark.parametrize(
    "proof",
    [
        {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022"},
        {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-jcs-2022",
            "proofPurpose": "assertionMethod",
            "verificationMethod": "did:key:z6Mk#z6Mk",
            "proofValue": "z" + "1" * 64,
        },
        "text",
        [],
    ],
    ids=["another suite", "a DID", "a text", "an empty list"],
)
async def test_a_proof_that_we_cannot_read_is_no_reason_to_drop(ctx, maya, ria, send, proof):
    assert (
        await send(ria, {**ria.create(ria.note(to=[maya.account.uri])), "proof": proof}) == 202
    )

    async with ctx.read() as session:
        assert await posts.by_uri(session, f"{ria.uri}/posts/1") is not None


async def test_nothing_is_lost_while_the_key_cannot_be_had(ctx, remote, ria, proof_keys, send):
    await send(ria, ria.create(ria.note("0")))
    activity = proven(ria.create(ria.note()), generate_keys().ed25519)
    remote.documents["/users/ria"] = (503, "text/plain", b"")

    assert await send(ria, activity) == 503
    assert await send(ria, activity) == 503


async def test_fed_37_a_linked_data_signature_proves_nothing(ctx, remote, ria, send):
    """FED-37: what is handed over with one is not believed; its own address has the truth."""
    relay = remote.actor("relay")
    note = ria.note("9", "<p>Altered on its way</p>")
    activity = {
        **ria.create(note, "9"),
        "signature": {
            "type": "RsaSignature2017",
            "creator": ria.key_id,
            "created": CREATED,
            "signatureValue": "eA==",
        },
    }

    assert await send(relay, activity) == 202
    assert await send(relay, {**activity, "type": "Like", "object": note["id"]}) == 401
    async with ctx.read() as session:
        assert await posts.by_uri(session, note["id"]) is None
    remote.show(ria.note("9", "<p>The truth</p>"))
    assert await send(relay, relay.activity("Announce", note["id"], to=note["to"])) == 202

    async with ctx.read() as session:
        row = await posts.by_uri(session, note["id"])
    assert row is None or "truth" in row.content


async def test_fed_37_a_linked_data_signature_does_no_harm(ctx, maya, ria, send):
    """FED-37: the request's own signature counts, whatever else is inside."""
    activity = {
        **ria.create(ria.note(to=[maya.account.uri])),
        "signature": {"type": "RsaSignature2017"},
    }

    assert await send(ria, activity) == 202
    async with ctx.read() as session:
        assert await posts.by_uri(session, f"{ria.uri}/posts/1") is not None


async def test_what_is_stored_of_a_key_says_what_it_is_for(ctx, ria, proof_keys):
    await learn_keys(ctx, ria.uri)

    async with ctx.read() as session:
        row = await accounts.by_uri(session, ria.uri)
        found = {key.uri: key.asserts for key in await accounts.keys_of(session, row.id)}
    assert found == {ria.key_id: False, f"{ria.uri}#ed25519-key": True}
