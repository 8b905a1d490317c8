"""FED-39 and FED-40: requests that two readers could understand differently, byte by byte."""

import asyncio
import json

import pytest

from fedi_k12.worker import run_until_idle
from storage import accounts
from tests.conftest import HOST
from tests.remote import ACTIVITY, signed_headers

HEAD = f"POST /inbox HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {ACTIVITY}\r\n"
HIDDEN = f"GET /about HTTP/1.1\r\nHost: {HOST}\r\n\r\n"


async def spoken(client, text):
    """Send these very bytes; return all that is answered until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.server.port)
    writer.write(text if isinstance(text, bytes) else text.encode("latin-1"))
    await writer.drain()
    said = b""
    try:
        async with asyncio.timeout(2):
            while part := await reader.read(65_536):
                said += part
    except TimeoutError:
        pass
    finally:
        writer.close()
    return said.decode("latin-1")


def statuses(said):
    return [line.split()[1] for line in said.split("\r\n") if line.startswith("HTTP/1.1 ")]


SMUGGLED = {
    "two lengths": (
        f"Content-Length: 2\r\nContent-Length: {len(HIDDEN) + 2}\r\n\r\n{{}}{HIDDEN}"
    ),
    "two lengths in one": f"Content-Length: 2, 2\r\n\r\n{{}}{HIDDEN}",
    "a length and chunks": (
        f"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"
    ),
    "chunks of another name": f"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{HIDDEN}",
    "chunks that are not the last": (
        f"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{HIDDEN}"
    ),
    "a length below zero": f"Content-Length: -1\r\n\r\n{HIDDEN}",
    "a length with a sign": f"Content-Length: +2\r\n\r\n{{}}{HIDDEN}",
    "a length in hexadecimal": f"Content-Length: 0x2\r\n\r\n{{}}{HIDDEN}",
    "a chunk of no size": f"Transfer-Encoding: chunked\r\n\r\nz\r\n{HIDDEN}",
    "a blank before the colon": f"Content-Length : 2\r\n\r\n{{}}{HIDDEN}",
    "a folded header": f"X-A: 1\r\n Content-Length: 2\r\n\r\n{HIDDEN}",
    "a NUL in a header": f"X-A: \0\r\nContent-Length: 2\r\n\r\n{{}}{HIDDEN}",
}


@pytest.mark.parametrize("rest", SMUGGLED.values(), ids=[f"FED-40 {name}" for name in SMUGGLED])
async def test_a_request_hidden_in_another_is_not_answered(client, rest):
    """Whatever stands before us may have seen one request: we never see two."""
    found = statuses(await spoken(client, HEAD + rest))

    assert len(found) <= 1
    assert set(found) <= {"400", "401", "411", "501"}


async def test_fed_40_whoever_waits_to_be_asked_is_answered(client):
    """FED-40: `Expect: 100-continue`, and another expectation, which nobody meets."""
    waits = f"{HEAD}Content-Length: 2\r\nConnection: close\r\nExpect: "

    assert statuses(await spoken(client, f"{waits}100-continue\r\n\r\n{{}}"))[-1] == "401"
    assert statuses(await spoken(client, f"{waits}the unexpected\r\n\r\n{{}}"))[-1] == "417"


def wire(actor, activity, now, *, target, signed_as=None, chunked=False):
    body = json.dumps(activity).encode()
    headers = signed_headers(actor, body, host=HOST, path=signed_as or target, now=now)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Type: {ACTIVITY}", "Connection: close"]
    if chunked:
        lines.append("Transfer-Encoding: chunked")
        sent = b"%x;x=y\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    else:
        lines.append(f"Content-Length: {len(body)}")
        sent = body
    return "\r\n".join([f"POST {target} HTTP/1.1", *lines, "", ""]).encode() + sent


async def test_fed_40_a_letter_in_chunks_is_a_letter(client, ctx, remote, maya):
    """FED-40: the digest is over what the chunks hold."""
    ria = remote.actor("ria")
    like = ria.activity("Like", maya.account.uri)

    said = await spoken(client, wire(ria, like, ctx.clock(), target="/inbox", chunked=True))

    assert statuses(said) == ["202"]
    await run_until_idle(ctx)
    async with ctx.read() as session:
        assert await accounts.by_uri(session, ria.uri) is not None


@pytest.mark.parametrize(
    ("target", "signed_as", "status"),
    [
        ("/users/maya/inbox", "/inbox", "401"),
        ("/users%2Fmaya/inbox", "/users/maya/inbox", "405"),
        ("/users/%6daya/inbox", "/users/maya/inbox", "401"),
        ("/users/maya/inbox?x", "/inbox", "401"),
        ("/inbox", f"https://{HOST}/inbox", "401"),
    ],
    ids=["FED-39 another path", "FED-39 a slash in code", "FED-39 a letter in code",
         "FED-39 a query", "FED-39 signed in absolute form"],
)  # fmt: skip
async def test_the_path_counts_as_it_came(client, ctx, remote, maya, target, signed_as, status):
    ria = remote.actor("ria")
    like = ria.activity("Like", maya.account.uri)
    text = wire(ria, like, ctx.clock(), target=target, signed_as=signed_as)

    assert statuses(await spoken(client, text)) == [status]


async def test_fed_39_an_absolute_address_of_somebody_else_is_not_ours(
    client, ctx, remote, maya
):
    """FED-39: the request line says another host than the Host header."""
    ria = remote.actor("ria")
    like = ria.activity("Like", maya.account.uri)
    there = "http://other.example/inbox"
    text = wire(ria, like, ctx.clock(), target=there, signed_as="/inbox")

    assert statuses(await spoken(client, text))[0] in {"400", "401", "404", "421"}
