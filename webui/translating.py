"""A post in the reader's language."""

from aiohttp import web

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.languages import LANGUAGES
from fedi_k12.services import profiles, translating
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui.pages import render


@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show a post as a service translated it, with the way to its own words."""
    ctx, me = request.app[CONTEXT], actor(request)
    post_id = parse_id(request.match_info["id"])
    if post_id is None:
        raise NotFoundError("There is nothing here that you may see.")
    async with ctx.read() as session:
        chosen = await profiles.preferences(session, actor=me)
    found = await translating.translation(
        ctx, post_id=post_id, language=chosen.default_language or "en", viewer=me
    )
    return await render(
        request,
        "translation.html",
        found=found,
        post=found.post,
        alts=dict(found.descriptions),
        source=LANGUAGES.get(found.source.partition("-")[0], ""),
        noindex=True,
    )


ROUTES = [web.get(r"/posts/{id:\d+}/translation", show)]
