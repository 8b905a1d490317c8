"""Pass other servers' films and sounds on, piece by piece, while somebody watches.

Nothing of them is kept and nothing is fetched ahead: a visitor's browser asks us for a part,
we ask the other server for that part, and stop when the visitor does. The other server learns
our address, never the visitor's.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from http import HTTPStatus

import structlog
from aiohttp import web

from fedi_k12.context import Context
from fedi_k12.domain.errors import NotFoundError, TooManyError
from fedi_k12.domain.media import STREAMED_TYPES
from fedi_k12.guard import FetchError
from fedi_k12.services import remote_files
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.limits import remote_address
from fedi_k12.web.shelf import kept

GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""What goes out with every file that somebody else made."""
MAX_BYTES = 1_073_741_824
"""Of one film. Players ask for parts; whoever asks for all gets no more than this."""
AT_ONCE, AT_ONCE_EACH = 48, 6
_RANGE = re.compile(r"bytes=(\d{1,15}-\d{0,15}|-\d{1,15})")
_PASSED = ("Content-Range", "Content-Length", "Last-Modified", "ETag")
_GIVEN = {
    HTTPStatus.OK,
    HTTPStatus.PARTIAL_CONTENT,
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
}
_log = structlog.get_logger("media")


class _Watched:
    """Who watches at this moment, and how much was passed on today."""

    def __init__(self) -> None:
        self.by: dict[str, int] = {}
        self.day: date | None = None
        self.bytes = 0

    @contextmanager
    def seat(self, address: str) -> Iterator[None]:
        """Hold a seat for a visitor; raises `TooManyError` where all are taken."""
        taken = self.by.get(address, 0)
        if taken >= AT_ONCE_EACH or sum(self.by.values()) >= AT_ONCE:
            raise TooManyError("Too many films are being watched. Try again in a moment.")
        self.by[address] = taken + 1
        try:
            yield
        finally:
            self.by[address] -= 1
            if not self.by[address]:
                del self.by[address]

    def left(self, budget: int, today: date) -> int:
        """Return how many bytes may still be passed on today."""
        if self.day != today:
            self.day, self.bytes = today, 0
        return budget - self.bytes


async def passed_on(request: web.Request, url: str, kind: str) -> web.StreamResponse:
    """Pass a film or sound on as `kind`, or the part of it that is asked for."""
    ctx = request.app[CONTEXT]
    if not ctx.settings.streams:
        raise NotFoundError("There is no such file.")
    watched = kept(ctx, _Watched)
    left = watched.left(ctx.settings.remote_stream_bytes, ctx.clock().date())
    if left <= 0:
        raise TooManyError("No more films of other servers today. Their own pages show them.")
    async with ctx.read() as session:
        if await remote_files.is_stopped(session, url):
            raise NotFoundError("There is no such file.")
    with watched.seat(remote_address(request)):
        return await _pass_on(ctx, request, url, kind, watched, min(left, MAX_BYTES))


async def _pass_on(
    ctx: Context, request: web.Request, url: str, kind: str, watched: _Watched, most: int
) -> web.StreamResponse:
    asked = request.headers.get("Range", "")
    headers = {"Accept": kind}
    if _RANGE.fullmatch(asked):
        headers["Range"] = asked
    response: web.StreamResponse | None = None
    try:
        async with ctx.http.stream(url, headers=headers, max_bytes=most) as found:
            _demand_film(found.status, found.headers.get("Content-Type", ""), kind)
            response = web.StreamResponse(status=found.status, headers=_dress(found.headers))
            response.content_type = kind
            await response.prepare(request)
            if request.method != "HEAD":
                async for piece in found.pieces:
                    watched.bytes += len(piece)
                    await response.write(piece)
    except FetchError as error:
        _log.info("film broke off", url=url, reason=str(error))
        if response is None:
            raise NotFoundError("The other server does not give this file.") from error
        # What was promised cannot be kept: the connection says so, and players ask again.
        if request.transport is not None:
            request.transport.close()
        return response
    await response.write_eof()
    return response


def _demand_film(status: int, content_type: str, kind: str) -> None:
    named = content_type.partition(";")[0].strip().lower()
    fits = named in STREAMED_TYPES or named in {"", "application/octet-stream"}
    if status not in _GIVEN or not (fits and kind in STREAMED_TYPES):
        raise NotFoundError("The other server does not give this file.")


def _dress(found: Mapping[str, str]) -> dict[str, str]:
    given = {name: found[name] for name in _PASSED if name in found}
    cache = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=3600"}
    return {**given, **cache, **GUARDS}
