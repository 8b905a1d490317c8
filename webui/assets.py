"""Style sheets, the district's colour, the icon, and what robots may read."""

import asyncio
from http import HTTPStatus

from aiohttp import web

from fedi_k12.domain.colour import Accent, stylesheet
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.services import pictures, site
from fedi_k12.web.auth import public
from fedi_k12.web.keys import CONTEXT
from fedi_k12.web.packing import takes_gzip
from webui.help_pages import help_pictures
from webui.pages import STYLE, asset, packed_static, static

NAMES = {
    STYLE: "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    **dict.fromkeys(help_pictures(), "image/webp"),
}
ICON_SIDES = (192, 512)
PAPER = "#f2f2ec"
"""The ground of `tokens.css`."""
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
    headers = {"Content-Type": NAMES[name], "Cache-Control": FOR_EVER}
    if not NAMES[name].startswith("text/") or not takes_gzip(request):
        return web.Response(body=static(name), headers=headers)
    headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return web.Response(body=packed_static(name), headers=headers)


@public
async def accent(request: web.Request) -> web.Response:
    """Return the district's colour: a hue and how strong it is; how light is ours to say."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        about = await site.site(session, name=ctx.settings.name)
    css = stylesheet(Accent(about.accent_hue, about.accent_chroma))
    return web.Response(
        text=css, content_type="text/css", headers={"Cache-Control": "public, max-age=300"}
    )


@public
async def icon(request: web.Request) -> web.Response:
    """Return the picture of this server: its logo, or the quilt block of its name."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        about = await site.site(session, name=ctx.settings.name)
    side = int(request.match_info.get("side", pictures.AVATAR_SIDE))
    logo = await ctx.blobs.get(about.logo) if about.logo else None
    made = await asyncio.to_thread(_drawn, logo, ctx.settings.handle_domain, side)
    kept = "public, max-age=300" if about.logo else "public, max-age=86400"
    return web.Response(
        body=made.data, headers={"Content-Type": made.mime_type, "Cache-Control": kept}
    )


def _drawn(logo: bytes | None, name: str, side: int) -> pictures.Encoded:
    return pictures.prepare_icon(logo or pictures.quilt_block(name).data, side)


@public
async def manifest(request: web.Request) -> web.Response:
    """Return what a telephone needs to keep this place among its apps (W3C App Manifest)."""
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        about = await site.site(session, name=ctx.settings.name)
    colour = Accent(about.accent_hue, about.accent_chroma).hex
    document = {
        "name": about.title,
        "short_name": about.title[:12].strip(),
        "description": about.short_description,
        "id": "/home",
        "start_url": "/home",
        "scope": "/",
        "display": "minimal-ui",
        "theme_color": colour,
        "background_color": PAPER,
        "icons": [
            {"src": f"/icon-{side}.png", "sizes": f"{side}x{side}", "type": "image/png"}
            for side in ICON_SIDES
        ],
    }
    return web.json_response(
        document,
        content_type="application/manifest+json",
        headers={"Cache-Control": "public, max-age=300"},
    )


@public
async def robots(request: web.Request) -> web.Response:
    """Say what robots may read; members' own wishes stand on their pages."""
    del request
    return web.Response(text=_ROBOTS, status=HTTPStatus.OK)


ROUTES = [
    web.get("/assets/{digest}/{name:.+}", get_asset),
    web.get("/accent.css", accent),
    web.get("/icon.png", icon),
    web.get("/icon-{side:" + "|".join(str(side) for side in ICON_SIDES) + "}.png", icon),
    web.get("/favicon.ico", icon),
    web.get("/manifest.webmanifest", manifest),
    web.get("/robots.txt", robots),
]
