"""Reports for moderators' apps: https://docs.joinmastodon.org/methods/admin/reports/."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiohttp import web

from fedi_k12.api import staff_entities
from fedi_k12.api.answers import answer, context, page_answer, path_id
from fedi_k12.api.instance import rule_entities
from fedi_k12.api.render import Entity
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.permissions import Action
from fedi_k12.domain.reports import ReportFilter, StaffReport
from fedi_k12.services import reports, site, staff_reports
from fedi_k12.web.auth import actor, staff_token
from fedi_k12.web.paging import page_request
from fedi_k12.web.params import Params, params

_reads = staff_token(Action.HANDLE_REPORTS, "admin:read:reports")
_writes = staff_token(Action.HANDLE_REPORTS, "admin:write:reports")


@_reads
async def listed(request: web.Request) -> web.Response:
    """Return a page of the reports that wait, or with `resolved` of those that are closed."""
    ctx, asked = context(request), await params(request)
    found = await ctx.write(
        staff_reports.page,
        actor=actor(request),
        wanted=ReportFilter(
            resolved=asked.flag("resolved"),
            account_id=_id(asked, "account_id"),
            target_id=_id(asked, "target_account_id"),
        ),
        page=page_request(asked, default=100, most=200),
        now=ctx.clock(),
    )
    entities = await _entities(request, found.items)
    return page_answer(request, found.with_items([]), entities)


@_reads
async def show(request: web.Request) -> web.Response:
    """Return one report."""
    return await _report_answer(request)


@_writes
async def classify(request: web.Request) -> web.Response:
    """Say anew what a report is about: `category`, and `rule_ids` for a violation."""
    ctx = context(request)
    asked = await params(request)
    await ctx.write(
        reports.classify,
        actor=actor(request),
        report_id=path_id(request),
        category=asked.optional("category"),
        rule_ids=asked.ids("rule_ids") if asked.has("rule_ids") else None,
        now=ctx.clock(),
    )
    return await _report_answer(request)


def _act(work: Callable[..., Awaitable[Any]], words: str) -> Any:
    """Return the handler that does `work` with a report and answers with how it is now."""

    @_writes
    async def act(request: web.Request) -> web.Response:
        ctx = context(request)
        await ctx.write(work, actor=actor(request), report_id=path_id(request), now=ctx.clock())
        return await _report_answer(request)

    act.__doc__ = words
    return act


async def _report_answer(request: web.Request) -> web.Response:
    ctx = context(request)
    found = await ctx.write(
        staff_reports.one,
        actor=actor(request),
        report_id=path_id(request),
        now=ctx.clock(),
    )
    return answer((await _entities(request, [found]))[0])


async def _entities(request: web.Request, found: Sequence[StaffReport]) -> list[Entity]:
    ctx = context(request)
    async with ctx.read() as session:
        about = await site.site(session)
    rules = dict(zip((rule.id for rule in about.rules), rule_entities(about), strict=True))
    return [staff_entities.report(ctx, one, rules) for one in found]


def _id(asked: Params, name: str) -> int | None:
    """Return the id that reports are looked for by; one that cannot be has none."""
    try:
        return asked.id(name)
    except NotFoundError:
        return 0


_ALL = "/api/v1/admin/reports"
_ONE = _ALL + "/{id}"

ROUTES = [
    web.get(_ALL, listed),
    web.get(_ONE, show),
    web.put(_ONE, classify),
    web.patch(_ONE, classify),
    web.post(
        _ONE + "/assign_to_self",
        _act(reports.assign, "Take a report upon oneself."),
    ),
    web.post(_ONE + "/unassign", _act(reports.unassign, "Leave a report to whoever takes it.")),
    web.post(_ONE + "/resolve", _act(reports.resolve, "Close a report.")),
    web.post(_ONE + "/reopen", _act(reports.reopen, "Open a closed report again.")),
]
