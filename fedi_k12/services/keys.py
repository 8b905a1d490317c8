"""Key pairs for new accounts. Making them takes long: do it in a thread."""

from msgspec import Struct

from fedi_k12.domain.ciphers import ed25519, rsa, serialization

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
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return AccountKeys(_pair(key), _pair(ed25519.Ed25519PrivateKey.generate()))


def _pair(key: "rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey") -> KeyPair:
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(private.decode(), public.decode())
