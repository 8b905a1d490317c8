"""Style sheets, the district's colour, the icon, and what robots may read."""

import asyncio
from http import HTTPStatus

from aiohttp import web

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.services import pictures, site
from fedi_k12.web.auth import public
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.packing import takes_gzip
from webui.pages import STYLE, asset, packed_static, static

NAMES = {
    STYLE: "text/css",
    "page.js": "text/javascript",
}
FOR_EVER = "public, max-age=31536000, immutable"
_COLLECTORS = (
    "AI2Bot",
    "Amazonbot",
    "Applebot-Extended",
    "Bytespider",
    "CCBot",
    "ClaudeBot",
    "Diffbot",
    "FacebookBot",
    "GPTBot",
    "Google-Extended",
    "Meta-ExternalAgent",
    "PerplexityBot",
    "cohere-ai",
)
"""Programs that gather texts to train other programs with: nobody here agreed to that."""
_ROBOTS = "".join(
    [
        "User-agent: *\nDisallow: /search\nDisallow: /auth/\nDisallow: /oauth/\n\n",
        *(f"User-agent: {name}\n" for name in _COLLECTORS),
        "Disallow: /\n",
    ]
)


@public
async def get_asset(request: web.Request) -> web.Response:
    """Return a static file; its address says what is in it, so it can be kept for ever."""
    name = request.match_info["name"]
    if name not in NAMES or request.path != asset(name):
        raise NotFoundError("There is nothing here that you may see.")
    headers = {"Content-Type": f"{NAMES[name]}; charset=utf-8", "Cache-Control": FOR_EVER}
    if not takes_gzip(request):
        return web.Response(body=static(name), headers=headers)
    headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return web.Response(body=packed_static(name), headers=headers)


@public
async def accent(request: web.Request) -> web.Response:
    """Return the district's colour: a hue and how strong it is; how light is ours to say."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        about = await site.site(session, name=ctx.settings.name)
    css = (
        f":root {{ --accent-h: {about.accent_hue:g}; --accent-c: {about.accent_chroma:g}; }}\n"
    )
    return web.Response(
        text=css, content_type="text/css", headers={"Cache-Control": "public, max-age=300"}
    )


@public
async def icon(request: web.Request) -> web.Response:
    """Return the picture of this server: the quilt block of its name."""
    domain = request.app[CONTEXT].settings.handle_domain
    made = await asyncio.to_thread(pictures.quilt_block, domain)
    return web.Response(
        body=made.data,
        headers={"Content-Type": made.mime_type, "Cache-Control": "public, max-age=86400"},
    )


@public
async def robots(request: web.Request) -> web.Response:
    """Say what robots may read; members' own wishes stand on their pages."""
    del request
    return web.Response(text=_ROBOTS, status=HTTPStatus.OK)


ROUTES = [
    web.get("/assets/{digest}/{name}", get_asset),
    web.get("/accent.css", accent),
    web.get("/icon.png", icon),
    web.get("/favicon.ico", icon),
    web.get("/robots.txt", robots),
]
