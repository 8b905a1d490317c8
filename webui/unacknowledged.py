"""For leaders: work of staff that nobody of the leadership has responded to yet."""

from aiohttp import web

from fedi_k12.domain.ids import new_token, parse_id
from fedi_k12.services import site, unacknowledged
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui.pages import render


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show posts with the district's tag that wait for a word, with a way to say thanks."""
    async with request.app[CONTEXT].read() as session:
        found, more = await unacknowledged.page(
            session,
            actor=actor(request),
            after=parse_id(request.query.get("after", "")) or 0,
        )
        tag = await site.district_tag(session)
    return await render(
        request,
        "unacknowledged.html",
        found=[(post, new_token()) for post in found],
        more=more,
        tag=tag,
        noindex=True,
    )


ROUTES = (web.get("/unacknowledged", show),)
