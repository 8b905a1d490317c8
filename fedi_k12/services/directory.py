"""The directory: members who want to be found, by school, subject and grade, or by name.

Nobody is ranked: people stand by name, or the newest first. Nothing is counted.
"""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, func, select
from sqlalchemy import delete as delete_rows
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import Select

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.facets import GRADES, Facet, Kind, facets
from fedi_k12.services import views
from storage.tables import AccountRow, FacetRow

MAX_CHOICES = 500
"""So many schools or subjects are offered to choose from."""


async def members_by_name(
    session: AsyncSession, *, wanted: Mapping[Kind, str], limit: int, offset: int
) -> list[AccountView]:
    """Return discoverable members with all of these facets (by key), in the order of names."""
    statement = _fitting(wanted).order_by(
        func.lower(
            func.coalesce(func.nullif(AccountRow.display_name, ""), AccountRow.username)
        ),
        AccountRow.id,
    )
    return await _members(session, statement, limit, offset)


async def newest_members(
    session: AsyncSession, *, wanted: Mapping[Kind, str], limit: int, offset: int
) -> list[AccountView]:
    """Return discoverable members with all of these facets (by key), who came last first."""
    statement = _fitting(wanted).order_by(AccountRow.created_at.desc(), AccountRow.id.desc())
    return await _members(session, statement, limit, offset)


async def choices(session: AsyncSession) -> dict[Kind, list[Facet]]:
    """Return the schools, subjects and grades of discoverable members, each once, by name."""
    found: dict[Kind, list[Facet]] = {"school": [], "subject": [], "grade": []}
    for kind, some in found.items():
        rows = await session.execute(
            select(FacetRow.key, func.min(FacetRow.word))
            .join(AccountRow, AccountRow.id == FacetRow.account_id)
            .where(FacetRow.kind == kind, *_findable())
            .group_by(FacetRow.key)
            .order_by(FacetRow.key)
            .limit(MAX_CHOICES)
        )
        some.extend(Facet(kind, key, word) for key, word in rows)
    at = {grade: number for number, grade in enumerate(GRADES)}
    found["grade"].sort(key=lambda one: at.get(one.word, len(GRADES)))
    return found


async def note(session: AsyncSession, row: AccountRow) -> None:
    """Let an account of this server be found by what its lines say now."""
    await session.execute(delete_rows(FacetRow).where(FacetRow.account_id == row.id))
    lines = [(str(one.get("name", "")), str(one.get("source") or "")) for one in row.fields]
    session.add_all(
        FacetRow(account_id=row.id, kind=one.kind, key=one.key, word=one.word)
        for one in facets(lines)
    )
    await session.flush()


def _fitting(wanted: Mapping[Kind, str]) -> Select[int]:
    statement = select(AccountRow.id).where(*_findable())
    for kind, key in wanted.items():
        fits = select(FacetRow.account_id).where(FacetRow.kind == kind, FacetRow.key == key)
        statement = statement.where(AccountRow.id.in_(fits))
    return statement


async def _members(
    session: AsyncSession, statement: Select[int], limit: int, offset: int
) -> list[AccountView]:
    ids = await session.scalars(statement.limit(limit).offset(offset))
    return await views.account_views(session, list(ids))


def _findable() -> tuple[ColumnElement[bool], ...]:
    return (
        AccountRow.domain == "",
        AccountRow.discoverable.is_(True),
        AccountRow.kind.in_(("Person", "Organization")),
        AccountRow.deleted_at.is_(None),
        AccountRow.suspended_at.is_(None),
        AccountRow.silenced_at.is_(None),
    )
