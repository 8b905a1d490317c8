"""Posts that are deleted: asked once before, and told honestly afterwards (S-47)."""

from aiohttp import web

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.services import deletions, officials, posts, records
from fedi_k12.web.auth import actor, signed_in
from fedi_k12.web.keys import CONTEXT
from webui.pages import render


@signed_in
async def show_delete(request: web.Request) -> web.StreamResponse:
    """Ask whether a post is to be deleted."""
    async with request.app[CONTEXT].read() as session:
        post = await posts.own_post_view(session, actor=actor(request), post_id=_id(request))
        stays = await records.concerns_official(session, post.id)
    late = "late" in request.query
    return await render(request, "delete.html", post=post, late=late, stays=stays, noindex=True)


@signed_in
async def delete(request: web.Request) -> web.StreamResponse:
    """Delete a post of one's own with its pictures; an official account reads what follows."""
    ctx, me = request.app[CONTEXT], actor(request)
    await ctx.write(
        posts.delete,
        actor=me,
        post_id=_id(request),
        now=ctx.clock(),
        keep_media=False,
    )
    async with ctx.read() as session:
        official = await officials.is_official(session, me.account_id)
    raise web.HTTPSeeOther(f"/deletions/{_id(request)}" if official else "/home")


@signed_in
async def listed(request: web.Request) -> web.StreamResponse:
    """Show what the official accounts deleted that a member acts for."""
    async with request.app[CONTEXT].read() as session:
        found = await deletions.listed(session, member_id=actor(request).member_id or 0)
    return await render(request, "deletions.html", found=found, noindex=True)


@signed_in
async def report(request: web.Request) -> web.StreamResponse:
    """Show how many servers were asked to delete a post, and how many said that they got it."""
    async with request.app[CONTEXT].read() as session:
        one = await deletions.report(
            session, member_id=actor(request).member_id or 0, post_id=_id(request)
        )
    return await render(request, "deletion.html", one=one, noindex=True)


def _id(request: web.Request) -> int:
    if (number := parse_id(request.match_info["id"])) is None:
        raise NotFoundError("There is nothing here that you may see.")
    return number


ROUTES = (
    web.get(r"/posts/{id:\d+}/delete", show_delete),
    web.post(r"/posts/{id:\d+}/delete", delete),
    web.get("/deletions", listed),
    web.get(r"/deletions/{id:\d+}", report),
)
