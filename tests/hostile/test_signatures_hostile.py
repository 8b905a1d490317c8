"""FED-3, FED-23 to FED-28, FED-38: signatures that are missing, broken, replayed or forged.

Row 1.3 "cavage in".
Row 1.3 "Clock".
"""

import base64
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from multidict import CIMultiDict

from federation.sig import cavage, keys
from fedi_k12.domain.errors import DomainError, MalformedError, UnauthenticatedError
from fedi_k12.services.keys import generate_keys

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY_ID = "https://far.example/users/ria#main-key"
BODY = b'{"type":"Follow"}'
ALL = ("(request-target)", "host", "date", "digest")


@pytest.fixture
def private(account_keys):
    return keys.load_private(account_keys.rsa.private_pem)


@pytest.fixture
def public(account_keys):
    return keys.load_public(account_keys.rsa.public_pem)


def good(private, *, now=NOW, method="POST", target="/users/maya/inbox", body=BODY):
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


def accept(headers, public, *, method="POST", target="/users/maya/inbox", body=BODY):
    signature = cavage.parse_signature(headers)
    cavage.check(signature, method=method, headers=headers, body=body, now=NOW)
    cavage.verify(signature, key=public, method=method, target=target, headers=headers)


def made(private, covered, *, algorithm="rsa-sha256", headers=None, sign=None, **parameters):
    """Sign exactly these headers, however unwise."""
    sent = CIMultiDict(
        {
            "Host": "home.example",
            "Date": format_datetime(NOW, usegmt=True),
            "Digest": cavage.digest(BODY),
        }
    )
    sent.update(headers or {})
    values = {
        "(request-target)": "post /users/maya/inbox",
        "(created)": str(parameters.get("created")),
        "(expires)": str(parameters.get("expires")),
        **{name.lower(): value for name, value in sent.items()},
    }
    text = "\n".join(f"{name}: {values.get(name, '')}" for name in covered).encode()
    raw = sign(text) if sign else private.sign(text, PKCS1v15(), SHA256())
    extra = "".join(f",{name}={value}" for name, value in parameters.items())
    algorithm = f'algorithm="{algorithm}",' if algorithm else ""
    sent["Signature"] = (
        f'keyId="{KEY_ID}",{algorithm}headers="{" ".join(covered)}",'
        f'signature="{base64.b64encode(raw).decode()}"{extra}'
    )
    return sent


def test_the_same_set_up_is_accepted_when_nothing_is_wrong(private, public):
    accept(good(private), public)
    accept(made(private, ALL), public)


def test_a_request_without_a_signature_is_unauthenticated():
    """FED-23."""
    with pytest.raises(UnauthenticatedError, match="not signed"):
        cavage.parse_signature(CIMultiDict())


BROKEN = {
    "empty": "",
    "words": "Signature nothing",
    "no key id": 'headers="date",signature="eA=="',
    "no signature": 'keyId="a",headers="date"',
    "no base64": 'keyId="a",headers="date",signature="%%%"',
    "base64 with spaces": 'keyId="a",headers="date",signature="eA= ="',
    "a quotation mark left open": 'keyId="a,headers="date",signature="eA=="',
    "the key id twice": 'keyId="a",keyId="b",headers="date",signature="eA=="',
    "the key id twice in other letters": 'keyId="a",KEYID="b",headers="date",signature="eA=="',
    "the headers twice": 'keyId="a",headers="date",headers="host",signature="eA=="',
    "the signature twice": 'keyId="a",signature="eA==",signature="eQ=="',
    "a name without a value": 'keyId="a",headers,signature="eA=="',
    "created as a fraction": 'keyId="a",created=1.5,signature="eA=="',
    "created as words": 'keyId="a",created="soon",signature="eA=="',
    "created below zero": 'keyId="a",created=-5,signature="eA=="',
    "created without end": f'keyId="a",created={"9" * 40},signature="eA=="',
    "expires as words": 'keyId="a",expires="later",signature="eA=="',
    "8 kB and more": f'keyId="{"a" * 9000}",signature="eA=="',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=[f"FED-23 {name}" for name in BROKEN])
def test_a_broken_signature_is_refused_before_any_key_is_fetched(text):
    with pytest.raises(MalformedError):
        cavage.parse_signature(CIMultiDict({"Signature": text}))


def test_two_signature_headers_are_refused(private):
    """FED-23."""
    headers = good(private)
    headers.add("Signature", headers["Signature"])

    with pytest.raises(MalformedError, match="more than one"):
        cavage.parse_signature(headers)


COVERED = {
    "nothing": (),
    "only the date": ("date",),
    "no request target": ("host", "date", "digest"),
    "no host": ("(request-target)", "date", "digest"),
    "no date": ("(request-target)", "host", "digest"),
    "no digest": ("(request-target)", "host", "date"),
    "the date twice": ("(request-target)", "host", "date", "date", "digest"),
}


@pytest.mark.parametrize(
    "covered", COVERED.values(), ids=[f"FED-24 {name}" for name in COVERED]
)
def test_a_signature_that_covers_too_little_is_refused(private, public, covered):
    with pytest.raises(UnauthenticatedError):
        accept(made(private, covered), public)


def test_a_get_without_the_host_is_refused(private, public):
    """FED-24."""
    headers = made(private, ("(request-target)", "date"))

    with pytest.raises(UnauthenticatedError, match="host"):
        accept(headers, public, method="GET", body=None)


def test_a_signature_that_names_no_headers_covers_the_date_alone(private, public):
    """FED-24: without `headers` the draft's default counts."""
    headers = good(private)
    headers["Signature"] = f'keyId="{KEY_ID}",signature="eA=="'

    with pytest.raises(UnauthenticatedError):
        accept(headers, public)


DIGESTS = {
    "of another body": cavage.digest(b"{}"),
    "of nothing": cavage.digest(b""),
    "of another kind": "SHA-512=" + "A" * 88,
    "empty": "",
    "without a value": "SHA-256=",
    "two that differ": f"{cavage.digest(BODY)},{cavage.digest(b'{}')}",
    "MD5": "MD5=" + "A" * 24,
    "letters beyond ASCII": "SHA-256=\u00e9",
}


@pytest.mark.parametrize("value", DIGESTS.values(), ids=[f"FED-25 {name}" for name in DIGESTS])
def test_a_digest_that_is_not_the_bodys_is_refused(private, public, value):
    headers = made(private, ALL, headers={"Digest": value})

    with pytest.raises(UnauthenticatedError):
        accept(headers, public)


def test_a_changed_body_is_refused(private, public):
    """FED-25."""
    with pytest.raises(UnauthenticatedError, match="body"):
        accept(good(private), public, body=BODY + b" ")


def test_two_digest_headers_are_refused(private, public):
    """FED-25."""
    headers = good(private)
    headers.add("Digest", cavage.digest(b"{}"))

    with pytest.raises(UnauthenticatedError, match="one Digest"):
        accept(headers, public)


def test_a_digest_beside_others_is_taken(private, public):
    value = f"sha-512=AAAA, {cavage.digest(BODY)}"

    accept(made(private, ALL, headers={"Digest": value}), public)


@pytest.mark.parametrize(
    ("method", "target", "host"),
    [
        pytest.param("POST", "/inbox", None, id="FED-26 to the shared inbox"),
        pytest.param("POST", "/users/tom/inbox", None, id="FED-26 to another inbox"),
        pytest.param("PUT", "/users/maya/inbox", None, id="FED-26 by another method"),
        pytest.param("POST", "/users/maya/inbox?x=1", "other.example", id="FED-26 to a host"),
        pytest.param("POST", "/users/maya/inbox", "other.example", id="FED-26 to another"),
    ],
)
def test_a_replay_elsewhere_is_refused(private, public, method, target, host):
    headers = good(private)
    if host:
        headers["Host"] = host

    with pytest.raises(UnauthenticatedError, match="does not match"):
        accept(headers, public, method=method, target=target)


DATES = {
    "two hours old": format_datetime(NOW - timedelta(hours=2), usegmt=True),
    "two hours ahead": format_datetime(NOW + timedelta(hours=2), usegmt=True),
    "a minute too old": format_datetime(NOW - timedelta(minutes=61), usegmt=True),
    "no date": "yesterday",
    "empty": "",
    "the year 9999": "Fri, 31 Dec 9999 23:59:59 GMT",
    "the year 0": "Fri, 31 Dec 0000 23:59:59 GMT",
    "beyond all time": "Fri, 31 Dec 9999 23:59:59 -2359",
    "numbers without end": "1" * 5000,
    "ISO 8601": NOW.isoformat(),
}


@pytest.mark.parametrize("value", DATES.values(), ids=[f"FED-27 {name}" for name in DATES])
def test_a_date_that_cannot_be_is_refused(private, public, value):
    headers = made(private, ALL, headers={"Date": value})

    with pytest.raises(UnauthenticatedError):
        accept(headers, public)


def test_a_date_without_a_zone_is_utc(private, public):
    accept(made(private, ALL, headers={"Date": "Mon, 23 Nov 2026 12:00:00 -0000"}), public)


STAMP = int(NOW.timestamp())
TIMES = {
    "created two hours ago": {"created": STAMP - 7200},
    "created in two hours": {"created": STAMP + 7200},
    "created never": {},
    "expired": {"created": STAMP - 3000, "expires": STAMP - 3601},
    "expires before it was created": {"created": STAMP, "expires": STAMP - 1},
    "expires in a hundred years": {"created": STAMP, "expires": STAMP + 100 * 31_536_000},
}


@pytest.mark.parametrize("times", TIMES.values(), ids=[f"FED-27 {name}" for name in TIMES])
def test_a_signature_of_another_time_is_refused(private, public, times):
    covered = ("(request-target)", "(created)", "host", "digest")
    headers = made(private, covered, algorithm="hs2019", **times)

    with pytest.raises(UnauthenticatedError):
        accept(headers, public)


def test_created_goes_with_hs2019_only(private, public):
    headers = made(private, ("(request-target)", "(created)", "host", "digest"), created=STAMP)

    with pytest.raises(UnauthenticatedError, match="hs2019"):
        accept(headers, public)


@pytest.mark.parametrize(
    "algorithm",
    ["none", "rsa-sha1", "hmac-sha256", "ed25519", "ecdsa-sha256", "rsa-sha512", "dsa-sha1"],
    ids=lambda name: f"FED-28 {name}",
)
def test_an_algorithm_that_does_not_go_with_the_key_is_refused(private, public, algorithm):
    with pytest.raises(UnauthenticatedError, match="algorithm"):
        accept(made(private, ALL, algorithm=algorithm), public)


def test_the_public_key_is_no_shared_secret(private, public, account_keys):
    """FED-28: HMAC with the PEM as its key."""

    def mac(text):
        code = HMAC(account_keys.rsa.public_pem.encode(), SHA256())
        code.update(text)
        return code.finalize()

    for algorithm in ("hmac-sha256", "hs2019", "rsa-sha256", None):
        with pytest.raises(UnauthenticatedError):
            accept(made(private, ALL, algorithm=algorithm, sign=mac), public)


def test_sha1_is_refused_whatever_it_calls_itself(private, public):
    """FED-28."""

    def sha1(text):
        return private.sign(text, PKCS1v15(), SHA1())  # noqa: S303 - the attack

    with pytest.raises(UnauthenticatedError, match="does not match"):
        accept(made(private, ALL, sign=sha1), public)


def test_an_rsa_algorithm_does_not_go_with_an_ed25519_key(account_keys):
    """FED-28."""
    ed25519 = keys.load_private(account_keys.ed25519.private_pem)
    key = keys.load_public(account_keys.ed25519.public_pem)

    with pytest.raises(UnauthenticatedError, match="algorithm"):
        accept(made(None, ALL, sign=ed25519.sign), key)


def test_the_signature_of_somebody_else_is_refused(public):
    """FED-3."""
    stranger = keys.load_private(generate_keys().rsa.private_pem)

    with pytest.raises(UnauthenticatedError, match="does not match"):
        accept(good(stranger), public)


@pytest.mark.parametrize("at", [0, 100, -1], ids=["first byte", "middle", "last byte"])
def test_a_signature_changed_in_one_byte_is_refused(private, public, at):
    headers = good(private)
    before, _, rest = headers["Signature"].partition('signature="')
    raw = bytearray(base64.b64decode(rest.rstrip('"')))
    raw[at] ^= 1
    headers["Signature"] = f'{before}signature="{base64.b64encode(bytes(raw)).decode()}"'

    with pytest.raises(UnauthenticatedError):
        accept(headers, public)


def test_a_signed_header_that_is_missing_is_refused(private, public):
    headers = made(private, (*ALL, "x-evil"))

    with pytest.raises(UnauthenticatedError, match="missing: x-evil"):
        accept(headers, public)


@pytest.mark.parametrize("name", ["(key-id)", "(unknown)", "("])
def test_a_pseudo_header_that_is_none_is_refused(private, public, name):
    with pytest.raises(UnauthenticatedError):
        accept(made(private, (*ALL, name)), public)


def test_a_header_sent_twice_counts_with_both_values(private, public):
    """FED-39: a second Host smuggled past the signature."""
    headers = good(private)
    headers.add("Host", "other.example")

    with pytest.raises(DomainError):
        accept(headers, public)
