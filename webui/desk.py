"""The first page of the desk: what waits, and how the machine is doing."""

from aiohttp import web

from fedi_k12 import __version__
from fedi_k12.domain.permissions import Action, decide
from fedi_k12.services import health
from fedi_k12.web.auth import actor, role_needed
from fedi_k12.web.keys import CONTEXT
from webui.moderating import desk_page

_UNITS = ("bytes", "KB", "MB", "GB", "TB")
_STEP = 1000


@role_needed(Action.HANDLE_REPORTS)
async def overview(request: web.Request) -> web.StreamResponse:
    """Show what waits for staff and, to admins, how the machine is doing."""
    ctx, me = request.app[CONTEXT], actor(request)
    machine = None
    async with ctx.slow_read() as session:
        waiting = await health.waiting(session, actor=me)
        if decide(me, Action.SEE_METRICS).allowed:
            machine = await health.of_machine(session, actor=me)
    return await desk_page(
        request,
        "overview.html",
        "overview",
        waiting=waiting,
        machine=machine,
        budget=ctx.settings.remote_media_bytes,
        version=__version__,
        size=size_words,
    )


def size_words(number: int) -> str:
    """Return bytes as people say them: 812 KB, 3.4 GB."""
    size, at = float(number), 0
    while size >= _STEP and at < len(_UNITS) - 1:
        size, at = size / _STEP, at + 1
    return f"{size:.0f} {_UNITS[at]}" if at < 2 or size >= 100 else f"{size:.1f} {_UNITS[at]}"  # noqa: PLR2004 - three digits are enough


ROUTES = [web.get("/moderation", overview)]
