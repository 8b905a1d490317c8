"""FED-30, FED-41 to FED-45: addresses and redirects that lead where nobody may go."""

import pytest

from tests.hostile.fetching.conftest import refusal, said

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


@pytest.mark.parametrize("port", [22, 25, 80, 6379, 8080], ids=lambda port: f"FED-46 {port}")
async def test_no_port_but_443_is_asked(strict, port):
    assert (await refusal(strict.get(f"https://good.example.org:{port}/"))).reason == "port"


async def test_plain_http_is_never_asked(strict):
    assert (await refusal(strict.get("http://good.example.org/"))).reason == "scheme"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "data:,x", "ftp://a.example.org/", ""])
async def test_only_web_addresses_are_asked(strict, url):
    """FED-30."""
    assert (await refusal(strict.get(url))).reason == "url"


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
