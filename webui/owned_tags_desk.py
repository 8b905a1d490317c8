"""Hashtags of the district: made at the desk, and looked after by their stewards (S-15)."""

import asyncio

from aiohttp import web

from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.forum import GROUND_MEANINGS, GROUND_WORDS, Ground
from fedi_k12.domain.owned_tags import MAX_DESCRIPTION, By
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Action, decide
from fedi_k12.services import access, owned_tags, tag_posts, views
from fedi_k12.services.keys import generate_keys
from fedi_k12.web.auth import actor, role_needed, signed_in
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.forms import Form
from webui.moderating import desk_page
from webui.pages import render

_LABELS = {
    "name": "Hashtag",
    "username": "Short name",
    "description": "What it is for",
    "stewards": "Stewards",
    "rule": "The rule",
}
SHOWN = 20
_DESK = "/moderation/tags"


@role_needed(Action.MAKE_OFFICIALS)
async def desk(request: web.Request) -> web.StreamResponse:
    """Show the district's hashtags, each with its form, and the form for another."""
    return await _desk(request, Form())


@role_needed(Action.MAKE_OFFICIALS)
async def own(request: web.Request) -> web.StreamResponse:
    """Make a hashtag the district's."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    try:
        await ctx.write(
            owned_tags.own,
            actor=actor(request),
            name=form["name"],
            username=form["username"].strip(),
            description=form["description"],
            stewards=_handles(form),
            keys=await asyncio.to_thread(generate_keys),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _desk(request, form, status=422)
    raise web.HTTPSeeOther(_DESK)


@role_needed(Action.MAKE_OFFICIALS)
async def change(request: web.Request) -> web.StreamResponse:
    """Change what a hashtag of the district is for, and who looks after it."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    try:
        await ctx.write(
            owned_tags.change,
            actor=actor(request),
            name=request.match_info["name"],
            description=form["description"],
            stewards=_handles(form),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        only = Form()
        only.refuse(error, {})
        return await _desk(request, only, status=422)
    raise web.HTTPSeeOther(_DESK)


@role_needed(Action.MAKE_OFFICIALS)
async def give_up(request: web.Request) -> web.StreamResponse:
    """Let a hashtag be nobody's again."""
    ctx = request.app[CONTEXT]
    await ctx.write(
        owned_tags.give_up,
        actor=actor(request),
        name=request.match_info["name"],
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther(_DESK)


@signed_in
async def steward(request: web.Request) -> web.StreamResponse:
    """Show its stewards what stands on the page of a hashtag, and what was taken off."""
    return await _steward(request, Form())


@signed_in
async def describe(request: web.Request) -> web.StreamResponse:
    """Let a steward say what a hashtag is for."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    name = request.match_info["name"]
    try:
        await ctx.write(
            owned_tags.change,
            actor=actor(request),
            name=name,
            description=form["description"],
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _steward(request, form, status=422)
    raise web.HTTPSeeOther(request.path)


@signed_in
async def ask(request: web.Request) -> web.StreamResponse:
    """Show a post, and the rules under which it can be taken off the page of a hashtag."""
    return await _asking(request, Form())


@signed_in
async def take_off(request: web.Request) -> web.StreamResponse:
    """Take a post off the page of a hashtag."""
    ctx, form = request.app[CONTEXT], await forms.read(request)
    name = request.match_info["name"]
    try:
        await ctx.write(
            owned_tags.take_off,
            actor=actor(request),
            name=name,
            post_id=int(request.match_info["id"]),
            code=form["rule"],
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
        return await _asking(request, form, status=422)
    raise web.HTTPSeeOther(f"/tags/{name}/steward")


@signed_in
async def put_back(request: web.Request) -> web.StreamResponse:
    """Let a post stand on the page of a hashtag again."""
    ctx, name = request.app[CONTEXT], request.match_info["name"]
    await ctx.write(
        owned_tags.put_back,
        actor=actor(request),
        name=name,
        post_id=int(request.match_info["id"]),
        now=ctx.clock(),
    )
    raise web.HTTPSeeOther(f"/tags/{name}/steward")


async def _desk(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    async with request.app[CONTEXT].read() as session:
        found = await owned_tags.listed(session)
    return await desk_page(
        request,
        "owned_tags_desk.html",
        "tags",
        status=status,
        form=form,
        found=found,
        most=MAX_DESCRIPTION,
    )


async def _steward(
    request: web.Request, form: Form, *, status: int = 200
) -> web.StreamResponse:
    ctx, me = request.app[CONTEXT], actor(request)
    async with ctx.read() as session:
        tag = await owned_tags.one(session, name=request.match_info["name"])
        off = await owned_tags.taken_off(session, actor=me, name=tag.name)
        page = await tag_posts.page(
            session,
            name=tag.name,
            by=By.EVERYONE,
            tag_id=tag.tag_id,
            viewer=me,
            page=PageRequest(limit=SHOWN),
        )
    if not form.errors:
        form = Form({"description": tag.description})
    return await render(
        request,
        "tag_steward.html",
        status=status,
        form=form,
        tag=tag,
        off=off,
        posts=page.items,
        most=MAX_DESCRIPTION,
        names=decide(me, Action.MAKE_OFFICIALS).allowed,
        noindex=True,
    )


async def _asking(request: web.Request, form: Form, *, status: int = 200) -> web.StreamResponse:
    ctx, me = request.app[CONTEXT], actor(request)
    async with ctx.read() as session:
        tag = await owned_tags.one(session, name=request.match_info["name"])
        if not await owned_tags.looks_after(session, actor=me, tag_id=tag.tag_id):
            raise ForbiddenError("Only those who look after this hashtag can do that.")
        row = await access.post_for(session, int(request.match_info["id"]), viewer=me)
        post = await views.post_view(session, row.id, viewer=me)
    return await render(
        request,
        "tag_take_off.html",
        status=status,
        form=form,
        tag=tag,
        post=post,
        fixed=[
            (one.value, one.number, GROUND_WORDS[one], GROUND_MEANINGS[one]) for one in Ground
        ],
        noindex=True,
    )


def _handles(form: Form) -> list[str]:
    return form["stewards"].replace(",", " ").split()


ROUTES = [
    web.get(_DESK, desk),
    web.post(_DESK, own),
    web.post(r"/moderation/tags/{name}", change),
    web.post(r"/moderation/tags/{name}/end", give_up),
    web.get("/tags/{name}/steward", steward),
    web.post("/tags/{name}/steward", describe),
    web.get(r"/tags/{name}/off/{id:\d+}", ask),
    web.post(r"/tags/{name}/off/{id:\d+}", take_off),
    web.post(r"/tags/{name}/back/{id:\d+}", put_back),
]
