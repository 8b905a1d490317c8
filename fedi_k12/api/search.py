"""Search: https://docs.joinmastodon.org/methods/search/."""

from contextlib import suppress

from aiohttp import web
from msgspec import Struct, field

from federation.resolve import Resolved, resolve_account, resolve_url
from fedi_k12.api import render
from fedi_k12.api.answers import answer, context
from fedi_k12.api.collection_entity import collection
from fedi_k12.context import Context
from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.collections import CollectionView
from fedi_k12.domain.errors import DomainError, InvalidError, UnauthenticatedError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView
from fedi_k12.domain.search_query import parse
from fedi_k12.services import finding, search, tags, views
from fedi_k12.services.collection_views import collection_views
from fedi_k12.services.tags import TagState
from fedi_k12.web.auth import identity, public, viewer
from fedi_k12.web.params import Params, params

MAX_QUERY = 2048
TYPES = ("accounts", "hashtags", "statuses")


class _Found(Struct):
    """What a search came to."""

    accounts: list[AccountView] = field(default_factory=list)
    posts: list[PostView] = field(default_factory=list)
    tags: list[TagState] = field(default_factory=list)
    collections: list[CollectionView] = field(default_factory=list)


@public
async def search_all(request: web.Request) -> web.Response:
    """Return accounts, posts and hashtags; an address or handle leads to the one thing.

    Collections are found by their address alone.

    Only who is signed in turns pages, and makes this server ask others (`resolve`, `offset`).
    """
    ctx = context(request)
    asked = await params(request)
    q = asked.text("q").strip()[:MAX_QUERY]
    kind = asked.text("type")
    if kind and kind not in TYPES:
        raise InvalidError("Validation failed: Type is not one that can be searched")
    who = viewer(request)
    if identity(request).actor is None and (asked.flag("resolve") or asked.text("offset")):
        raise UnauthenticatedError(
            "Who is not signed in can neither look up what is elsewhere nor turn pages."
        )
    found = _Found()
    if q:
        ask = asked.flag("resolve")
        if q.startswith(("https://", "http://")):
            await _by_address(ctx, q, who, found, ask=ask)
        else:
            await _by_words(ctx, q, asked, who, found, ask=ask)
    return answer(
        {
            "accounts": render.accounts(ctx, found.accounts)
            if kind in {"", "accounts"}
            else [],
            "statuses": [render.status(ctx, view) for view in found.posts]
            if kind in {"", "statuses"}
            else [],
            "hashtags": [
                render.tag(ctx, one.name, following=one.following if who else None)
                for one in found.tags
            ]
            if kind in {"", "hashtags"}
            else [],
            "collections": [collection(ctx, view) for view in found.collections]
            if not kind
            else [],
        }
    )


async def _by_address(
    ctx: Context, url: str, who: Actor | None, found: _Found, *, ask: bool
) -> None:
    leads_to = Resolved()
    with suppress(DomainError, TimeoutError):
        leads_to = await resolve_url(ctx, url, ask=ask)
    async with ctx.read() as session:
        if leads_to.account_id is not None:
            found.accounts = await views.account_views(
                session, [leads_to.account_id], viewer=who
            )
        if leads_to.post_id is not None:
            found.posts = await views.post_views(session, [leads_to.post_id], viewer=who)
        if leads_to.collection_id is not None:
            found.collections = await collection_views(
                session, [leads_to.collection_id], viewer=who
            )


async def _by_words(
    ctx: Context,
    q: str,
    asked: Params,
    who: Actor | None,
    found: _Found,
    *,
    ask: bool,
) -> None:
    limit = asked.limit(default=20, most=40)
    kind = asked.text("type")
    offset = max(0, asked.whole("offset") or 0) if kind else 0
    if "@" in q.lstrip("@") and " " not in q and not parse(q).conditions:
        exact = await _by_handle(ctx, q, who, ask=ask)
        if exact is not None and not asked.flag("following"):
            found.accounts = [exact] if offset == 0 else []
            return
    query = parse(q)
    # Operators ask for posts; people and hashtags are looked up by the words beside them.
    named = query.plain if query.conditions else q
    async with ctx.slow_read() as session:
        if kind in {"", "accounts"}:
            found.accounts = await finding.search_accounts(
                session,
                q=named,
                limit=limit,
                offset=offset,
                viewer=who,
                following=asked.flag("following"),
                own_hosts=ctx.settings.own_hosts,
            )
        if kind in {"", "hashtags"}:
            found.tags = await tags.search(
                session,
                q=named,
                limit=limit,
                offset=offset,
                viewer=who,
                reviewed=asked.flag("exclude_unreviewed"),
            )
        if kind in {"", "statuses"} and who is not None:
            found.posts = await search.posts(
                session,
                actor=who,
                q=q,
                limit=limit,
                offset=offset,
                account_id=asked.id("account_id"),
                min_id=asked.id("min_id"),
                max_id=asked.id("max_id"),
                own_host=ctx.settings.handle_domain,
            )


async def _by_handle(
    ctx: Context, handle: str, who: Actor | None, *, ask: bool
) -> AccountView | None:
    if ask:
        with suppress(DomainError, TimeoutError):
            await resolve_account(ctx, handle)
    async with ctx.read() as session:
        with suppress(InvalidError):
            return await finding.lookup(
                session, acct=handle, own_hosts=ctx.settings.own_hosts, viewer=who
            )
    return None


ROUTES = [
    web.get("/api/v2/search", search_all),
    web.get("/api/v1/search", search_all),
]
