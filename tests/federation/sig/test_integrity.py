"""Proofs, without a server: FEP-8b32 and the W3C's vectors of eddsa-jcs-2022.

Row 1.4 "Proofs in".
Row 1.4 "Proofs out".
"""

import copy
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from federation.sig import integrity, keys
from federation.sig.jcs import canonical

SECRET = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
MULTIKEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
"""The key pair of both documents' vectors."""
PRIVATE = Ed25519PrivateKey.from_private_bytes(keys.base58_decode(SECRET[1:])[2:34])
PUBLIC = keys.load_public(keys.from_multibase(MULTIKEY))
KEY_ID = "https://server.example/users/alice#ed25519-key"
CREATED = "2023-02-24T23:36:38Z"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CONTEXT = [
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/data-integrity/v2",
]
ACTIVITY = {
    "@context": CONTEXT,
    "id": "https://server.example/activities/1",
    "type": "Create",
    "actor": "https://server.example/users/alice",
    "object": {
        "id": "https://server.example/objects/1",
        "type": "Note",
        "attributedTo": "https://server.example/users/alice",
        "content": "Hello world",
        "location": {"type": "Place", "longitude": -71.184902, "latitude": 25.273962},
    },
}
PROOF_VALUE = (
    "z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZfytxa4fQ5TYHaJENCxUDe9SdL"
)


def signed(document=ACTIVITY, **changes):
    return integrity.with_proof(
        document, key_id=KEY_ID, private_key=PRIVATE, created=CREATED
    ) | dict(changes)


def holds(document, key=PUBLIC):
    return any(
        integrity.in_time(proof, NOW) and integrity.verifies(document, proof, key)
        for proof in integrity.proofs_in(document)
    )


def by_hand(document, options):
    """Sign `document` with a proof of exactly these options."""
    digest = hashlib.sha256(canonical(options)).digest()
    digest += hashlib.sha256(canonical(document)).digest()
    value = "z" + keys.base58_encode(PRIVATE.sign(digest))
    return {**document, "proof": {**options, "proofValue": value}}


def options(**changes):
    made = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": KEY_ID,
        "proofPurpose": "assertionMethod",
        "created": CREATED,
        **changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def test_the_proof_of_the_fep_is_made():
    """FEP-8b32, its scenario "Signing document"."""
    made = signed()

    assert made["proof"] == {
        "@context": CONTEXT,
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": KEY_ID,
        "proofPurpose": "assertionMethod",
        "proofValue": PROOF_VALUE,
        "created": CREATED,
    }


def test_the_proof_of_the_fep_is_valid():
    """FEP-8b32, its scenario "Verifying a signature"."""
    assert holds(
        {**ACTIVITY, "proof": {**options(**{"@context": CONTEXT}), "proofValue": PROOF_VALUE}}
    )


def test_the_proof_of_the_w3c_is_valid():
    """Data Integrity EdDSA Cryptosuites, B.2: the hashes and the signature."""
    context = [
        "https://www.w3.org/ns/credentials/v2",
        "https://www.w3.org/ns/credentials/examples/v2",
    ]
    credential = {
        "@context": context,
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "AlumniCredential"],
        "name": "Alumni Credential",
        "description": "A minimum viable example of an Alumni Credential.",
        "issuer": "https://vc.example/issuers/5678",
        "validFrom": "2023-01-01T00:00:00Z",
        "credentialSubject": {
            "id": "did:example:abcdefgh",
            "alumniOf": "The School of Examples",
        },
    }
    found = options(
        **{"verificationMethod": f"did:key:{MULTIKEY}#{MULTIKEY}", "@context": context}
    )
    value = (
        "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3"
        "R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"
    )

    assert hashlib.sha256(canonical(credential)).hexdigest() == (
        "59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19"
    )
    assert hashlib.sha256(canonical(found)).hexdigest() == (
        "66ab154f5c2890a140cb8388a22a160454f80575f6eae09e5a097cabe539a1db"
    )
    assert holds({**credential, "proof": {**found, "proofValue": value}})


def test_the_keys_of_the_fep_are_written_as_multikeys():
    """Row 1.4 "Actor keys (Multikey)": FEP-521a, its two scenarios."""
    raw = "2e6fcce36701dc791488e0d0b1745cc1e33a4c1c9fcc41c63bd343dbbe0970e6"
    multikey = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    assert keys.load_public(keys.from_multibase(multikey)).public_bytes_raw().hex() == raw
    rsa = (
        "z4MXj1wBzi9jUstyPMS4jQqB6KdJaiatPkAtVtGc6bQEQEEsKTic4G7Rou3iBf9vPmT5dbkm9qsZsuVN"
        "jq8HCuW1w24nhBFGkRE4cd2Uf2tfrB3N7h4mnyPp1BF3ZttHTYv3DLUPi1zMdkULiow3M1GfXkoC6Dox"
        "DUm1jmN6GBj22SjVsr6dxezRVQc7aj9TxE7JLbMH1wh5X3kA58H3DFW8rnYMakFGbca5CB2Jf6CnGQZm"
        "L7o5uJAdTwXfy2iiiyPxXEGerMhHwhjTA1mKYobyk2CpeEcmvynADfNZ5MBvcCS7m3XkFCMNUYBS9NQ3"
        "fze6vMSUPsNa6GVYmKx2x6JrdEjCk3qRMMmyjnjCMfR4pXbRMZa3i"
    )
    der = (
        "3082010a0282010100b1b5fcd8d4d5e88ca5c4287b31f578865caf6a78826a3b8ff7b1b23aa4af4e"
        "6a0474139f945bd9d3a911ffd0fa72db78e4593a86c91f9da836186ebd3402d51f6a3844247ab508"
        "8b46929c311b43604fed84499f06f0f39bf55590e2187f1bbe229ba8f49fd2e570cd0e3733c76bfe"
        "de80e1e7e0881e4538ea1bc5782be9512f8bf132526e05f4923564fe6e1e21bf7087adebb660fa53"
        "3fca06d0a8e66991e1312d70b64a61da8ca77c028cdf939601e2cffe2855759b1d479f0847bcac59"
        "d7d62427a431d4e3dfd2697428b9dd6309a7b1167db99fe01af1ff1b739566fb949e47089d1dae84"
        "aef1214ef7f5773e86a0d3e9da246f9bec09d60c705891183d0203010001"
    )
    pem = keys.from_multibase(rsa)
    found = keys.load_public(pem).public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert found.hex() == der
    assert keys.to_multibase(pem) == rsa


UNSIGNED = {key: value for key, value in ACTIVITY.items() if key != "@context"}
READINGS = {
    "with the context in the proof": by_hand(ACTIVITY, options(**{"@context": CONTEXT})),
    "with the first of the contexts": by_hand(
        {**ACTIVITY, "@context": CONTEXT[:1]}, options(**{"@context": CONTEXT[:1]})
    )
    | {"@context": CONTEXT},
    "without a context in the proof (Mitra)": by_hand(ACTIVITY, options()),
    "without any context": by_hand(UNSIGNED, options()),
    "without created": by_hand(ACTIVITY, options(created=None)),
    "created with a zone": by_hand(ACTIVITY, options(created="2026-11-24T04:00:00-05:00")),
    "in a list": {**ACTIVITY, "proof": [{"type": "Other"}, signed()["proof"]]},
    "beside a linked-data signature": signed(signature={"type": "RsaSignature2017"}),
}


@pytest.mark.parametrize("document", READINGS.values(), ids=READINGS)
def test_a_proof_that_others_make_is_valid(document):
    assert holds(document)


def test_a_proof_whose_context_was_put_in_for_signing_is_valid():
    """Fedify signs with the document's context in the proof, and leaves it out."""
    made = by_hand(ACTIVITY, options(**{"@context": CONTEXT}))
    del made["proof"]["@context"]

    assert holds(made)


def changed(path, value):
    document = copy.deepcopy(signed())
    target = document
    for name in path[:-1]:
        target = target[name]
    target[path[-1]] = value
    return document


BROKEN = {
    "a field tampered with": changed(["object", "content"], "Goodbye world"),
    "a field added": signed(to=["https://www.w3.org/ns/activitystreams#Public"]),
    "another actor": changed(["actor"], "https://server.example/users/mallory"),
    "a number that is another": changed(["object", "location", "latitude"], 25.27396200001),
    "text normalised otherwise": {
        **signed({**ACTIVITY, "summary": "caf\u00e9"}),
        "summary": "cafe\u0301",
    },
    "another created": changed(["proof", "created"], "2023-02-24T23:36:39Z"),
    "another purpose": changed(["proof", "proofPurpose"], "authentication"),
    "another suite": changed(["proof", "cryptosuite"], "eddsa-rdfc-2022"),
    "another type": changed(["proof", "type"], "Ed25519Signature2020"),
    "another key": changed(["proof", "verificationMethod"], f"{KEY_ID}-2"),
    "the value in base64": changed(["proof", "proofValue"], "m" + PROOF_VALUE[1:]),
    "the value in hexadecimal": changed(["proof", "proofValue"], "f" + "0" * 128),
    "letters that base58 has not": changed(["proof", "proofValue"], "z0OIl"),
    "a value too short": changed(["proof", "proofValue"], PROOF_VALUE[:-4]),
    "a value without end": changed(["proof", "proofValue"], "z" + "2" * 100_000),
    "no value": changed(["proof", "proofValue"], None),
    "a number as value": changed(["proof", "proofValue"], 1),
    "a list as key": changed(["proof", "verificationMethod"], [KEY_ID]),
    "another context": changed(["@context"], ["https://evil.example/ns"]),
    "a context that is no prefix": changed(["@context"], CONTEXT[::-1]),
    "a proof context beyond the document's": by_hand(
        {**ACTIVITY, "@context": CONTEXT}, options(**{"@context": CONTEXT})
    )
    | {"@context": CONTEXT[:1]},
    "a context taken away": {k: v for k, v in signed().items() if k != "@context"},
    "created in the future": by_hand(ACTIVITY, options(created="2026-11-24T10:01:00Z")),
    "created never": by_hand(ACTIVITY, options(created="yesterday")),
    "created as a number": by_hand(ACTIVITY, options(created=1)),
    "expired": by_hand(ACTIVITY, options(expires="2026-11-24T08:59:59Z")),
    "expires never readable": by_hand(ACTIVITY, options(expires="soon")),
    "inside what is embedded": {
        **UNSIGNED,
        "object": by_hand(ACTIVITY["object"], options()),
    },
    "five in a list": {**ACTIVITY, "proof": [{}, {}, {}, {}, signed()["proof"]]},
    "a text": {**ACTIVITY, "proof": "z"},
    "none": ACTIVITY,
}


@pytest.mark.parametrize("document", BROKEN.values(), ids=[f"FED-36 {name}" for name in BROKEN])
def test_a_proof_that_is_not_of_this_document_is_invalid(document):
    assert not holds(document)


def test_the_proof_of_another_key_is_invalid(account_keys):
    """FED-36."""
    assert not holds(signed(), keys.load_public(account_keys.ed25519.public_pem))
    assert not holds(signed(), keys.load_public(account_keys.rsa.public_pem))


def test_a_proof_that_expires_later_is_valid():
    later = (NOW + timedelta(hours=1)).isoformat()

    assert holds(by_hand(ACTIVITY, options(expires=later)))


def test_a_document_that_cannot_be_written_down_proves_nothing():
    """FED-36: NaN and lone surrogates have no canonical form."""
    for value in (float("nan"), "\ud800"):
        assert not holds({**signed(), "summary": value})


def test_signing_anew_replaces_what_was_there():
    again = signed(signed(signature={"type": "RsaSignature2017"}))

    assert again["proof"]["proofValue"] == PROOF_VALUE
    assert "signature" not in again
