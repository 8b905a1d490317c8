"""What a browser shows without a connection: a page, and the worker that keeps it ready."""

import hashlib
import json
from importlib.resources import files

from aiohttp import web

from fedi_k12.services import site
from fedi_k12.web.auth import public
from fedi_k12.web.keys import CONTEXT
from webui.pages import STYLE, asset, render, static

PAGE = "/offline"
WORKER = "worker.js"


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show that there is no connection; nothing on it is about whoever asks."""
    return await render(request, "offline.html", noindex=True)


@public
async def worker(request: web.Request) -> web.Response:
    """Return the service worker (W3C Service Workers), at the root so that it sees all pages.

    It begins with what it keeps, under a version made of all that. A browser that finds other
    bytes than before takes the new one and drops what the old one kept.
    """
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        about = await site.site(session, name=ctx.settings.name)
    kept = [asset(STYLE), asset("page.js"), "/accent.css", "/icon.png"]
    templates = files("webui") / "templates"
    page = b"".join((templates / name).read_bytes() for name in ("_base.html", "offline.html"))
    looks = f"{about.title} {about.accent_hue} {about.accent_chroma} {about.logo}"
    parts = (page, static(WORKER), " ".join(kept).encode(), looks.encode())
    version = hashlib.sha256(b"\n".join(parts)).hexdigest()[:12]
    said = json.dumps({"version": version, "page": PAGE, "files": kept})
    return web.Response(
        body=f"const KEPT = {said};\n".encode() + static(WORKER),
        headers={"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "no-cache"},
    )


ROUTES = [web.get(PAGE, show), web.get(f"/{WORKER}", worker)]
