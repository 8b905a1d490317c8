"""Where a page leads next: only to places on this server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from aiohttp import web

from fedi_k12.domain.errors import SavedForApprovalError


def local_path(text: str, fallback: str = "/home") -> str:
    """Return a path of this server; anything else is replaced (no open redirects)."""
    if not text.startswith("/") or text.startswith(("//", "/\\")) or len(text) > 4000:  # noqa: PLR2004 - far beyond our own
        return fallback
    if any(ord(character) < 33 or character == "\\" for character in text):  # noqa: PLR2004 - controls and blanks
        return fallback
    return text


def wants_document(request: web.Request) -> bool:
    """Return whether a program asks for the ActivityPub document of what the page shows."""
    asked = request.headers.get("Accept", "")
    kinds = ("application/activity+json", "application/ld+json")
    return "text/html" not in asked and any(kind in asked for kind in kinds)


def lead(path: str) -> NoReturn:
    """Lead the browser to a path of this server, with GET."""
    raise web.HTTPSeeOther(local_path(path))


@contextmanager
def to_approval() -> Iterator[None]:
    """Lead to what was kept for a second person instead of being published."""
    try:
        yield
    except SavedForApprovalError as error:
        lead(f"/approvals/{error.submission_id}?saved")
