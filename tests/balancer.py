"""A reverse proxy that gives each request to the next process: `python -m tests.balancer`.

The plainest there can be: nobody comes back to the process that answered before, so whatever
the processes do not share shows. Where one cannot be reached, the next is asked.
"""

import argparse
import asyncio
import ssl
from collections.abc import Sequence
from itertools import count

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
"""RFC 9110, 7.6.1."""
OF_THE_SOCKET = {"sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions"}
MADE_ANEW = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
"""What aiohttp would add of its own where whoever asks did not."""


class Balancer:
    """Passes requests on, each to the next of a few processes."""

    def __init__(self, places: Sequence[str], *, scheme: str) -> None:
        self._places = places
        self._scheme = scheme
        self._turns = count()

    async def run(self, app: web.Application) -> None:
        """Open what asks the processes."""
        app[SESSION] = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
        )

    async def end(self, app: web.Application) -> None:
        """Close it."""
        await app[SESSION].close()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request as one of the processes does."""
        turn = next(self._turns)
        body = await request.read() if request.body_exists else None
        for number in range(len(self._places)):
            place = self._places[(turn + number) % len(self._places)]
            url = URL(f"http://{place}{request.raw_path}", encoded=True)
            try:
                if request.headers.get("Upgrade", "").lower() == "websocket":
                    return await self._socket(request, url)
                return await self._pass_on(request, url, body)
            except aiohttp.ClientConnectorError:
                continue
        return web.Response(status=502, text="None of the processes answers.\n")

    def _headers(self, request: web.Request) -> CIMultiDict[str]:
        headers = CIMultiDict(request.headers)
        for name in set(map(str.lower, headers)) & (HOP_BY_HOP | {"x-forwarded-for"}):
            headers.popall(name)
        headers["X-Forwarded-For"] = request.remote or ""
        headers["X-Forwarded-Proto"] = self._scheme
        return headers

    async def _pass_on(
        self, request: web.Request, url: URL, body: bytes | None
    ) -> web.StreamResponse:
        session = request.app[SESSION]
        headers = self._headers(request)
        async with session.request(
            request.method,
            url,
            headers=headers,
            data=body,
            allow_redirects=False,
            skip_auto_headers=[name for name in MADE_ANEW if name not in headers],
        ) as answer:
            found = web.StreamResponse(status=answer.status, reason=answer.reason)
            for name, value in answer.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    found.headers.add(name, value)
            await found.prepare(request)
            async for part in answer.content.iter_any():
                await found.write(part)
            await found.write_eof()
            return found

    async def _socket(self, request: web.Request, url: URL) -> web.StreamResponse:
        headers = self._headers(request)
        for name in set(map(str.lower, headers)) & (OF_THE_SOCKET | {"sec-websocket-protocol"}):
            headers.popall(name)
        protocols = [
            one.strip()
            for one in request.headers.get("Sec-WebSocket-Protocol", "").split(",")
            if one.strip()
        ]
        try:
            far = await request.app[SESSION].ws_connect(
                url, headers=headers, protocols=protocols
            )
        except aiohttp.WSServerHandshakeError as error:
            return web.Response(status=error.status)
        near = web.WebSocketResponse(protocols=[far.protocol] if far.protocol else [])
        await near.prepare(request)
        both = [asyncio.create_task(_copy(near, far)), asyncio.create_task(_copy(far, near))]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await far.close()
            await near.close(code=far.close_code or 1000)
        return near


Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse
SESSION = web.AppKey("SESSION", aiohttp.ClientSession)


async def _copy(source: Socket, target: Socket) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)


async def _run(asked: argparse.Namespace) -> None:
    context = None
    if asked.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(asked.cert, asked.key)
    balancer = Balancer(asked.places, scheme="https" if asked.cert else "http")
    app = web.Application(client_max_size=2**40)
    app.on_startup.append(balancer.run)
    app.on_cleanup.append(balancer.end)
    app.router.add_route("*", "/{path:.*}", balancer.handle)
    runner = web.AppRunner(
        app, access_log=None, auto_decompress=False, handler_cancellation=True
    )
    await runner.setup()
    address, _, port = asked.listen.rpartition(":")
    await web.TCPSite(runner, address, int(port), ssl_context=context, backlog=512).start()
    await asyncio.Event().wait()


def main() -> None:
    """Pass requests on until somebody ends it."""
    parser = argparse.ArgumentParser(prog="python -m tests.balancer", description=__doc__)
    parser.add_argument("--listen", required=True, metavar="HOST:PORT")
    parser.add_argument("--cert", metavar="FILE")
    parser.add_argument("--key", metavar="FILE")
    parser.add_argument("places", nargs="+", metavar="HOST:PORT")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
