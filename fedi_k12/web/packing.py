"""Pages that travel light: packed on their way, and not sent again to who has them."""

import hashlib
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from fedi_k12.web.errors import for_apps, for_servers

LEAST = 1024
"""Bytes under which packing saves nothing."""
_WORDS = {
    "text/html",
    "text/css",
    "text/javascript",
    "text/csv",
    "text/calendar",
    "text/plain",
    "application/atom+xml",
    "application/rss+xml",
    "application/manifest+json",
    "image/svg+xml",
}
_SHOWN_ANEW = ("Cache-Control", "Content-Security-Policy", "ETag", "Vary")


@web.middleware
async def pack_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Pack what people read, and say whether it changed (RFC 9110, 8.8.3 and 13.1.2).

    What a page repeats of its address is sent beside its form's secret only to who followed a
    link themselves: the session's cookie is `SameSite=Lax`. So packing tells nobody of it.
    """
    response = await handler(request)
    if (
        not isinstance(response, web.Response)
        or response.content_type not in _WORDS
        or "Content-Encoding" in response.headers
        or for_apps(request)
        or for_servers(request)
    ):
        return response
    vary_by_encoding(response)
    if _can_be_kept(request, response) and isinstance(response.body, bytes):
        digest = hashlib.blake2b(response.body, digest_size=12).hexdigest()
        response.headers["ETag"] = f'W/"{digest}"'
        if response.headers["ETag"] in request.headers.get("If-None-Match", ""):
            return _unchanged(response)
    if takes_gzip(request) and (response.content_length or 0) >= LEAST:
        response.enable_compression(web.ContentCoding.gzip)
    return response


def takes_gzip(request: web.Request) -> bool:
    """Return whether who asks can unpack gzip."""
    asked = request.headers.get("Accept-Encoding", "").lower().replace(" ", "")
    return "gzip" in asked and "gzip;q=0," not in f"{asked},"


def vary_by_encoding(response: web.Response) -> None:
    """Tell caches that the answer depends on what the reader can unpack."""
    said = response.headers.get("Vary", "")
    response.headers["Vary"] = f"{said}, Accept-Encoding" if said else "Accept-Encoding"


def _can_be_kept(request: web.Request, response: web.Response) -> bool:
    return (
        request.method == "GET"
        and response.status == HTTPStatus.OK
        and not response.cookies
        and "no-store" not in response.headers.get("Cache-Control", "")
    )


def _unchanged(response: web.Response) -> web.Response:
    kept = {name: response.headers[name] for name in _SHOWN_ANEW if name in response.headers}
    return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=kept)
