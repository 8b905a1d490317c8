"""Filters, and the older form of them: https://docs.joinmastodon.org/methods/filters/."""

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, empty, path_id
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.services import filters
from fedi_k12.services.filters import FilterChanges, FilterView, KeywordChange, KeywordView
from fedi_k12.web.auth import actor, requires
from fedi_k12.web.params import Params, params


@requires("read:filters")
async def get_filters(request: web.Request) -> web.Response:
    """Return one's filters."""
    async with context(request).read() as session:
        found = await filters.filters(session, actor=actor(request))
    return answer([render.filter_whole(view) for view in found])


@requires("read:filters")
async def get_filter(request: web.Request) -> web.Response:
    """Return a filter."""
    return answer(render.filter_whole(await _filter(request, path_id(request))))


@requires("write:filters")
async def create(request: web.Request) -> web.Response:
    """Make a filter."""
    ctx = context(request)
    view = await ctx.write(
        filters.create,
        actor=actor(request),
        changes=_changes(await params(request)),
        now=ctx.clock(),
    )
    return answer(render.filter_whole(view))


@requires("write:filters")
async def update(request: web.Request) -> web.Response:
    """Change a filter."""
    ctx = context(request)
    view = await ctx.write(
        filters.update,
        actor=actor(request),
        filter_id=path_id(request),
        changes=_changes(await params(request)),
        now=ctx.clock(),
    )
    return answer(render.filter_whole(view))


@requires("write:filters")
async def delete(request: web.Request) -> web.Response:
    """Delete a filter."""
    await context(request).write(
        filters.delete, actor=actor(request), filter_id=path_id(request)
    )
    return empty()


@requires("read:filters")
async def get_keywords(request: web.Request) -> web.Response:
    """Return the words of a filter."""
    view = await _filter(request, path_id(request))
    return answer([render.filter_keyword(word) for word in view.keywords])


@requires("write:filters")
async def add_keyword(request: web.Request) -> web.Response:
    """Add a word to a filter."""
    asked = await params(request)
    word = await context(request).write(
        filters.add_keyword,
        actor=actor(request),
        filter_id=path_id(request),
        keyword=asked.text("keyword"),
        whole_word=asked.flag("whole_word"),
    )
    return answer(render.filter_keyword(word))


@requires("read:filters")
async def get_keyword(request: web.Request) -> web.Response:
    """Return a word of a filter."""
    async with context(request).read() as session:
        word = await filters.keyword(session, actor=actor(request), keyword_id=path_id(request))
    return answer(render.filter_keyword(word))


@requires("write:filters")
async def update_keyword(request: web.Request) -> web.Response:
    """Change a word of a filter."""
    asked = await params(request)
    word = await context(request).write(
        filters.update_keyword,
        actor=actor(request),
        keyword_id=path_id(request),
        keyword=asked.optional("keyword"),
        whole_word=asked.choice("whole_word"),
    )
    return answer(render.filter_keyword(word))


@requires("write:filters")
async def remove_keyword(request: web.Request) -> web.Response:
    """Take a word away."""
    await context(request).write(
        filters.remove_keyword, actor=actor(request), keyword_id=path_id(request)
    )
    return empty()


@requires("read:filters")
async def get_statuses(request: web.Request) -> web.Response:
    """Return the posts of a filter."""
    view = await _filter(request, path_id(request))
    return answer([render.filter_status(post) for post in view.posts])


@requires("write:filters")
async def add_status(request: web.Request) -> web.Response:
    """Add a post to a filter."""
    post_id = (await params(request)).id("status_id")
    if post_id is None:
        raise NotFoundError("Record not found")
    entry = await context(request).write(
        filters.add_post, actor=actor(request), filter_id=path_id(request), post_id=post_id
    )
    return answer(render.filter_status(entry))


@requires("read:filters")
async def get_status(request: web.Request) -> web.Response:
    """Return a post of a filter."""
    async with context(request).read() as session:
        entry = await filters.filtered_post(
            session, actor=actor(request), entry_id=path_id(request)
        )
    return answer(render.filter_status(entry))


@requires("write:filters")
async def remove_status(request: web.Request) -> web.Response:
    """Take a post away from its filter."""
    await context(request).write(
        filters.remove_post, actor=actor(request), entry_id=path_id(request)
    )
    return empty()


@requires("read:filters")
async def get_v1_filters(request: web.Request) -> web.Response:
    """Return one's filters in the older form: one for each word."""
    async with context(request).read() as session:
        found = await filters.filters(session, actor=actor(request))
    return answer([_v1(view, word) for view in found for word in view.keywords])


@requires("read:filters")
async def get_v1_filter(request: web.Request) -> web.Response:
    """Return a word's filter in the older form."""
    return await _v1_of(request, path_id(request))


@requires("write:filters")
async def create_v1(request: web.Request) -> web.Response:
    """Make a filter of one word."""
    ctx = context(request)
    asked = await params(request)
    word = KeywordChange(asked.text("phrase"), asked.flag("whole_word", True))
    view = await ctx.write(
        filters.create,
        actor=actor(request),
        changes=FilterChanges(
            title=asked.text("phrase"),
            contexts=tuple(asked.texts("context")),
            action="hide" if asked.flag("irreversible") else "warn",
            expires_in=asked.whole("expires_in"),
            keywords=(word,),
        ),
        now=ctx.clock(),
    )
    return answer(_v1(view, view.keywords[0]))


@requires("write:filters")
async def update_v1(request: web.Request) -> web.Response:
    """Change a filter in the older form."""
    ctx = context(request)
    me = actor(request)
    asked = await params(request)
    keyword_id = path_id(request)
    async with ctx.read() as session:
        owner = await filters.keyword_filter(session, actor=me, keyword_id=keyword_id)
    hide = asked.choice("irreversible")
    await ctx.write(
        filters.update,
        actor=me,
        filter_id=owner.id,
        changes=FilterChanges(
            contexts=tuple(asked.texts("context")) if asked.has("context") else None,
            action=None if hide is None else ("hide" if hide else "warn"),
            expires_in=asked.whole("expires_in"),
            keywords=(
                KeywordChange(
                    asked.optional("phrase"), asked.choice("whole_word"), id=keyword_id
                ),
            ),
        ),
        now=ctx.clock(),
    )
    return await _v1_of(request, keyword_id)


async def _filter(request: web.Request, filter_id: int) -> FilterView:
    async with context(request).read() as session:
        return await filters.get(session, actor=actor(request), filter_id=filter_id)


async def _v1_of(request: web.Request, keyword_id: int) -> web.Response:
    me = actor(request)
    async with context(request).read() as session:
        owner = await filters.keyword_filter(session, actor=me, keyword_id=keyword_id)
        word = await filters.keyword(session, actor=me, keyword_id=keyword_id)
    return answer(_v1(owner, word))


def _changes(asked: Params) -> FilterChanges:
    return FilterChanges(
        title=asked.optional("title"),
        contexts=tuple(asked.texts("context")) if asked.has("context") else None,
        action=asked.optional("filter_action"),
        expires_in=asked.whole("expires_in"),
        keywords=tuple(
            KeywordChange(
                part.optional("keyword"),
                part.choice("whole_word"),
                parse_id(part.text("id")),
                part.flag("_destroy"),
            )
            for part in asked.parts("keywords_attributes")
        ),
    )


def _v1(view: FilterView, word: KeywordView) -> render.Entity:
    return {
        "id": str(word.id),
        "phrase": word.keyword,
        "context": list(view.contexts),
        "whole_word": word.whole_word,
        "expires_at": render.moment(view.expires_at) if view.expires_at else None,
        "irreversible": view.action == "hide",
    }


_V2 = "/api/v2/filters"

ROUTES = [
    web.get(_V2, get_filters),
    web.post(_V2, create),
    web.get(_V2 + r"/{id:\d+}", get_filter),
    web.put(_V2 + r"/{id:\d+}", update),
    web.patch(_V2 + r"/{id:\d+}", update),
    web.delete(_V2 + r"/{id:\d+}", delete),
    web.get(_V2 + r"/{id:\d+}/keywords", get_keywords),
    web.post(_V2 + r"/{id:\d+}/keywords", add_keyword),
    web.get(_V2 + "/keywords/{id}", get_keyword),
    web.put(_V2 + "/keywords/{id}", update_keyword),
    web.patch(_V2 + "/keywords/{id}", update_keyword),
    web.delete(_V2 + "/keywords/{id}", remove_keyword),
    web.get(_V2 + r"/{id:\d+}/statuses", get_statuses),
    web.post(_V2 + r"/{id:\d+}/statuses", add_status),
    web.get(_V2 + "/statuses/{id}", get_status),
    web.delete(_V2 + "/statuses/{id}", remove_status),
    web.get("/api/v1/filters", get_v1_filters),
    web.post("/api/v1/filters", create_v1),
    web.get("/api/v1/filters/{id}", get_v1_filter),
    web.put("/api/v1/filters/{id}", update_v1),
    web.patch("/api/v1/filters/{id}", update_v1),
    web.delete("/api/v1/filters/{id}", remove_keyword),
]
