"""The pages for everybody: front and help."""

from aiohttp import web

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import timelines
from fedi_k12.web.auth import public, viewer
from fedi_k12.web.keys import CONTEXT
from webui.help_pages import help_in
from webui.pages import may_join, render

POSTS = 20
HELP = (
    ("educators", "For educators"),
    ("families", "For families"),
    ("communication", "For communication officers"),
    ("steps", "A school’s post, step by step"),
    ("moderators", "For moderators"),
    ("operators", "For those who run a server"),
    ("records", "For those who keep records"),
    ("alerts", "For those who raise alerts"),
    ("humane", "Our rules and their tests"),
    ("settings", "Settings of a server"),
)


@public
async def front(request: web.Request) -> web.StreamResponse:
    """Show what this place is; members are led home."""
    if viewer(request) is not None:
        raise web.HTTPSeeOther("/home")
    ctx = request.app[CONTEXT]
    async with ctx.read() as session:
        page = await timelines.public(
            session, viewer=None, page=PageRequest(limit=POSTS), local=True
        )
    sign_up = await may_join(request) in {"open", "approval"}
    return await render(request, "front.html", posts=page.items, sign_up=sign_up)


@public
async def help_page(request: web.Request) -> web.StreamResponse:
    """Show a page of help."""
    name = request.match_info.get("name", HELP[0][0])
    titles = dict(HELP)
    if name not in titles:
        raise NotFoundError("There is nothing here that you may see.")
    return await render(
        request, "help.html", title=titles[name], help_in=help_in, pages=HELP, current=name
    )


ROUTES = [
    web.get("/", front),
    web.get("/help", help_page),
    web.get("/help/{name}", help_page),
]
