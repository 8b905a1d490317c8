"""Favourites, boosts, bookmarks, pins, muted threads, polls."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, path_id, status_answer
from fedi_k12.domain.errors import InvalidError
from fedi_k12.services import polls, reactions, views
from fedi_k12.web.auth import actor, public, requires, viewer
from fedi_k12.web.params import params


@requires("write:favourites")
async def favourite(request: web.Request) -> web.Response:
    """Favourite a post; a second time changes nothing."""
    ctx = context(request)
    await ctx.write(
        reactions.favourite,
        actor=actor(request),
        post_id=path_id(request),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return await status_answer(request, path_id(request))


@requires("write:favourites")
async def unfavourite(request: web.Request) -> web.Response:
    """Take a favourite back."""
    return await _timed(request, reactions.unfavourite)


@requires("write:statuses")
async def reblog(request: web.Request) -> web.Response:
    """Boost a post; the answer is the boost, with the post inside."""
    ctx = context(request)
    named = (await params(request)).text("visibility")
    visibility = render.visibility_named(named) if named else None
    if named and visibility is None:
        raise InvalidError("Validation failed: Visibility is not included in the list")
    boost_id = await ctx.write(
        reactions.boost,
        actor=actor(request),
        post_id=path_id(request),
        visibility=visibility,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return await status_answer(request, boost_id)


@requires("write:statuses")
async def unreblog(request: web.Request) -> web.Response:
    """Take a boost back; the answer is the post."""
    ctx = context(request)
    post_id = await ctx.write(
        reactions.unboost, actor=actor(request), post_id=path_id(request), now=ctx.clock()
    )
    return await status_answer(request, post_id)


@requires("write:bookmarks")
async def bookmark(request: web.Request) -> web.Response:
    """Keep a post for later."""
    return await _timed(request, reactions.bookmark)


@requires("write:bookmarks")
async def unbookmark(request: web.Request) -> web.Response:
    """No longer keep a post."""
    return await _plain(request, reactions.unbookmark)


@requires("write:accounts")
async def pin(request: web.Request) -> web.Response:
    """Keep a post at the top of one's page."""
    return await _timed(request, reactions.pin)


@requires("write:accounts")
async def unpin(request: web.Request) -> web.Response:
    """No longer keep a post at the top."""
    return await _timed(request, reactions.unpin)


@requires("write:mutes")
async def mute(request: web.Request) -> web.Response:
    """No longer hear of a thread."""
    return await _timed(request, reactions.mute_thread)


@requires("write:mutes")
async def unmute(request: web.Request) -> web.Response:
    """Hear of a thread again."""
    return await _plain(request, reactions.unmute_thread)


@public
async def get_poll(request: web.Request) -> web.Response:
    """Return a poll."""
    return await _poll(request)


@requires("write:statuses")
async def vote(request: web.Request) -> web.Response:
    """Answer a poll."""
    ctx = context(request)
    choices = []
    for word in (await params(request)).texts("choices"):
        if not (word.isascii() and word.isdigit() and len(word) < 5):  # noqa: PLR2004 - positions
            raise InvalidError("Validation failed: The chosen option does not exist")
        choices.append(int(word))
    await ctx.write(
        polls.vote,
        actor=actor(request),
        poll_id=path_id(request),
        choices=choices,
        now=ctx.clock(),
    )
    return await _poll(request)


async def _timed(request: web.Request, change: Callable[..., Awaitable[None]]) -> web.Response:
    ctx = context(request)
    await ctx.write(change, actor=actor(request), post_id=path_id(request), now=ctx.clock())
    return await status_answer(request, path_id(request))


async def _plain(request: web.Request, change: Callable[..., Awaitable[None]]) -> web.Response:
    await context(request).write(change, actor=actor(request), post_id=path_id(request))
    return await status_answer(request, path_id(request))


async def _poll(request: web.Request) -> web.Response:
    ctx = context(request)
    who = viewer(request)
    async with ctx.read() as session:
        post_id = await polls.poll_post(session, poll_id=path_id(request), viewer=who)
        view = await views.post_view(session, post_id, viewer=who)
    if view.poll is not None and polls.is_stale(view.poll, now=ctx.clock()):
        await ctx.write(polls.look_again, poll_id=view.poll.id, now=ctx.clock())
    return answer(render.poll(view.poll) if view.poll is not None else {})


_STATUS = "/api/v1/statuses/{id}"

ROUTES = [
    web.post(_STATUS + "/favourite", favourite),
    web.post(_STATUS + "/unfavourite", unfavourite),
    web.post(_STATUS + "/reblog", reblog),
    web.post(_STATUS + "/unreblog", unreblog),
    web.post(_STATUS + "/bookmark", bookmark),
    web.post(_STATUS + "/unbookmark", unbookmark),
    web.post(_STATUS + "/pin", pin),
    web.post(_STATUS + "/unpin", unpin),
    web.post(_STATUS + "/mute", mute),
    web.post(_STATUS + "/unmute", unmute),
    web.get("/api/v1/polls/{id}", get_poll),
    web.post("/api/v1/polls/{id}/votes", vote),
]
