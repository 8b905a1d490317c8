"""Signature headers of any shape are refused in words, whichever way they claim to be made.

Budget: 120 examples, under ten seconds on a quiet machine.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from federation.sig.incoming import check, parse_signature
from federation.sig.request import Request
from fedi_k12.context import utc_now
from fedi_k12.domain.errors import DomainError

pytestmark = pytest.mark.timeout(30)

FIELDS = ("Date", "Digest", "Content-Digest", "Host", "Content-Type")
PIECES = st.sampled_from(
    [
        'sig1=("@method" "@target-uri" "content-digest")',
        ";created=1764310000",
        ";created=99999999999999999999",
        ';keyid="https://a.example/users/x#main-key"',
        ';alg="rsa-v1_5-sha256"',
        ";expires=-1",
        "sig1=:AAAA:",
        'keyId="https://a.example/users/x#main-key"',
        'headers="(request-target) host date digest"',
        'headers="(created) (expires)"',
        'signature="AAAA"',
        'algorithm="hs2019"',
        "created=1e400",
        "SHA-256=AAAA",
        "sha-256=:AAAA:",
        ",",
        ";",
        '"',
        "(",
        ":",
        "\\",
        "é",
    ]
)
WORDS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=8).map("".join))


@settings(max_examples=120)
@given(
    signature=WORDS,
    made=st.none() | WORDS,
    others=st.dictionaries(st.sampled_from(FIELDS), WORDS),
    body=st.none() | st.binary(max_size=40),
)
def test_any_signature_headers_are_refused_in_words(signature, made, others, body):
    headers = CIMultiDict({"Signature": signature, **others})
    if made is not None:
        headers["Signature-Input"] = made
    request = Request("POST", "https://home.example", "/inbox?a=b", headers, body)

    with pytest.raises(DomainError, match=r"."):
        check(parse_signature(headers), request, now=utc_now())
