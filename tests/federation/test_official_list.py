"""S-35: the list of official accounts is signed, and anybody finds out whether it holds."""

import pytest

from federation.inspector import look_into
from federation.sig import integrity, keys
from federation.sig.integrity import with_proof
from federation.sig.keys import load_private, to_multibase
from tests.conftest import HOST
from tests.remote import ACTIVITY

PLACE = "http://remote.example"


async def test_a_stranger_verifies_the_list_with_two_documents(client, lincoln):
    """S-35: signed by the server's actor; each account in it leads to it and back."""
    asked = {"headers": {"Accept": ACTIVITY, "Host": HOST}}
    listed = await (await client.get("/official-accounts", **asked)).json(content_type=None)
    server = await (await client.get("/actor", **asked)).json(content_type=None)
    school = await (await client.get("/users/lincoln", **asked)).json(content_type=None)

    [proof] = integrity.proofs_in(listed)
    [method] = server["assertionMethod"]
    key = keys.load_public(keys.from_multibase(method["publicKeyMultibase"]))
    assert listed["attributedTo"] == server["id"] == method["controller"]
    assert integrity.verifies(listed, proof, key)
    [entry] = listed["items"]
    assert entry["webfinger"] == "lincoln@home.example"
    changed = {**listed, "items": [{**entry, "id": f"{PLACE}/users/eve"}]}
    assert not integrity.verifies(changed, proof, key)

    line = school["attachment"][0]
    assert line["name"] == "Official account"
    assert f'href="{listed["url"]}" rel="me ' in line["value"]
    found = await client.get("/api/v1/accounts/lookup?acct=lincoln")
    field = (await found.json())["fields"][0]
    assert field["verified_at"]


def a_list(keys_of, **changes):
    """Return the list of another place, signed by its server's actor, and that actor."""
    actor, key_id = f"{PLACE}/users/server", f"{PLACE}/users/server#ed25519-key"
    items = [{"id": f"{PLACE}/users/school", "type": "Organization", "name": "School"}]
    signed = with_proof(
        {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{PLACE}/official-accounts.json",
            "type": "Collection",
            "attributedTo": actor,
            "items": changes.pop("signed", items),
        },
        key_id=key_id,
        private_key=load_private(keys_of.ed25519.private_pem),
        created="2026-01-01T00:00:00Z",
    )
    method = {
        "id": key_id,
        "type": "Multikey",
        "controller": actor,
        "publicKeyMultibase": to_multibase(keys_of.ed25519.public_pem),
    }
    return {**signed, **changes}, method


@pytest.mark.parametrize(
    ("changes", "wrong", "words"),
    [
        ({}, None, "is in order"),
        ({"items": []}, "proof", "not by a key"),
        ({"items": [{"id": f"{PLACE}/users/eve"}]}, "proof", "not by a key"),
        ({"signed": [{"id": "http://bank.example/users/eve"}]}, "list", "another server"),
        ({"proof": None}, "proof", "not signed"),
        ({"items": "all of them"}, "proof", "not by a key"),
    ],
)
async def test_the_command_says_whether_a_list_holds(
    ctx, remote, account_keys, changes, wrong, words
):
    """S-35, FEP-8b32: `fedi-k12 look https://district.example/official-accounts.json`."""
    document, method = a_list(account_keys, **changes)
    remote.show(remote.actor("server").document(assertionMethod=[method]))
    remote.show(document)

    report = await look_into(ctx, document["id"])

    bad = [step for step in report.steps if not step.ok]
    assert [step.name for step in bad] == ([wrong] if wrong else [])
    assert words in " ".join([*(step.found for step in bad), report.conclusion])
