"""draft-cavage-http-signatures-12: what we send is what others check, and the other way.

Row 1.3 "draft-cavage-12 out, POST".
Row 1.3 "cavage in".
"""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from federation.sig import cavage, keys
from fedi_k12.domain.errors import DomainError, UnauthenticatedError

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY_ID = "https://far.example/users/ria#main-key"

# The example of the draft, appendix C: its key, its request and its signatures.
DRAFT_KEY = load_pem_public_key(
    b"""-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3
6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6
Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw
oYi+1hqp1fIekaxsyQIDAQAB
-----END PUBLIC KEY-----"""
)
DRAFT_HEADERS = {
    "Host": "example.com",
    "Date": "Sun, 05 Jan 2014 21:31:40 GMT",
    "Content-Type": "application/json",
    "Digest": "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
    "Content-Length": "18",
}
DRAFT_BASIC = (
    'keyId="Test",algorithm="rsa-sha256",headers="(request-target) host date",'
    'signature="qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn'
    "7ndmw2iicw3HMbe8VfEdKFYRqzic+efkb3nndiv/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04s"
    'wr2Os0="'
)


@pytest.fixture(params=["rsa", "ed25519"])
def pair(request, account_keys):
    made = getattr(account_keys, request.param)
    return keys.load_private(made.private_pem), keys.load_public(made.public_pem)


def signed(private, *, method="POST", target="/inbox", body=b'{"a":1}', now=NOW):
    return CIMultiDict(
        cavage.sign(
            private_key=private,
            key_id=KEY_ID,
            method=method,
            host="home.example",
            target=target,
            body=body,
            now=now,
        )
    )


def accept(headers, public, *, method="POST", target="/inbox", body=b'{"a":1}', now=NOW):
    signature = cavage.parse_signature(headers)
    cavage.check(signature, method=method, headers=headers, body=body, now=now)
    cavage.verify(signature, key=public, method=method, target=target, headers=headers)
    return signature


def test_the_example_of_the_draft_is_right():
    headers = CIMultiDict(DRAFT_HEADERS, Signature=DRAFT_BASIC)
    signature = cavage.parse_signature(headers)

    cavage.verify(
        signature,
        key=DRAFT_KEY,
        method="POST",
        target="/foo?param=value&pet=dog",
        headers=headers,
    )
    with pytest.raises(UnauthenticatedError):
        cavage.verify(
            signature, key=DRAFT_KEY, method="POST", target="/foo?param=value", headers=headers
        )


def test_the_digest_is_that_of_the_draft():
    assert cavage.digest(b'{"hello": "world"}') == DRAFT_HEADERS["Digest"]


def test_what_we_sign_is_accepted(pair):
    private, public = pair

    signature = accept(signed(private), public)

    assert signature.key_id == KEY_ID
    assert signature.headers == ("(request-target)", "host", "date", "digest")


def test_a_get_is_signed_without_a_digest(pair):
    private, public = pair
    headers = signed(private, method="GET", target="/users/a?page=1", body=None)

    accept(headers, public, method="GET", target="/users/a?page=1", body=None)

    assert "Digest" not in headers
    assert 'headers="(request-target) host date"' in headers["Signature"]


def test_the_signature_says_its_algorithm_and_has_no_blank_after_commas(account_keys):
    rsa = signed(keys.load_private(account_keys.rsa.private_pem))["Signature"]
    ed25519 = signed(keys.load_private(account_keys.ed25519.private_pem))["Signature"]

    assert 'algorithm="rsa-sha256"' in rsa
    assert 'algorithm="hs2019"' in ed25519
    assert ", " not in rsa


def test_a_signature_without_the_query_is_taken_too(pair):
    """GoToSocial and others sign the path alone."""
    private, public = pair
    headers = signed(private, method="GET", target="/outbox", body=None)

    accept(headers, public, method="GET", target="/outbox?page=true", body=None)


def with_created(private, *, created, expires=None, covered=None, body=b"x", **parameters):
    """Sign as servers do that use hs2019 with (created)."""
    names = covered or ("(request-target)", "(created)", "host", "digest")
    headers = CIMultiDict({"Host": "home.example", "Digest": cavage.digest(body)})
    values = {
        "(request-target)": "post /inbox",
        "(created)": created,
        "(expires)": expires,
        "host": "home.example",
        "digest": headers["Digest"],
    }
    text = "\n".join(f"{name}: {values[name]}" for name in names).encode()
    made = base64.b64encode(cavage._sign(text, private)).decode()
    parts = {"algorithm": '"hs2019"', "created": created, **parameters}
    if expires is not None:
        parts["expires"] = expires
    shown = ",".join(f"{name}={value}" for name, value in parts.items() if value is not None)
    headers["Signature"] = (
        f'keyId="{KEY_ID}",{shown},headers="{" ".join(names)}",signature="{made}"'
    )
    return headers


def test_a_signature_with_created_is_taken(pair):
    private, public = pair
    stamp = int(NOW.timestamp())

    accept(with_created(private, created=stamp), public, body=b"x")
    accept(
        with_created(
            private,
            created=stamp,
            expires=stamp + 300,
            covered=("(request-target)", "(created)", "(expires)", "host", "digest"),
        ),
        public,
        body=b"x",
    )


@pytest.mark.parametrize("minutes", [-59, 0, 59])
def test_a_clock_may_be_an_hour_off(pair, minutes):
    private, public = pair

    accept(signed(private, now=NOW + timedelta(minutes=minutes)), public)


@pytest.mark.parametrize("name", ["date", "DATE", "Date"])
def test_header_names_have_no_case(pair, name):
    private, public = pair
    headers = signed(private)
    value = headers.pop("Date")
    headers[name] = value

    accept(headers, public)


@given(st.text(max_size=300))
def test_any_header_is_a_signature_or_refused(text):
    headers = CIMultiDict({"Signature": text, "Host": "home.example"})

    with pytest.raises(DomainError):
        accept(headers, DRAFT_KEY)


@given(
    st.dictionaries(
        st.sampled_from(
            ["keyId", "headers", "signature", "algorithm", "created", "expires", "x"]
        ),
        st.text("abc/+=() 0123456789.-", max_size=30),
    )
)
def test_any_parameters_are_a_signature_or_refused(parameters):
    text = ",".join(f'{name}="{value}"' for name, value in parameters.items())

    with pytest.raises(DomainError):
        accept(CIMultiDict({"Signature": text, "Host": "home.example"}), DRAFT_KEY)
