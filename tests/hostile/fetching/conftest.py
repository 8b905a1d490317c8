"""Fixtures: names, servers and certificates as an attacker would have them."""

import asyncio
import ssl
from ipaddress import ip_network

import pytest
import trustme
from aiohttp.abc import AbstractResolver

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


def said(body, *headers):
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


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
