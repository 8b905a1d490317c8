"""Where the running server hangs on the aiohttp application and on a request."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from msgspec import Struct, field

from fedi_k12.context import Context
from fedi_k12.domain.permissions import Actor


class Identity(Struct, frozen=True):
    """Who a request is from. A visitor's has no actor."""

    actor: Actor | None = None
    scopes: frozenset[str] = frozenset()
    app_id: int | None = None
    token_id: int | None = None
    session_id: int | None = None
    csrf: str | None = None
    """What forms of this session must carry."""


class RequestNotes(Struct):
    """What is learnt of a request on its way through the layers."""

    request_id: str
    identity: Identity | None = None
    visitor_csrf: str | None = None
    """A visitor's form secret that has yet to be set as a cookie."""
    reason: str | None = None
    """Why it was refused, as a code for logs and counters (FED-nn)."""
    headers: dict[str, str] = field(default_factory=dict)
    """Headers to add to the answer, whatever it will be."""


ErrorPage = Callable[[web.Request, int, str], Awaitable[web.Response]]
RenderPage = Callable[[web.Request, str, Mapping[str, object]], Awaitable[web.Response]]

CONTEXT = web.AppKey("CONTEXT", Context)
ERROR_PAGE: web.AppKey[ErrorPage] = web.AppKey("ERROR_PAGE")
"""Renders a refusal as a page: (request, status, sentence)."""
RENDER_PAGE: web.AppKey[RenderPage] = web.AppKey("RENDER_PAGE")
"""Renders a template of the web pages: (request, template name, values)."""

NOTES = web.RequestKey("NOTES", RequestNotes)
