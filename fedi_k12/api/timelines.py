"""Timelines: https://docs.joinmastodon.org/methods/timelines/."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from fedi_k12.api.answers import (
    JSON_HEADERS,
    answer,
    context,
    encoded,
    page_answer,
    path_id,
    shown,
)
from fedi_k12.context import Context
from fedi_k12.domain.paging import Page
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView
from fedi_k12.domain.text import tag_key
from fedi_k12.services import timelines
from fedi_k12.web.auth import actor, known_member, public, requires, viewer
from fedi_k12.web.front import Ready, ready
from fedi_k12.web.paging import link_header, page_request
from fedi_k12.web.params import Params, params
from fedi_k12.web.remembered import WORK, Remembered
from fedi_k12.web.shelf import kept

HOME, READS_HOME = "/api/v1/timelines/home", "read:statuses"


class _Homes(Remembered[tuple[Actor, str], Ready]):
    """Pages of home timelines, ready to be sent: by whose it is and what was asked for."""

    BUT = WORK | {"marker", "token"}
    SIZE = 300


@requires(READS_HOME)
async def home(request: web.Request) -> web.Response:
    """Return a page of the home timeline."""
    ctx = context(request)
    me = actor(request)
    homes, key = kept(ctx, _Homes), (me, request.path_qs)
    if (found := homes.get(ctx, key)) is not None:
        return found.response()
    as_of = homes.as_of(ctx)
    asked = page_request(await params(request))
    async with ctx.read() as session:
        page = await timelines.home(session, actor=me, page=asked)
        entities = await shown(ctx, session, page.items, viewer=me, place="home")
        until = await timelines.next_expiry(session, actor=me, now=ctx.clock())
    headers = {**JSON_HEADERS, **link_header(request, page.with_items([]))}
    found = ready(ctx, route=HOME, headers=headers, body=encoded(entities))
    homes.put(ctx, key, found, as_of=as_of, until=until)
    return found.response()


def ready_home(ctx: Context, request: web.Request) -> Ready | None:
    """Return a page of the home timeline, where it and whose it is are remembered."""
    me = known_member(ctx, request, READS_HOME)
    return kept(ctx, _Homes).get(ctx, (me, request.path_qs)) if me is not None else None


@public
async def public_timeline(request: web.Request) -> web.Response:
    """Return a page of the public posts known here."""
    ctx = context(request)
    asked = await params(request)
    who = viewer(request)
    async with ctx.read() as session:
        page = await timelines.public(
            session,
            viewer=who,
            page=page_request(asked),
            local=asked.flag("local"),
            remote=asked.flag("remote"),
            only_media=asked.flag("only_media"),
        )
        entities = await shown(ctx, session, page.items, viewer=who, place="public")
    return page_answer(request, page.with_items([]), entities)


@public
async def tag(request: web.Request) -> web.Response:
    """Return a page of the public posts with a hashtag."""
    ctx = context(request)
    asked = await params(request)
    who = viewer(request)
    async with ctx.read() as session:
        page = await timelines.tag(
            session,
            name=tag_key(request.match_info["name"].lstrip("#")),
            viewer=who,
            page=page_request(asked),
            local=asked.flag("local"),
            remote=asked.flag("remote"),
            only_media=asked.flag("only_media"),
            any_of=_keys(asked, "any"),
            all_of=_keys(asked, "all"),
            none_of=_keys(asked, "none"),
        )
        entities = await shown(ctx, session, page.items, viewer=who, place="public")
    return page_answer(request, page.with_items([]), entities)


@requires("read:lists")
async def list_timeline(request: web.Request) -> web.Response:
    """Return a page of what the accounts on a list post."""
    ctx = context(request)
    me = actor(request)
    asked = page_request(await params(request))
    async with ctx.read() as session:
        page = await timelines.list_timeline(
            session, actor=me, list_id=path_id(request), page=asked
        )
        entities = await shown(ctx, session, page.items, viewer=me, place="home")
    return page_answer(request, page.with_items([]), entities)


@requires("read:bookmarks")
async def bookmarks(request: web.Request) -> web.Response:
    """Return a page of what the account keeps for later."""
    return await _kept(request, timelines.bookmarks)


@requires("read:favourites")
async def favourites(request: web.Request) -> web.Response:
    """Return a page of what the account favourited."""
    return await _kept(request, timelines.favourites)


@public
async def link(request: web.Request) -> web.Response:
    """Return nothing: links are not ranked here, so no link has a timeline."""
    del request
    return answer([])


async def _kept(
    request: web.Request, load: Callable[..., Awaitable[Page[PostView]]]
) -> web.Response:
    ctx = context(request)
    me = actor(request)
    asked = page_request(await params(request))
    async with ctx.read() as session:
        page = await load(session, actor=me, page=asked)
        entities = await shown(ctx, session, page.items, viewer=me, place="account", hide=False)
    return page_answer(request, page.with_items([]), entities)


def _keys(asked: Params, name: str) -> list[str]:
    return [tag_key(word.lstrip("#")) for word in asked.texts(name)[:4]]


ROUTES = [
    web.get(HOME, home),
    web.get("/api/v1/timelines/public", public_timeline),
    web.get("/api/v1/timelines/tag/{name}", tag),
    web.get("/api/v1/timelines/list/{id}", list_timeline),
    web.get("/api/v1/timelines/link", link),
    web.get("/api/v1/bookmarks", bookmarks),
    web.get("/api/v1/favourites", favourites),
]
