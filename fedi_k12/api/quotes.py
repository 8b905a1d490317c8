"""Quotes: what quotes a post, withdrawing one's own from it, who may quote.

https://docs.joinmastodon.org/methods/statuses/#quotes
"""

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, page_answer, path_id, shown
from fedi_k12.domain.approvals import Choices
from fedi_k12.domain.errors import InvalidError
from fedi_k12.services import posts, quotes, views
from fedi_k12.web.auth import actor, requires, viewer
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import Params, params


@requires("read:statuses")
async def get_quotes(request: web.Request) -> web.Response:
    """Return a page of the posts that quote a post with its author's leave."""
    ctx = context(request)
    who = actor(request)
    asked = page_request(await params(request), default=20, most=40)
    async with ctx.read() as session:
        page = await quotes.quotes_of(session, post_id=path_id(request), viewer=who, page=asked)
        entities = await shown(ctx, session, page.items, viewer=who, place="thread")
    return page_answer(request, page.with_items([]), entities)


@requires("write:statuses")
async def revoke(request: web.Request) -> web.Response:
    """Withdraw a post of the member's from a post that quotes it; return the quoting post."""
    ctx = context(request)
    who = actor(request)
    number = await ctx.write(
        quotes.revoke,
        actor=who,
        post_id=path_id(request),
        quoting_id=path_id(request, "quoting_id"),
        now=ctx.clock(),
    )
    return await _one(request, number)


@requires("write:statuses")
async def set_policy(request: web.Request) -> web.Response:
    """Change who may quote (and answer) a post of the member's from now on."""
    ctx = context(request)
    asked = await params(request)
    chosen = choices_in(asked)
    if chosen == Choices():
        raise InvalidError(
            "Validation failed: Say who may quote it",
            fields={"quote_approval_policy": "can't be blank"},
        )
    post_id = path_id(request)
    await ctx.write(
        posts.set_policy,
        actor=actor(request),
        post_id=post_id,
        choices=chosen,
        now=ctx.clock(),
    )
    return await _one(request, post_id)


def choices_in(asked: Params) -> Choices:
    """Return who may do what, as an app asks for it: Mastodon's word, and two of ours."""
    return Choices(
        reply=asked.text("reply_approval_policy") or None,
        quote=asked.text("quote_approval_policy") or None,
        boost=asked.text("boost_approval_policy") or None,
    )


async def _one(request: web.Request, post_id: int) -> web.Response:
    ctx = context(request)
    who = viewer(request)
    async with ctx.read() as session:
        view = await views.post_view(session, post_id, viewer=who)
    return answer(render.status(ctx, view, whole=True))


_STATUS = "/api/v1/statuses/{id}"

ROUTES = [
    web.get(_STATUS + "/quotes", get_quotes),
    web.post(_STATUS + "/quotes/{quoting_id}/revoke", revoke),
    web.put(_STATUS + "/interaction_policy", set_policy),
]
