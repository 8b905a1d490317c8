"""The parts that pages are put together of, all on one page, for whoever draws another."""

import json
from importlib.resources import files

from aiohttp import web

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import timelines
from fedi_k12.web.auth import public
from fedi_k12.web.keys import CONTEXT
from webui.forms import Form
from webui.pages import render

POSTS = 3


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show each macro and each class of the stylesheet, where people develop.

    A server that others reach has https (`Settings.scheme`): there it is not found.
    """
    ctx = request.app[CONTEXT]
    if ctx.settings.scheme != "http":
        raise NotFoundError("There is nothing here that you may see.")
    async with ctx.read() as session:
        page = await timelines.public(
            session, viewer=None, page=PageRequest(limit=POSTS), local=True
        )
    form = Form({"name": "maya", "wrong": "maya", "ticked": "1", "chosen": "invite"})
    form.errors["wrong"] = "An e-mail address is needed to sign in with."
    icons = sorted(json.loads((files("webui") / "icons.json").read_text("utf-8")))
    return await render(
        request, "design.html", form=form, posts=page.items, icons=icons, noindex=True
    )


ROUTES = [web.get("/design", show)]
