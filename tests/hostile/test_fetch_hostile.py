"""FED-30, FED-41 to FED-55: servers and addresses that abuse whoever fetches from them."""

import asyncio
import gzip
import ssl
import zlib
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from time import perf_counter

import pytest
import trustme
from aiohttp.abc import AbstractResolver

from fedi_k12 import guard
from fedi_k12.guard import FetchError, GuardedClient

HERE = ip_network("127.0.0.2/32")
"""The only address these clients may reach besides public ones."""


class Names(AbstractResolver):
    """DNS that answers as an attacker wants: each look-up of a name takes its next answer."""

    def __init__(self):
        self.answers = {}
        self.asked = []

    async def resolve(self, host, port=0, family=0):
        self.asked.append(host)
        answers = self.answers[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": 10 if ":" in address else 2,
                "proto": 0,
                "flags": 0,
            }
            for address in found
        ]

    async def close(self):
        pass


@pytest.fixture
def names():
    return Names()


@pytest.fixture
async def strict(names):
    """A client as in production: no private network is allowed."""
    guarded = GuardedClient(
        user_agent="x",
        own_hosts=frozenset({"home.example", "home.example:443", "home.example:8443"}),
        resolver=names,
    )
    await guarded.open()
    yield guarded
    await guarded.close()


@pytest.fixture
async def client(names):
    """A client that may reach one loopback address."""
    guarded = GuardedClient(user_agent="x", allowed_networks=(HERE,), resolver=names)
    await guarded.open()
    yield guarded
    await guarded.close()


@pytest.fixture
async def serve(names):
    """Return a function that starts a server which says exactly these bytes."""
    started, writers = [], []

    async def start(say, *, host="127.0.0.2", context=None, first=False):
        hits = []

        async def answer(reader, writer):
            writers.append(writer)
            try:
                if not first:
                    hits.append(await reader.readuntil(b"\r\n\r\n"))
                if callable(say):
                    await say(writer)
                else:
                    writer.write(say)
                    await writer.drain()
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(answer, host, 0, ssl=context)
        started.append(server)
        port = server.sockets[0].getsockname()[1]
        names.answers.setdefault("far.example", [["127.0.0.2"]])
        return port, hits

    yield start
    for writer in writers:
        writer.close()
    for server in started:
        server.close()


async def refusal(call):
    with pytest.raises(FetchError) as refused:
        await call
    return refused.value


V4 = [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.1",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "0.0.0.0", "0.1.2.3",
    "192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
]  # fmt: skip
V6 = [
    "::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:20::1", "2001:db8::1",
    "2002:7f00:1::", "3fff::1", "fc00::1", "fdff::1", "fe80::1", "fec0::1", "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("address", V4, ids=[f"FED-41 {text}" for text in V4])
async def test_private_addresses_are_never_dialled(strict, names, address):
    names.answers["far.example"] = [[address]]

    literal = await refusal(strict.get(f"https://{address}/"))
    named = await refusal(strict.get("https://far.example/"))
    posted = await refusal(strict.post(f"https://{address}/", body=b"", headers={}))

    assert {literal.reason, named.reason, posted.reason} == {"address"}


@pytest.mark.parametrize("address", V6, ids=[f"FED-42 {text}" for text in V6])
async def test_private_ipv6_addresses_are_never_dialled(strict, names, address):
    names.answers["far.example"] = [[address]]

    literal = await refusal(strict.get(f"https://[{address}]/"))
    named = await refusal(strict.get("https://far.example/"))

    assert literal.reason == "address"
    assert named.reason == "address"


@pytest.mark.parametrize(
    "address", ["fe80::1%eth0", "2606:4700::1111%1"], ids=lambda a: f"FED-42 {a}"
)
async def test_addresses_with_a_zone_are_never_dialled(strict, names, address):
    names.answers["far.example"] = [[address]]

    assert (await refusal(strict.get(f"https://[{address}]/"))).reason == "url"
    assert (await refusal(strict.get("https://far.example/"))).reason == "address"


ODD = [
    "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "127.1", "127.0.1", "0",
    "\uff11\uff12\uff17.\uff10.\uff10.\uff11", "999.1.1.1", "1.2.3.4.5", "localhost",
    "a.localhost", "db.internal", "printer.local", "intranet", "hidden.onion", "a.test",
    "a.invalid", "1.1.1.1",
]  # fmt: skip


@pytest.mark.parametrize("host", ODD, ids=[f"FED-43 {text}" for text in ODD])
async def test_names_that_only_this_machine_understands_are_never_dialled(strict, host):
    assert (await refusal(strict.get(f"https://{host}/"))).reason == "address"


async def test_of_several_addresses_only_those_allowed_are_dialled(client, names, serve):
    """FED-44: a set that mixes public and private."""
    port, hits = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    names.answers["far.example"] = [["10.0.0.1", "127.0.0.2", "::1", "127.0.0.1"]]

    answer = await client.get(f"http://far.example:{port}/")

    assert answer.body == b"ok"
    assert len(hits) == 1


async def test_a_name_that_changes_its_address_is_looked_at_again(client, names, serve):
    """FED-44: good at first, private at the redirect."""
    port, hits = await serve(
        b"HTTP/1.1 302 Found\r\nLocation: /again\r\nConnection: close\r\n"
        b"Content-Length: 0\r\n\r\n"
    )
    names.answers["far.example"] = [["127.0.0.2"], ["127.0.0.1"]]

    refused = await refusal(client.get(f"http://far.example:{port}/"))

    assert refused.reason == "address"
    assert names.asked == ["far.example", "far.example"]
    assert len(hits) == 1


async def test_a_name_is_looked_up_once_for_each_connection(client, names, serve):
    """FED-44: what was checked is what is dialled."""
    port, _ = await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    names.answers["far.example"] = [["127.0.0.2"], ["127.0.0.1"]]

    await client.get(f"http://far.example:{port}/")

    assert names.asked == ["far.example"]


async def test_a_name_that_does_not_exist_is_said_to(strict, names):
    async def nobody(host, port=0, family=0):
        raise OSError("no such host")

    names.resolve = nobody

    assert (await refusal(strict.get("https://gone.example.org/"))).reason == "dns"


PLACES = {
    "to a private address": ("https://10.0.0.1/", "address"),
    "to loopback": ("http://127.0.0.1/", "address"),
    "to metadata": ("http://169.254.169.254/latest/meta-data/", "address"),
    "to a private IPv6 address": ("http://[::1]/", "address"),
    "to a file": ("file:///etc/passwd", "url"),
    "to gopher": ("gopher://far.example/", "url"),
    "to data": ("data:text/plain,x", "url"),
    "with a name and a password": ("http://a:b@far.example/", "url"),
    "to nothing": ("http://", "redirect"),
    "to half an address": ("http://[", "redirect"),
    "to a space": ("http://far .example/", "url"),
}


@pytest.mark.parametrize(
    ("place", "reason"), PLACES.values(), ids=[f"FED-45 {name}" for name in PLACES]
)
async def test_redirects_are_held_to_the_same_rules(client, serve, place, reason):
    port, hits = await serve(
        f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()
    )

    refused = await refusal(client.get(f"http://far.example:{port}/"))

    assert refused.reason == reason
    assert len(hits) == 1


async def test_a_redirect_loop_ends(client, serve):
    """FED-45: A to B to A."""
    port, hits = await serve(
        b"HTTP/1.1 301 Moved\r\nLocation: /\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )

    refused = await refusal(client.get(f"http://far.example:{port}/"))

    assert refused.reason == "redirect"
    assert refused.permanent
    assert len(hits) == 1


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


@pytest.mark.parametrize("port", [22, 25, 80, 6379, 8080], ids=lambda port: f"FED-46 {port}")
async def test_no_port_but_443_is_asked(strict, port):
    assert (await refusal(strict.get(f"https://good.example.org:{port}/"))).reason == "port"


async def test_plain_http_is_never_asked(strict):
    assert (await refusal(strict.get("http://good.example.org/"))).reason == "scheme"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "data:,x", "ftp://a.example.org/", ""])
async def test_only_web_addresses_are_asked(strict, url):
    """FED-30."""
    assert (await refusal(strict.get(url))).reason == "url"


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


def said(body, *headers):
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


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


def server_context(authority, *names_, **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names_, **options).configure_cert(context)
    return context


@pytest.fixture
async def over_tls(names, serve, tmp_path):
    """Return a function that asks a server with this TLS over https."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    made = []

    async def ask(context):
        port, hits = await serve(said(b"ok"), context=context)
        guarded = GuardedClient(
            user_agent="x",
            allowed_networks=(HERE,),
            ca_file=tmp_path / "ca.pem",
            resolver=names,
        )
        made.append(guarded)
        await guarded.open()
        return guarded.get(f"https://far.example:{port}/"), hits

    ask.authority = authority
    yield ask
    for guarded in made:
        await guarded.close()


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


@pytest.mark.parametrize(
    "url",
    ["https://home.example/users/a", "https://HOME.example:443/", "https://home.example:8443/"],
    ids=lambda url: f"FED-53 {url}",
)
async def test_this_server_never_asks_itself(strict, url):
    assert (await refusal(strict.get(url))).reason == "own_host"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308], ids=lambda code: f"FED-55 {code}")
async def test_a_post_is_never_led_elsewhere(client, serve, status):
    victim, hits = await serve(said(b"ok"))
    port, _ = await serve(
        f"HTTP/1.1 {status} Go\r\nLocation: http://far.example:{victim}/\r\n"
        "Content-Length: 0\r\n\r\n".encode()
    )

    answer = await client.post(f"http://far.example:{port}/inbox", body=b"{}", headers={})

    assert answer.status == status
    assert hits == []


async def test_with_a_private_network_allowed_the_others_stay_out(client, names):
    """FED-41: an operator who allows one network has not allowed them all."""
    names.answers["far.example"] = [["127.0.0.3"]]

    assert (await refusal(client.get("http://far.example/"))).reason == "address"
    assert (await refusal(client.get("http://127.0.0.1/"))).reason == "address"
    assert (await refusal(client.get("http://[::1]/"))).reason == "address"
