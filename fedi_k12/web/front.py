"""What is asked for most has a way of its own, tried before anything else.

To find a route, go through the layers and have aiohttp put an answer together takes several
times as long as to look up bytes that are there already. So a few addresses have a way that is
tried first. It either has the very answer that the handler would give, or leaves the request
to the handler: it refuses nobody and changes nothing.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from functools import lru_cache
from time import perf_counter, time_ns
from typing import Any, cast

from aiohttp import HttpVersion11, web
from aiohttp.http import SERVER_SOFTWARE
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.log import server_logger
from msgspec import Struct
from multidict import CIMultiDict

from fedi_k12.context import Context
from fedi_k12.observe import count_request, tell_request
from fedi_k12.web.entry import SHUT_NETWORKS
from fedi_k12.web.errors import SERVERS
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.limits import (
    RATE_LIMITS,
    address_of,
    dressing,
    new_request_id,
    take_one,
)

LONG = 16_384
"""Bytes from which on a body is not worth to be copied, to be sent together with its head."""


class Ready(Struct, frozen=True):
    """An answer that lacks only the date and the request's number."""

    route: str
    """The pattern of its address, by which it is counted."""
    headers: Mapping[str, str]
    body: bytes
    head: bytes
    """What goes over the wire before what is lacking."""

    def response(self) -> web.Response:
        """Return the same, to be sent the usual way."""
        return web.Response(body=self.body, headers=self.headers)


_Answers = Callable[[web.Request], Awaitable[web.StreamResponse]]
Way = Callable[[Context, web.Request], Ready | None]
Ways = Mapping[str, Way]
"""By what the path and query of a GET begin with."""
WAYS: web.AppKey[Ways] = web.AppKey("WAYS")


def ready(ctx: Context, *, route: str, headers: Mapping[str, str], body: bytes) -> Ready:
    """Return an answer with status 200 and what every answer says."""
    said = CIMultiDict(headers)
    said["Content-Length"] = str(len(body))
    said["Server"] = SERVER_SOFTWARE
    said.merge(dressing(route, https=ctx.settings.scheme == "https"))
    lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return Ready(route, headers, body, f"HTTP/1.1 200 OK\r\n{lines}".encode())


class Runner(web.AppRunner):
    """Runs an application whose ways are tried first."""

    async def _make_server(self) -> web.Server:
        server_logger.addFilter(_of_interest)
        server = await super()._make_server()
        # What it makes are requests of an application, though its type does not say so.
        usual = cast("_Answers", server.request_handler)
        server.request_handler = cast("Any", _ways_first(self.app, usual))
        return server


def _of_interest(record: logging.LogRecord) -> bool:
    """Say of what is no HTTP in one line that it came: where we read it is not the fault."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg, record.args = "no HTTP: %s", (error.message.partition("\n")[0],)
        record.exc_info, record.levelno, record.levelname = None, logging.INFO, "INFO"
        return logging.getLogger().isEnabledFor(logging.INFO)
    return True


def _ways_first(app: web.Application, usual: _Answers) -> _Answers:
    ctx, ways, limits, networks = app[CONTEXT], app[WAYS], app[RATE_LIMITS], app[SHUT_NETWORKS]
    own_hosts, beginnings, each = ctx.settings.own_hosts, tuple(ways), tuple(ways.items())

    async def answer(request: web.Request) -> web.StreamResponse:
        target = request.raw_path
        if not (target.startswith(beginnings) and _is_plain(request, own_hosts)):
            return await usual(request)
        began = perf_counter()
        await ctx.changes.confirm()
        found = None
        for beginning, way in each:
            if target.startswith(beginning):
                found = way(ctx, request)
                break
        if found is None:
            return await usual(request)
        told: Mapping[str, str] = {}
        if not target.startswith(SERVERS):
            if not networks.let_in(address_of(request, ctx.settings), now=ctx.clock()):
                return await usual(request)
            if ctx.settings.rate_limits:
                bucket, told = take_one(limits, ctx, request)
                if bucket.remaining < 0:
                    return await usual(request)
        request_id = new_request_id()
        seconds = perf_counter() - began
        count_request(method="GET", route=found.route, status=200, seconds=seconds)
        tell_request(
            method="GET", path=request.path, status=200, seconds=seconds, request_id=request_id,
            reason=None,
        )  # fmt: skip
        return _Whole(found, request_id, told)

    return answer


def _is_plain(request: web.Request, own_hosts: frozenset[str]) -> bool:
    """Return whether a request is a GET to us that has nothing about it but its headers."""
    headers = request.headers
    return (
        request.method == "GET"
        and request.version == HttpVersion11
        and request.keep_alive
        and not request.body_exists
        and "Expect" not in headers
        and "Content-Encoding" not in headers
        and headers.get("Host", "").lower() in own_hosts
    )


class _Whole(web.StreamResponse):
    """Writes an answer that is ready, all of it at once."""

    def __init__(self, found: Ready, request_id: str, told: Mapping[str, str]) -> None:
        super().__init__()
        self._found, self._request_id, self._told = found, request_id, told

    @property
    def keep_alive(self) -> bool:
        """That the connection stays: who asks for another thing goes the usual way."""
        return True

    async def prepare(self, request: web.BaseRequest) -> None:
        """Write it."""
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError
        own = f"{_date(time_ns() // 10**9)}X-Request-Id: {self._request_id}\r\n"
        for name, value in self._told.items():
            own += f"{name}: {value}\r\n"
        head = self._found.head + f"{own}\r\n".encode()
        if len(self._found.body) < LONG:
            transport.write(head + self._found.body)
        else:
            transport.writelines((head, self._found.body))
        await request.writer.drain()

    async def write_eof(self, data: bytes = b"") -> None:
        """Do nothing: it was written whole."""


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}\r\n"
