"""People to follow together: a collection's page, making one, and leaving one."""

from aiohttp import web

from federation.resolve import resolve_account
from fedi_k12.domain.collections import MAX_ITEMS, CollectionDraft, CollectionView
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.services import collections, follows
from fedi_k12.web.auth import actor, public, signed_in, viewer
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.leads import local_path
from webui.pages import profile_of, render

_LABELS = {"name": "Name", "description": "What they have in common", "tag_name": "Hashtag"}


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show who is in a collection, with one button to follow them all."""
    ctx, who = request.app[CONTEXT], viewer(request)
    view = await _view(request)
    mine = None
    followed: set[int] = set()
    if who is not None:
        mine = next((one for one in view.items if one.account.id == who.account_id), None)
        ids = [one.id for one in view.people]
        async with ctx.read() as session:
            found = await follows.relationships(session, actor=who, target_ids=ids)
        followed = {one.target_id for one in found if one.following or one.requested}
    new = [
        one
        for one in view.people
        if one.id not in followed and (who is None or one.id != who.account_id)
    ]
    return await render(
        request,
        "collection.html",
        collection=view,
        own=who is not None and view.owner.id == who.account_id,
        mine=mine,
        new=new,
        noindex=not view.discoverable,
    )


@signed_in
async def follow(request: web.Request) -> web.StreamResponse:
    """Follow everybody in a collection."""
    ctx, number = request.app[CONTEXT], _number(request)
    await ctx.write(
        collections.follow_all,
        actor=actor(request),
        collection_id=number,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther(local_path(f"/collections/{number}"))


@signed_in
async def leave(request: web.Request) -> web.StreamResponse:
    """Take oneself out of a collection."""
    ctx, me, view = request.app[CONTEXT], actor(request), await _view(request)
    item = next((one for one in view.items if one.account.id == me.account_id), None)
    if item is not None:
        await ctx.write(
            collections.leave,
            actor=me,
            collection_id=view.id,
            item_id=item.id,
            now=ctx.clock(),
        )
    raise web.HTTPSeeOther(local_path(view.path))


@signed_in
async def show_new(request: web.Request) -> web.StreamResponse:
    """Show the form for a new collection."""
    return await _form(request, Form({"listed": "1"}), None)


@signed_in
async def make(request: web.Request) -> web.StreamResponse:
    """Make a collection, then show who is to be in it."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    try:
        number = await ctx.write(
            collections.create,
            actor=actor(request),
            draft=_draft(form),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _form(request, form, None, status=422)
    raise web.HTTPSeeOther(local_path(f"/collections/{number}/edit"))


@signed_in
async def show_edit(request: web.Request) -> web.StreamResponse:
    """Show a collection of one's own to be changed."""
    view = await _own(request)
    return await _form(request, _filled(view), view)


@signed_in
async def edit(request: web.Request) -> web.StreamResponse:
    """Change what a collection says."""
    ctx, form, view = request.app[CONTEXT], await forms.read(request), await _own(request)
    try:
        await ctx.write(
            collections.update,
            actor=actor(request),
            collection_id=view.id,
            draft=_draft(form),
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _form(request, form, view, status=422)
    raise web.HTTPSeeOther(local_path(view.path))


@signed_in
async def put_in(request: web.Request) -> web.StreamResponse:
    """Put somebody into a collection, by their handle."""
    ctx, form, view = request.app[CONTEXT], await forms.read(request), await _own(request)
    try:
        number = await resolve_account(ctx, form["handle"])
        await ctx.write(
            collections.add,
            actor=actor(request),
            collection_id=view.id,
            account_id=number,
            now=ctx.clock(),
        )
    except (InvalidError, NotFoundError, ForbiddenError) as error:
        filled = _filled(view)
        filled.set("handle", form["handle"])
        filled.errors["handle"] = forms.why(error)
        return await _form(request, filled, view, status=error.status)
    raise web.HTTPSeeOther(local_path(f"{view.path}/edit"))


@signed_in
async def take_out(request: web.Request) -> web.StreamResponse:
    """Take somebody out of a collection of one's own."""
    ctx, number = request.app[CONTEXT], _number(request)
    await ctx.write(
        collections.remove,
        actor=actor(request),
        collection_id=number,
        item_id=parse_id(request.match_info["item"]) or 0,
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther(local_path(f"/collections/{number}/edit"))


@signed_in
async def delete(request: web.Request) -> web.StreamResponse:
    """Forget a collection of one's own."""
    view = await _own(request)
    ctx = request.app[CONTEXT]
    await ctx.write(
        collections.delete, actor=actor(request), collection_id=view.id, now=ctx.clock()
    )
    raise web.HTTPSeeOther(local_path(profile_of(view.owner)))


def _draft(form: Form) -> CollectionDraft:
    return CollectionDraft(
        name=form["name"],
        description=form["description"],
        tag=form["tag_name"],
        discoverable=form.flag("listed"),
    )


def _filled(view: CollectionView) -> Form:
    return Form(
        {
            "name": view.name,
            "description": view.description,
            "tag_name": view.tag,
            "listed": "1" if view.discoverable else "",
        }
    )


async def _form(
    request: web.Request, form: Form, view: CollectionView | None, *, status: int = 200
) -> web.Response:
    return await render(
        request,
        "collection_form.html",
        status=status,
        form=form,
        collection=view,
        most=MAX_ITEMS,
        noindex=True,
    )


async def _own(request: web.Request) -> CollectionView:
    view = await _view(request)
    if view.owner.id != actor(request).account_id:
        raise ForbiddenError("Only whoever made a collection changes it.")
    return view


async def _view(request: web.Request) -> CollectionView:
    async with request.app[CONTEXT].read() as session:
        return await collections.get(
            session, collection_id=_number(request), viewer=viewer(request)
        )


def _number(request: web.Request) -> int:
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


_ONE = r"/collections/{id:\d+}"
ROUTES = [
    web.get("/collections/new", show_new),
    web.post("/collections/new", make),
    web.get(_ONE, show),
    web.post(_ONE + "/follow", follow),
    web.post(_ONE + "/leave", leave),
    web.get(_ONE + "/edit", show_edit),
    web.post(_ONE + "/edit", edit),
    web.post(_ONE + "/people", put_in),
    web.post(_ONE + r"/people/{item:\d+}/out", take_out),
    web.post(_ONE + "/delete", delete),
]
