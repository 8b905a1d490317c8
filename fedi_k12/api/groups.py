"""Groups for apps that know them: our own endpoints, besides Mastodon's.

Apps that do not know them follow a group to join it, and mention it to write into it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import web

from federation.resolve import resolve_mentions
from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, empty, page_answer, path_id, shown
from fedi_k12.api.render import Entity
from fedi_k12.context import Context
from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.groups import Act, GroupDraft, GroupView
from fedi_k12.domain.paging import Page
from fedi_k12.domain.permissions import Actor, Role
from fedi_k12.domain.posts import Draft
from fedi_k12.services import follows, group_moderation, group_posts, groups, posts, views
from fedi_k12.services.group_moderation import Ruling
from fedi_k12.services.keys import generate_keys
from fedi_k12.web.auth import actor, requires
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import Params, params


@requires("read:accounts")
async def listed(request: web.Request) -> web.Response:
    """Return the groups of this server, and those elsewhere that one is in."""
    ctx = context(request)
    async with ctx.read() as session:
        found = await groups.listed(session, viewer=actor(request))
    return answer([_entity(ctx, view) for view in found])


@requires("read:accounts")
async def get_one(request: web.Request) -> web.Response:
    """Return a group, here or elsewhere, by its account."""
    return await _one(request, path_id(request))


@requires("write:accounts")
async def create(request: web.Request) -> web.Response:
    """Make a group, which one looks after from then on."""
    ctx = context(request)
    asked = await params(request)
    number = await ctx.write(
        groups.create,
        actor=actor(request),
        username=asked.text("username"),
        draft=_draft(asked),
        needed=Role(ctx.settings.groups_by),
        keys=await asyncio.to_thread(generate_keys),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return await _one(request, number)


@requires("write:accounts")
async def change(request: web.Request) -> web.Response:
    """Change a group that one looks after: what is not said is as in a new one."""
    ctx = context(request)
    await ctx.write(
        groups.change,
        actor=actor(request),
        group_id=path_id(request),
        draft=_draft(await params(request)),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return await _one(request, path_id(request))


@requires("write:follows")
async def join(request: web.Request) -> web.Response:
    """Join a group, or ask to; return how it stands then."""
    ctx = context(request)
    number = await _group(ctx, request)
    await ctx.write(
        follows.follow,
        actor=actor(request),
        target_id=number,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return await _one(request, number)


@requires("write:follows")
async def leave(request: web.Request) -> web.Response:
    """Leave a group, or no longer ask to join it."""
    ctx = context(request)
    number = await _group(ctx, request)
    await ctx.write(follows.unfollow, actor=actor(request), target_id=number, now=ctx.clock())
    return await _one(request, number)


@requires("read:statuses")
async def begun(request: web.Request) -> web.Response:
    """Return a page of what was begun in a group, the newest first."""
    ctx = context(request)
    me = actor(request)
    asked = page_request(await params(request))
    number = await _group(ctx, request)
    async with ctx.read() as session:
        page = await group_posts.timeline(session, group_id=number, viewer=me, page=asked)
        entities = await shown(ctx, session, page.items, viewer=me, place="public")
    return page_answer(request, page.with_items([]), entities)


@requires("read:statuses")
async def pinned(request: web.Request) -> web.Response:
    """Return what the moderators keep at the top of a group."""
    ctx = context(request)
    me = actor(request)
    number = await _group(ctx, request)
    async with ctx.read() as session:
        found = await group_posts.pinned(session, group_id=number, viewer=me)
        entities = await shown(ctx, session, found, viewer=me, place="public")
    return answer(entities)


@requires("write:statuses")
async def write(request: web.Request) -> web.Response:
    """Begin something in a group: a text, with a title or without."""
    ctx = context(request)
    me = actor(request)
    asked = await params(request)
    title = asked.text("title").strip()
    draft = Draft(
        asked.text("status"),
        title=title,
        content_type="text/markdown" if title else "text/plain",
        summary=asked.text("spoiler_text"),
        sensitive=asked.flag("sensitive"),
        language=asked.optional("language"),
        media_ids=tuple(asked.ids("media_ids")),
        group_id=path_id(request),
        idempotency_key=request.headers.get("Idempotency-Key", "")[:64] or None,
    )
    await resolve_mentions(ctx, draft.text)
    post_id = await ctx.write(
        posts.publish,
        actor=me,
        draft=draft,
        addresses=ctx.addresses,
        now=ctx.clock(),
        hold_seconds=ctx.settings.hold_seconds,
    )
    async with ctx.read() as session:
        view = await views.post_view(session, post_id, viewer=me)
        entities = await shown(ctx, session, [view], viewer=me, place="public", hide=False)
    return answer(entities[0])


@requires("read:accounts")
async def members(request: web.Request) -> web.Response:
    """Return a page of who is in a group, for those who look after it."""
    return await _people(request, groups.members)


@requires("read:accounts")
async def requests(request: web.Request) -> web.Response:
    """Return a page of who asks to join a group, for those who look after it."""
    return await _people(request, groups.requests)


@requires("write:accounts")
async def let_in(request: web.Request) -> web.Response:
    """Let somebody who asked join a group."""
    return await _decide_about(request, groups.let_in)


@requires("write:accounts")
async def turn_away(request: web.Request) -> web.Response:
    """Do not let somebody join a group, or no longer be in it."""
    return await _decide_about(request, groups.turn_away)


async def _people(
    request: web.Request, listed: Callable[..., Awaitable[Page[AccountView]]]
) -> web.Response:
    ctx = context(request)
    asked = page_request(await params(request), default=40, most=80)
    async with ctx.read() as session:
        page = await listed(
            session, actor=actor(request), group_id=path_id(request), page=asked
        )
    return page_answer(request, page.with_items([]), render.accounts(ctx, page.items))


async def _decide_about(
    request: web.Request, decide: Callable[..., Awaitable[None]]
) -> web.Response:
    ctx = context(request)
    await ctx.write(
        decide,
        actor=actor(request),
        group_id=path_id(request),
        account_id=path_id(request, "account_id"),
        now=ctx.clock(),
    )
    return empty()


@requires("write:accounts")
async def rule(request: web.Request) -> web.Response:
    """Decide something about a post or an account in a group that one looks after."""
    ctx = context(request)
    me = actor(request)
    asked = await params(request)
    try:
        act = Act(asked.text("act"))
    except ValueError as error:
        raise InvalidError(f"act is not one of {', '.join(Act)}") from error
    ruling = Ruling(
        act,
        await _target(ctx, me, asked),
        asked.text("reason"),
        _moment(asked.text("ends_at")),
        asked.flag("remove_data"),
    )
    await ctx.write(
        group_moderation.rule,
        actor=me,
        group_id=path_id(request),
        ruling=ruling,
        now=ctx.clock(),
    )
    return empty()


@requires("read:accounts")
async def log(request: web.Request) -> web.Response:
    """Return a page of what the moderators of a group did, the latest first."""
    ctx = context(request)
    asked = page_request(await params(request), default=40, most=80)
    async with ctx.read() as session:
        page = await group_moderation.log(
            session, actor=actor(request), group_id=path_id(request), page=asked
        )
    entities = [
        {
            "act": entry.act.value,
            "moderator": render.account(ctx, entry.moderator) if entry.moderator else None,
            "target_uri": entry.target_uri,
            "words": entry.words,
            "reason": entry.reason,
            "created_at": render.moment(entry.created_at),
        }
        for entry in page.items
    ]
    return page_answer(request, page.with_items([]), entities)


@requires("read:accounts")
async def bans(request: web.Request) -> web.Response:
    """Return who is kept out of a group, for those who look after it."""
    ctx = context(request)
    async with ctx.read() as session:
        found = await group_moderation.bans(
            session, actor=actor(request), group_id=path_id(request), now=ctx.clock()
        )
    return answer(
        [
            {
                "account": render.account(ctx, ban.account),
                "reason": ban.reason,
                "ends_at": render.moment(ban.expires_at) if ban.expires_at else None,
            }
            for ban in found
        ]
    )


async def _group(ctx: Context, request: web.Request) -> int:
    """Return the group that the path names; raises for an account that is none."""
    async with ctx.read() as session:
        view = await groups.one(session, group_id=path_id(request), viewer=actor(request))
    return view.account.id


async def _one(request: web.Request, number: int) -> web.Response:
    ctx = context(request)
    async with ctx.read() as session:
        view = await groups.one(session, group_id=number, viewer=actor(request))
    return answer(_entity(ctx, view))


async def _target(ctx: Context, me: Actor, asked: Params) -> str:
    post_id, account_id = asked.whole("post_id"), asked.whole("account_id")
    async with ctx.read() as session:
        if post_id is not None:
            return await group_posts.uri_of(session, post_id=post_id)
        if account_id is not None:
            return (await views.account_view(session, account_id)).uri
    del me
    raise InvalidError("post_id or account_id is needed")


def _draft(asked: Params) -> GroupDraft:
    return GroupDraft(
        asked.text("display_name"),
        asked.text("about"),
        asked.text("rules"),
        asked.flag("approval"),
        asked.flag("restricted"),
        asked.flag("private"),
    )


def _moment(words: str) -> datetime | None:
    if not words:
        return None
    try:
        at = datetime.fromisoformat(words)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidError("ends_at must be a time such as 2026-12-01T18:00:00Z") from error


def _entity(ctx: Context, view: GroupView) -> Entity:
    return {
        "id": str(view.account.id),
        "account": render.account(ctx, view.account),
        "rules": list(view.rules),
        "approval": view.account.locked,
        "restricted": view.restricted,
        "private": view.private,
        "members_count": view.account.followers_count,
        "moderators": render.accounts(ctx, view.moderators),
        "standing": view.standing.value,
        "moderates": view.moderates,
        "requests_count": view.requests,
    }


_GROUPS = "/api/fedi/v1/groups"
_ONE = _GROUPS + "/{id}"

ROUTES = [
    web.get(_GROUPS, listed),
    web.post(_GROUPS, create),
    web.get(_ONE, get_one),
    web.put(_ONE, change),
    web.post(_ONE + "/join", join),
    web.post(_ONE + "/leave", leave),
    web.get(_ONE + "/posts", begun),
    web.post(_ONE + "/posts", write),
    web.get(_ONE + "/pinned", pinned),
    web.get(_ONE + "/members", members),
    web.post(_ONE + "/members/{account_id}/remove", turn_away),
    web.get(_ONE + "/requests", requests),
    web.post(_ONE + "/requests/{account_id}/accept", let_in),
    web.post(_ONE + "/requests/{account_id}/reject", turn_away),
    web.post(_ONE + "/rulings", rule),
    web.get(_ONE + "/log", log),
    web.get(_ONE + "/bans", bans),
]
