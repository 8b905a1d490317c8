"""FED-46 to FED-55: answers that never end, blow up, or prove nothing."""

import asyncio
import gzip
import ssl
import zlib
from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
import trustme

from fedi_k12 import guard
from fedi_k12.guard import FetchError, GuardedClient
from tests.hostile.fetching.conftest import HERE, refusal, said, server_context


async def test_the_body_of_a_redirect_is_not_read(client, serve):
    """FED-45: 200 MB behind a Location."""
    sent = 0

    async def endless(writer):
        nonlocal sent
        writer.write(
            b"HTTP/1.1 302 Found\r\nLocation: file:///x\r\nContent-Length: 200000000\r\n\r\n"
        )
        while sent < 200_000_000:
            writer.write(b"x" * 65_536)
            await writer.drain()
            sent += 65_536

    port, _ = await serve(endless)

    await refusal(client.get(f"http://far.example:{port}/"))

    assert sent < 20_000_000


async def drip(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def endless_headers(writer):
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(1_000_000):
        writer.write(b"X-%d: y\r\n" % number)
        await writer.drain()


async def huge_header(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nX-Big: " + b"y" * 40_000 + b"\r\n\r\n")
    await writer.drain()


async def endless_chunks(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
        await writer.drain()


async def endless_body(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def silence(writer):
    await writer.drain()
    await asyncio.sleep(30)


@pytest.mark.parametrize(
    ("say", "reasons"),
    [
        pytest.param(drip, {"timeout"}, id="FED-47 a byte now and then"),
        pytest.param(silence, {"timeout"}, id="FED-47 nothing at all"),
        pytest.param(endless_headers, {"http", "timeout"}, id="FED-47 headers without end"),
        pytest.param(huge_header, {"http"}, id="FED-47 a huge header"),
        pytest.param(endless_chunks, {"size"}, id="FED-47 chunks without end"),
        pytest.param(endless_body, {"size"}, id="FED-49 no length and no end"),
    ],
)
async def test_slow_and_endless_answers_end(client, serve, say, reasons):
    port, _ = await serve(say)
    began = perf_counter()

    refused = await refusal(client.get(f"http://far.example:{port}/", total=0.5))

    assert refused.reason in reasons
    # Both ends share one loop here: what counts is that it ends.
    assert perf_counter() - began < 30


async def test_a_post_ends_in_time_too(client, serve):
    port, _ = await serve(silence)

    refused = await refusal(
        client.post(f"http://far.example:{port}/", body=b"", headers={}, total=0.2)
    )

    assert refused.reason == "timeout"


async def test_a_server_that_falls_silent_is_given_up(client, serve, monkeypatch):
    monkeypatch.setattr(guard, "READ_SECONDS", 0.1)
    port, _ = await serve(silence)

    assert (await refusal(client.get(f"http://far.example:{port}/"))).reason == "timeout"


BOMB = gzip.compress(b"\0" * 50_000_000)
BODIES = {
    "FED-48 a gzip bomb": (said(BOMB, "Content-Encoding: gzip"), "size"),
    "FED-48 gzip in gzip": (
        said(gzip.compress(BOMB), "Content-Encoding: gzip, gzip"), "encoding",
    ),
    "FED-48 brotli nobody asked for": (said(b"x", "Content-Encoding: br"), "encoding"),
    "FED-48 zstd nobody asked for": (said(b"x", "Content-Encoding: zstd"), "encoding"),
    "FED-48 deflate nobody asked for": (
        said(zlib.compress(b"x"), "Content-Encoding: deflate"), "encoding",
    ),
    "FED-49 more than the cap": (said(b"x" * 1_100_000), "size"),
    "FED-49 less than it says": (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx", "http"),
    "no HTTP at all": (b"220 mail.example ESMTP\r\n", "http"),
    "two lengths": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "http",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "reason"), BODIES.values(), ids=list(BODIES))
async def test_bombs_and_lies_are_refused(client, serve, answer, reason):
    port, _ = await serve(answer)

    refused = await refusal(client.get(f"http://far.example:{port}/"))

    assert refused.reason == reason


async def test_what_comes_after_the_length_is_not_taken(client, serve):
    """FED-49: five gigabytes behind `Content-Length: 10`."""
    port, _ = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + b"x" * 1_000_000)

    try:
        body = (await client.get(f"http://far.example:{port}/")).body
    except FetchError:
        body = b"refused"

    assert body in {b"ok", b"refused"}


async def test_a_good_certificate_is_taken(over_tls):
    call, _ = await over_tls(server_context(over_tls.authority, "far.example"))

    assert (await call).body == b"ok"


BEFORE = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    "names_and_options",
    [
        pytest.param((("far.example",), {"not_after": BEFORE}), id="FED-50 expired"),
        pytest.param((("other.example",), {}), id="FED-50 of another host"),
        pytest.param((("*.other.example",), {}), id="FED-50 of neighbours"),
    ],
)
async def test_certificates_that_are_not_valid_are_refused(over_tls, names_and_options):
    names_, options = names_and_options
    call, hits = await over_tls(server_context(over_tls.authority, *names_, **options))

    refused = await refusal(call)

    assert refused.reason == "tls"
    assert "certificate of far.example" in str(refused)
    assert hits == []


async def test_certificates_of_strangers_are_refused(over_tls):
    """FED-50: signed by an authority that nobody trusts."""
    call, hits = await over_tls(server_context(trustme.CA(), "far.example"))

    assert (await refusal(call)).reason == "tls"
    assert hits == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_tls_is_refused(over_tls):
    """FED-50: TLS 1.1."""
    context = server_context(over_tls.authority, "far.example")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    call, hits = await over_tls(context)

    assert (await refusal(call)).reason in {"tls", "connect"}
    assert hits == []


async def test_plain_http_where_tls_was_asked_is_refused(client, serve):
    port, _ = await serve(said(b"ok"), first=True)

    assert (await refusal(client.get(f"https://far.example:{port}/"))).reason == "tls"


async def test_https_never_leads_to_plain_http(over_tls, serve, names, tmp_path):
    """FED-45: a redirect that takes TLS away."""
    context = server_context(over_tls.authority, "far.example")
    port, _ = await serve(
        b"HTTP/1.1 302 Found\r\nLocation: http://far.example/x\r\nContent-Length: 0\r\n\r\n",
        context=context,
    )
    guarded = GuardedClient(
        user_agent="x", allowed_networks=(HERE,), ca_file=tmp_path / "ca.pem", resolver=names
    )
    await guarded.open()

    refused = await refusal(guarded.get(f"https://far.example:{port}/"))
    await guarded.close()

    assert refused.reason == "scheme"
