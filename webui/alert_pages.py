"""Where everybody reads alerts: nothing here asks the store, as long as a file is there."""

import hashlib
from datetime import UTC
from email.utils import format_datetime

from aiohttp import web

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.web.auth import from_servers
from fedi_k12.web.keys import CONTEXT
from webui import alert_files, alert_rendering
from webui.alert_files import Files
from webui.locales import locale_of

_FRESH = "public, max-age=15, stale-if-error=86400"
"""Old enough for a rush of families, and better than nothing where we cannot be reached."""


@from_servers
async def page(request: web.Request) -> web.StreamResponse:
    """Show the alerts."""
    files = await _files(request)
    language = locale_of(request)
    answer = _answer(request, files, files.pages[language], "text/html")
    answer.headers["Content-Language"] = language
    answer.headers["Vary"] = "Accept-Language"
    return answer


@from_servers
async def colour(request: web.Request) -> web.StreamResponse:
    """Return the district's colour for the page, which asks the store no more than the page."""
    files = await _files(request)
    return _answer(request, files, files.colour, "text/css")


@from_servers
async def atom(request: web.Request) -> web.StreamResponse:
    """Show the alerts as Atom."""
    files = await _files(request)
    return _answer(request, files, files.atom, "application/atom+xml")


@from_servers
async def index(request: web.Request) -> web.StreamResponse:
    """Show where the CAP documents are, as Atom: how collectors of alerts read them."""
    files = await _files(request)
    return _answer(request, files, files.index, "application/atom+xml")


@from_servers
async def cap(request: web.Request) -> web.StreamResponse:
    """Show one alert as CAP 1.2."""
    files = await _files(request)
    document = files.caps.get(request.match_info["id"])
    if document is None:
        raise NotFoundError("There is nothing here that you may see.")
    return _answer(request, files, document, "application/cap+xml")


async def _files(request: web.Request) -> Files:
    ctx = request.app[CONTEXT]
    files = alert_files.newest(ctx.settings.data_dir)
    return files if files is not None else await alert_rendering.write(ctx)


def _answer(
    request: web.Request, files: Files, text: str, content_type: str
) -> web.StreamResponse:
    body = text.encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = {
        "Cache-Control": _FRESH,
        "ETag": tag,
        "Last-Modified": format_datetime(files.written_at.astimezone(UTC), usegmt=True),
    }
    if tag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)


ROUTES = [
    web.get("/alerts", page),
    web.get("/alerts.css", colour),
    web.get("/alerts.atom", atom),
    web.get("/alerts.cap", index),
    web.get(r"/alerts/{id:\d+}.cap", cap),
]
