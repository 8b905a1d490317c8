"""Collections: what an account published, who follows it, what a post was answered with."""

from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession
from yarl import URL

from federation.authenticate import Sender
from federation.documents import (
    NOT_FOUND,
    demand_signature,
    document,
    lead_people_away,
    local_account,
    readable_post,
    reader,
)
from federation.objects import activities_of, notes_of
from federation.synchronisation import MAX_FOLLOWERS
from federation.vocab.build import build_collection, build_page, count_collection
from federation.vocab.build_featured import build_hashtag
from fedi_k12.context import Context
from fedi_k12.domain.errors import NotFoundError, UnauthenticatedError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.posts import Visibility
from fedi_k12.web.auth import from_servers
from fedi_k12.web.keys import CONTEXT
from storage import featuring, follows, groups, posts
from storage import federation as queries
from storage.tables import AccountRow, PostRow

PAGE_SIZE = 20
FOLLOWERS_PAGE_SIZE = 40


@from_servers
async def get_outbox(request: web.Request) -> web.StreamResponse:
    """Show what an account published for everybody: Creates and Announces, newest first."""
    ctx = request.app[CONTEXT]
    row = await _open_account(request)
    uri = ctx.addresses.outbox(row.username)
    async with ctx.read() as session:
        if "page" not in request.query:
            total = await queries.count_public(session, row.id)
            return document(build_collection(uri, total=total, first=f"{uri}?page=true"))
        page = await queries.outbox(session, row.id, _page(request, PAGE_SIZE))
        found = await posts.by_ids(session, page.items)
        rows = [found[number] for number in page.items if number in found]
        items = await activities_of(session, rows, addresses=ctx.addresses)
    return document(_page_document(request, uri, page, items, PAGE_SIZE))


@from_servers
async def get_followers(request: web.Request) -> web.StreamResponse:
    """Show how many follow an account and, where it wishes so, who."""
    row = await _open_account(request)
    uri = request.app[CONTEXT].addresses.followers(row.username)
    return await _people(request, row, uri, row.followers_count, follows.followers)


@from_servers
async def get_followers_synchronisation(request: web.Request) -> web.StreamResponse:
    """Show a server which of its own accounts follow an account here (FEP-8fcf)."""
    ctx = request.app[CONTEXT]
    row = await local_account(ctx, request)
    sender = await reader(request)
    if sender is None:
        raise UnauthenticatedError("Sign the request: each server sees its own accounts.")
    async with ctx.read() as session:
        found = await follows.remote_followers(session, row.id, host=sender.host)
    if len(found) >= MAX_FOLLOWERS:
        raise NotFoundError(NOT_FOUND)
    uri = f"{row.uri}/followers_synchronization"
    return document(build_collection(uri, total=len(found), items=[uri for uri, _ in found]))


@from_servers
async def get_following(request: web.Request) -> web.StreamResponse:
    """Show how many an account follows and, where it wishes so, whom."""
    row = await _open_account(request)
    uri = request.app[CONTEXT].addresses.following(row.username)
    return await _people(request, row, uri, row.following_count, follows.following)


@from_servers
async def get_featured(request: web.Request) -> web.StreamResponse:
    """Show an account's pinned posts."""
    ctx = request.app[CONTEXT]
    row = await _open_account(request)
    uri = ctx.addresses.featured(row.username)
    items: list[object]
    async with ctx.read() as session:
        if row.kind == "Group":
            # Posts of many servers: each is to be read where it was written.
            pinned = await groups.pinned(session, row.id)
            seen = await posts.by_ids(session, pinned)
            items = [seen[number].uri for number in pinned if _is_public(seen.get(number))]
            return document(build_collection(uri, total=len(items), items=items))
        rows = await queries.pinned(session, row.id)
        notes = await notes_of(session, rows, addresses=ctx.addresses)
    items = [notes[post.id] for post in rows]
    return document(build_collection(uri, total=len(items), items=items))


@from_servers
async def get_featured_tags(request: web.Request) -> web.StreamResponse:
    """Show the hashtags that an account presents itself with."""
    ctx = request.app[CONTEXT]
    row = await _open_account(request)
    uri = ctx.addresses.featured_tags(row.username)
    async with ctx.read() as session:
        found = await featuring.featured_tags(session, row.id)
    items = [build_hashtag(display, ctx.addresses.tag(name)) for _i, _t, name, display in found]
    return document(build_collection(uri, total=len(items), items=items, ordered=False))


@from_servers
async def get_replies(request: web.Request) -> web.StreamResponse:
    """Show the public replies to a post: its author's own first, then others' (FEP-7458)."""
    ctx = request.app[CONTEXT]
    sender = await reader(request)
    async with ctx.read() as session:
        row, author = await _post(request, session, sender)
        uri = ctx.addresses.replies(author.username, row.id)
        if "page" not in request.query:
            total = await queries.count_replies(session, row.id)
            return document(
                build_collection(uri, total=total, first=f"{uri}?page=true", ordered=False)
            )
        own = "others" not in request.query
        page = await queries.replies(session, row, _upwards(request), own=own)
        uris = await queries.uris_of_posts(session, page.items)
    items = [uris[number] for number in reversed(page.items) if number in uris]
    here = str(URL(uri).with_query(request.query))
    following = _next_up(uri, page, {} if own else {"others": "true"})
    if following is None and own:
        following = f"{uri}?page=true&others=true"
    return document(
        build_page(here, part_of=uri, items=items, next_page=following, ordered=False)
    )


@from_servers
async def get_likes(request: web.Request) -> web.StreamResponse:
    """Show how many like a post, and not who."""
    ctx = request.app[CONTEXT]
    sender = await reader(request)
    async with ctx.read() as session:
        row, author = await _post(request, session, sender)
    uri = ctx.addresses.likes(author.username, row.id)
    return document(count_collection(uri, row.favourites_count))


@from_servers
async def get_shares(request: web.Request) -> web.StreamResponse:
    """Show how many boosted a post, and not who."""
    ctx = request.app[CONTEXT]
    sender = await reader(request)
    async with ctx.read() as session:
        row, author = await _post(request, session, sender)
    uri = ctx.addresses.shares(author.username, row.id)
    return document(count_collection(uri, row.boosts_count))


@from_servers
async def get_context(request: web.Request) -> web.StreamResponse:
    """Show the public posts of a conversation that began here, oldest first (FEP-7888)."""
    ctx = request.app[CONTEXT]
    thread_id = parse_id(request.match_info["thread_id"])
    if thread_id is None:
        raise NotFoundError(NOT_FOUND)
    sender = await reader(request)
    uri = ctx.addresses.context(thread_id)
    async with ctx.read() as session:
        root = await posts.by_id(session, thread_id)
        if root is None:
            raise NotFoundError(NOT_FOUND)
        row, author = await readable_post(session, ctx, root.uri, sender)
        lead_people_away(request, row.url or row.uri)
        demand_signature(ctx, author, sender)
        if "page" not in request.query:
            total = await queries.count_thread(session, row.id)
            first = f"{uri}?page=true"
            return document(
                build_collection(uri, total=total, first=first, attributed_to=author.uri)
            )
        page = await queries.thread_posts(session, row.id, _upwards(request))
        uris = await queries.uris_of_posts(session, page.items)
    items = [uris[number] for number in reversed(page.items) if number in uris]
    here = str(URL(uri).with_query(request.query))
    return document(
        build_page(here, part_of=uri, items=items, next_page=_next_up(uri, page, {}))
    )


def _is_public(post: PostRow | None) -> bool:
    if post is None or post.local_only or post.removed_at is not None:
        return False
    return Visibility(post.visibility).breadth >= Visibility.UNLISTED.breadth


async def _open_account(request: web.Request) -> AccountRow:
    ctx = request.app[CONTEXT]
    row = await local_account(ctx, request)
    lead_people_away(request, row.url or row.uri)
    demand_signature(ctx, row, await reader(request))
    return row


async def _post(
    request: web.Request, session: AsyncSession, sender: Sender | None
) -> tuple[PostRow, AccountRow]:
    ctx: Context = request.app[CONTEXT]
    uri = ctx.addresses.post(request.match_info["username"], int(request.match_info["post_id"]))
    row, author = await readable_post(session, ctx, uri, sender)
    lead_people_away(request, row.url or row.uri)
    demand_signature(ctx, author, sender)
    return row, author


async def _people(
    request: web.Request,
    row: AccountRow,
    uri: str,
    total: int,
    load: Callable[[AsyncSession, int, PageRequest], Awaitable[Page[int]]],
) -> web.Response:
    if row.hide_collections or row.kind == "Group":
        return document(count_collection(uri, total) | {"type": "OrderedCollection"})
    if "page" not in request.query:
        return document(build_collection(uri, total=total, first=f"{uri}?page=true"))
    async with request.app[CONTEXT].read() as session:
        page = await load(session, row.id, _page(request, FOLLOWERS_PAGE_SIZE))
        uris = await queries.uris_of_accounts(session, page.items)
    items = [uris[number] for number in page.items if number in uris]
    return document(_page_document(request, uri, page, items, FOLLOWERS_PAGE_SIZE))


def _page(request: web.Request, limit: int) -> PageRequest:
    return PageRequest(limit=limit, max_id=parse_id(request.query.get("max_id", "")))


def _upwards(request: web.Request) -> PageRequest:
    """Return which page of a list is wanted that begins with what is oldest."""
    return PageRequest(limit=PAGE_SIZE, min_id=parse_id(request.query.get("min_id", "")) or 0)


def _next_up(uri: str, page: Page[int], extra: dict[str, str]) -> str | None:
    if page.newest is None or len(page.items) < PAGE_SIZE:
        return None
    query = {"page": "true", **extra, "min_id": str(page.newest)}
    return str(URL(uri).with_query(query))


def _page_document(
    request: web.Request, uri: str, page: Page[int], items: Sequence[object], limit: int
) -> dict[str, object]:
    here = str(URL(uri).with_query(request.query))
    return build_page(here, part_of=uri, items=items, next_page=_next(uri, page, limit))


def _next(uri: str, page: Page[int], limit: int) -> str | None:
    if page.oldest is None or len(page.items) < limit:
        return None
    return str(URL(uri).with_query({"page": "true", "max_id": str(page.oldest)}))
