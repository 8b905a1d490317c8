"""Emojis under posts, as Pleroma's apps give them and glitch-soc's.

https://docs.pleroma.social/backend/development/API/pleroma_api/ (emoji reactions); Mastodon
has none.
"""

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, path_id, status_answer
from fedi_k12.services import emoji_reactions
from fedi_k12.web.auth import actor, public, requires, viewer


@requires("write:favourites")
async def react(request: web.Request) -> web.Response:
    """Give a post an emoji; the one given before goes."""
    ctx = context(request)
    await ctx.write(
        emoji_reactions.react,
        actor=actor(request),
        post_id=path_id(request),
        emoji=request.match_info["emoji"],
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return await status_answer(request, path_id(request))


@requires("write:favourites")
async def unreact(request: web.Request) -> web.Response:
    """Take an emoji back."""
    ctx = context(request)
    await ctx.write(
        emoji_reactions.unreact,
        actor=actor(request),
        post_id=path_id(request),
        emoji=request.match_info["emoji"],
        now=ctx.clock(),
    )
    return await status_answer(request, path_id(request))


@public
async def given(request: web.Request) -> web.Response:
    """Return the emojis of a post and who gave them."""
    ctx = context(request)
    async with ctx.read() as session:
        found = await emoji_reactions.given(
            session,
            post_id=path_id(request),
            viewer=viewer(request),
            emoji=request.match_info.get("emoji"),
        )
    return answer(
        [
            {
                **render.reaction(ctx, one.reaction),
                "accounts": render.accounts(ctx, one.accounts),
            }
            for one in found
        ]
    )


_PLEROMA = "/api/v1/pleroma/statuses/{id}/reactions"
_STATUS = "/api/v1/statuses/{id}"

ROUTES = [
    web.get(_PLEROMA, given),
    web.get(_PLEROMA + "/{emoji}", given),
    web.put(_PLEROMA + "/{emoji}", react),
    web.delete(_PLEROMA + "/{emoji}", unreact),
    web.post(_STATUS + "/react/{emoji}", react),
    web.post(_STATUS + "/unreact/{emoji}", unreact),
]
