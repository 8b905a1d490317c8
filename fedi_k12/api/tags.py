"""Hashtags: https://docs.joinmastodon.org/methods/tags/."""

from contextlib import suppress

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, page_answer
from fedi_k12.domain.errors import ConflictError, NotFoundError
from fedi_k12.services import featuring as featured
from fedi_k12.services import owned_tags, tags
from fedi_k12.web.auth import actor, public, requires, viewer
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import params


@public
async def get_tag(request: web.Request) -> web.Response:
    """Return a hashtag."""
    return await _shown(request)


@requires("write:follows")
async def follow(request: web.Request) -> web.Response:
    """Want the posts with a hashtag at home."""
    ctx = context(request)
    found = await ctx.write(
        tags.follow,
        actor=actor(request),
        name=request.match_info["name"],
        now=ctx.clock(),
    )
    return answer(render.tag(ctx, found.name, following=found.following))


@requires("write:follows")
async def unfollow(request: web.Request) -> web.Response:
    """No longer want the posts with a hashtag."""
    ctx = context(request)
    found = await ctx.write(
        tags.unfollow, actor=actor(request), name=request.match_info["name"]
    )
    return answer(render.tag(ctx, found.name, following=found.following))


@requires("write:accounts")
async def feature(request: web.Request) -> web.Response:
    """Show a hashtag on the account's profile."""
    ctx, name = context(request), request.match_info["name"]
    with suppress(ConflictError):
        await ctx.write(featured.feature_tag, actor=actor(request), name=name, now=ctx.clock())
    return await _shown(request)


@requires("write:accounts")
async def unfeature(request: web.Request) -> web.Response:
    """No longer show a hashtag on the account's profile."""
    ctx, name = context(request), request.match_info["name"]
    with suppress(NotFoundError):
        await ctx.write(
            featured.unfeature_tag, actor=actor(request), name=name, now=ctx.clock()
        )
    return await _shown(request)


@requires("read:follows")
async def followed_tags(request: web.Request) -> web.Response:
    """Return a page of the hashtags that the account follows."""
    ctx = context(request)
    asked = page_request(await params(request), default=100, most=200)
    async with ctx.read() as session:
        page = await tags.followed(session, actor=actor(request), page=asked)
    entities = [render.tag(ctx, one.name, following=True) for one in page.items]
    return page_answer(request, page.with_items([]), entities)


async def _shown(request: web.Request) -> web.Response:
    ctx = context(request)
    who = viewer(request)
    async with ctx.read() as session:
        found = await tags.get(session, name=request.match_info["name"], viewer=who)
        featuring = who is not None and await featured.is_featured(
            session, actor=who, name=found.name
        )
    following = found.following if who else None
    return answer(render.tag(ctx, found.name, following=following, featuring=featuring))


@public
async def owned(request: web.Request) -> web.Response:
    """Return the hashtags of the district, by name: our own endpoint."""
    ctx = context(request)
    async with ctx.read() as session:
        found = await owned_tags.listed(session)
    return answer(
        [
            {
                "name": one.name,
                "url": ctx.addresses.tag(one.name),
                "description": one.description,
                "account": render.account(ctx, one.account),
                "stewards": [render.account(ctx, person) for person in one.stewards],
            }
            for one in found
        ]
    )


ROUTES = [
    web.get("/api/fedi/v1/tags", owned),
    web.get("/api/v1/tags/{name}", get_tag),
    web.post("/api/v1/tags/{name}/follow", follow),
    web.post("/api/v1/tags/{name}/unfollow", unfollow),
    web.post("/api/v1/tags/{name}/feature", feature),
    web.post("/api/v1/tags/{name}/unfeature", unfeature),
    web.get("/api/v1/followed_tags", followed_tags),
]
