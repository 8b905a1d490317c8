"""Queries about e-mail domains and networks that are kept out."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.paging import Page, PageRequest
from storage.paging import page_of
from storage.tables import EmailDomainBlockRow, IpBlockRow


async def email_domains(session: AsyncSession, page: PageRequest) -> Page[EmailDomainBlockRow]:
    """Return a page of the blocked e-mail domains, the newest first."""
    column = EmailDomainBlockRow.id
    found = await page_of(session, select(column), column, page)
    rows = await session.scalars(
        select(EmailDomainBlockRow).where(column.in_(found.items)).order_by(column.desc())
    )
    return found.with_items(list(rows))


async def any_email_domain(session: AsyncSession, domains: Sequence[str]) -> bool:
    """Return whether one of these domains is blocked."""
    statement = select(EmailDomainBlockRow.id).where(EmailDomainBlockRow.domain.in_(domains))
    return await session.scalar(statement.limit(1)) is not None


async def networks(session: AsyncSession, page: PageRequest) -> Page[IpBlockRow]:
    """Return a page of what was decided about networks, the newest first."""
    found = await page_of(session, select(IpBlockRow.id), IpBlockRow.id, page)
    rows = await session.scalars(
        select(IpBlockRow).where(IpBlockRow.id.in_(found.items)).order_by(IpBlockRow.id.desc())
    )
    return found.with_items(list(rows))


async def networks_that_hold(
    session: AsyncSession, *, now: datetime, severity: str | None = None
) -> list[IpBlockRow]:
    """Return what was decided about networks and is not over."""
    statement = select(IpBlockRow).where(
        or_(IpBlockRow.expires_at.is_(None), IpBlockRow.expires_at > now)
    )
    if severity is not None:
        statement = statement.where(IpBlockRow.severity == severity)
    return list(await session.scalars(statement))
