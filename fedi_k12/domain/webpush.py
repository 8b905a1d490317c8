"""What is said to an app's push service: encrypted so that only the app can read it.

RFC 8291 (aes128gcm) and, for apps that know no better, its draft of 2017
(draft-ietf-webpush-encryption-04 with draft-ietf-httpbis-encryption-encoding-03, aesgcm); who
sends proves who they are by VAPID, RFC 8292 and draft-ietf-webpush-vapid-01.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta
from functools import cached_property

from msgspec import Struct

from fedi_k12.domain.ciphers import aead, ec, exceptions, hashes, serialization, utils
from fedi_k12.domain.errors import InvalidError

MAX_MESSAGE = 3993
"""Bytes: a push service takes 4,096 (RFC 8030, 7.2), of which aes128gcm takes 103."""
TOKEN_LIFE = timedelta(hours=12)
"""RFC 8292, 2: at most 24 hours."""
_POINT_BYTES, _AUTH_BYTES, _SALT_BYTES = 65, 16, 16
_RECORD_SIZE = 4096
_DELIMITER = b"\x02"
"""RFC 8188, 2: ends the last record."""


class Receiver(Struct, frozen=True):
    """An app's keys: where it can be written to is public, `auth` is its and ours alone."""

    point: bytes
    auth: bytes


class Sealed(Struct, frozen=True):
    """An encrypted message with the headers that say how."""

    body: bytes
    headers: dict[str, str]


class ServerKey:
    """The key by which push services know this server (VAPID)."""

    def __init__(self, secret: int) -> None:
        self._secret = secret

    @cached_property
    def public(self) -> str:
        """As apps hand it to their push service: base64url without padding."""
        return encoded(_point(self._private.public_key()))

    @cached_property
    def _private(self) -> "ec.EllipticCurvePrivateKey":
        return ec.derive_private_key(self._secret, ec.SECP256R1())

    @cached_property
    def _box(self) -> "aead.AESGCM":
        secret = self._secret.to_bytes(32, "big")
        return aead.AESGCM(_hkdf(b"", secret, b"fedi-k12 push tokens", length=32))

    def hide(self, secret: bytes, *, salt: bytes) -> bytes:
        """Return a secret so that it can lie in the store; `salt` is 12 random bytes."""
        return salt + self._box.encrypt(salt, secret, None)

    def reveal(self, hidden: bytes) -> bytes:
        """Return what was hidden; raise `ValueError` where another key hid it."""
        try:
            return self._box.decrypt(hidden[:12], hidden[12:], None)
        except exceptions.InvalidTag as error:
            raise ValueError("That was hidden by another key.") from error

    def token(self, *, audience: str, subject: str, now: datetime) -> str:
        """Return a JWT for one push service (its origin), RFC 8292, 2."""
        head = encoded(b'{"typ":"JWT","alg":"ES256"}')
        claims = {
            "aud": audience,
            "exp": int((now + TOKEN_LIFE).timestamp()),
            "sub": subject,
        }
        said = f"{head}.{encoded(json.dumps(claims, separators=(',', ':')).encode())}"
        r, s = utils.decode_dss_signature(
            self._private.sign(said.encode(), ec.ECDSA(hashes.SHA256()))
        )
        return f"{said}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def new_secret() -> int:
    """Return a new secret for a `ServerKey`."""
    return ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value


def receiver(*, p256dh: str, auth: str) -> Receiver:
    """Return an app's keys as it spells them (base64, either alphabet); refuse what is none."""
    try:
        point, secret = decoded(p256dh), decoded(auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (ValueError, binascii.Error, exceptions.UnsupportedAlgorithm) as error:
        raise InvalidError("Validation failed: Key p256dh is invalid") from error
    if len(point) != _POINT_BYTES:
        raise InvalidError("Validation failed: Key p256dh is invalid")
    if len(secret) != _AUTH_BYTES:
        raise InvalidError("Validation failed: Key auth is invalid")
    return Receiver(point, secret)


def seal(
    message: bytes,
    to: Receiver,
    *,
    key: "ec.EllipticCurvePrivateKey | None" = None,
    salt: bytes | None = None,
) -> Sealed:
    """Return the message encrypted as RFC 8291 says; key and salt are new unless given."""
    key, salt = (
        key or ec.generate_private_key(ec.SECP256R1()),
        salt or secrets.token_bytes(_SALT_BYTES),
    )
    own = _point(key.public_key())
    shared = _hkdf(to.auth, _agreed(key, to), b"WebPush: info\x00" + to.point + own, length=32)
    cipher = aead.AESGCM(_hkdf(salt, shared, b"Content-Encoding: aes128gcm\x00", length=16))
    nonce = _hkdf(salt, shared, b"Content-Encoding: nonce\x00", length=12)
    head = salt + _RECORD_SIZE.to_bytes(4, "big") + len(own).to_bytes(1, "big") + own
    body = head + cipher.encrypt(nonce, message + _DELIMITER, None)
    return Sealed(body, {"Content-Encoding": "aes128gcm"})


def seal_as_draft(
    message: bytes,
    to: Receiver,
    *,
    key: "ec.EllipticCurvePrivateKey | None" = None,
    salt: bytes | None = None,
) -> Sealed:
    """Return the message encrypted as the draft of 2017 says."""
    key, salt = (
        key or ec.generate_private_key(ec.SECP256R1()),
        salt or secrets.token_bytes(_SALT_BYTES),
    )
    own = _point(key.public_key())
    shared = _hkdf(to.auth, _agreed(key, to), b"Content-Encoding: auth\x00", length=32)
    both = b"P-256\x00" + b"".join(len(p).to_bytes(2, "big") + p for p in (to.point, own))
    cipher = aead.AESGCM(_hkdf(salt, shared, b"Content-Encoding: aesgcm\x00" + both, length=16))
    nonce = _hkdf(salt, shared, b"Content-Encoding: nonce\x00" + both, length=12)
    no_padding = b"\x00\x00"
    return Sealed(
        cipher.encrypt(nonce, no_padding + message, None),
        {
            "Content-Encoding": "aesgcm",
            "Encryption": f"salt={encoded(salt)}",
            "Crypto-Key": f"dh={encoded(own)}",
        },
    )


def encoded(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Return what base64 of either alphabet spells, with or without padding."""
    plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)


def _agreed(key: "ec.EllipticCurvePrivateKey", to: Receiver) -> bytes:
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to.point)
    return key.exchange(ec.ECDH(), point)


def _hkdf(salt: bytes, secret: bytes, info: bytes, *, length: int) -> bytes:
    """RFC 5869 with SHA-256, of which one block is enough here."""
    extracted = hmac.digest(salt, secret, hashlib.sha256)
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)[:length]


def _point(key: "ec.EllipticCurvePublicKey") -> bytes:
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
