"""Doing something about what one found elsewhere, and elsewhere about what one found here.

FEP-3b86: other pages lead members here with what they want to follow, like, pass on or write.
Nothing is done by following a link: each asks first. Visitors are led to their own server.
"""

from urllib.parse import quote

from aiohttp import web

from federation.resolve import Resolved, onward, resolve_account, resolve_url
from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import DomainError, InvalidError, NotFoundError
from fedi_k12.domain.posts import PostView
from fedi_k12.domain.urls import parse_remote_url
from fedi_k12.services import follows, reactions, views
from fedi_k12.web.auth import actor, signed_in, viewer, visitors_form
from fedi_k12.web.keys import CONTEXT
from webui import forms
from webui.pages import path_of, profile_of, render

MAX_OBJECT, MAX_TEXT = 2048, 5000
_SLOW = "The other server takes too long. Try again in a while."
_ASKED = {
    "follow": ("Follow this account?", "Follow"),
    "like": ("Recommend this post?", "Recommend"),
    "announce": ("Pass this post on?", "Pass on"),
}
_INTENTS = {"follow": "Follow", "like": "Like", "announce": "Announce", "object": "Object"}


@signed_in
async def ask(request: web.Request) -> web.StreamResponse:
    """Ask whether to follow an account, or to recommend or pass on a post."""
    what = request.match_info["what"]
    found = await _found(request, request.query.get("object", ""))
    if isinstance(found, str):
        return await _trouble(request, found)
    account, post = found
    fits = account is not None if what == "follow" else post is not None
    if not fits:
        return await _trouble(request, "That is nothing one can do so with.")
    title, word = _ASKED[what]
    return await render(
        request,
        "intent.html",
        title=title,
        word=word,
        action=f"/intents/{what}",
        account=account,
        post=post,
        success=_elsewhere(request.query.get("on-success", "")),
        cancel=_elsewhere(request.query.get("on-cancel", "")),
        noindex=True,
    )


@signed_in
async def do(request: web.Request) -> web.StreamResponse:
    """Do what was asked for, and show where to go on."""
    ctx, me = request.app[CONTEXT], actor(request)
    what, form = request.match_info["what"], await forms.read(request)
    number = int(form["id"]) if form["id"].isdecimal() and len(form["id"]) < 20 else 0  # noqa: PLR2004 - as ids are
    if what == "follow":
        await ctx.write(
            follows.follow,
            actor=me,
            target_id=number,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    else:
        await ctx.write(
            reactions.favourite if what == "like" else reactions.boost,
            actor=me,
            post_id=number,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
    async with ctx.read() as session:
        if what == "follow":
            href = profile_of(await views.account_view(session, number))
        else:
            post = await views.post_view(session, number, viewer=me)
            href = path_of(post.boost_of or post)
    return await render(
        request, "intent_done.html", href=href, back=_elsewhere(form["success"]), noindex=True
    )


@signed_in
async def see(request: web.Request) -> web.StreamResponse:
    """Lead to the page here of something that was found elsewhere."""
    found = await _found(request, request.query.get("object", ""))
    if isinstance(found, str):
        return await _trouble(request, found)
    account, post = found
    raise web.HTTPSeeOther(profile_of(account) if account is not None else _page(post))


@signed_in
async def create(request: web.Request) -> web.StreamResponse:
    """Lead to the form for a post, with what another page wants to be written in it."""
    query = request.query
    target = "/write?text=" + quote(query.get("content", "")[:MAX_TEXT].strip(), safe="")
    if title := query.get("name", "")[:150].strip():
        target += f"&title={quote(title, safe='')}"
    if answered := query.get("inReplyTo", ""):
        found = await _found(request, answered)
        if isinstance(found, str) or found[1] is None:
            return await _trouble(request, "What this answers cannot be found.")
        target += f"&reply_to={found[1].id}"
    if back := _elsewhere(query.get("on-success", "")):
        target += f"&back={quote(back, safe='')}"
    raise web.HTTPSeeOther(target)


@signed_in
async def leave(request: web.Request) -> web.StreamResponse:
    """Say where a link that another page gave leads, before anybody goes there."""
    target = _elsewhere(request.query.get("to", ""))
    if not target:
        raise NotFoundError("There is nothing here that you may see.")
    host = parse_remote_url(target).host or ""
    return await render(request, "intent_leave.html", target=target, host=host, noindex=True)


@visitors_form
async def away(request: web.Request) -> web.StreamResponse:
    """Show a visitor the way to their own server, for what they found here."""
    ctx = request.app[CONTEXT]
    form = await forms.read(request)
    intent = _INTENTS.get(form["what"], "Object")
    thing = form["object"][:MAX_OBJECT]
    if not thing.startswith(f"{ctx.addresses.base_url}/"):
        raise NotFoundError("There is nothing here that you may see.")
    try:
        target = await onward(
            ctx, form["handle"].strip()[:300], intent=intent, object_uri=thing
        )
    except TimeoutError:
        form.errors["handle"] = _SLOW
    except DomainError as error:
        form.errors["handle"] = forms.why(error)
    else:
        return await render(
            request, "away.html", target=target, form=form, host=_host(target), noindex=True
        )
    return await render(
        request, "away.html", status=422, target="", form=form, host="", noindex=True
    )


Thing = tuple[AccountView | None, PostView | None]


async def _found(request: web.Request, named: str) -> Thing | str:
    """Return the account or the post that a link names, or what is in the way."""
    ctx, text = request.app[CONTEXT], named.strip()[:MAX_OBJECT]
    try:
        if text.startswith(("https://", "http://")):
            found = await resolve_url(ctx, text)
        else:
            handle = text.removeprefix("acct:")
            found = Resolved(account_id=await resolve_account(ctx, handle))
    except TimeoutError:
        return _SLOW
    except DomainError as error:
        return forms.why(error)
    try:
        async with ctx.read() as session:
            if found.account_id is not None:
                return await views.account_view(session, found.account_id), None
            post = await views.post_view(session, found.post_id or 0, viewer=viewer(request))
            return None, post.boost_of or post
    except NotFoundError:
        return "There is nothing at that address that you may see."


async def _trouble(request: web.Request, text: str) -> web.StreamResponse:
    return await render(
        request,
        "message.html",
        status=422,
        title="That did not work",
        text=text,
        href="/home",
        word="Home",
        noindex=True,
    )


def _page(post: PostView | None) -> str:
    return path_of(post) if post is not None else "/home"


def _elsewhere(text: str) -> str:
    """Return an address of elsewhere that may be shown as a link, "" for every other."""
    try:
        url = parse_remote_url(text)
    except InvalidError:
        return ""
    return text if url.scheme == "https" else ""


def _host(target: str) -> str:
    return (parse_remote_url(target).host or "") if target.startswith("http") else ""


ROUTES = [
    web.get("/intents/object", see),
    web.get("/intents/create", create),
    web.get("/intents/leave", leave),
    web.get("/intents/{what:follow|like|announce}", ask),
    web.post("/intents/{what:follow|like|announce}", do),
    web.post("/away", away),
]
