"""Statuses: https://docs.joinmastodon.org/methods/statuses/."""

from aiohttp import web
from msgspec.structs import replace

from federation.resolve import resolve_mentions
from fedi_k12.api import render, scheduled
from fedi_k12.api.answers import answer, changed_licence, context, page_answer, path_id, shown
from fedi_k12.api.async_refreshes import refresh_headers
from fedi_k12.api.quote_entities import quote_policy
from fedi_k12.api.quotes import choices_in
from fedi_k12.domain import text
from fedi_k12.domain.approvals import Interaction, choice_of
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import parse_id
from fedi_k12.domain.licences import licence_url
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft, MediaEdit, PollDraft, Visibility
from fedi_k12.services import (
    backfill,
    polls,
    post_history,
    posts,
    profiles,
    reactions,
    timelines,
    views,
)
from fedi_k12.web.auth import actor, identity, public, requires, viewer
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import Params, params
from fedi_k12.web.remembered import TOLD, Remembered
from fedi_k12.web.shelf import kept

MAX_AT_ONCE = 40
MAX_KEY = 255


class _Defaults(Remembered[Actor, Visibility]):
    """Who may see what members say without saying who may."""

    BUT = TOLD
    SIZE = 10_000


@requires("write:statuses")
async def create(request: web.Request) -> web.Response:
    """Publish a post; the same Idempotency-Key within an hour returns the first one."""
    ctx = context(request)
    me = actor(request)
    asked = await params(request)
    draft = _draft(asked, await _default_visibility(request, asked))
    key = request.headers.get("Idempotency-Key", "").strip()[:MAX_KEY]
    draft = replace(draft, idempotency_key=key or None, application_id=identity(request).app_id)
    await resolve_mentions(ctx, draft.text, content_type=text.content_type(draft.content_type))
    if named := asked.text("scheduled_at"):
        return await scheduled.create(request, draft, named)
    fresh = views.Fresh()
    post_id = await ctx.write(
        posts.publish,
        actor=me,
        draft=draft,
        addresses=ctx.addresses,
        now=ctx.clock(),
        hold_seconds=ctx.settings.hold_seconds,
        fresh=fresh,
    )
    if fresh.view is not None and fresh.view.id == post_id:
        # No filter holds for what one said oneself.
        return answer(render.status(ctx, fresh.view, whole=True))
    return await _one(request, post_id)


@public
async def get_status(request: web.Request) -> web.Response:
    """Return a post."""
    return await _one(request, path_id(request))


@public
async def get_statuses(request: web.Request) -> web.Response:
    """Return several posts; those that may not be seen are left out."""
    ctx = context(request)
    ids = (await params(request)).ids("id")[:MAX_AT_ONCE]
    async with ctx.read() as session:
        found = await views.post_views(session, ids, viewer=viewer(request))
        entities = await shown(
            ctx, session, found, viewer=viewer(request), place="thread", hide=False
        )
    return answer(entities)


@requires("write:statuses")
async def edit(request: web.Request) -> web.Response:
    """Change how a post reads."""
    ctx = context(request)
    me = actor(request)
    asked = await params(request)
    post_id = path_id(request)
    draft = _draft(asked, Visibility.PUBLIC)
    await resolve_mentions(ctx, draft.text, content_type=text.content_type(draft.content_type))
    media_edits = [
        MediaEdit(
            number,
            part.optional("description"),
            part.point("focus"),
            part.optional("credit"),
            changed_licence(part),
        )
        for part in asked.parts("media_attributes")
        if (number := parse_id(part.text("id"))) is not None
    ]
    await ctx.write(
        posts.edit,
        actor=me,
        post_id=post_id,
        draft=draft,
        media_edits=media_edits,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    return await _one(request, post_id)


@requires("write:statuses")
async def delete(request: web.Request) -> web.Response:
    """Delete a post; what was written comes back, to be written anew."""
    ctx = context(request)
    me = actor(request)
    post_id = path_id(request)
    asked = await params(request)
    async with ctx.read() as session:
        view = await posts.own_post_view(session, actor=me, post_id=post_id)
        source = (
            await posts.source(session, actor=me, post_id=post_id)
            if view.boost_of is None
            else None
        )
    if view.boost_of is not None:
        await ctx.write(reactions.unboost, actor=me, post_id=view.boost_of.id, now=ctx.clock())
    else:
        await ctx.write(
            posts.delete,
            actor=me,
            post_id=post_id,
            now=ctx.clock(),
            keep_media=not asked.flag("delete_media"),
        )
    entity = render.status(ctx, view)
    if source is not None:
        entity |= {"text": source.text, "spoiler_text": source.summary}
    return answer(entity)


@public
async def get_context(request: web.Request) -> web.Response:
    """Return what a post answers, first post first, and what answers it, depth first.

    What other servers have of it begins to be fetched; the header says so while that lasts.
    """
    ctx = context(request)
    who = viewer(request)
    gathering = await backfill.gather(ctx, post_id=path_id(request), viewer=who)
    async with ctx.read() as session:
        thread = await timelines.thread(session, post_id=path_id(request), viewer=who)
        ancestors = await shown(ctx, session, thread.ancestors, viewer=who, place="thread")
        below = await shown(ctx, session, thread.descendants, viewer=who, place="thread")
    headers = refresh_headers(gathering) if who is not None else {}
    return answer({"ancestors": ancestors, "descendants": below}, headers=headers)


@requires("read:statuses")
async def get_source(request: web.Request) -> web.Response:
    """Return what was written, for editing."""
    async with context(request).read() as session:
        source = await posts.source(session, actor=actor(request), post_id=path_id(request))
    return answer(
        {
            "id": str(source.id),
            "text": source.text,
            "spoiler_text": source.summary,
            "content_type": source.content_type,
            "title": source.title,
            "quote_policy": quote_policy(source.policy),
            "reply_policy": choice_of(Interaction.REPLY, source.policy),
            "boost_policy": choice_of(Interaction.BOOST, source.policy),
        }
    )


@public
async def history(request: web.Request) -> web.Response:
    """Return how a post has read."""
    ctx = context(request)
    async with ctx.read() as session:
        edits = await post_history.history(
            session, post_id=path_id(request), viewer=viewer(request)
        )
    return answer([render.edit(ctx, view) for view in edits])


@public
async def favourited_by(request: web.Request) -> web.Response:
    """Return a page of who favourited a post."""
    ctx = context(request)
    asked = page_request(await params(request), default=40, most=80)
    async with ctx.read() as session:
        page = await reactions.favourited_by(
            session, post_id=path_id(request), viewer=viewer(request), page=asked
        )
    return page_answer(request, page.with_items([]), render.accounts(ctx, page.items))


@public
async def reblogged_by(request: web.Request) -> web.Response:
    """Return a page of who boosted a post."""
    ctx = context(request)
    asked = page_request(await params(request), default=40, most=80)
    async with ctx.read() as session:
        page = await reactions.boosted_by(
            session, post_id=path_id(request), viewer=viewer(request), page=asked
        )
    return page_answer(request, page.with_items([]), render.accounts(ctx, page.items))


def _draft(asked: Params, default: Visibility) -> Draft:
    visibility = default
    if name := asked.text("visibility"):
        found = render.visibility_named(name)
        if found is None:
            raise InvalidError("Validation failed: Visibility is not included in the list")
        visibility = found
    return Draft(
        text=asked.text("status"),
        visibility=visibility,
        local_only=asked.flag("local_only"),
        summary=asked.text("spoiler_text"),
        sensitive=asked.flag("sensitive"),
        language=asked.text("language") or None,
        title=asked.text("title"),
        content_type=asked.text("content_type")
        or ("text/markdown" if asked.text("title") else "text/plain"),
        in_reply_to_id=_post_named(asked, "in_reply_to_id", "reply to"),
        quote_of_id=_post_named(asked, "quoted_status_id", "quote"),
        choices=choices_in(asked),
        media_ids=tuple(asked.ids("media_ids")),
        poll=_poll(asked),
        license_url=licence_url(asked.text("license")),
    )


def _post_named(asked: Params, field: str, verb: str) -> int | None:
    named = asked.text(field)
    if not named:
        return None
    number = parse_id(named)
    if number is None:
        raise NotFoundError(f"The post you are trying to {verb} does not appear to exist.")
    return number


def _poll(asked: Params) -> PollDraft | None:
    poll = asked.part("poll")
    options = tuple(poll.texts("options"))
    if not options:
        return None
    return PollDraft(
        options=options,
        expires_in=poll.whole("expires_in") or 0,
        multiple=poll.flag("multiple"),
        hide_totals=poll.flag("hide_totals"),
    )


async def _default_visibility(request: web.Request, asked: Params) -> Visibility:
    if asked.text("visibility"):
        return Visibility.PUBLIC
    ctx, me = context(request), actor(request)
    known = kept(ctx, _Defaults)
    if (found := known.get(ctx, me)) is not None:
        return found
    as_of = known.as_of(ctx)
    async with ctx.read() as session:
        found = (await profiles.preferences(session, actor=me)).default_visibility
    known.put(ctx, me, found, as_of=as_of)
    return found


async def _one(request: web.Request, post_id: int) -> web.Response:
    ctx = context(request)
    who = viewer(request)
    async with ctx.read() as session:
        view = await views.post_view(session, post_id, viewer=who)
        entities = await shown(
            ctx, session, [view], viewer=who, place="thread", whole=True, hide=False
        )
    if view.poll is not None and polls.is_stale(view.poll, now=ctx.clock()):
        await ctx.write(polls.look_again, poll_id=view.poll.id, now=ctx.clock())
    return answer(entities[0])


_STATUS = "/api/v1/statuses/{id}"

ROUTES = [
    web.post("/api/v1/statuses", create),
    web.get("/api/v1/statuses", get_statuses),
    web.get(_STATUS, get_status),
    web.put(_STATUS, edit),
    web.patch(_STATUS, edit),
    web.delete(_STATUS, delete),
    web.get(_STATUS + "/context", get_context),
    web.get(_STATUS + "/source", get_source),
    web.get(_STATUS + "/history", history),
    web.get(_STATUS + "/favourited_by", favourited_by),
    web.get(_STATUS + "/reblogged_by", reblogged_by),
]
