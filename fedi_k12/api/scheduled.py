"""Posts that are to come: https://docs.joinmastodon.org/methods/scheduled_statuses/."""

from datetime import UTC, datetime

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, empty, page_answer, path_id
from fedi_k12.context import Context
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.posts import Draft
from fedi_k12.services import scheduled
from fedi_k12.services.scheduled import ScheduledView
from fedi_k12.web.auth import actor, requires
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import params


@requires("read:statuses")
async def page(request: web.Request) -> web.Response:
    """Return a page of what one wrote for later."""
    ctx = context(request)
    asked = page_request(await params(request))
    async with ctx.read() as session:
        found = await scheduled.page(session, actor=actor(request), page=asked)
    entities = [entity(ctx, view) for view in found.items]
    return page_answer(request, found.with_items([]), entities)


@requires("read:statuses")
async def get_one(request: web.Request) -> web.Response:
    """Return a post that is to come."""
    ctx = context(request)
    async with ctx.read() as session:
        view = await scheduled.one(session, actor=actor(request), scheduled_id=path_id(request))
    return answer(entity(ctx, view))


@requires("write:statuses")
async def reschedule(request: web.Request) -> web.Response:
    """Let a post come at another time."""
    ctx = context(request)
    due_at = moment_named((await params(request)).text("scheduled_at"))
    view = await ctx.write(
        scheduled.reschedule,
        actor=actor(request),
        scheduled_id=path_id(request),
        due_at=due_at,
        now=ctx.clock(),
    )
    return answer(entity(ctx, view))


@requires("write:statuses")
async def cancel(request: web.Request) -> web.Response:
    """Do not publish a post after all."""
    ctx = context(request)
    await ctx.write(
        scheduled.cancel,
        actor=actor(request),
        scheduled_id=path_id(request),
        now=ctx.clock(),
    )
    return empty()


async def create(request: web.Request, draft: Draft, named: str) -> web.Response:
    """Keep a post of the caller's until it is due; `named` is when."""
    ctx = context(request)
    view = await ctx.write(
        scheduled.schedule,
        actor=actor(request),
        draft=draft,
        due_at=moment_named(named),
        now=ctx.clock(),
    )
    return answer(entity(ctx, view))


def moment_named(text: str) -> datetime:
    """Return the moment that an app names, as UTC where it does not say where it is."""
    try:
        found = datetime.fromisoformat(text.strip())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidError(
            "Validation failed: Scheduled at is invalid", fields={"scheduled_at": "is invalid"}
        ) from error


def entity(ctx: Context, view: ScheduledView) -> render.Entity:
    """Return a ScheduledStatus."""
    draft = view.draft
    poll: render.Entity | None = None
    if draft.poll is not None:
        poll = {
            "options": list(draft.poll.options),
            "expires_in": str(draft.poll.expires_in),
            "multiple": draft.poll.multiple,
            "hide_totals": draft.poll.hide_totals,
        }
    return {
        "id": str(view.id),
        "scheduled_at": render.moment(view.due_at),
        "params": {
            "text": draft.text,
            "poll": poll,
            "media_ids": [str(number) for number in draft.media_ids] or None,
            "sensitive": draft.sensitive,
            "spoiler_text": draft.summary,
            "visibility": render.visibility_name(draft.visibility),
            "language": draft.language,
            "in_reply_to_id": str(draft.in_reply_to_id) if draft.in_reply_to_id else None,
            "scheduled_at": None,
            "application_id": draft.application_id or 0,
            "idempotency": None,
            "with_rate_limit": False,
        },
        "media_attachments": [render.media(ctx, item) for item in view.media],
    }


_ONE = "/api/v1/scheduled_statuses/{id}"

ROUTES = [
    web.get("/api/v1/scheduled_statuses", page),
    web.get(_ONE, get_one),
    web.put(_ONE, reschedule),
    web.patch(_ONE, reschedule),
    web.delete(_ONE, cancel),
]
