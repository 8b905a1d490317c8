"""Keys: loaded once, refused where too weak, and written as Multikey (FEP-521a)."""

from functools import lru_cache
from typing import TypeAlias

from fedi_k12.domain.ciphers import ed25519, exceptions, rsa, serialization
from fedi_k12.domain.errors import UnauthenticatedError

MIN_RSA_BITS, MAX_RSA_BITS = 2048, 8192
MAX_PEM = 16_384
MAX_MULTIKEY = 1500
PublicKey: TypeAlias = "rsa.RSAPublicKey | ed25519.Ed25519PublicKey"
PrivateKey: TypeAlias = "rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey"

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519_PREFIX, _RSA_PREFIX = b"\xed\x01", b"\x85\x24"
"""Multicodec: what a raw key is of."""
_SMALL_ORDER = frozenset(
    bytes.fromhex(text)
    for text in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    )
)
"""Ed25519 keys with which anybody can sign anything (FED-28)."""


@lru_cache(maxsize=4096)
def load_public(pem: str) -> PublicKey:
    """Return the public key, or raise `UnauthenticatedError` for one we do not take."""
    if len(pem) > MAX_PEM:
        raise UnauthenticatedError("The key is too long.")
    try:
        key = serialization.load_pem_public_key(pem.strip().encode())
    except (ValueError, exceptions.UnsupportedAlgorithm) as error:
        raise UnauthenticatedError("The key cannot be read.") from error
    if isinstance(key, ed25519.Ed25519PublicKey):
        if key.public_bytes_raw() in _SMALL_ORDER:
            raise UnauthenticatedError("The key is too weak.")
        return key
    if not isinstance(key, rsa.RSAPublicKey):
        raise UnauthenticatedError("The key is neither RSA nor Ed25519.")
    exponent = key.public_numbers().e
    if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS or exponent < 3 or exponent % 2 == 0:  # noqa: PLR2004 - smallest exponent
        raise UnauthenticatedError("The key is too weak or too large.")
    return key


@lru_cache(maxsize=1024)
def load_private(pem: str) -> PrivateKey:
    """Return one of our own private keys, loaded once: checking one anew takes 30 ms."""
    key = serialization.load_pem_private_key(
        pem.encode(), password=None, unsafe_skip_rsa_key_validation=True
    )
    if not isinstance(key, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        raise UnauthenticatedError("The key is neither RSA nor Ed25519.")
    return key


def kind_of(pem: str) -> str:
    """Return `rsa` or `ed25519`; raise `UnauthenticatedError` for a key we do not take."""
    return "rsa" if isinstance(load_public(pem), rsa.RSAPublicKey) else "ed25519"


def normal(pem: str) -> str:
    """Return the PEM of a public key in the one form that it is stored in."""
    return _pem(load_public(pem))


def to_multibase(pem: str) -> str:
    """Return a public key as Multikey writes it: `z6Mk…` for Ed25519, `z4MX…` for RSA."""
    key = load_public(pem)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "z" + base58_encode(_ED25519_PREFIX + key.public_bytes_raw())
    return "z" + base58_encode(
        _RSA_PREFIX
        + key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    )


def from_multibase(text: str) -> str:
    """Return the PEM of a key written as Multikey, or raise `UnauthenticatedError`."""
    raw = base58_decode(text[1:]) if text.startswith("z") and len(text) < MAX_MULTIKEY else b""
    try:
        if raw.startswith(_ED25519_PREFIX):
            return _pem(ed25519.Ed25519PublicKey.from_public_bytes(raw[2:]))
        if raw.startswith(_RSA_PREFIX):
            found = serialization.load_der_public_key(raw[2:])
            if isinstance(found, rsa.RSAPublicKey):
                return normal(_pem(found))
    except (ValueError, exceptions.UnsupportedAlgorithm) as error:
        raise UnauthenticatedError("The key cannot be read.") from error
    raise UnauthenticatedError("The key is not a Multikey of Ed25519 or RSA.")


def base58_encode(data: bytes) -> str:
    """Return bytes in the base58 alphabet of Bitcoin."""
    number = int.from_bytes(data)
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = _ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def base58_decode(text: str) -> bytes:
    """Return the bytes that a base58 text spells, or raise `UnauthenticatedError`."""
    number = 0
    for letter in text:
        digit = _ALPHABET.find(letter)
        if digit < 0:
            raise UnauthenticatedError("The key is not written in base58.")
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def _pem(key: PublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()
