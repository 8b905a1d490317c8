"""Proofs that travel with a document: FEP-8b32 with the suite eddsa-jcs-2022. Pure.

A proof says who vouches for a document whoever hands it over, unlike the signature of a
request. Linked-data signatures (`signature`) are neither made nor believed: what they cover
depends on how a document is expanded, and that was the way into other servers.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from federation.sig.jcs import canonical
from federation.sig.keys import PublicKey, base58_decode, base58_encode
from fedi_k12.domain.ciphers import ed25519, exceptions
from fedi_k12.domain.errors import InvalidError, UnauthenticatedError

SUITE = "eddsa-jcs-2022"
MAX_PROOFS = 4
CLOCK_WINDOW = timedelta(hours=1)
"""How far another server's clock may be ahead of ours."""
_SIGNATURE_BYTES, _MAX_TEXT = 64, 100

Json = Mapping[str, object]


class Proof(Struct, frozen=True):
    """A proof as it stands in a document; nothing in it has been verified."""

    key_id: str
    created: object
    expires: object
    signature: bytes
    options: Json
    """The proof without its value: this is signed, too."""


def proofs_in(document: Json) -> Iterator[Proof]:
    """Yield the proofs of the document itself that are of the suite we know (FED-36).

    Not those of what is embedded in it: a proof is about the object that it stands in.
    """
    found = document.get("proof")
    for item in (found if isinstance(found, list) else [found])[:MAX_PROOFS]:
        if isinstance(item, Mapping) and (proof := _proof(item)) is not None:
            yield proof


def in_time(proof: Proof, now: datetime) -> bool:
    """Return whether a proof counts now: not made later, not over.

    A time that is given and cannot be read counts against it.
    """
    created, expires = _moment(proof.created), _moment(proof.expires)
    if proof.created is not None and (created is None or created > now + CLOCK_WINDOW):
        return False
    return proof.expires is None or (expires is not None and expires > now)


def verifies(document: Json, proof: Proof, key: PublicKey) -> bool:
    """Return whether `key` made the proof of this very document.

    The proof's own `@context` has to begin the document's, and is what was signed. Without
    one there are two readings in use: Mitra and Mastodon sign the bare proof, Fedify puts the
    document's context into it first.
    """
    if not isinstance(key, ed25519.Ed25519PublicKey):
        return False
    secured = unsecured(document)
    context = secured.get("@context")
    readings: list[tuple[Json, Json]]
    if "@context" in proof.options:
        named = _list(proof.options["@context"])
        if _list(context)[: len(named)] != named:
            return False
        readings = [(proof.options, {**secured, "@context": proof.options["@context"]})]
    else:
        readings = [(proof.options, secured)]
        if context is not None:
            readings.append(({**proof.options, "@context": context}, secured))
    return any(_matches(options, body, proof.signature, key) for options, body in readings)


def with_proof(
    document: Json, *, key_id: str, private_key: "ed25519.Ed25519PrivateKey", created: str
) -> dict[str, object]:
    """Return the document with a proof by the key.

    The context is written into the proof: when it is not, Mastodon and Fedify read two
    different things.
    """
    options: dict[str, object] = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "verificationMethod": key_id,
        "proofPurpose": "assertionMethod",
        "created": created,
    }
    if "@context" in document:
        options = {"@context": document["@context"], **options}
    secured = unsecured(document)
    signature = private_key.sign(_hash(options, secured))
    return {**secured, "proof": {**options, "proofValue": "z" + base58_encode(signature)}}


def unsecured(document: Json) -> dict[str, object]:
    """Return the document without its proof, and without a linked-data signature."""
    return {
        name: value for name, value in document.items() if name not in {"proof", "signature"}
    }


def _proof(item: Json) -> Proof | None:
    key_id, value = item.get("verificationMethod"), item.get("proofValue")
    if (
        item.get("type") != "DataIntegrityProof"
        or item.get("cryptosuite") != SUITE
        or item.get("proofPurpose") != "assertionMethod"
        or not isinstance(key_id, str)
        or not isinstance(value, str)
        or not value.startswith("z")
        or len(value) > _MAX_TEXT
    ):
        return None
    try:
        signature = base58_decode(value[1:])
    except UnauthenticatedError:
        return None
    if len(signature) != _SIGNATURE_BYTES:
        return None
    options = {name: inner for name, inner in item.items() if name != "proofValue"}
    return Proof(key_id, item.get("created"), item.get("expires"), signature, options)


def _moment(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC) if at is not None else None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _matches(
    options: Json, body: Json, signature: bytes, key: "ed25519.Ed25519PublicKey"
) -> bool:
    try:
        key.verify(signature, _hash(options, body))
    except (exceptions.InvalidSignature, InvalidError):
        return False
    return True


def _hash(options: Json, body: Json) -> bytes:
    return (
        hashlib.sha256(canonical(options)).digest() + hashlib.sha256(canonical(body)).digest()
    )
