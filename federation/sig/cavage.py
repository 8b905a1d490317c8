"""HTTP signatures as the fediverse sends them: draft-cavage-http-signatures-12.

What is demanded of an incoming signature follows what Mastodon demands (its
`signed_request`), so that whoever can talk to Mastodon can talk to us.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache, lru_cache

from msgspec import Struct

from federation.sig.keys import PrivateKey, PublicKey
from federation.sig.request import Headers
from fedi_k12.domain.ciphers import exceptions, hashes, padding, rsa
from fedi_k12.domain.errors import MalformedError, UnauthenticatedError

CLOCK_WINDOW = timedelta(hours=1)
"""How far another server's clock may be from ours."""
MAX_LIFE = timedelta(hours=12)
MAX_HEADER = 8192

_PARAMETER = re.compile(
    r'\s*(?P<name>[A-Za-z]+)=(?:"(?P<text>[^"]*)"|(?P<number>\d+))\s*(?:,|$)'
)
_RSA_ALGORITHMS = {None, "rsa-sha256", "hs2019"}
_ED25519_ALGORITHMS = {None, "ed25519", "hs2019"}


class Signature(Struct, frozen=True):
    """A parsed Signature header; nothing in it has been verified."""

    key_id: str
    algorithm: str | None
    headers: tuple[str, ...]
    signature: bytes
    created: int | None
    expires: int | None


def parse_signature(headers: Headers) -> Signature:
    """Return the request's signature.

    Raises `UnauthenticatedError` where there is none, `MalformedError` where it cannot be
    read or says something twice (FED-23).
    """
    found = headers.getall("Signature", [])
    if not found:
        raise UnauthenticatedError("The request is not signed.")
    if len(found) > 1 or len(found[0]) > MAX_HEADER:
        raise MalformedError("There is more than one Signature header, or an endless one.")
    # What stands before the signature is the same from one letter of a key to the next.
    stated, mark, last = found[0].rpartition('signature="')
    written: str | None
    if mark and stated.endswith(",") and last.endswith('"') and last.count('"') == 1:
        values = _stated(stated)
        if values.signature is not None:
            raise MalformedError("The Signature header says signature twice.")
        written = last[:-1]
    else:
        values = _stated(found[0])
        written = values.signature
    if values.key_id is None or written is None:
        missing = "keyid" if values.key_id is None else "signature"
        raise MalformedError(f"The Signature header has no {missing}.")
    try:
        signature = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError("The Signature header cannot be read.") from error
    return Signature(
        values.key_id, values.algorithm, values.headers, signature, values.created,
        values.expires,
    )  # fmt: skip


class _Stated(Struct, frozen=True):
    """What a Signature header says, of which anything may be missing."""

    key_id: str | None
    algorithm: str | None
    headers: tuple[str, ...]
    signature: str | None
    created: int | None
    expires: int | None


@lru_cache(maxsize=1024)
def _stated(text: str) -> _Stated:
    values = _parameters(text)
    try:
        return _Stated(
            key_id=values.get("keyid"),
            algorithm=values["algorithm"].lower() if "algorithm" in values else None,
            headers=tuple(values.get("headers", "date").lower().split()),
            signature=values.get("signature"),
            created=_integer(values.get("created")),
            expires=_integer(values.get("expires")),
        )
    except ValueError as error:
        raise MalformedError("The Signature header cannot be read.") from error


def check(
    signature: Signature, *, method: str, headers: Headers, body: bytes | None, now: datetime
) -> None:
    """Raise `UnauthenticatedError` unless the signature covers enough, and lately.

    To be called before any key is fetched: what cannot be right is refused at once.
    """
    _check_coverage(signature.headers, signature.algorithm, with_body=body is not None)
    if body is not None:
        _check_digest(headers, body)
    _check_time(signature, headers, now)
    del method


@lru_cache(maxsize=256)
def _check_coverage(headers: Sequence[str], algorithm: str | None, *, with_body: bool) -> None:
    covered = set(headers)
    if len(covered) != len(headers):
        raise UnauthenticatedError("The signature covers a header twice.")
    pseudo = {"(created)", "(expires)"} & covered
    if pseudo and algorithm != "hs2019":
        raise UnauthenticatedError("(created) and (expires) go with hs2019 only.")
    if "(request-target)" not in covered or "host" not in covered:
        raise UnauthenticatedError("The signature does not cover (request-target) and host.")
    if not covered & {"date", "(created)"}:
        raise UnauthenticatedError("The signature covers neither date nor (created).")
    if with_body and "digest" not in covered:
        raise UnauthenticatedError("The signature does not cover digest.")


def verify(
    signature: Signature, *, key: PublicKey, method: str, target: str, headers: Headers
) -> None:
    """Raise `UnauthenticatedError` unless `key` made the signature of this very request.

    `target` is path and query as they came; tried without the query too, because some
    servers sign so.
    """
    known = _RSA_ALGORITHMS if isinstance(key, rsa.RSAPublicKey) else _ED25519_ALGORITHMS
    if signature.algorithm not in known:
        raise UnauthenticatedError("The algorithm does not go with the key.")
    for path in dict.fromkeys((target, target.partition("?")[0])):
        text = _signing_text(signature, method, path, headers)
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(signature.signature, text, *_rsa_sha256())
            else:
                key.verify(signature.signature, text)
        except exceptions.InvalidSignature:
            continue
        return
    raise UnauthenticatedError("The signature does not match.")


def sign(
    *,
    private_key: PrivateKey,
    key_id: str,
    method: str,
    host: str,
    target: str,
    body: bytes | None,
    now: datetime,
) -> dict[str, str]:
    """Return the headers that make a request a signed one: Host, Date, Digest, Signature."""
    headers = {"Host": host, "Date": format_datetime(now.astimezone(UTC), usegmt=True)}
    names: Sequence[str] = ("(request-target)", "host", "date")
    if body is not None:
        headers["Digest"] = digest(body)
        names = (*names, "digest")
    lines = [f"(request-target): {method.lower()} {target}"]
    lines += [f"{name}: {headers[name.title()]}" for name in names[1:]]
    signed = _sign("\n".join(lines).encode(), private_key)
    algorithm = "rsa-sha256" if isinstance(private_key, rsa.RSAPrivateKey) else "hs2019"
    # No blank after the commas: some servers split at them.
    headers["Signature"] = (
        f'keyId="{key_id}",algorithm="{algorithm}",headers="{" ".join(names)}",'
        f'signature="{base64.b64encode(signed).decode()}"'
    )
    return headers


def date_of(headers: Headers) -> datetime:
    """Return the Date of a request, or raise `UnauthenticatedError` for none."""
    try:
        return _moment(headers.get("Date", "")[:MAX_HEADER])
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise UnauthenticatedError("The Date cannot be read.") from error


@lru_cache(maxsize=64)
def _moment(text: str) -> datetime:
    # It is asked for twice for each request, and many come within a second.
    made = parsedate_to_datetime(text)
    return made if made.tzinfo is not None else made.replace(tzinfo=UTC)


def digest(body: bytes) -> str:
    """Return the Digest header of a body."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def _sign(text: bytes, key: PrivateKey) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(text, *_rsa_sha256())
    return key.sign(text)


@cache
def _rsa_sha256() -> "tuple[padding.PKCS1v15, hashes.SHA256]":
    return padding.PKCS1v15(), hashes.SHA256()


def _parameters(header: str) -> dict[str, str]:
    values: dict[str, str] = {}
    at = 0
    while at < len(header):
        match = _PARAMETER.match(header, at)
        if match is None:
            raise MalformedError("The Signature header cannot be read.")
        name = match["name"].lower()
        if name in values:
            raise MalformedError(f"The Signature header says {name} twice.")
        values[name] = match["text"] if match["text"] is not None else match["number"]
        at = match.end()
    return values


def _integer(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 12):  # noqa: PLR2004 - seconds until year 33658
        raise ValueError("not a whole number of seconds")
    return int(text)


def _check_digest(headers: Headers, body: bytes) -> None:
    values = headers.getall("Digest", [])
    if len(values) != 1:
        raise UnauthenticatedError("There must be one Digest header.")
    found = set()
    for part in values[0].split(","):
        algorithm, _, value = part.strip().partition("=")
        if algorithm.lower() == "sha-256":
            found.add(value)
    if len(found) != 1:
        raise UnauthenticatedError("The Digest header must hold one SHA-256.")
    expected = digest(body).partition("=")[2]
    if not hmac.compare_digest(found.pop().encode(), expected.encode()):
        raise UnauthenticatedError("The body is not the one that was signed.")


def _check_time(signature: Signature, headers: Headers, now: datetime) -> None:
    if "(created)" in signature.headers:
        if signature.created is None:
            raise UnauthenticatedError("The signature does not say when it was created.")
        made = datetime.fromtimestamp(signature.created, UTC)
        if signature.expires is not None:
            ends = datetime.fromtimestamp(signature.expires, UTC)
            if not made <= ends <= made + MAX_LIFE or ends < now - CLOCK_WINDOW:
                raise UnauthenticatedError("The signature has expired, or lasts too long.")
    else:
        made = date_of(headers)
    try:
        away = abs(now - made)
    except OverflowError as error:
        raise UnauthenticatedError("The Date cannot be.") from error
    if away > CLOCK_WINDOW:
        raise UnauthenticatedError(
            f"The signature is {int(away.total_seconds() // 60)} minutes away from our clock."
        )


def _signing_text(signature: Signature, method: str, target: str, headers: Headers) -> bytes:
    lines = []
    for name in signature.headers:
        if name == "(request-target)":
            value: str | None = f"{method.lower()} {target}"
        elif name.startswith("("):
            number = {"(created)": signature.created, "(expires)": signature.expires}.get(name)
            value = str(number) if number is not None else None
        else:
            found = headers.getall(name, [])
            value = ", ".join([item.strip() for item in found]) if found else None
        if value is None:
            raise UnauthenticatedError(f"A signed header is missing: {name[:40]}.")
        lines.append(f"{name}: {value}")
    return "\n".join(lines).encode()
