"""Accounts: https://docs.joinmastodon.org/methods/accounts/."""

from contextlib import suppress

from aiohttp import web

from federation.resolve import resolve_account
from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, page_answer, path_id, shown
from fedi_k12.domain.errors import DomainError, InvalidError, NotFoundError
from fedi_k12.services import (
    access,
    featuring,
    finding,
    follows,
    lists,
    timelines,
    views,
)
from fedi_k12.web.auth import actor, public, requires, viewer
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import params

MAX_AT_ONCE = 40


@public
async def get_account(request: web.Request) -> web.Response:
    """Return an account."""
    ctx = context(request)
    await featuring.look(ctx, account_id=path_id(request), viewer=viewer(request))
    async with ctx.read() as session:
        await access.account_for(session, path_id(request), viewer=viewer(request))
        view = await views.account_view(session, path_id(request), viewer=viewer(request))
    return answer(render.account(ctx, view))


@public
async def get_accounts(request: web.Request) -> web.Response:
    """Return several accounts; unknown ones are left out."""
    ctx = context(request)
    ids = (await params(request)).ids("id")[:MAX_AT_ONCE]
    async with ctx.read() as session:
        found = await views.account_views(session, ids, viewer=viewer(request))
    return answer(render.accounts(ctx, found))


@public
async def lookup(request: web.Request) -> web.Response:
    """Return the account with a handle, if it is known here."""
    ctx = context(request)
    acct = (await params(request)).text("acct")
    if not acct:
        raise NotFoundError("Record not found")
    async with ctx.read() as session:
        try:
            view = await finding.lookup(
                session, acct=acct, own_hosts=ctx.settings.own_hosts, viewer=viewer(request)
            )
        except InvalidError as error:
            raise NotFoundError("Record not found") from error
    if view is None:
        raise NotFoundError("Record not found")
    return answer(render.account(ctx, view))


@requires("read:accounts")
async def search(request: web.Request) -> web.Response:
    """Return accounts by the beginning of their handle or name."""
    ctx = context(request)
    asked = await params(request)
    q = asked.text("q").strip()
    if asked.flag("resolve") and "@" in q.lstrip("@"):
        # Nobody there, or nobody answers: what is known here is the answer.
        with suppress(DomainError, TimeoutError):
            await resolve_account(ctx, q)
    async with ctx.slow_read() as session:
        found = await finding.search_accounts(
            session,
            q=q,
            limit=asked.limit(default=40, most=80),
            offset=max(0, asked.whole("offset") or 0),
            viewer=actor(request),
            following=asked.flag("following"),
            own_hosts=ctx.settings.own_hosts,
        )
    return answer(render.accounts(ctx, found))


@requires("read:follows")
async def relationships(request: web.Request) -> web.Response:
    """Return what the account is to others."""
    ctx = context(request)
    asked = await params(request)
    ids = list(dict.fromkeys(asked.ids("id")))[: MAX_AT_ONCE * 2]
    async with ctx.read() as session:
        found = await follows.relationships(session, actor=actor(request), target_ids=ids)
    return answer([render.relationship(view) for view in found])


@requires("read:follows")
async def familiar_followers(request: web.Request) -> web.Response:
    """Return nobody for each account: who follows whom is not told on here."""
    ids = (await params(request)).ids("id")[:MAX_AT_ONCE]
    return answer([{"id": str(number), "accounts": []} for number in ids])


@public
async def statuses(request: web.Request) -> web.Response:
    """Return a page of what an account posted and boosted."""
    ctx = context(request)
    asked = await params(request)
    who = viewer(request)
    await featuring.look(ctx, account_id=path_id(request), viewer=who)
    async with ctx.read() as session:
        page = await timelines.of_account(
            session,
            account_id=path_id(request),
            viewer=who,
            page=page_request(asked),
            only_media=asked.flag("only_media"),
            exclude_replies=asked.flag("exclude_replies"),
            exclude_boosts=asked.flag("exclude_reblogs"),
            pinned=asked.flag("pinned"),
            tagged=asked.optional("tagged"),
        )
        entities = await shown(ctx, session, page.items, viewer=who, place="account")
    return page_answer(request, page.with_items([]), entities)


@public
async def followers(request: web.Request) -> web.Response:
    """Return a page of who follows an account."""
    ctx = context(request)
    asked = page_request(await params(request), default=40, most=80)
    async with ctx.read() as session:
        page = await follows.followers(
            session, account_id=path_id(request), viewer=viewer(request), page=asked
        )
    return page_answer(request, page.with_items([]), render.accounts(ctx, page.items))


@public
async def following(request: web.Request) -> web.Response:
    """Return a page of whom an account follows."""
    ctx = context(request)
    asked = page_request(await params(request), default=40, most=80)
    async with ctx.read() as session:
        page = await follows.following(
            session, account_id=path_id(request), viewer=viewer(request), page=asked
        )
    return page_answer(request, page.with_items([]), render.accounts(ctx, page.items))


@requires("read:lists")
async def lists_with(request: web.Request) -> web.Response:
    """Return which of one's lists an account is on."""
    async with context(request).read() as session:
        found = await lists.containing(
            session, actor=actor(request), account_id=path_id(request)
        )
    return answer([render.list_(view) for view in found])


@public
async def nothing(request: web.Request) -> web.Response:
    """Return an empty list, of what nobody can make here: proofs."""
    ctx = context(request)
    async with ctx.read() as session:
        await access.account_for(session, path_id(request), viewer=viewer(request))
    return answer([])


ROUTES = [
    web.get("/api/v1/accounts/lookup", lookup),
    web.get("/api/v1/accounts/search", search),
    web.get("/api/v1/accounts/relationships", relationships),
    web.get("/api/v1/accounts/familiar_followers", familiar_followers),
    web.get("/api/v1/accounts", get_accounts),
    web.get("/api/v1/accounts/{id}", get_account),
    web.get("/api/v1/accounts/{id}/statuses", statuses),
    web.get("/api/v1/accounts/{id}/followers", followers),
    web.get("/api/v1/accounts/{id}/following", following),
    web.get("/api/v1/accounts/{id}/lists", lists_with),
    web.get("/api/v1/accounts/{id}/identity_proofs", nothing),
]
