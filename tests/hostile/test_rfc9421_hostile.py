"""FED-38: signatures of RFC 9421 that are missing something, broken, replayed or forged.

Row 1.3 "RFC 9421 in".
"""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512
from multidict import CIMultiDict

from federation.sig import cavage, fields, keys, rfc9421
from federation.sig.request import Request
from fedi_k12.domain.errors import DomainError, MalformedError, UnauthenticatedError
from fedi_k12.services.keys import generate_keys
from tests.conftest import HOST
from tests.remote import ACTIVITY, OTHER_KEYS

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
STAMP = int(NOW.timestamp())
ORIGIN = "https://home.example"
TARGET = "/users/maya/inbox?x=1"
BODY = b'{"type": "Create"}'
KEY_ID = "https://far.example/users/ria#main-key"
ALL = '"@method" "@target-uri" "content-digest"'
RULES = f';created={STAMP};keyid="{KEY_ID}"'


@pytest.fixture(scope="module")
def private(account_keys):
    return keys.load_private(account_keys.rsa.private_pem)


@pytest.fixture(scope="module")
def public(account_keys):
    return keys.load_public(account_keys.rsa.public_pem)


def made(private, covered=ALL, rules=RULES, *, sign=None, method="POST", **more):
    """Return a request signed over exactly these components, with exactly these rules."""
    headers = CIMultiDict({"Host": "home.example", "Content-Digest": rfc9421.digest(BODY)})
    headers.update(more)
    body = BODY if method == "POST" else None
    request = Request(method, ORIGIN, TARGET, headers, body)
    text = f"({covered}){rules}"
    try:
        signed = rfc9421.signing_text(fields.parse_lists(f"sig1={text}")["sig1"], request)
    except DomainError:
        signed = b"what cannot be computed"
    value = sign(signed) if sign else private.sign(signed, PKCS1v15(), SHA256())
    headers["Signature-Input"] = f"sig1={text}"
    headers["Signature"] = f"sig1={fields._bare_text(value)}"
    return request


def accept(request, public, now=NOW):
    signature = rfc9421.parse_signature(request.headers)
    rfc9421.check(signature, request, now=now)
    rfc9421.verify(signature, request, key=public)


COVERED_WELL = {
    "method and address": ALL,
    "in parts": '"@method" "@authority" "@path" "@query" "content-digest"',
    "more than needed": f'{ALL} "host" "@scheme" "@request-target" "@query"',
}


@pytest.mark.parametrize("covered", COVERED_WELL.values(), ids=COVERED_WELL)
def test_a_good_signature_is_taken(private, public, covered):
    accept(made(private, covered), public)


def test_a_get_needs_no_digest(private, public):
    accept(made(private, '"@method" "@target-uri"', method="GET"), public)


@pytest.mark.parametrize(
    ("rules", "sign"),
    [
        (f'{RULES};alg="rsa-v1_5-sha256"', None),
        (f'{RULES};alg="rsa-pss-sha512"', "pss"),
        (RULES, "pss"),
        (f'{RULES};nonce="abc";tag="activitypub"', None),
        (f"{RULES};expires={STAMP + 300}", None),
    ],
)
def test_the_algorithms_of_rsa_are_taken(private, public, rules, sign):
    def pss(text):
        return private.sign(text, PSS(MGF1(SHA512()), 64), SHA512())

    accept(made(private, rules=rules, sign=pss if sign else None), public)


TOO_LITTLE = {
    "nothing": "",
    "no method": '"@target-uri" "content-digest"',
    "the path alone": '"@method" "@path" "content-digest"',
    "no query": '"@method" "@authority" "@path" "content-digest"',
    "no authority": '"@method" "@path" "@query" "content-digest"',
    "no content-digest": '"@method" "@target-uri"',
    "the digest of the other draft": '"@method" "@target-uri" "digest"',
    "a component twice": '"@method" "@method" "@target-uri" "content-digest"',
    "@status": f'{ALL} "@status"',
    "@query-param": f'{ALL} "@query-param";name="x"',
    "@signature-params": f'{ALL} "@signature-params"',
    "an unknown one": f'{ALL} "@evil"',
    "a header in capitals": f'{ALL} "Host"',
    "a header that is not there": f'{ALL} "x-evil"',
    **{
        f"the parameter ;{name}": f'"@method";{name} "@target-uri" "content-digest"'
        for name in ("req", "tr")
    },
    **{
        f"a header's ;{name}": f'"@method" "@target-uri" "content-digest";{name}'
        for name in ("sf", "bs", "req", "tr", 'key="sha-256"', "evil", "sf=?0")
    },
}


@pytest.mark.parametrize(
    "covered", TOO_LITTLE.values(), ids=[f"FED-38 {name}" for name in TOO_LITTLE]
)
def test_what_covers_too_little_or_is_not_understood_is_refused(private, public, covered):
    request = made(private, covered)
    signature = rfc9421.parse_signature(request.headers)

    with pytest.raises(UnauthenticatedError):
        rfc9421.check(signature, request, now=NOW)


TIMES = {
    "no created": f';keyid="{KEY_ID}"',
    "created two hours ago": f';created={STAMP - 7200};keyid="{KEY_ID}"',
    "created in two hours": f';created={STAMP + 7200};keyid="{KEY_ID}"',
    "created long ago": f';created=0;keyid="{KEY_ID}"',
    "created in the year 9999": f';created=253402300799;keyid="{KEY_ID}"',
    "expired": f"{RULES};expires={STAMP - 1}",
    "expires before it was created": f';created={STAMP + 9};expires={STAMP};keyid="{KEY_ID}"',
    "expires in a hundred years": f"{RULES};expires={STAMP + 100 * 31_536_000}",
}


@pytest.mark.parametrize("rules", TIMES.values(), ids=[f"FED-38 {name}" for name in TIMES])
def test_a_signature_of_another_time_is_refused(private, public, rules):
    with pytest.raises(UnauthenticatedError):
        accept(made(private, rules=rules), public)


def test_an_hour_of_difference_is_taken(private, public):
    accept(made(private), public, NOW + timedelta(minutes=59))
    accept(made(private), public, NOW - timedelta(minutes=59))


ALGORITHMS = ["ed25519", "hmac-sha256", "ecdsa-p256-sha256", "none", "rsa-sha1", "hs2019", ""]


@pytest.mark.parametrize("name", ALGORITHMS, ids=[f"FED-38 {name}" for name in ALGORITHMS])
def test_an_algorithm_that_does_not_go_with_the_key_is_refused(private, public, name):
    with pytest.raises(UnauthenticatedError):
        accept(made(private, rules=f'{RULES};alg="{name}"'), public)


def test_an_algorithm_is_the_one_it_says(private, public):
    """FED-38: PSS that calls itself PKCS 1, SHA-1, and RSA for an Ed25519 key."""

    def pss(text):
        return private.sign(text, PSS(MGF1(SHA512()), 64), SHA512())

    def sha1(text):
        return private.sign(text, PKCS1v15(), SHA1())  # noqa: S303 - the attack

    other = keys.load_public(generate_keys().ed25519.public_pem)
    for rules, sign, key in (
        (f'{RULES};alg="rsa-v1_5-sha256"', pss, public),
        (f'{RULES};alg="rsa-pss-sha512"', None, public),
        (RULES, sha1, public),
        (f'{RULES};alg="rsa-v1_5-sha256"', None, other),
        (RULES, None, other),
    ):
        with pytest.raises(UnauthenticatedError):
            accept(made(private, rules=rules, sign=sign), key)


DIGESTS = {
    "of another body": rfc9421.digest(b"{}"),
    "of nothing": rfc9421.digest(b""),
    "of an unknown kind": "md5=:AAAA:",
    "of the other draft": cavage.digest(BODY),
    "one of two": f"{rfc9421.digest(BODY)}, sha-512=:AAAA:",
    "the same kind twice": f"{rfc9421.digest(BODY)}, {rfc9421.digest(b'{}')}",
    "empty": "",
    "no bytes": 'sha-256="x"',
}


@pytest.mark.parametrize("value", DIGESTS.values(), ids=[f"FED-38 {name}" for name in DIGESTS])
def test_a_digest_that_is_not_the_bodys_is_refused(private, public, value):
    request = made(private, **{"Content-Digest": value})

    with pytest.raises((UnauthenticatedError, MalformedError)):
        accept(request, public)


def test_two_digest_headers_are_refused(private, public):
    request = made(private)
    request.headers.add("Content-Digest", rfc9421.digest(b"{}"))

    with pytest.raises(UnauthenticatedError, match="one Content-Digest"):
        accept(request, public)


ELSEWHERE = {
    "another path": {"target": "/inbox?x=1"},
    "another query": {"target": "/users/maya/inbox?x=2"},
    "without the query": {"target": "/users/maya/inbox"},
    "an encoded slash": {"target": "/users%2Fmaya/inbox?x=1"},
    "another method": {"method": "PUT"},
    "another scheme": {"origin": "http://home.example"},
    "another host": {"origin": "https://other.example"},
    "another port": {"origin": "https://home.example:8443"},
    "absolute form": {"target": f"{ORIGIN}{TARGET}"},
    "another body": {"body": BODY + b" "},
}


@pytest.mark.parametrize(
    "change", ELSEWHERE.values(), ids=[f"FED-38 {name}" for name in ELSEWHERE]
)
@pytest.mark.parametrize("covered", [ALL, COVERED_WELL["in parts"]], ids=["whole", "in parts"])
def test_a_replay_elsewhere_is_refused(private, public, change, covered):
    sent = made(private, f'{covered} "@scheme"')
    arrived = Request(
        **{"method": "POST", "origin": ORIGIN, "target": TARGET, "headers": sent.headers}
        | {"body": BODY}
        | change
    )

    with pytest.raises(UnauthenticatedError):
        accept(arrived, public)


BROKEN = {
    "no list": "sig1",
    "a text": 'sig1="x"',
    "not closed": 'sig1=("@method"',
    "no blank between": 'sig1=("@method""@path")',
    "a word as component": "sig1=(method)",
    "a number as component": "sig1=(1)",
    "a name in capitals": 'SIG1=("@method")',
    "a comma at the end": 'sig1=("@method"),',
    "nothing": "",
    "a label twice": f"sig1=({ALL}){RULES}, sig1=({ALL}){RULES}",
    "a parameter twice": f'sig1=({ALL}){RULES};keyid="x"',
    "created as a fraction": f'sig1=({ALL});created=1.5;keyid="k"',
    "created as a text": f'sig1=({ALL});created="{STAMP}";keyid="k"',
    "created as a flag": f'sig1=({ALL});created;keyid="k"',
    "created with a zero before it": f'sig1=({ALL});created=0{STAMP};keyid="k"',
    "created below zero": f'sig1=({ALL});created=-1;keyid="k"',
    "created without end": f'sig1=({ALL});created={"9" * 15};keyid="k"',
    "no keyid": f"sig1=({ALL});created={STAMP}",
    "keyid as a word": f"sig1=({ALL});created={STAMP};keyid=k",
    "letters beyond ASCII": f'sig1=({ALL});created={STAMP};keyid="\u00e9"',
    "five labels": ", ".join(f"s{number}=({ALL}){RULES}" for number in range(5)),
    "a hundred components": "sig1=(" + '"@method" ' * 100 + f"){RULES}",
    "a hundred parameters": f"sig1=({ALL}){''.join(f';a{n}' for n in range(100))}",
    "8 kB and more": f'sig1=({ALL});keyid="{"a" * 9000}"',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=[f"FED-38 {name}" for name in BROKEN])
def test_a_broken_field_is_refused_before_any_key_is_fetched(text):
    headers = CIMultiDict({"Signature-Input": text, "Signature": "sig1=:eA==:, s0=:eA==:"})

    with pytest.raises(MalformedError):
        rfc9421.parse_signature(headers)


@pytest.mark.parametrize(
    "value", ["", "sig1=eA==", "sig1=:eA", "sig1=:e:", "sig1", "sig1=(:eA==:)"]
)
def test_a_broken_signature_is_refused(private, value):
    headers = made(private).headers
    headers["Signature"] = value

    with pytest.raises(MalformedError):
        rfc9421.parse_signature(headers)


@pytest.mark.parametrize("name", ["Signature", "Signature-Input"])
def test_a_header_twice_is_refused(private, name):
    """FED-38."""
    headers = made(private).headers
    headers.add(name, headers[name])

    with pytest.raises(MalformedError, match="one Signature"):
        rfc9421.parse_signature(headers)


def labelled(*requests):
    """Return one request with the signatures of several, labelled a, b, c."""
    headers = CIMultiDict(requests[0].headers)
    for name in ("Signature-Input", "Signature"):
        headers[name] = ", ".join(
            request.headers[name].replace("sig1=", f"{label}=", 1)
            for label, request in zip("abcd", requests, strict=False)
        )
    return Request("POST", ORIGIN, TARGET, headers, BODY)


def test_of_two_labels_the_first_counts(private, public):
    """FED-38: a signature that is wrong is not made good by another beside it."""
    stranger = keys.load_private(generate_keys().rsa.private_pem)
    good, bad = made(private), made(stranger)

    accept(labelled(good, bad), public)
    with pytest.raises(UnauthenticatedError):
        accept(labelled(bad, good), public)


def test_a_label_of_an_unknown_kind_is_passed_over(private, public):
    unknown = made(private, rules=f'{RULES};alg="ecdsa-p256-sha256"')

    accept(labelled(unknown, made(private)), public)
    with pytest.raises(UnauthenticatedError, match="kind"):
        rfc9421.parse_signature(unknown.headers)


def test_a_label_without_its_signature_is_passed_over(private):
    request = made(private)
    request.headers["Signature"] = "other=:eA==:"

    with pytest.raises(UnauthenticatedError):
        rfc9421.parse_signature(request.headers)


def test_the_signature_of_somebody_else_is_refused(public):
    stranger = keys.load_private(generate_keys().rsa.private_pem)

    with pytest.raises(UnauthenticatedError, match="does not match"):
        accept(made(stranger), public)


# ---- at the door ----


async def deliver(client, ctx, actor, activity, *, path="/inbox", origin=ORIGIN, **changes):
    import io
    import json

    body = json.dumps(activity).encode()
    signed = rfc9421.sign(
        Request("POST", origin, path, CIMultiDict(), body),
        private_key=keys.load_private(changes.pop("keys", actor.keys).private_pem),
        key_id=actor.key_id,
        now=ctx.clock(),
    )
    headers = {"Host": HOST, "Content-Type": ACTIVITY, **signed, **changes}
    answer = await client.post("/inbox", data=io.BytesIO(body), headers=headers)
    return answer.status


async def test_an_activity_is_taken(client, ctx, remote, maya):
    ria = remote.actor("ria")

    assert await deliver(client, ctx, ria, ria.activity("Follow", maya.account.uri)) == 202
    assert remote.asked.count("/users/ria") == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"keys": OTHER_KEYS}, 401),
        ({"path": "/users/maya/inbox"}, 401),
        ({"origin": "http://home.example"}, 401),
        ({"origin": "https://other.example"}, 401),
        ({"Signature-Input": "sig1=()"}, 400),
        ({"Content-Digest": rfc9421.digest(b"")}, 401),
    ],
    ids=["FED-38 another key", "FED-38 another path", "FED-38 http", "FED-38 another host",
         "FED-38 no keyid", "FED-38 another body"],
)  # fmt: skip
async def test_a_forged_one_is_refused(client, ctx, remote, maya, changes, status):
    ria = remote.actor("ria")

    follow = ria.activity("Follow", maya.account.uri)
    assert await deliver(client, ctx, ria, follow, **changes) == status


async def test_what_a_proxy_says_of_the_host_changes_nothing(client, ctx, remote, maya):
    """FED-38, FED-39: `@target-uri` is made of the configured address."""
    ria = remote.actor("ria")
    follow = ria.activity("Follow", maya.account.uri)
    said = {
        "X-Forwarded-Host": "other.example",
        "X-Forwarded-Proto": "http",
        "Forwarded": "host=other.example;proto=http",
        "X-HTTP-Method-Override": "DELETE",
    }

    assert await deliver(client, ctx, ria, follow, **said) == 202
    forged = {"origin": "http://other.example", **said}
    other = ria.activity("Follow", maya.account.uri, "2")
    assert await deliver(client, ctx, ria, other, **forged) == 401


async def test_an_activity_of_somebody_else_is_refused(client, ctx, remote, maya):
    """FED-3."""
    ria, pat = remote.actor("ria"), remote.actor("pat")

    follow = pat.activity("Follow", maya.account.uri)
    assert await deliver(client, ctx, ria, follow) == 401
