"""HTTP message signatures of RFC 9421, with the Content-Digest of RFC 9530.

Written here rather than taken from PyPI: `http-message-signatures` is alive and verifies any
message, with every component parameter; what takes room is what ActivityPub demands beyond
that, and refusing what we do not demand is safer than computing it.

What an address is counted as is told by our configuration (`Request.origin`), never by what a
proxy or the sender calls us.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from msgspec import Struct
from multidict import CIMultiDict

from federation.sig import fields
from federation.sig.keys import PrivateKey, PublicKey
from federation.sig.request import Headers, Request
from fedi_k12.domain.ciphers import exceptions, hashes, padding, rsa
from fedi_k12.domain.errors import MalformedError, UnauthenticatedError

CLOCK_WINDOW = timedelta(hours=1)
"""How far another server's clock may be from ours."""
MAX_LIFE = timedelta(hours=12)
MAX_LABELS = 4

_RSA = ("rsa-v1_5-sha256", "rsa-pss-sha512")
_ALGORITHMS = {*_RSA, "ed25519"}
_DIGESTS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_LATEST = 253_402_300_799
"""The last second of the year 9999."""


class Signature(Struct, frozen=True):
    """The one signature of a request that counts; nothing in it has been verified."""

    key_id: str
    algorithm: str | None
    components: tuple[str, ...]
    created: int | None
    expires: int | None
    input: fields.InnerList
    """As it was sent: this is signed, too."""
    signature: bytes


def is_used(headers: Headers) -> bool:
    """Return whether a request is signed the way of RFC 9421."""
    return "Signature-Input" in headers


def parse_signature(headers: Headers) -> Signature:
    """Return the first signature of a kind that we know; the others count for nothing.

    Raises `MalformedError` for what cannot be read, `UnauthenticatedError` where none is of
    use (FED-38).
    """
    inputs, values = headers.getall("Signature-Input", []), headers.getall("Signature", [])
    if len(inputs) != 1 or len(values) != 1:
        raise MalformedError("There must be one Signature-Input header and one Signature.")
    found = fields.parse_lists(inputs[0])
    signatures = fields.parse_bytes(values[0])
    if len(found) > MAX_LABELS:
        raise MalformedError(f"There are more than {MAX_LABELS} signatures.")
    for label, item in found.items():
        if item.get("alg") in {None, *_ALGORITHMS} and label in signatures:
            return _signature(item, signatures[label])
    raise UnauthenticatedError("No signature is of a kind that this server knows.")


def check(signature: Signature, request: Request, *, now: datetime) -> None:
    """Raise `UnauthenticatedError` unless the signature covers enough, and lately.

    To be called before any key is fetched: what cannot be right is refused at once.
    """
    covered = set(signature.components)
    if len(covered) != len(signature.components):
        raise UnauthenticatedError("The signature covers a component twice.")
    if "@method" not in covered:
        raise UnauthenticatedError("The signature does not cover @method.")
    parts = {"@authority", "@path"} | ({"@query"} if "?" in request.target else set())
    if "@target-uri" not in covered and not parts <= covered:
        raise UnauthenticatedError("The signature does not cover @target-uri.")
    if request.body is not None:
        if "content-digest" not in covered:
            raise UnauthenticatedError("The signature does not cover content-digest.")
        _check_digest(request.headers, request.body)
    _check_time(signature, now)
    # Whatever it covers has to be there and to be understood.
    signing_text(signature.input, request)


def verify(signature: Signature, request: Request, *, key: PublicKey) -> None:
    """Raise `UnauthenticatedError` unless `key` made the signature of this very request."""
    text = signing_text(signature.input, request)
    if isinstance(key, rsa.RSAPublicKey):
        if signature.algorithm not in {None, *_RSA}:
            raise UnauthenticatedError("The algorithm does not go with the key.")
        for name in [signature.algorithm] if signature.algorithm else _RSA:
            try:
                key.verify(signature.signature, text, *_rsa()[name])
            except exceptions.InvalidSignature:
                continue
            return
    else:
        if signature.algorithm not in {None, "ed25519"}:
            raise UnauthenticatedError("The algorithm does not go with the key.")
        try:
            key.verify(signature.signature, text)
        except exceptions.InvalidSignature:
            pass
        else:
            return
    raise UnauthenticatedError("The signature does not match.")


def sign(
    request: Request,
    *,
    private_key: PrivateKey,
    key_id: str,
    now: datetime,
    components: Sequence[str] = ("@method", "@target-uri"),
) -> dict[str, str]:
    """Return the headers that make a request a signed one."""
    headers: dict[str, str] = {}
    if request.body is not None:
        headers["Content-Digest"] = digest(request.body)
        components = (*components, "content-digest")
    is_rsa = isinstance(private_key, rsa.RSAPrivateKey)
    described = fields.InnerList(
        tuple((name, ()) for name in components),
        (
            ("created", int(now.timestamp())),
            ("keyid", key_id),
            ("alg", "rsa-v1_5-sha256" if is_rsa else "ed25519"),
        ),
    )
    named = Request(
        request.method, request.origin, request.target, CIMultiDict(headers), request.body
    )
    text = signing_text(described, named)
    if isinstance(private_key, rsa.RSAPrivateKey):
        signed = private_key.sign(text, *_rsa()["rsa-v1_5-sha256"])
    else:
        signed = private_key.sign(text)
    headers["Signature-Input"] = f"sig1={described}"
    headers["Signature"] = f"sig1=:{base64.b64encode(signed).decode()}:"
    return headers


def digest(body: bytes) -> str:
    """Return the Content-Digest header of a body."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def signing_text(described: fields.InnerList, request: Request) -> bytes:
    """Return what is signed: RFC 9421, 2.5."""
    lines = []
    for name, parameters in described.items:
        if parameters:
            raise UnauthenticatedError(f"The component {name[:40]} has parameters.")
        lines.append(f'"{name}": {_component(name, request)}')
    lines.append(f'"@signature-params": {described}')
    try:
        return "\n".join(lines).encode("ascii")
    except UnicodeEncodeError as error:
        raise UnauthenticatedError("A signed component is not ASCII.") from error


@cache
def _rsa() -> "dict[str, tuple[padding.AsymmetricPadding, hashes.HashAlgorithm]]":
    pss = padding.PSS(padding.MGF1(hashes.SHA512()), 64)
    ways = (padding.PKCS1v15(), hashes.SHA256()), (pss, hashes.SHA512())
    return dict(zip(_RSA, ways, strict=True))


def _component(name: str, request: Request) -> str:
    path, _, query = request.target.partition("?")
    scheme, _, authority = request.origin.partition("://")
    match name:
        case "@method":
            return request.method.upper()
        case "@target-uri":
            return request.origin + request.target
        case "@authority":
            return authority
        case "@scheme":
            return scheme
        case "@request-target":
            return request.target
        case "@path":
            return path
        case "@query":
            return f"?{query}"
    found = request.headers.getall(name, []) if name == name.lower() else []
    if name.startswith("@") or not found:
        raise UnauthenticatedError(f"A signed component is missing: {name[:40]}.")
    if name == "host":
        return authority
    return ", ".join(item.strip() for item in found)


def _signature(item: fields.InnerList, value: bytes) -> Signature:
    key_id, algorithm = item.get("keyid"), item.get("alg")
    if not isinstance(key_id, str):
        raise MalformedError("The signature has no keyid.")
    return Signature(
        key_id,
        algorithm if isinstance(algorithm, str) else None,
        tuple(name for name, _ in item.items),
        _seconds("created", item.get("created")),
        _seconds("expires", item.get("expires")),
        item,
        value,
    )


def _seconds(name: str, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LATEST:
        raise MalformedError(f"The signature's {name} is not a number of seconds.")
    return value


def _check_digest(headers: Headers, body: bytes) -> None:
    values = headers.getall("Content-Digest", [])
    if len(values) != 1:
        raise UnauthenticatedError("There must be one Content-Digest header.")
    found = {
        name: value for name, value in fields.parse_bytes(values[0]).items() if name in _DIGESTS
    }
    if not found:
        raise UnauthenticatedError("The Content-Digest holds neither sha-256 nor sha-512.")
    for name, value in found.items():
        if not hmac.compare_digest(value, _DIGESTS[name](body).digest()):
            raise UnauthenticatedError("The body is not the one that was signed.")


def _check_time(signature: Signature, now: datetime) -> None:
    if signature.created is None:
        raise UnauthenticatedError("The signature does not say when it was created.")
    made = datetime.fromtimestamp(signature.created, UTC)
    away = abs(now - made)
    if away > CLOCK_WINDOW:
        raise UnauthenticatedError(
            f"The signature is {int(away.total_seconds() // 60)} minutes away from our clock."
        )
    if signature.expires is not None:
        ends = datetime.fromtimestamp(signature.expires, UTC)
        if not made <= ends <= made + MAX_LIFE or ends < now:
            raise UnauthenticatedError("The signature has expired, or lasts too long.")
