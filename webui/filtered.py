"""Posts on pages as their reader wants them: left out, or folded, by the reader's filters."""

from collections.abc import Sequence

from aiohttp import web
from msgspec.structs import replace

from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView
from fedi_k12.services import filters
from fedi_k12.services.filters import FilterView
from fedi_k12.web.auth import viewer
from fedi_k12.web.keys import CONTEXT


async def wanted(request: web.Request, posts: Sequence[PostView], place: str) -> list[PostView]:
    """Return each post once, without those that the viewer's filters leave out there."""
    found = await _active(request, place)
    who = viewer(request)
    return [
        _folded(found, post, who)
        for post in each_once(posts)
        if not filters.hides(filters.matches(found, post, viewer=who))
    ]


async def folded(request: web.Request, posts: Sequence[PostView], place: str) -> list[PostView]:
    """Return all posts, folded where a filter of the viewer's would leave them out there.

    A thread with a post missing could not be followed.
    """
    found = await _active(request, place)
    return [_folded(found, post, viewer(request)) for post in posts]


def each_once(posts: Sequence[PostView]) -> list[PostView]:
    """Return the posts without boosts of what stands on the same page already."""
    there = {post.id for post in posts if post.boost_of is None}
    kept = []
    for post in posts:
        if post.boost_of is not None:
            if post.boost_of.id in there:
                continue
            there.add(post.boost_of.id)
        kept.append(post)
    return kept


async def _active(request: web.Request, place: str) -> list[FilterView]:
    ctx, who = request.app[CONTEXT], viewer(request)
    if who is None:
        return []
    async with ctx.read() as session:
        return await filters.active(session, actor=who, context=place, now=ctx.clock())


def _folded(found: Sequence[FilterView], post: PostView, who: Actor | None) -> PostView:
    """Return a post, or what it passes on, with the names of the filters that fold it."""
    hits = [match.filter for match in filters.matches(found, post, viewer=who)]
    if not hits:
        return post
    shown = replace(
        post.boost_of or post,
        folded_by=tuple(one.title for one in hits if one.action != "blur"),
        pictures_folded_by=tuple(one.title for one in hits if one.action == "blur"),
    )
    return replace(post, boost_of=shown) if post.boost_of is not None else shown
