"""Featured hashtags: https://docs.joinmastodon.org/methods/featured_tags/."""

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, empty, path_id
from fedi_k12.domain.errors import ConflictError, InvalidError
from fedi_k12.services import featuring
from fedi_k12.services.featuring import FeaturedTag
from fedi_k12.web.auth import actor, public, requires, viewer
from fedi_k12.web.params import params


@requires("read:accounts")
async def own(request: web.Request) -> web.Response:
    """Return the hashtags that the account features."""
    return await _of(request, actor(request).account_id)


@public
async def of_account(request: web.Request) -> web.Response:
    """Return the hashtags that an account features."""
    return await _of(request, path_id(request))


@requires("write:accounts")
async def feature(request: web.Request) -> web.Response:
    """Feature a hashtag."""
    ctx = context(request)
    name = (await params(request)).text("name")
    me = actor(request)
    try:
        found = await ctx.write(featuring.feature_tag, actor=me, name=name, now=ctx.clock())
    except ConflictError as error:
        # Mastodon refuses it as what does not hold, and apps look for that.
        raise InvalidError(str(error)) from error
    return answer(featured_tag(request, found))


@requires("write:accounts")
async def unfeature(request: web.Request) -> web.Response:
    """No longer feature a hashtag."""
    ctx = context(request)
    await ctx.write(
        featuring.unfeature_tag, actor=actor(request), tag_id=path_id(request), now=ctx.clock()
    )
    return empty()


@requires("read:accounts")
async def suggestions(request: web.Request) -> web.Response:
    """Return the hashtags that the account used last and does not feature."""
    ctx = context(request)
    async with ctx.read() as session:
        names = await featuring.suggestions(session, actor=actor(request))
    return answer([render.tag(ctx, name) for name in names])


async def _of(request: web.Request, account_id: int) -> web.Response:
    async with context(request).read() as session:
        found = await featuring.featured_tags(
            session, account_id=account_id, viewer=viewer(request)
        )
    return answer([featured_tag(request, tag) for tag in found])


def featured_tag(request: web.Request, tag: FeaturedTag) -> render.Entity:
    """Return a FeaturedTag; its count is a text, as apps know it."""
    return {
        "id": str(tag.id),
        "name": tag.display,
        "url": context(request).addresses.tag(tag.name),
        "statuses_count": str(tag.posts_count),
        "last_status_at": tag.last_post_on.isoformat() if tag.last_post_on else None,
    }


ROUTES = [
    web.get("/api/v1/featured_tags", own),
    web.post("/api/v1/featured_tags", feature),
    web.get("/api/v1/featured_tags/suggestions", suggestions),
    web.delete("/api/v1/featured_tags/{id}", unfeature),
    web.get("/api/v1/accounts/{id}/featured_tags", of_account),
]
