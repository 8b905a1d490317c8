"""Keys: which are taken, and how they are written."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)
from hypothesis import given
from hypothesis import strategies as st

from federation.sig import keys
from fedi_k12.domain.errors import UnauthenticatedError

ZEROS = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
"""The key pair of the did:key specification's first test vector."""
ZEROS_MULTIKEY = "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"


def pem(public):
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem(private):
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_an_ed25519_key_is_written_as_multikey():
    """FEP-521a."""
    assert keys.to_multibase(pem(ZEROS.public_key())) == ZEROS_MULTIKEY
    assert keys.from_multibase(ZEROS_MULTIKEY) == pem(ZEROS.public_key())


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
        (bytes.fromhex("0000287fb4cd"), "11233QC4"),
        (b"", ""),
        (b"\0\0", "11"),
    ],
)
def test_base58_as_its_draft_shows_it(data, text):
    """draft-msporny-base58."""
    assert keys.base58_encode(data) == text
    assert keys.base58_decode(text) == data


@given(st.binary(max_size=80))
def test_bytes_survive_base58(data):
    assert keys.base58_decode(keys.base58_encode(data)) == data


@pytest.mark.parametrize("text", ["", "z", "z0OIl", "m" + "A" * 48, "z6Mk", "z" + "1" * 300])
def test_what_is_no_multikey_is_refused(text):
    with pytest.raises(UnauthenticatedError):
        keys.from_multibase(text)


def test_an_rsa_key_is_written_as_multikey(account_keys):
    pem_ = account_keys.rsa.public_pem

    assert keys.to_multibase(pem_).startswith("z4MX")
    assert keys.from_multibase(keys.to_multibase(pem_)) == pem_


def test_a_weak_rsa_multikey_is_refused():
    """FED-28."""
    weak = rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505 - the weak one
    der = weak.public_bytes(Encoding.DER, PublicFormat.PKCS1)

    with pytest.raises(UnauthenticatedError, match="weak"):
        keys.from_multibase("z" + keys.base58_encode(b"\x85\x24" + der))


def test_each_key_says_its_kind(account_keys):
    assert keys.kind_of(account_keys.rsa.public_pem) == "rsa"
    assert keys.kind_of(account_keys.ed25519.public_pem) == "ed25519"
    assert keys.kind_of("\n" + account_keys.rsa.public_pem + "\n\n") == "rsa"


def test_a_key_is_loaded_once(account_keys):
    assert keys.load_private(account_keys.rsa.private_pem) is keys.load_private(
        account_keys.rsa.private_pem
    )


def test_our_own_keys_are_rsa_or_ed25519():
    with pytest.raises(UnauthenticatedError):
        keys.load_private(private_pem(x25519.X25519PrivateKey.generate()))


def _der(tag, body):
    size = len(body)
    length = (
        bytes([size])
        if size < 128
        else bytes([0x80 | ((size.bit_length() + 7) // 8)])
        + size.to_bytes((size.bit_length() + 7) // 8)
    )
    return bytes([tag]) + length + body


def rsa_pem(modulus, exponent):
    """Write an RSA key by hand: libraries do not make such ones."""

    def number(value):
        return _der(2, value.to_bytes(value.bit_length() // 8 + 1))

    inner = _der(0x30, number(modulus) + number(exponent))
    algorithm = _der(0x30, bytes.fromhex("06092a864886f70d010101") + b"\x05\x00")
    text = base64.encodebytes(_der(0x30, algorithm + _der(3, b"\0" + inner))).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}-----END PUBLIC KEY-----\n"


def bad_keys():
    good = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    modulus = good.public_numbers().n
    yield "nothing", ""
    yield "words", "not a key"
    yield "no key in it", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"
    yield "16 kB and more", pem(good) + " " * 20_000
    yield "RSA of 512 bits", rsa_pem((1 << 511) + 1, 65537)
    yield "RSA of 1024 bits", rsa_pem((1 << 1023) + 1, 65537)
    yield "RSA of 16384 bits", rsa_pem((1 << 16383) + 1, 65537)
    yield "RSA with e = 1", rsa_pem(modulus, 1)
    yield "RSA with an even e", rsa_pem(modulus, 65536)
    yield "ECDSA", pem(ec.generate_private_key(ec.SECP256R1()).public_key())
    yield "X25519", pem(x25519.X25519PrivateKey.generate().public_key())
    yield "Ed448", pem(ed448.Ed448PrivateKey.generate().public_key())
    yield "a private key", private_pem(ZEROS)
    for raw in sorted(keys._SMALL_ORDER):
        prefix = bytes.fromhex("302a300506032b6570032100")
        try:
            yield (
                f"Ed25519 of small order {raw.hex()[:8]}",
                pem(load_der_public_key(prefix + raw)),
            )
        except ValueError:
            continue


@pytest.mark.parametrize(
    "text", [pytest.param(text, id=f"FED-28 {name}") for name, text in bad_keys()]
)
def test_weak_and_foreign_keys_are_refused(text):
    with pytest.raises(UnauthenticatedError):
        keys.load_public(text)


@given(st.text(max_size=200))
def test_any_text_is_a_key_or_refused(text):
    with pytest.raises(UnauthenticatedError):
        keys.load_public(text)
