"""What this place promises: pages for everybody."""

from aiohttp import web

from fedi_k12.web.auth import public
from fedi_k12.web.keys import CONTEXT
from webui.pages import render


@public
async def humane(request: web.Request) -> web.StreamResponse:
    """Show the rules of humane design, and how each is tested."""
    hold_seconds = request.app[CONTEXT].settings.hold_seconds
    return await render(request, "humane.html", hold_seconds=hold_seconds)


ROUTES = [web.get("/humane", humane)]
