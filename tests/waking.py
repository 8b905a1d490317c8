"""An app that is woken: its keys, and how it reads what a push service hands it."""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fedi_k12.domain.webpush import decoded


class Phone:
    """An app with its keys, and what its push service was handed for it."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"
        self.got: list[tuple[Mapping[str, str], bytes]] = []

    @property
    def point(self) -> bytes:
        """The app's public key, as it is given away."""
        numbers = self.key.public_key().public_numbers()
        return b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")

    def _agreed(self, point: bytes) -> bytes:
        other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        return self.key.exchange(ec.ECDH(), other)

    def read(self, headers: Mapping[str, str], body: bytes) -> Any:
        """Decrypt a message the way the RFC (or its draft) tells the receiver to."""
        if headers["Content-Encoding"] == "aes128gcm":
            salt, point = body[:16], body[21:86]
            assert (body[16:20], body[20]) == (b"\x00\x00\x10\x00", 65)
            info = b"WebPush: info\x00" + self.point + point
            secret = derived(self.auth, self._agreed(point), info, 32)
            key = derived(salt, secret, b"Content-Encoding: aes128gcm\x00", 16)
            nonce = derived(salt, secret, b"Content-Encoding: nonce\x00", 12)
            plain = AESGCM(key).decrypt(nonce, body[86:], None)
            assert plain.endswith(b"\x02")
            return json.loads(plain[:-1])
        assert headers["Content-Encoding"] == "aesgcm"
        salt = decoded(headers["Encryption"].removeprefix("salt="))
        point = decoded(headers["Crypto-Key"].partition(";")[0].removeprefix("dh="))
        both = b"P-256\x00\x00\x41" + self.point + b"\x00\x41" + point
        secret = derived(self.auth, self._agreed(point), b"Content-Encoding: auth\x00", 32)
        key = derived(salt, secret, b"Content-Encoding: aesgcm\x00" + both, 16)
        nonce = derived(salt, secret, b"Content-Encoding: nonce\x00" + both, 12)
        plain = AESGCM(key).decrypt(nonce, body, None)
        assert plain[:2] == b"\x00\x00"
        return json.loads(plain[2:])

    @property
    def messages(self) -> list[Any]:
        """What was said to the app."""
        return [self.read(*one) for one in self.got]


def derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    """Return a key made of a secret (RFC 5869)."""
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
