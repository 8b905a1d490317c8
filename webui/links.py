"""Links with notes and tags: a page for oneself, and what one makes of a week of it (S-48)."""

from aiohttp import web

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.links import MAX_NOTE, MAX_TAG, MAX_TITLE, read_tags
from fedi_k12.services import links
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.pages import render

MAX_PAGE = 1000
_LABELS = {"url": "Address"}


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show what the member keeps, with a form for another page of the web."""
    form = Form({"url": request.query.get("url", ""), "title": request.query.get("title", "")})
    return await _page(request, form)


@signed_in
async def add(request: web.Request) -> web.StreamResponse:
    """Keep a page of the web."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    try:
        await ctx.write(
            links.add,
            actor=actor(request),
            url=form["url"],
            title=form["title"],
            note=form["note"],
            tags=read_tags(form["tags"]),
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _page(request, form, status=422)
    raise web.HTTPSeeOther("/links")


@signed_in
async def make_week(request: web.Request) -> web.StreamResponse:
    """Begin a draft with the links of the last seven days, and lead to the form for it."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    try:
        number = await ctx.write(
            links.of_the_week, actor=actor(request), title=form["title"], now=ctx.clock()
        )
    except InvalidError as error:
        refused = Form()
        refused.errors[""] = forms.why(error)
        return await _page(request, refused, status=422)
    raise web.HTTPSeeOther(f"/write?draft={number}")


@signed_in
async def edit(request: web.Request) -> web.StreamResponse:
    """Show the form for what is written about something that is kept."""
    me, number = actor(request), _number(request)
    async with request.app[CONTEXT].read() as session:
        one = await links.one(session, actor=me, link_id=number)
    form = Form({"title": one.title, "note": one.note, "tags": " ".join(one.tags)})
    return await render(
        request,
        "link_form.html",
        one=one,
        form=form,
        longest=(MAX_TITLE, MAX_NOTE, MAX_TAG),
        noindex=True,
    )


@signed_in
async def save(request: web.Request) -> web.StreamResponse:
    """Keep what is written about something that is kept."""
    form = await forms.read(request)
    await request.app[CONTEXT].write(
        links.change,
        actor=actor(request),
        link_id=_number(request),
        title=form["title"],
        note=form["note"],
        tags=read_tags(form["tags"]),
    )
    raise web.HTTPSeeOther("/links")


@signed_in
async def remove(request: web.Request) -> web.StreamResponse:
    """Keep something no longer."""
    await forms.read(request)
    await request.app[CONTEXT].write(
        links.remove, actor=actor(request), link_id=_number(request)
    )
    raise web.HTTPSeeOther("/links")


async def _page(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    ctx = request.app[CONTEXT]
    tag = " ".join(read_tags(request.query.get("tag", ""))[:1])
    number = min(max(parse_id(request.query.get("page", "1")) or 1, 1), MAX_PAGE)
    async with ctx.read() as session:
        found = await links.page(session, actor=actor(request), tag=tag, number=number)
    return await render(
        request,
        "links.html",
        status=status,
        form=form,
        found=found,
        tag=tag,
        number=number,
        longest=(MAX_TITLE, MAX_NOTE, MAX_TAG),
        today=ctx.clock().date(),
        noindex=True,
    )


def _number(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


ROUTES = [
    web.get("/links", show),
    web.post("/links", add),
    web.post("/links/week", make_week),
    web.get(r"/links/{id:\d+}", edit),
    web.post(r"/links/{id:\d+}", save),
    web.post(r"/links/{id:\d+}/remove", remove),
]
