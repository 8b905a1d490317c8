"""Groups: the list, a group's page, joining it, writing into it, and its settings."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from federation.resolve import resolve_mentions
from fedi_k12.domain.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    UnauthenticatedError,
)
from fedi_k12.domain.groups import GroupDraft, GroupView, headline
from fedi_k12.domain.ids import new_token, parse_id
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Draft, PostView
from fedi_k12.services import featuring, follows, group_posts, groups, posts, views
from fedi_k12.services.keys import generate_keys
from fedi_k12.web.auth import actor, keeps_words, public, signed_in, viewer
from fedi_k12.web.keys import CONTEXT
from webui import forms, given_back
from webui.forms import Form
from webui.leads import lead, wants_document
from webui.pages import path_of, render

POSTS = 20
_LABELS = {
    "username": "Short name", "name": "Name", "about": "What it is about", "rules": "Rules",
}  # fmt: skip


@public
async def listed(request: web.Request) -> web.StreamResponse:
    """Show the groups of this server, and those elsewhere that one is in."""
    ctx = request.app[CONTEXT]
    who = viewer(request)
    async with ctx.read() as session:
        found = await groups.listed(session, viewer=who)
    may_make = who is not None and who.role.at_least(Role(ctx.settings.groups_by))
    return await render(
        request, "groups.html", groups=found, may_make=may_make, noindex=who is not None
    )


@public
async def show(request: web.Request) -> web.StreamResponse:
    """Show a group: what it is, its rules, what is kept on top, what was begun in it."""
    ctx = request.app[CONTEXT]
    who = viewer(request)
    view = await group(request)
    if wants_document(request):
        raise web.HTTPFound(view.account.uri)
    coming = await featuring.look(ctx, account_id=view.account.id, viewer=who)
    before = parse_id(request.query.get("max_id", ""))
    async with ctx.read() as session:
        page = await group_posts.timeline(
            session,
            group_id=view.account.id,
            viewer=who,
            page=PageRequest(limit=POSTS, max_id=before),
        )
        top = await group_posts.pinned(session, group_id=view.account.id, viewer=who)
        states = await group_posts.states(session, [post.id for post in [*top, *page.items]])
    top = top if before is None else []
    on_top = {post.id for post in top}
    return await render(
        request,
        "group.html",
        group=view,
        posts=[post for post in page.items if post.id not in on_top],
        pinned=top,
        states=states,
        headings=_headings(view, [*top, *page.items]),
        coming=coming,
        earlier=page.oldest if len(page.items) >= POSTS else None,
        noindex=not view.account.indexable,
    )


@signed_in
async def join(request: web.Request) -> web.StreamResponse:
    """Join a group, or ask to."""
    ctx = request.app[CONTEXT]
    view = await group(request)
    await ctx.write(
        follows.follow,
        actor=actor(request),
        target_id=view.account.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    lead(f"/groups/{view.account.id}")


@signed_in
async def leave(request: web.Request) -> web.StreamResponse:
    """Leave a group, or no longer ask to join it."""
    ctx = request.app[CONTEXT]
    view = await group(request)
    await ctx.write(
        follows.unfollow, actor=actor(request), target_id=view.account.id, now=ctx.clock()
    )
    lead(f"/groups/{view.account.id}")


@signed_in
async def show_write(request: web.Request) -> web.StreamResponse:
    """Show the form for something new in a group."""
    return await _write_page(request, await group(request), Form({"key": new_token()}))


async def write_again(request: web.Request) -> web.StreamResponse:
    """Give the form for something new back whose session or secret is gone."""
    form = await forms.read(request)
    given_back.explain(request, form)
    view = await _still_seen(request, group)
    return await _write_page(request, view, form, status=given_back.STATUS)


@keeps_words(write_again)
async def write(request: web.Request) -> web.StreamResponse:
    """Begin something in a group; what has to be corrected comes back as it was typed."""
    ctx = request.app[CONTEXT]
    me = actor(request)
    view = await group(request)
    form = await forms.read(request)
    title = form["title"].strip()
    draft = Draft(
        form["text"],
        title=title,
        content_type="text/markdown" if title else "text/plain",
        summary=form["note"],
        sensitive=bool(form["note"].strip()),
        group_id=view.account.id,
        idempotency_key=form["key"][:64] or None,
    )
    await resolve_mentions(ctx, draft.text)
    try:
        post_id = await ctx.write(
            posts.publish,
            actor=me,
            draft=draft,
            addresses=ctx.addresses,
            now=ctx.clock(),
            hold_seconds=ctx.settings.hold_seconds,
        )
    except InvalidError as error:
        form.refuse(error, {"status": "The text"})
        form.errors = {("text" if k == "status" else k): v for k, v in form.errors.items()}
    else:
        async with ctx.read() as session:
            lead(path_of(await views.post_view(session, post_id, viewer=me)))
    return await _write_page(request, view, form, status=422)


@signed_in
async def show_new(request: web.Request) -> web.StreamResponse:
    """Show the form for a new group."""
    return await _form_page(request, Form(), None)


async def create_again(request: web.Request) -> web.StreamResponse:
    """Give the form for a group back whose session or secret is gone."""
    form = await forms.read(request)
    given_back.explain(request, form)
    return await _form_page(request, form, None, status=given_back.STATUS)


@keeps_words(create_again)
async def create(request: web.Request) -> web.StreamResponse:
    """Make a group."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    if not forms.ask_whose_name(form, form["name"], form["username"]):
        return await _form_page(request, form, None, status=422)
    try:
        number = await ctx.write(
            groups.create,
            actor=actor(request),
            username=form["username"],
            draft=_draft(form),
            needed=Role(ctx.settings.groups_by),
            keys=await asyncio.to_thread(generate_keys),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
    else:
        lead(f"/groups/{number}")
    return await _form_page(request, form, None, status=422)


@signed_in
async def show_settings(request: web.Request) -> web.StreamResponse:
    """Show what a group wants, to be changed."""
    view = await looked_after(request)
    form = Form(
        {
            "name": view.account.name,
            "about": view.account.note_source,
            "rules": "\n".join(view.rules),
            "approval": "1" if view.account.locked else "",
            "restricted": "1" if view.restricted else "",
        }
    )
    return await _form_page(request, form, view)


async def change_again(request: web.Request) -> web.StreamResponse:
    """Give the form for a group's settings back whose session or secret is gone."""
    form = await forms.read(request)
    given_back.explain(request, form)
    view = await _still_seen(request, looked_after)
    return await _form_page(request, form, view, status=given_back.STATUS)


@keeps_words(change_again)
async def change(request: web.Request) -> web.StreamResponse:
    """Change what a group wants."""
    ctx = request.app[CONTEXT]
    view = await looked_after(request)
    form = await forms.read(request)
    try:
        await ctx.write(
            groups.change,
            actor=actor(request),
            group_id=view.account.id,
            draft=_draft(form),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    except InvalidError as error:
        form.refuse(error, _LABELS)
    else:
        lead(f"/groups/{view.account.id}")
    return await _form_page(request, form, view, status=422)


async def group(request: web.Request) -> GroupView:
    """Return the group that the path names, as the viewer sees it."""
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    async with request.app[CONTEXT].read() as session:
        return await groups.one(session, group_id=number, viewer=viewer(request))


async def looked_after(request: web.Request) -> GroupView:
    """Return the group of this server that the path names, for those who look after it."""
    view = await group(request)
    async with request.app[CONTEXT].read() as session:
        await groups.demand_moderator(session, actor=actor(request), group_id=view.account.id)
    return view


async def _still_seen(
    request: web.Request, find: Callable[[web.Request], Awaitable[GroupView]]
) -> GroupView | None:
    """Return the group of a form that is given back; none for who may not see it (any more)."""
    try:
        return await find(request)
    except (ForbiddenError, NotFoundError, UnauthenticatedError):
        return None


def _draft(form: Form) -> GroupDraft:
    return GroupDraft(
        form["name"],
        form["about"],
        form["rules"],
        form.flag("approval"),
        form.flag("restricted"),
        form.flag("private"),
    )


def _headings(view: GroupView, shown: list[PostView]) -> dict[int, str]:
    name = f"@{view.account.username}".lower()
    names = (name, f"{name}@{view.account.domain}".lower())
    return {
        post.id: headline(post.content, group_names=names)
        for post in shown
        if not post.title and not post.content_note and post.event is None
    }


async def _write_page(
    request: web.Request, view: GroupView | None, form: Form, *, status: int = 200
) -> web.StreamResponse:
    action = f"/groups/{view.account.id}/write" if view else request.path
    return await render(
        request,
        "group_write.html",
        status=status,
        group=view,
        form=form,
        action=action,
        noindex=True,
    )


async def _form_page(
    request: web.Request, form: Form, view: GroupView | None, *, status: int = 200
) -> web.StreamResponse:
    settings = f"/groups/{view.account.id}/settings" if view else ""
    return await render(
        request,
        "group_form.html",
        status=status,
        group=view,
        form=form,
        action=settings or (request.path if request.method == "POST" else "/groups/new"),
        noindex=True,
    )


_ONE = r"/groups/{id:\d{1,19}}"

ROUTES = [
    web.get("/groups", listed),
    web.get("/groups/new", show_new),
    web.post("/groups/new", create),
    web.get(_ONE, show),
    web.post(_ONE + "/join", join),
    web.post(_ONE + "/leave", leave),
    web.get(_ONE + "/write", show_write),
    web.post(_ONE + "/write", write),
    web.get(_ONE + "/settings", show_settings),
    web.post(_ONE + "/settings", change),
]
