"""Notifications as they are shown, many at a time in a fixed number of queries."""

from collections.abc import Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.notifications import COLLECTION_KINDS, NotificationView
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.reports import ReportView
from fedi_k12.services import views
from fedi_k12.services.collection_views import collection_views
from storage import notifications, reports
from storage.tables import NotificationRow


async def notice_views(
    session: AsyncSession, ids: Sequence[int], actor: Actor
) -> list[NotificationView]:
    """Return these notices in this order, without those about what may not be seen."""
    rows = await notifications.by_ids(session, ids)
    post_ids = [row.post_id for row in rows.values() if row.post_id is not None]
    about = {
        view.id: view
        for view in await views.post_views(session, list(dict.fromkeys(post_ids)), viewer=actor)
    }
    people = {
        view.id: view
        for view in await views.account_views(
            session, list({row.from_id for row in rows.values()}), viewer=actor
        )
    }
    told = await _reports(session, rows.values())
    wanted = [_collection_id(row) for row in rows.values() if row.kind in COLLECTION_KINDS]
    recommended = {
        view.id: view for view in await collection_views(session, wanted, viewer=actor)
    }
    found = []
    for number in ids:
        row = rows.get(number)
        if row is None or row.from_id not in people:
            continue
        report = told.get(_report_id(row))
        collection = recommended.get(_collection_id(row))
        if (
            (row.post_id is not None and row.post_id not in about)
            or (row.kind == "admin.report" and report is None)
            or (row.kind in COLLECTION_KINDS and collection is None)
        ):
            continue
        found.append(
            NotificationView(
                row.id,
                row.kind,
                row.created_at,
                people[row.from_id],
                about.get(row.post_id or 0),
                row.group_key or f"ungrouped-{row.id}",
                row.detail,
                report,
                collection,
            )
        )
    return found


async def _reports(
    session: AsyncSession, rows: Iterable[NotificationRow]
) -> dict[int, ReportView]:
    """Return the reports that moderators are told of, without their posts and notes."""
    ids = [_report_id(row) for row in rows if row.kind == "admin.report"]
    found = await reports.by_ids(session, ids)
    people = {
        view.id: view
        for view in await views.account_views(
            session,
            list({n for row in found.values() for n in (row.target_id, row.account_id)}),
        )
    }
    return {
        row.id: ReportView(
            id=row.id,
            target=people[row.target_id],
            reporter=people[row.account_id],
            host=row.host,
            comment=row.comment,
            category=row.category,
            post_ids=tuple(row.post_ids),
            rule_ids=tuple(row.rule_ids),
            collection_ids=tuple(row.collection_ids),
            created_at=row.created_at,
            forward=row.forward,
            forwarded_at=row.forwarded_at,
            resolved_at=row.resolved_at,
        )
        for row in found.values()
        if row.target_id in people and row.account_id in people
    }


def _report_id(row: NotificationRow) -> int:
    return int((row.detail or {}).get("report_id", 0))


def _collection_id(row: NotificationRow) -> int:
    return int((row.detail or {}).get("collection_id", 0))
