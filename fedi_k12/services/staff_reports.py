"""Reports with all that staff know of whom they name, many at a time."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError, NotFoundError
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.reports import ReportFilter, StaffReport
from fedi_k12.services import looks, staff, views
from storage import reports
from storage.tables import ReportRow


async def page(
    session: AsyncSession,
    *,
    actor: Actor,
    wanted: ReportFilter,
    page: PageRequest,
    now: datetime,
) -> Page[StaffReport]:
    """Return a page of reports, the newest first; who looked is noted, as with `staff`."""
    _demand(actor)
    found = await reports.page_of_ids(session, wanted, page)
    rows = await reports.by_ids(session, found.items)
    shown = await _shown(session, [rows[number] for number in found.items], actor, now)
    return found.with_items(shown)


async def one(
    session: AsyncSession, *, actor: Actor, report_id: int, now: datetime
) -> StaffReport:
    """Return one report."""
    _demand(actor)
    row = await reports.by_id(session, report_id)
    if row is None:
        raise NotFoundError("Record not found")
    return (await _shown(session, [row], actor, now))[0]


async def _shown(
    session: AsyncSession, rows: Sequence[ReportRow], actor: Actor, now: datetime
) -> list[StaffReport]:
    ids = {
        number
        for row in rows
        for number in (row.account_id, row.target_id, row.assigned_id, row.resolved_by_id)
        if number is not None
    }
    people = await staff.in_full(session, actor=actor, ids=list(ids), now=now)
    named = [number for row in rows for number in row.post_ids]
    about = {view.id: view for view in await views.reported_views(session, named)}
    await looks.note_posts(session, actor=actor, shown=about.values(), now=now)
    return [
        StaffReport(
            id=row.id,
            category=row.category,
            comment=row.comment,
            forwarded=row.forwarded_at is not None,
            created_at=row.created_at,
            updated_at=max(
                at for at in (row.created_at, row.forwarded_at, row.resolved_at) if at
            ),
            resolved_at=row.resolved_at,
            reporter=people[row.account_id],
            target=people[row.target_id],
            assigned=people.get(row.assigned_id or 0),
            resolved_by=people.get(row.resolved_by_id or 0),
            posts=tuple(about[number] for number in row.post_ids if number in about),
            rule_ids=tuple(row.rule_ids),
        )
        for row in rows
    ]


def _demand(actor: Actor) -> None:
    decision = decide(actor, Action.HANDLE_REPORTS)
    if not decision.allowed:
        raise ForbiddenError(decision.why)
