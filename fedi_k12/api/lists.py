"""Lists: https://docs.joinmastodon.org/methods/lists/."""

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, empty, page_answer, path_id
from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import lists
from fedi_k12.services.lists import MAX_MEMBERS
from fedi_k12.web.auth import actor, requires
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import params


@requires("read:lists")
async def get_lists(request: web.Request) -> web.Response:
    """Return one's lists."""
    async with context(request).read() as session:
        found = await lists.lists(session, actor=actor(request))
    return answer([render.list_(view) for view in found])


@requires("read:lists")
async def get_list(request: web.Request) -> web.Response:
    """Return a list."""
    async with context(request).read() as session:
        view = await lists.get(session, actor=actor(request), list_id=path_id(request))
    return answer(render.list_(view))


@requires("write:lists")
async def create(request: web.Request) -> web.Response:
    """Make a list."""
    ctx = context(request)
    asked = await params(request)
    view = await ctx.write(
        lists.create,
        actor=actor(request),
        title=asked.text("title"),
        replies_policy=asked.text("replies_policy") or "list",
        exclusive=asked.flag("exclusive"),
        now=ctx.clock(),
    )
    return answer(render.list_(view))


@requires("write:lists")
async def update(request: web.Request) -> web.Response:
    """Change a list."""
    asked = await params(request)
    view = await context(request).write(
        lists.update,
        actor=actor(request),
        list_id=path_id(request),
        title=asked.optional("title"),
        replies_policy=asked.optional("replies_policy"),
        exclusive=asked.choice("exclusive"),
    )
    return answer(render.list_(view))


@requires("write:lists")
async def delete(request: web.Request) -> web.Response:
    """Delete a list."""
    await context(request).write(lists.delete, actor=actor(request), list_id=path_id(request))
    return empty()


@requires("read:lists")
async def members(request: web.Request) -> web.Response:
    """Return a page of the accounts on a list; `limit=0` for all of them."""
    ctx = context(request)
    asked = await params(request)
    page = page_request(asked, default=40, most=80)
    if asked.text("limit") == "0":
        page = PageRequest(limit=MAX_MEMBERS)
    async with ctx.read() as session:
        found = await lists.members(
            session, actor=actor(request), list_id=path_id(request), page=page
        )
    return page_answer(request, found.with_items([]), render.accounts(ctx, found.items))


@requires("write:lists")
async def add(request: web.Request) -> web.Response:
    """Put accounts on a list."""
    await context(request).write(
        lists.add,
        actor=actor(request),
        list_id=path_id(request),
        account_ids=(await params(request)).ids("account_ids"),
    )
    return empty()


@requires("write:lists")
async def remove(request: web.Request) -> web.Response:
    """Take accounts off a list."""
    await context(request).write(
        lists.remove,
        actor=actor(request),
        list_id=path_id(request),
        account_ids=(await params(request)).ids("account_ids"),
    )
    return empty()


ROUTES = [
    web.get("/api/v1/lists", get_lists),
    web.post("/api/v1/lists", create),
    web.get("/api/v1/lists/{id}", get_list),
    web.put("/api/v1/lists/{id}", update),
    web.patch("/api/v1/lists/{id}", update),
    web.delete("/api/v1/lists/{id}", delete),
    web.get("/api/v1/lists/{id}/accounts", members),
    web.post("/api/v1/lists/{id}/accounts", add),
    web.delete("/api/v1/lists/{id}/accounts", remove),
]
