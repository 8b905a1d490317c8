"""HTTP message signatures: the examples of RFC 9421 and RFC 9530, and what we sign.

Row 1.3 "RFC 9421 in".
"""

import base64
from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict

from federation.sig import fields, incoming, keys, rfc9421
from federation.sig.request import Request
from fedi_k12.domain.errors import UnauthenticatedError

# RFC 9421, B.1: public keys of its examples.
RSA = """-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAhAKYdtoeoy8zcAcR874L8cnZxKzAGwd7v36APp7Pv6Q2jdsPBRrw
WEBnez6d0UDKDwGbc6nxfEXAy5mbhgajzrw3MOEt8uA5txSKobBpKDeBLOsdJKFq
MGmXCQvEG7YemcxDTRPxAleIAgYYRjTSd/QBwVW9OwNFhekro3RtlinV0a75jfZg
kne/YiktSvLG34lw2zqXBDTC5NHROUqGTlML4PlNZS5Ri2U4aCNx2rUPRcKIlE0P
uKxI4T+HIaFpv8+rdV6eUgOrB2xeI1dSFFn/nnv5OoZJEIB+VmuKn3DCUcCZSFlQ
PSXSfBDiUGhwOw76WuSSsf1D4b/vLoJ10wIDAQAB
-----END RSA PUBLIC KEY-----"""
RSA_PSS = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----"""
ED25519 = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----"""

BODY = b'{"hello": "world"}'
DIGEST = (
    "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+Ab"
    "wAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
)
HEADERS = {
    "Host": "example.com",
    "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
    "Content-Type": "application/json",
    "Content-Digest": DIGEST,
    "Content-Length": "18",
}
AT = datetime.fromtimestamp(1618884480, UTC)

EXAMPLES = {
    "B.2.1 (rsa-pss-sha512)": (
        RSA_PSS,
        'sig-b21=();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"',
        "d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4c"
        "RAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrW"
        "H5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKh"
        "O4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WS"
        "b/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bL"
        "hdxO5Nyt8C8ssinQ98Xw9Q==",
    ),
    "B.2.3 (rsa-pss-sha512)": (
        RSA_PSS,
        'sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" '
        '"content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"',
        "bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683"
        "+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsL"
        "NmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9Bmzh"
        "uzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKE"
        "gM4cUA==",
    ),
    "B.2.6 (ed25519)": (
        ED25519,
        'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"',
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKR"
        "Cw==",
    ),
    "4.3 (rsa-v1_5-sha256)": (
        RSA,
        'proxy_sig=("@method" "@authority" "@path" "content-digest" "content-type"'
        ' "content-length" "forwarded");created=1618884480;keyid="test-key-rsa"'
        ';alg="rsa-v1_5-sha256";expires=1618884540',
        "S6ZzPXSdAMOPjN/6KXfXWNO/f7V6cHm7BXYUh3YD/fRad4BCaRZxP+JH+8XY1I6+8Cy+CM5g92iHgxtRPz+M"
        "jniOaYmdkDcnL9cCpXJleXsOckpURl49GwiyUpZ10KHgOEe11sx3G2gxI8S0jnxQB+Pu68U9vVcasqOWAEOb"
        "tNKKZd8tSFu7LB5YAv0RAGhB8tmpv7sFnIm9y+7X5kXQfi8NMaZaA8i2ZHwpBdg7a6CMfwnnrtflzvZdXAsD"
        "3LH2TwevU+/PBPv0B6NMNk93wUs/vfJvye+YuI87HU38lZHowtznbLVdp770I6VHR6WfgS9ddzirrswsE1w5"
        "o0LV/g==",
    ),
}


@pytest.mark.parametrize(("pem", "described", "value"), EXAMPLES.values(), ids=EXAMPLES)
def test_the_examples_of_the_rfc_verify(pem, described, value):
    """RFC 9421, appendix B.2 and section 4.3."""
    label = described.partition("=")[0]
    headers = CIMultiDict(HEADERS)
    origin = "https://example.com"
    if label == "proxy_sig":
        headers["Forwarded"] = "for=192.0.2.123;host=example.com;proto=https"
        origin = "https://origin.host.internal.example"
    headers["Signature-Input"], headers["Signature"] = described, f"{label}=:{value}:"
    request = Request("POST", origin, "/foo?param=Value&Pet=dog", headers, BODY)

    signature = rfc9421.parse_signature(headers)
    rfc9421.verify(signature, request, key=keys.load_public(pem))
    headers["Signature-Input"] = described.replace("16188844", "16188845")
    again = rfc9421.parse_signature(headers)
    with pytest.raises(UnauthenticatedError, match="does not match"):
        rfc9421.verify(again, request, key=keys.load_public(pem))


def test_the_text_that_is_signed_is_that_of_the_rfc():
    """RFC 9421, B.2.6."""
    described = fields.parse_lists(EXAMPLES["B.2.6 (ed25519)"][1])["sig-b26"]
    request = Request(
        "POST", "https://example.com", "/foo?param=Value&Pet=dog", CIMultiDict(HEADERS), BODY
    )

    assert rfc9421.signing_text(described, request).decode() == (
        '"date": Tue, 20 Apr 2021 02:07:55 GMT\n'
        '"@method": POST\n'
        '"@path": /foo\n'
        '"@authority": example.com\n'
        '"content-type": application/json\n'
        '"content-length": 18\n'
        '"@signature-params": ("date" "@method" "@path" "@authority" "content-type" '
        '"content-length");created=1618884473;keyid="test-key-ed25519"'
    )


def test_the_digest_of_the_rfc_is_the_bodys():
    """RFC 9530, and the same body's in RFC 9421."""
    described = '("@method" "@target-uri" "content-digest");created=1618884473;keyid="k"'
    for value in (DIGEST, rfc9421.digest(BODY), f"{DIGEST}, {rfc9421.digest(BODY)}"):
        headers = CIMultiDict(
            {
                "Content-Digest": value,
                "Signature-Input": f"a={described}",
                "Signature": "a=:eA==:",
            }
        )
        request = Request("POST", "https://example.com", "/", headers, BODY)
        rfc9421.check(rfc9421.parse_signature(headers), request, now=AT)
    assert rfc9421.digest(b'{"hello": "world"}\n') == (
        "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    )


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
@pytest.mark.parametrize("body", [None, BODY, b""], ids=["a GET", "a POST", "an empty POST"])
def test_what_we_sign_can_be_verified(account_keys, kind, body):
    """Row 1.3 "RFC 9421 out, double-knock"."""
    pair = getattr(account_keys, kind)
    method = "GET" if body is None else "POST"
    target = "/users/maya?page=1"
    request = Request(method, "https://far.example", target, CIMultiDict(), body)
    signed = rfc9421.sign(
        request, private_key=keys.load_private(pair.private_pem), key_id="https://k", now=AT
    )

    headers = CIMultiDict(signed)
    arrived = Request(method, "https://far.example", target, headers, body)
    signature = incoming.parse_signature(headers)
    incoming.check(signature, arrived, now=AT)
    incoming.verify(signature, arrived, key=keys.load_public(pair.public_pem))
    assert signature.key_id == "https://k"
    covered = ("@method", "@target-uri", "content-digest")
    assert signature.components == (covered[:2] if body is None else covered)
    assert signature.created == 1618884480


def test_fields_are_written_as_they_were_read():
    """RFC 9651: every kind of value."""
    text = 'a=("x";k="q\\"\\\\" "y";sf);n=-7;t=tok/en;b=:AQI=:;f=?0;g;s="", b=();created=0'

    found = fields.parse_lists(text)

    assert ", ".join(f"{label}={item}" for label, item in found.items()) == text
    assert found["a"].get("b") == b"\x01\x02"
    assert fields.parse_lists('  a=(  )  ,\tb=( "x"  "y" )')["b"].items[1] == ("y", ())
    assert base64.b64encode(fields.parse_bytes("a=:AQI=:;x=1")["a"]) == b"AQI="
