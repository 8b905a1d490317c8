"""Follows, blocks and mutes: https://docs.joinmastodon.org/methods/accounts/#follow and on."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, empty, page_answer, path_id
from fedi_k12.domain.accounts import AccountView, Relationship
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.paging import Page
from fedi_k12.services import endorsements, follows, shut_out
from fedi_k12.web.auth import actor, public, requires, viewer
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import params


@requires("write:follows")
async def follow(request: web.Request) -> web.Response:
    """Follow an account, or change what is wanted of one already followed."""
    ctx = context(request)
    asked = await params(request)
    found = await ctx.write(
        follows.follow,
        actor=actor(request),
        target_id=path_id(request),
        addresses=ctx.addresses,
        now=ctx.clock(),
        show_boosts=asked.choice("reblogs"),
        notify=asked.choice("notify"),
        languages=asked.texts("languages") if asked.has("languages") else None,
    )
    return answer(render.relationship(found))


@requires("write:follows")
async def unfollow(request: web.Request) -> web.Response:
    """No longer follow an account."""
    return await _related(request, follows.unfollow)


@requires("write:blocks")
async def block(request: web.Request) -> web.Response:
    """Want nothing to do with an account."""
    return await _related(request, follows.block, addresses=context(request).addresses)


@requires("write:blocks")
async def unblock(request: web.Request) -> web.Response:
    """End a block."""
    return await _related(request, follows.unblock)


@requires("write:mutes")
async def mute(request: web.Request) -> web.Response:
    """No longer read an account; `duration` in seconds."""
    asked = await params(request)
    return await _related(
        request,
        follows.mute,
        notifications=asked.flag("notifications", True),
        duration=asked.whole("duration") or None,
    )


@requires("write:mutes")
async def unmute(request: web.Request) -> web.Response:
    """Read an account again."""
    return await _related(request, follows.unmute)


@requires("write:follows")
async def remove_from_followers(request: web.Request) -> web.Response:
    """End somebody's follow of the account."""
    ctx = context(request)
    me = actor(request)
    target = path_id(request)
    await ctx.write(follows.remove_follower, actor=me, follower_id=target, now=ctx.clock())
    async with ctx.read() as session:
        found = await follows.relationships(session, actor=me, target_ids=[target])
    return answer(render.relationship(found[0] if found else Relationship(target)))


@requires("write:accounts")
async def endorse(request: web.Request) -> web.Response:
    """Recommend an account that one follows on one's page."""
    return await _related(request, endorsements.endorse)


@requires("write:accounts")
async def unendorse(request: web.Request) -> web.Response:
    """No longer recommend an account."""
    return await _related(request, endorsements.unendorse)


@public
async def endorsed(request: web.Request) -> web.Response:
    """Return a page of whom an account recommends."""
    return await _endorsed(request, path_id(request))


@requires("read:accounts")
async def own_endorsed(request: web.Request) -> web.Response:
    """Return a page of whom one recommends."""
    return await _endorsed(request, actor(request).account_id)


@requires("write:accounts")
async def note(request: web.Request) -> web.Response:
    """Note something about an account, for oneself alone."""
    ctx = context(request)
    found = await ctx.write(
        follows.note,
        actor=actor(request),
        target_id=path_id(request),
        comment=(await params(request)).text("comment"),
    )
    return answer(render.relationship(found))


@requires("read:follows")
async def follow_requests(request: web.Request) -> web.Response:
    """Return a page of who asks to follow the account."""
    return await _people(request, follows.follow_requests)


@requires("write:follows")
async def authorize_request(request: web.Request) -> web.Response:
    """Let somebody who asked follow the account."""
    return await _answered(request, follows.accept)


@requires("write:follows")
async def reject_request(request: web.Request) -> web.Response:
    """Do not let somebody who asked follow the account."""
    return await _answered(request, follows.reject)


@requires("read:blocks")
async def blocks(request: web.Request) -> web.Response:
    """Return a page of whom the account blocks."""
    return await _people(request, follows.blocks)


@requires("read:mutes")
async def mutes(request: web.Request) -> web.Response:
    """Return a page of whom the account mutes, and until when."""
    ctx = context(request)
    me = actor(request)
    asked = page_request(await params(request), default=40, most=80)
    async with ctx.read() as session:
        page = await follows.mutes(session, actor=me, page=asked)
        found = await follows.relationships(
            session, actor=me, target_ids=[view.id for view in page.items]
        )
    ends = {one.target_id: one.muting_expires_at for one in found}
    entities = [
        {
            **render.account(ctx, view),
            "mute_expires_at": render.moment(at) if (at := ends.get(view.id)) else None,
        }
        for view in page.items
    ]
    return page_answer(request, page.with_items([]), entities)


@requires("read:blocks")
async def domain_blocks(request: web.Request) -> web.Response:
    """Return a page of the hosts that the account wants nothing from."""
    asked = page_request(await params(request), default=100, most=200)
    async with context(request).read() as session:
        page = await follows.domain_blocks(session, actor=actor(request), page=asked)
    return page_answer(request, page.with_items([]), page.items)


@requires("read:blocks")
async def preview_domain_block(request: web.Request) -> web.Response:
    """Return how many follows lie between one and a host."""
    domain = (await params(request)).text("domain")
    async with context(request).read() as session:
        following, followers = await shut_out.ties_with(
            session, actor=actor(request), domain=domain
        )
    return answer({"following_count": following, "followers_count": followers})


@requires("write:blocks")
async def block_domain(request: web.Request) -> web.Response:
    """Want nothing from a whole host."""
    ctx = context(request)
    domain = (await params(request)).text("domain")
    if not domain:
        raise InvalidError("Validation failed: Domain can't be blank")
    await ctx.write(follows.block_domain, actor=actor(request), domain=domain, now=ctx.clock())
    return empty()


@requires("write:blocks")
async def unblock_domain(request: web.Request) -> web.Response:
    """Take things from a host again."""
    domain = (await params(request)).text("domain")
    if not domain:
        raise InvalidError("Validation failed: Domain can't be blank")
    await context(request).write(follows.unblock_domain, actor=actor(request), domain=domain)
    return empty()


async def _endorsed(request: web.Request, account_id: int) -> web.Response:
    ctx = context(request)
    asked = page_request(await params(request), default=40, most=80)
    async with ctx.read() as session:
        page = await endorsements.endorsed_by(
            session, account_id=account_id, viewer=viewer(request), page=asked
        )
    return page_answer(request, page.with_items([]), render.accounts(ctx, page.items))


async def _related(
    request: web.Request,
    change: Callable[..., Awaitable[Relationship]],
    **more: Any,
) -> web.Response:
    ctx = context(request)
    found = await ctx.write(
        change, actor=actor(request), target_id=path_id(request), now=ctx.clock(), **more
    )
    return answer(render.relationship(found))


async def _answered(
    request: web.Request, change: Callable[..., Awaitable[None]]
) -> web.Response:
    ctx = context(request)
    me = actor(request)
    asking = path_id(request)
    await ctx.write(change, actor=me, follower_id=asking, now=ctx.clock())
    async with ctx.read() as session:
        found = await follows.relationships(session, actor=me, target_ids=[asking])
    return answer(render.relationship(found[0] if found else Relationship(asking)))


async def _people(
    request: web.Request, load: Callable[..., Awaitable[Page[AccountView]]]
) -> web.Response:
    ctx = context(request)
    asked = page_request(await params(request), default=40, most=80)
    async with ctx.read() as session:
        page = await load(session, actor=actor(request), page=asked)
    return page_answer(request, page.with_items([]), render.accounts(ctx, page.items))


_ACCOUNT = "/api/v1/accounts/{id}"

ROUTES = [
    web.post(_ACCOUNT + "/follow", follow),
    web.post(_ACCOUNT + "/unfollow", unfollow),
    web.post(_ACCOUNT + "/block", block),
    web.post(_ACCOUNT + "/unblock", unblock),
    web.post(_ACCOUNT + "/mute", mute),
    web.post(_ACCOUNT + "/unmute", unmute),
    web.post(_ACCOUNT + "/remove_from_followers", remove_from_followers),
    web.post(_ACCOUNT + "/note", note),
    web.post(_ACCOUNT + "/endorse", endorse),
    web.post(_ACCOUNT + "/unendorse", unendorse),
    web.post(_ACCOUNT + "/pin", endorse),
    web.post(_ACCOUNT + "/unpin", unendorse),
    web.get(_ACCOUNT + "/endorsements", endorsed),
    web.get("/api/v1/endorsements", own_endorsed),
    web.get("/api/v1/follow_requests", follow_requests),
    web.post("/api/v1/follow_requests/{id}/authorize", authorize_request),
    web.post("/api/v1/follow_requests/{id}/reject", reject_request),
    web.get("/api/v1/blocks", blocks),
    web.get("/api/v1/mutes", mutes),
    web.get("/api/v1/domain_blocks", domain_blocks),
    web.get("/api/v1/domain_blocks/preview", preview_domain_block),
    web.post("/api/v1/domain_blocks", block_domain),
    web.delete("/api/v1/domain_blocks", unblock_domain),
]
