"""The one outbound client, in ordinary use: what it sends, follows and hands back."""

import asyncio
import gzip
import socket
import ssl
from ipaddress import ip_address, ip_network

import pytest
import trustme
from aiohttp import web

from fedi_k12.domain.errors import ForbiddenError, UnavailableError
from fedi_k12.guard import (
    CONNECTIONS_PER_HOST,
    MAX_REDIRECTS,
    FetchError,
    GuardedClient,
    is_public,
)
from fedi_k12.guard_lanes import Lane, in_lane

LOOPBACK = (ip_network("127.0.0.0/8"),)


class Peer:
    """Another server on loopback that remembers what it was asked."""

    def __init__(self):
        self.seen = []
        self.answers = {}
        self.answers_when = None

    async def handle(self, request):
        self.seen.append((request.method, request.path_qs, dict(request.headers)))
        if request.method == "POST" and self.answers_when is not None:
            await self.answers_when.wait()
        status, headers, body = self.answers.get(request.path, (200, {}, b"fine"))
        await request.read()
        return web.Response(status=status, headers=headers, body=body)


@pytest.fixture
async def peer(aiohttp_server):
    made = Peer()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", made.handle)
    made.server = await aiohttp_server(app, host="127.0.0.1")
    return made


@pytest.fixture
async def client(peer):
    guarded = GuardedClient(
        user_agent="fedi-k12/test",
        allowed_networks=LOOPBACK,
        own_hosts=frozenset({"home.example"}),
        resolve={"far.example": f"127.0.0.1:{peer.server.port}", "v6.example": "::1"},
    )
    await guarded.open()
    yield guarded
    await guarded.close()


async def test_a_get_says_who_asks_and_returns_the_answer(client, peer):
    peer.answers["/a"] = (200, {"Content-Type": "Application/Activity+JSON"}, b"{}")

    answer = await client.get("http://far.example/a?b=1", headers={"Accept": "x/y"})

    assert (answer.status, answer.body, answer.url) == (200, b"{}", "http://far.example/a?b=1")
    assert answer.content_type == "application/activity+json"
    method, path, headers = peer.seen[0]
    assert (method, path) == ("GET", "/a?b=1")
    assert headers["User-Agent"] == "fedi-k12/test"
    assert headers["Host"] == "far.example"
    assert headers["Accept"] == "x/y"
    assert headers["Accept-Encoding"] == "gzip"


async def test_a_post_is_sent_as_it_was_signed(client, peer):
    answer = await client.post(
        "http://far.example/inbox", body=b'{"a":1}', headers={"Digest": "SHA-256=x"}
    )

    assert answer.status == 200
    assert peer.seen[0][0] == "POST"
    assert peer.seen[0][2]["Content-Length"] == "7"
    assert peer.seen[0][2]["Digest"] == "SHA-256=x"


async def test_redirects_are_followed_and_signed_anew_at_every_hop(client, peer):
    signed = []

    async def sign(method, url):
        signed.append((method, str(url)))
        return {"Signature": str(len(signed))}

    peer.answers["/a"] = (302, {"Location": "/b"}, b"")
    peer.answers["/b"] = (308, {"Location": "http://far.example/c"}, b"")

    answer = await client.get("http://far.example/a", sign=sign)

    assert answer.url == "http://far.example/c"
    assert signed == [("GET", f"http://far.example/{path}") for path in "abc"]
    assert [headers["Signature"] for _, _, headers in peer.seen] == ["1", "2", "3"]


async def test_every_hop_is_asked_about(client, peer):
    asked = []

    async def check(host):
        asked.append(host)
        if host == "blocked.example":
            raise ForbiddenError("blocked.example is blocked.")

    client.check_host = check
    peer.answers["/a"] = (302, {"Location": "http://blocked.example/"}, b"")

    with pytest.raises(ForbiddenError):
        await client.get("http://far.example/a")

    assert asked == ["far.example", "blocked.example"]
    assert len(peer.seen) == 1


async def test_a_redirect_without_a_place_is_an_answer(client, peer):
    peer.answers["/a"] = (304, {}, b"")
    peer.answers["/b"] = (302, {}, b"")

    assert (await client.get("http://far.example/a")).status == 304
    assert (await client.get("http://far.example/b")).status == 302


async def test_so_many_redirects_are_followed_and_no_more(client, peer):
    for number in range(MAX_REDIRECTS + 2):
        peer.answers[f"/{number}"] = (302, {"Location": f"/{number + 1}"}, b"")
    del peer.answers[f"/{MAX_REDIRECTS + 1}"]

    answer = await client.get("http://far.example/1")

    assert answer.status == 200
    with pytest.raises(FetchError, match="too often"):
        await client.get("http://far.example/0")


async def test_compressed_answers_are_read(client, peer):
    peer.answers["/a"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 100_000))

    assert (await client.get("http://far.example/a")).body == b"x" * 100_000


async def test_damaged_compression_is_refused(client, peer):
    peer.answers["/a"] = (200, {"Content-Encoding": "gzip"}, b"not gzip at all")

    with pytest.raises(FetchError) as refused:
        await client.get("http://far.example/a")

    assert refused.value.reason == "encoding"


async def test_names_of_this_machine_need_no_dns(client, peer):
    answer = await client.get(f"http://lincoln.localhost:{peer.server.port}/")

    assert answer.status == 200
    assert peer.seen[0][2]["Host"] == f"lincoln.localhost:{peer.server.port}"


async def test_a_server_that_is_not_there_cannot_be_reached(client):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(FetchError) as refused:
        await client.get(f"http://nowhere.localhost:{port}/")

    assert refused.value.reason == "connect"
    assert not refused.value.permanent


async def test_nothing_goes_out_after_closing_time(peer):
    guarded = GuardedClient(user_agent="x", allowed_networks=LOOPBACK)
    await guarded.open()
    await guarded.close()
    await guarded.close()

    with pytest.raises(UnavailableError, match="shutting down"):
        await guarded.get(f"http://a.localhost:{peer.server.port}/")


async def test_tls_with_an_authority_of_ones_own(aiohttp_server, tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("far.example").configure_cert(context)
    made, app = Peer(), web.Application()
    app.router.add_get("/", made.handle)
    server = await aiohttp_server(app, host="127.0.0.1", ssl=context)
    guarded = GuardedClient(
        user_agent="x",
        allowed_networks=LOOPBACK,
        ca_file=tmp_path / "ca.pem",
        resolve={"far.example": f"127.0.0.1:{server.port}"},
    )
    await guarded.open()

    answer = await guarded.get("https://far.example/")
    await guarded.close()

    assert answer.body == b"fine"


@pytest.mark.parametrize("text", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00::1"])
def test_addresses_of_the_internet_are_public(text):
    assert is_public(ip_address(text))


async def test_what_another_server_waits_for_does_not_queue_behind_what_waits_for_it(
    client, peer
):
    """Two servers that meet: deliveries fill the connections until a key was handed out."""
    peer.answers_when = asyncio.Event()
    sent = [
        asyncio.create_task(client.post("http://far.example/inbox", body=b"{}", headers={}))
        for _ in range(CONNECTIONS_PER_HOST * 2)
    ]
    while len(peer.seen) < CONNECTIONS_PER_HOST:
        await asyncio.sleep(0)

    with pytest.raises(FetchError):
        await client.get("http://far.example/key", total=0.2)
    for lane in (Lane.SENDERS, Lane.READERS):
        with in_lane(lane):
            assert (await client.get("http://far.example/key", total=5)).body == b"fine"

    peer.answers_when.set()
    assert {answer.status for answer in await asyncio.gather(*sent)} == {200}
