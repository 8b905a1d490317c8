"""The pages for everybody: front and help."""

import re
from functools import cache
from importlib.resources import files

from aiohttp import web
from markdown_it import MarkdownIt
from markupsafe import Markup

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import timelines
from fedi_k12.web.auth import public, viewer
from fedi_k12.web.keys import CONTEXT
from webui.locales import USUAL
from webui.pages import may_join, render
from webui.words import spoken_locale

POSTS = 20
HELP = (
    ("educators", "For educators"),
    ("families", "For families"),
    ("communication", "For communication officers"),
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
        request, "help.html", title=titles[name], help_in=_help_in, pages=HELP, current=name
    )


def _help_in(name: str) -> tuple[str, Markup]:
    """Return a page of help in the reader's language, or in English where there is none."""
    locale = spoken_locale()
    if not (files("webui") / "help" / locale / f"{name}.md").is_file():
        locale = USUAL
    return locale, _help(locale, name)


@cache
def _help(locale: str, name: str) -> Markup:
    place = files("webui") / "help"
    text = ((place if locale == USUAL else place / locale) / f"{name}.md").read_text("utf-8")
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    # Links between the files lead to pages here.
    html = reader.render(text).replace('.md"', '"').replace(".md#", "#")
    # Names of settings are long: a narrow column breaks them between their parts.
    html = re.sub(
        r"<td><code>([A-Z0-9_]+)</code>",
        lambda found: f"<td><code>{found[1].replace('_', '_<wbr>')}</code>",
        html,
    )
    return Markup(html)  # noqa: S704 - our own words; HTML in them is off


ROUTES = [
    web.get("/", front),
    web.get("/help", help_page),
    web.get("/help/{name}", help_page),
]
