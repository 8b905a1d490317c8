"""Lists: some of the people one follows, read on a page of their own."""

from aiohttp import web

from federation.resolve import resolve_account
from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import follows, lists, timelines, views
from fedi_k12.services.lists import MAX_LISTS, MAX_MEMBERS, MAX_TITLE, ListView
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.filtered import wanted
from webui.forms import Form
from webui.leads import local_path
from webui.pages import profile_of, render
from webui.reading import asked_page, earlier_than

REPLIES = (
    ("list", "To people on the list"),
    ("followed", "To anybody I follow"),
    ("none", "None at all"),
)
_LABELS = {"title": "Name"}
_NOT_FOLLOWED = "You do not follow them. A list holds people whom you follow."


@signed_in
async def show_all(request: web.Request) -> web.StreamResponse:
    """Show one's lists, with a form for another."""
    return await _all(request, Form())


@signed_in
async def make(request: web.Request) -> web.StreamResponse:
    """Make a list, then show who is to be on it."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    try:
        view = await ctx.write(
            lists.create, actor=actor(request), title=form["title"], now=ctx.clock()
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _all(request, form, status=422)
    raise web.HTTPSeeOther(local_path(f"/lists/{view.id}/edit"))


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show what the people on a list write."""
    ctx, me, view = request.app[CONTEXT], actor(request), await _own(request)
    asked = await asked_page(request)
    async with ctx.read() as session:
        page = await timelines.list_timeline(session, actor=me, list_id=view.id, page=asked)
    return await render(
        request,
        "list.html",
        listed=view,
        posts=await wanted(request, page.items, "home"),
        earlier=earlier_than(page),
        noindex=True,
    )


@signed_in
async def show_edit(request: web.Request) -> web.StreamResponse:
    """Show a list to be changed, with the people on it."""
    view = await _own(request)
    return await _edit(request, _filled(view), view)


@signed_in
async def edit(request: web.Request) -> web.StreamResponse:
    """Change what a list is called and shows."""
    ctx, form, view = request.app[CONTEXT], await forms.read(request), await _own(request)
    try:
        await ctx.write(
            lists.update,
            actor=actor(request),
            list_id=view.id,
            title=form["title"],
            replies_policy=form["replies"],
            exclusive=form.flag("exclusive"),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _edit(request, form, view, status=422)
    raise web.HTTPSeeOther(local_path(f"/lists/{view.id}"))


@signed_in
async def put_on(request: web.Request) -> web.StreamResponse:
    """Put somebody on a list, by their handle."""
    ctx, form, view = request.app[CONTEXT], await forms.read(request), await _own(request)
    try:
        number = await resolve_account(ctx, form["handle"])
        try:
            await ctx.write(
                lists.add, actor=actor(request), list_id=view.id, account_ids=[number]
            )
        except NotFoundError as error:
            raise InvalidError(_NOT_FOLLOWED) from error
    except (InvalidError, NotFoundError, ForbiddenError) as error:
        filled = _filled(view)
        filled.set("handle", form["handle"])
        filled.errors["handle"] = forms.why(error)
        return await _edit(request, filled, view, status=error.status)
    raise web.HTTPSeeOther(local_path(f"/lists/{view.id}/edit"))


@signed_in
async def take_off(request: web.Request) -> web.StreamResponse:
    """Take somebody off a list."""
    view = await _own(request)
    await request.app[CONTEXT].write(
        lists.remove,
        actor=actor(request),
        list_id=view.id,
        account_ids=[parse_id(request.match_info["account"]) or 0],
    )
    raise web.HTTPSeeOther(local_path(f"/lists/{view.id}/edit"))


@signed_in
async def delete(request: web.Request) -> web.StreamResponse:
    """Forget a list; whom one follows stays as it is."""
    view = await _own(request)
    await request.app[CONTEXT].write(lists.delete, actor=actor(request), list_id=view.id)
    raise web.HTTPSeeOther("/lists")


@signed_in
async def show_theirs(request: web.Request) -> web.StreamResponse:
    """Show on which of one's lists somebody is."""
    ctx, me, account = request.app[CONTEXT], actor(request), await _person(request)
    async with ctx.read() as session:
        every = await lists.lists(session, actor=me)
        on = await lists.containing(session, actor=me, account_id=account.id)
        relations = await follows.relationships(session, actor=me, target_ids=[account.id])
    return await render(
        request,
        "list_person.html",
        account=account,
        lists=every,
        on={one.id for one in on},
        followed=account.id == me.account_id or any(one.following for one in relations),
        noindex=True,
    )


@signed_in
async def choose_theirs(request: web.Request) -> web.StreamResponse:
    """Put somebody on the lists that are ticked, and take them off the others."""
    ctx, me, account = request.app[CONTEXT], actor(request), await _person(request)
    form = await forms.read(request)
    ticked = {parse_id(text) for text in form.lists.get("list", [])[:MAX_LISTS]}
    await ctx.write(
        lists.place, actor=me, account_id=account.id, list_ids={one for one in ticked if one}
    )
    raise web.HTTPSeeOther(local_path(profile_of(account)))


async def _all(request: web.Request, form: Form, *, status: int = 200) -> web.Response:
    async with request.app[CONTEXT].read() as session:
        every = await lists.lists(session, actor=actor(request))
    return await render(
        request,
        "lists.html",
        status=status,
        form=form,
        lists=every,
        most=MAX_LISTS,
        longest=MAX_TITLE,
        noindex=True,
    )


async def _edit(
    request: web.Request, form: Form, view: ListView, *, status: int = 200
) -> web.Response:
    async with request.app[CONTEXT].read() as session:
        page = await lists.members(
            session,
            actor=actor(request),
            list_id=view.id,
            page=PageRequest(limit=MAX_MEMBERS),
        )
    return await render(
        request,
        "list_form.html",
        status=status,
        form=form,
        listed=view,
        people=page.items,
        replies=REPLIES,
        longest=MAX_TITLE,
        noindex=True,
    )


def _filled(view: ListView) -> Form:
    return Form(
        {
            "title": view.title,
            "replies": view.replies_policy,
            "exclusive": "1" if view.exclusive else "",
        }
    )


async def _own(request: web.Request) -> ListView:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    async with request.app[CONTEXT].read() as session:
        return await lists.get(session, actor=actor(request), list_id=number)


async def _person(request: web.Request) -> AccountView:
    number = parse_id(request.match_info["account"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    async with request.app[CONTEXT].read() as session:
        return await views.account_view(session, number)


_ONE = r"/lists/{id:\d+}"
_PERSON = r"/lists/of/{account:\d+}"
ROUTES = [
    web.get("/lists", show_all),
    web.post("/lists", make),
    web.get(_PERSON, show_theirs),
    web.post(_PERSON, choose_theirs),
    web.get(_ONE, show),
    web.get(_ONE + "/edit", show_edit),
    web.post(_ONE + "/edit", edit),
    web.post(_ONE + "/people", put_on),
    web.post(_ONE + r"/people/{account:\d+}/out", take_off),
    web.post(_ONE + "/delete", delete),
]
