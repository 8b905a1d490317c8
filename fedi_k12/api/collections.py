"""Accounts to follow together: https://docs.joinmastodon.org/methods/collections/."""

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, empty, path_id
from fedi_k12.api.collection_entities import previews, with_accounts
from fedi_k12.api.collection_entity import collection, item
from fedi_k12.domain.collections import CollectionDraft
from fedi_k12.domain.errors import InvalidError
from fedi_k12.services import collections
from fedi_k12.web.auth import actor, public, requires, viewer
from fedi_k12.web.params import params


@requires("write:collections")
async def create(request: web.Request) -> web.Response:
    """Make a collection, with accounts in it."""
    ctx, me = context(request), actor(request)
    asked = await params(request)
    draft = CollectionDraft(
        name=asked.text("name"),
        description=asked.text("description"),
        tag=asked.text("tag_name"),
        language=asked.optional("language") or None,
        sensitive=asked.flag("sensitive"),
        discoverable=asked.flag("discoverable", True),
    )
    number = await ctx.write(
        collections.create,
        actor=me,
        draft=draft,
        account_ids=asked.ids("account_ids"),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return await _wrapped(request, number)


@requires("write:collections")
async def update(request: web.Request) -> web.Response:
    """Change what a collection says; what is not sent stays."""
    ctx, me, number = context(request), actor(request), path_id(request)
    asked = await params(request)
    async with ctx.read() as session:
        was = await collections.get(session, collection_id=number, viewer=me)
    sensitive, discoverable = asked.choice("sensitive"), asked.choice("discoverable")
    language = asked.optional("language")
    draft = CollectionDraft(
        name=asked.text("name", was.name),
        description=asked.text("description", was.description),
        tag=asked.text("tag_name", was.tag),
        language=was.language if language is None else language or None,
        sensitive=was.sensitive if sensitive is None else sensitive,
        discoverable=was.discoverable if discoverable is None else discoverable,
    )
    await ctx.write(
        collections.update, actor=me, collection_id=number, draft=draft, now=ctx.clock()
    )
    return await _wrapped(request, number)


@requires("write:collections")
async def delete(request: web.Request) -> web.Response:
    """Forget a collection."""
    await context(request).write(
        collections.delete,
        actor=actor(request),
        collection_id=path_id(request),
        now=context(request).clock(),
    )
    return empty()


@public
async def get(request: web.Request) -> web.Response:
    """Return a collection and the accounts in it."""
    ctx = context(request)
    async with ctx.read() as session:
        found = await collections.get(
            session, collection_id=path_id(request), viewer=viewer(request)
        )
    return answer(with_accounts(ctx, found))


@public
async def made_by(request: web.Request) -> web.Response:
    """Return the collections on somebody's profile."""
    ctx = context(request)
    asked = await params(request)
    async with ctx.read() as session:
        found = await collections.made_by(
            session,
            account_id=path_id(request),
            viewer=viewer(request),
            limit=asked.limit(default=40, most=80),
            offset=asked.whole("offset") or 0,
        )
    return answer(previews(ctx, found))


@requires("read:collections")
async def with_me(request: web.Request) -> web.Response:
    """Return the collections that one is in."""
    ctx = context(request)
    asked = await params(request)
    async with ctx.read() as session:
        found = await collections.with_me(
            session,
            actor=actor(request),
            account_id=path_id(request),
            limit=asked.limit(default=40, most=80),
            offset=asked.whole("offset") or 0,
        )
    return answer(previews(ctx, found))


@requires("write:collections")
async def add(request: web.Request) -> web.Response:
    """Put an account into a collection."""
    ctx, me, number = context(request), actor(request), path_id(request)
    asked = (await params(request)).id("account_id")
    if asked is None:
        raise InvalidError("`account_id` parameter is missing")
    item_id = await ctx.write(
        collections.add, actor=me, collection_id=number, account_id=asked, now=ctx.clock()
    )
    async with ctx.read() as session:
        view = await collections.get(session, collection_id=number, viewer=me)
    found: list[render.Entity] = [item(one) for one in view.items if one.id == item_id]
    return answer({"collection_item": found[0]})


@requires("write:collections")
async def remove(request: web.Request) -> web.Response:
    """Take an account out of a collection."""
    await _out(request, own=True)
    return empty()


@requires("write:collections")
async def revoke(request: web.Request) -> web.Response:
    """Take oneself out of somebody's collection."""
    await _out(request, own=False)
    return empty()


async def _out(request: web.Request, *, own: bool) -> None:
    ctx = context(request)
    await ctx.write(
        collections.remove if own else collections.leave,
        actor=actor(request),
        collection_id=path_id(request),
        item_id=path_id(request, "item"),
        now=ctx.clock(),
    )


async def _wrapped(request: web.Request, number: int) -> web.Response:
    ctx = context(request)
    async with ctx.read() as session:
        found = await collections.get(session, collection_id=number, viewer=actor(request))
    return answer({"collection": collection(ctx, found)})


_ONE = "/api/v1/collections/{id}"
ROUTES = [
    web.post("/api/v1/collections", create),
    web.get(_ONE, get),
    web.patch(_ONE, update),
    web.put(_ONE, update),
    web.delete(_ONE, delete),
    web.get("/api/v1/accounts/{id}/collections", made_by),
    web.get("/api/v1/accounts/{id}/in_collections", with_me),
    web.post(_ONE + "/items", add),
    web.delete(_ONE + "/items/{item}", remove),
    web.post(_ONE + "/items/{item}/revoke", revoke),
]
