"""Key pairs for new accounts. Making them takes long: do it in a thread."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from msgspec import Struct

RSA_BITS = 2048
"""What every server of the fediverse can verify."""


class KeyPair(Struct, frozen=True):
    """A private key (PKCS 8) and its public one (SubjectPublicKeyInfo), as PEM."""

    private_pem: str
    public_pem: str


class AccountKeys(Struct, frozen=True):
    """What an account signs with: RSA for requests, Ed25519 for proofs."""

    rsa: KeyPair
    ed25519: KeyPair


def generate_keys() -> AccountKeys:
    """Return fresh keys for one account."""
    rsa = generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return AccountKeys(_pair(rsa), _pair(Ed25519PrivateKey.generate()))


def _pair(key: RSAPrivateKey | Ed25519PrivateKey) -> KeyPair:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(private.decode(), public.decode())
