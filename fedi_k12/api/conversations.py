"""Conversations: https://docs.joinmastodon.org/methods/conversations/."""

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, empty, page_answer, path_id
from fedi_k12.context import Context
from fedi_k12.services import conversations, filters
from fedi_k12.services.conversations import ConversationView
from fedi_k12.services.filters import FilterView
from fedi_k12.web.auth import actor, requires
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import params


@requires("read:statuses")
async def page(request: web.Request) -> web.Response:
    """Return a page of one's conversations; the cursors are those of their last letters."""
    ctx = context(request)
    me = actor(request)
    asked = page_request(await params(request), default=20, most=40)
    async with ctx.read() as session:
        found = await conversations.page(session, actor=me, page=asked)
        active = await filters.active(session, actor=me, context="thread", now=ctx.clock())
    entities = [conversation(ctx, view, active) for view in found.items]
    return page_answer(request, found.with_items([]), entities)


@requires("write:conversations")
async def read(request: web.Request) -> web.Response:
    """Record that one has read a conversation."""
    ctx = context(request)
    view = await ctx.write(
        conversations.read, actor=actor(request), conversation_id=path_id(request)
    )
    return answer(conversation(ctx, view, []))


@requires("write:conversations")
async def delete(request: web.Request) -> web.Response:
    """Take a conversation out of one's list."""
    await context(request).write(
        conversations.put_away, actor=actor(request), conversation_id=path_id(request)
    )
    return empty()


def conversation(
    ctx: Context, view: ConversationView, active: list[FilterView]
) -> render.Entity:
    """Return a Conversation with the filters that fit its last letter."""
    return {
        "id": str(view.id),
        "unread": view.unread,
        "accounts": render.accounts(ctx, view.accounts),
        "last_status": render.status(
            ctx, view.last, matches=filters.matches(active, view.last)
        ),
    }


ROUTES = [
    web.get("/api/v1/conversations", page),
    web.delete("/api/v1/conversations/{id}", delete),
    web.post("/api/v1/conversations/{id}/read", read),
]
