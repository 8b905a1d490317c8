"""Stand between real servers, pass on all that they say to each other, and keep it."""

import asyncio
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import aiohttp
import trustme
from aiohttp import web
from multidict import CIMultiDict

_OF_THE_CONNECTION = ("Content-Encoding", "Content-Length", "Transfer-Encoding", "Connection")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request between servers and its answer, as plain bytes."""

    host: str
    """Who was asked."""
    method: str
    path: str
    sent: bytes
    status: int
    answered: bytes


class Wire:
    """Answers under the names of all servers, each of which believes to speak with another."""

    def __init__(
        self,
        places: Mapping[str, tuple[str, int]],
        authority: trustme.CA,
        *,
        address: str = "127.0.0.5",
    ) -> None:
        self.kept: list[Exchange] = []
        self._places, self._authority, self._address = places, authority, address
        self._place = ("", 0)

    @property
    def resolve(self) -> str:
        """What a server has to be told (`FEDI_K12_RESOLVE`) to find all others here."""
        address, port = self._place
        return ",".join(f"{name}={address}:{port}" for name in self._places)

    def told(self, words: str) -> list[Exchange]:
        """Return in which exchanges these words went from one server to another."""
        wanted = words.encode()
        return [
            one
            for one in self.kept
            if wanted in one.path.encode() or wanted in one.sent or wanted in one.answered
        ]

    def letters(self, host: str) -> list[Exchange]:
        """Return what was delivered to inboxes of a server."""
        return [one for one in self.kept if (one.method, one.host) == ("POST", host)]

    @contextmanager
    def listening(self) -> Iterator["Wire"]:
        """Listen, in a thread of its own: whoever tests may wait for an app meanwhile."""
        loop, stop = asyncio.new_event_loop(), asyncio.Event()
        ready = threading.Event()
        thread = threading.Thread(
            target=loop.run_until_complete, args=(self._serve(ready, stop),), daemon=True
        )
        thread.start()
        try:
            assert ready.wait(20)
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(20)
            loop.close()

    async def _serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        inside, outside = ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.configure_trust(inside)
        self._authority.issue_cert(*self._places).configure_cert(outside)
        async with aiohttp.ClientSession() as session:

            async def pass_on(request: web.BaseRequest) -> web.Response:
                try:
                    return await self._pass_on(session, inside, request)
                except aiohttp.ClientError:
                    # Whoever was asked is not there at the moment.
                    return web.Response(status=502)

            runner = web.ServerRunner(web.Server(pass_on, access_log=None))
            await runner.setup()
            site = web.TCPSite(runner, self._address, 0, ssl_context=outside)
            await site.start()
            self._place = (self._address, runner.addresses[0][1])
            ready.set()
            await stop.wait()
            await runner.cleanup()

    async def _pass_on(
        self, session: aiohttp.ClientSession, trust: ssl.SSLContext, request: web.BaseRequest
    ) -> web.Response:
        host = request.host.partition(":")[0]
        address, port = self._places[host]
        sent = await request.read()
        async with session.request(
            request.method,
            f"https://{address}:{port}{request.raw_path}",
            headers=request.headers,
            data=sent or None,
            ssl=trust,
            server_hostname=host,
            allow_redirects=False,
        ) as found:
            answered = await found.read()
        self.kept.append(
            Exchange(host, request.method, request.raw_path, sent, found.status, answered)
        )
        headers = CIMultiDict(found.headers)
        for name in _OF_THE_CONNECTION:
            headers.popall(name, None)
        return web.Response(status=found.status, body=answered, headers=headers)
