"""Queries about reports."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.reports import ReportFilter
from storage.paging import page_of
from storage.tables import AccountRow, PostRow, ReportNoteRow, ReportRow

_CHUNK = 500


async def by_id(session: AsyncSession, report_id: int) -> ReportRow | None:
    """Return a report."""
    return await session.get(ReportRow, report_id)


async def by_ids(session: AsyncSession, ids: Sequence[int]) -> dict[int, ReportRow]:
    """Return these reports, by id."""
    if not ids:
        return {}
    rows = await session.scalars(select(ReportRow).where(ReportRow.id.in_(set(ids))))
    return {row.id: row for row in rows}


async def page(
    session: AsyncSession, *, resolved: bool, limit: int, max_id: int | None
) -> list[ReportRow]:
    """Return reports that are open, or those that are not, the newest first."""
    statement = select(ReportRow).order_by(ReportRow.id.desc()).limit(limit)
    state = ReportRow.resolved_at.is_not(None) if resolved else ReportRow.resolved_at.is_(None)
    statement = statement.where(state)
    if max_id is not None:
        statement = statement.where(ReportRow.id < max_id)
    return list(await session.scalars(statement))


async def page_of_ids(
    session: AsyncSession, wanted: ReportFilter, page: PageRequest
) -> Page[int]:
    """Return a page of the ids of the reports that are looked for, the newest first."""
    statement = select(ReportRow.id)
    if wanted.resolved is not None:
        closed = ReportRow.resolved_at.is_not(None)
        statement = statement.where(closed if wanted.resolved else ~closed)
    if wanted.account_id is not None:
        statement = statement.where(ReportRow.account_id == wanted.account_id)
    if wanted.target_id is not None:
        statement = statement.where(ReportRow.target_id == wanted.target_id)
    return await page_of(session, statement, ReportRow.id, page)


async def any_open(session: AsyncSession) -> bool:
    """Return whether a report waits."""
    return bool(await session.scalar(select(exists().where(ReportRow.resolved_at.is_(None)))))


async def count_open(session: AsyncSession) -> int:
    """Return how many reports wait for a decision."""
    statement = select(func.count()).select_from(ReportRow)
    return await session.scalar(statement.where(ReportRow.resolved_at.is_(None))) or 0


async def count_about(session: AsyncSession, target_id: int) -> int:
    """Return how many reports there are about an account."""
    return (
        await session.scalar(
            select(func.count()).select_from(ReportRow).where(ReportRow.target_id == target_id)
        )
        or 0
    )


async def count_by(
    session: AsyncSession, *, account_id: int | None, host: str, since: datetime
) -> int:
    """Return how many reports an account, or a whole server, made since then."""
    statement = select(func.count()).select_from(ReportRow).where(ReportRow.created_at > since)
    if account_id is not None:
        statement = statement.where(ReportRow.account_id == account_id)
    else:
        statement = statement.where(ReportRow.host == host)
    return await session.scalar(statement) or 0


async def open_from(session: AsyncSession, *, host: str, target_id: int) -> list[ReportRow]:
    """Return the open reports of a server about an account."""
    return list(
        await session.scalars(
            select(ReportRow).where(
                ReportRow.host == host,
                ReportRow.target_id == target_id,
                ReportRow.resolved_at.is_(None),
            )
        )
    )


async def notes(session: AsyncSession, report_id: int) -> list[ReportNoteRow]:
    """Return what was noted about a report, the oldest first."""
    return list(
        await session.scalars(
            select(ReportNoteRow)
            .where(ReportNoteRow.report_id == report_id)
            .order_by(ReportNoteRow.id)
        )
    )


async def ours_among(
    session: AsyncSession, uris: Sequence[str]
) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """Return which of these ids are accounts of ours, and posts with their authors.

    Posts of ours, and those of others in a group of ours.
    """
    people: dict[str, int] = {}
    posts: dict[str, tuple[int, int]] = {}
    for at in range(0, len(uris), _CHUNK):
        part = uris[at : at + _CHUNK]
        found = await session.execute(
            select(AccountRow.uri, AccountRow.id).where(
                AccountRow.uri.in_(part),
                AccountRow.domain == "",
                AccountRow.kind != "Application",
                AccountRow.deleted_at.is_(None),
            )
        )
        people.update((uri, number) for uri, number in found)
        rows = await session.execute(
            select(PostRow.uri, PostRow.id, PostRow.account_id)
            .outerjoin(AccountRow, AccountRow.id == PostRow.group_id)
            .where(
                PostRow.uri.in_(part),
                or_(PostRow.local.is_(True), AccountRow.domain == ""),
                PostRow.boost_of_id.is_(None),
            )
        )
        posts |= {uri: (number, author) for uri, number, author in rows}
    return people, posts
