"""Consultations of official accounts for apps that know them: our own endpoints.

Apps that do not know them read the question and the answer as posts, and vote as in any poll.
"""

from aiohttp import web

from fedi_k12.api import render
from fedi_k12.api.answers import answer, context, page_answer, path_id
from fedi_k12.api.render import Entity
from fedi_k12.context import Context
from fedi_k12.domain.consultations import ConsultationDraft, ConsultationView, Outcome
from fedi_k12.services import consultations
from fedi_k12.web.auth import actor, public, requires, viewer
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import params


@public
async def listed(request: web.Request) -> web.Response:
    """Return the newest consultations, open or not."""
    ctx = context(request)
    async with ctx.read() as session:
        found = await consultations.page(
            session,
            viewer=viewer(request),
            page=page_request(await params(request)),
            now=ctx.clock(),
        )
    return page_answer(
        request, found.with_items([]), [_entity(ctx, one) for one in found.items]
    )


@public
async def get_one(request: web.Request) -> web.Response:
    """Return a consultation."""
    return await _one(request, path_id(request))


@requires("write:statuses")
async def ask(request: web.Request) -> web.Response:
    """Ask people something in the name of the official account that the token acts for."""
    ctx = context(request)
    asked = await params(request)
    days = asked.whole("days")
    number = await ctx.write(
        consultations.ask,
        actor=actor(request),
        asked=ConsultationDraft(
            title=asked.text("title"),
            question=asked.text("question"),
            background=asked.text("background"),
            options=tuple(asked.texts("options")),
            multiple=asked.flag("multiple"),
            days=14 if days is None else days,
            language=asked.text("language") or None,
        ),
        key=request.headers.get("Idempotency-Key", "")[:64] or None,
        addresses=ctx.addresses,
        now=ctx.clock(),
        hold_seconds=ctx.settings.hold_seconds,
    )
    return await _one(request, number)


@requires("write:statuses")
async def close(request: web.Request) -> web.Response:
    """Close a consultation with what was heard and decided; 422 without both."""
    ctx = context(request)
    asked = await params(request)
    number = path_id(request)
    usual = Outcome("", "").headings
    await ctx.write(
        consultations.close,
        actor=actor(request),
        consultation_id=number,
        outcome=Outcome(
            asked.text("heard"),
            asked.text("decided"),
            headings=(
                asked.text("heading_heard")[:80] or usual[0],
                asked.text("heading_decided")[:80] or usual[1],
            ),
            language=asked.text("language") or None,
        ),
        key=request.headers.get("Idempotency-Key", "")[:64] or None,
        addresses=ctx.addresses,
        now=ctx.clock(),
        hold_seconds=ctx.settings.hold_seconds,
    )
    return await _one(request, number)


async def _one(request: web.Request, number: int) -> web.Response:
    ctx = context(request)
    async with ctx.read() as session:
        found = await consultations.one(
            session, viewer=viewer(request), consultation_id=number, now=ctx.clock()
        )
    return answer(_entity(ctx, found))


def _entity(ctx: Context, view: ConsultationView) -> Entity:
    return {
        "id": str(view.id),
        "url": ctx.addresses.consultation(view.id),
        "title": view.title,
        "background": view.background,
        "stage": view.stage.value,
        "starts_at": render.moment(view.starts_at),
        "ends_at": render.moment(view.ends_at),
        "closed_at": render.moment(view.closed_at) if view.closed_at else None,
        "question": render.status(ctx, view.question),
        "outcome": render.status(ctx, view.outcome, whole=True) if view.outcome else None,
    }


_PATH = "/api/fedi/v1/consultations"

ROUTES = [
    web.get(_PATH, listed),
    web.post(_PATH, ask),
    web.get(_PATH + "/{id}", get_one),
    web.post(_PATH + "/{id}/close", close),
]
