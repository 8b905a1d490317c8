"""Messages to push services, held to the examples of their documents."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.webpush import (
    Receiver,
    ServerKey,
    decoded,
    encoded,
    new_secret,
    receiver,
    seal,
    seal_as_draft,
)


def private(text):
    return ec.derive_private_key(int.from_bytes(decoded(text), "big"), ec.SECP256R1())


def test_the_example_of_rfc_8291_comes_out_byte_for_byte():
    """RFC 8291, section 5 and appendix A."""
    to = receiver(
        p256dh="BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        auth="BTBZMqHH6r4Tts7J_aSIgg",
    )

    sealed = seal(
        b"When I grow up, I want to be a watermelon",
        to,
        key=private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        salt=decoded("DGv6ra1nlYgDCS1FRnbzlw"),
    )

    assert encoded(sealed.body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert sealed.headers == {"Content-Encoding": "aes128gcm"}


def test_the_example_of_the_draft_comes_out_byte_for_byte():
    """draft-ietf-webpush-encryption-04, section 5 and appendix A."""
    to = receiver(
        p256dh="BCEkBjzL8Z3C-oi2Q7oE5t2Np-p7osjGLg93qUP0wvqRT21EEWyf0cQDQcakQMqz4hQKYOQ3il2nNZct4HgAUQU",
        auth="R29vIGdvbyBnJyBqb29iIQ",
    )

    sealed = seal_as_draft(
        b"I am the walrus",
        to,
        key=private("nCScek-QpEjmOOlT-rQ38nZzvdPlqa00Zy0i6m2OJvY"),
        salt=decoded("lngarbyKfMoi9Z75xYXmkg"),
    )

    assert sealed.headers["Encryption"] == "salt=lngarbyKfMoi9Z75xYXmkg"
    assert encoded(sealed.body) == "6nqAQUME8hNqw5J3kl8cpVVJylXKYqZOeseZG8UueKpA"


def test_two_messages_never_share_a_key():
    to = Receiver(
        decoded(
            "BCEkBjzL8Z3C-oi2Q7oE5t2Np-p7osjGLg93qUP0wvqRT21EEWyf0cQDQcakQMqz4hQKYOQ3il2nNZct4HgAUQU"
        ),
        b"x" * 16,
    )

    assert seal(b"a", to).body[:86] != seal(b"a", to).body[:86]


def test_a_token_for_one_service_is_not_good_for_another():
    key = ServerKey(new_secret())
    now = datetime(2026, 1, 1, tzinfo=UTC)

    first = key.token(audience="https://a.example", subject="mailto:x@y.example", now=now)
    other = key.token(audience="https://b.example", subject="mailto:x@y.example", now=now)

    assert first.split(".")[1] != other.split(".")[1]


def test_what_a_key_hides_another_does_not_reveal():
    key, other = ServerKey(new_secret()), ServerKey(new_secret())

    hidden = key.hide(b"secret", salt=b"0" * 12)

    assert key.reveal(hidden) == b"secret"
    with pytest.raises(ValueError, match="another key"):
        other.reveal(hidden)


@pytest.mark.parametrize("text", ["", "=", "A", "Ümlaut", "AAAA", "\x00"])
def test_a_key_that_is_none_is_refused(text):
    with pytest.raises(InvalidError):
        receiver(p256dh=text, auth=encoded(b"x" * 16))
