"""Letters: what members write to those they name alone, and who can read it."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.paging import PageRequest
from fedi_k12.services import conversations
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui.pages import render

PAGE = 20


@signed_in
async def letters(request: web.Request) -> web.StreamResponse:
    """Show a member's letters, one entry for each thread."""
    async with request.app[CONTEXT].read() as session:
        page = await conversations.page(
            session,
            actor=actor(request),
            page=PageRequest(PAGE, max_id=parse_id(request.query.get("max_id", ""))),
        )
    return await render(
        request,
        "letters.html",
        letters=page.items,
        hosts=[_hosts(view) for view in page.items],
        earlier=page.oldest if len(page.items) >= PAGE else None,
        noindex=True,
    )


@signed_in
async def change(request: web.Request) -> web.StreamResponse:
    """Record that letters have been read, or put them away."""
    number = parse_id(request.match_info["id"])
    if number is None:
        raise NotFoundError("There is nothing here that you may see.")
    await request.app[CONTEXT].write(
        _CHANGES[request.match_info["what"]], actor=actor(request), conversation_id=number
    )
    raise web.HTTPSeeOther("/letters")


_CHANGES: dict[str, Callable[..., Awaitable[object]]] = {
    "read": conversations.read,
    "put-away": conversations.put_away,
}


def _hosts(view: conversations.ConversationView) -> list[str]:
    """Return the other servers that a conversation lies on."""
    return sorted({one.domain for one in view.accounts if one.domain})


ROUTES = [
    web.get("/letters", letters),
    web.post(r"/letters/{id:\d+}/{what:read|put-away}", change),
]
