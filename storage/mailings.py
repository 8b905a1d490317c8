"""Queries about the letters that members chose."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import AccountRow, MailingRow, MemberRow


async def of_member(session: AsyncSession, member_id: int) -> dict[str, MailingRow]:
    """Return what a member chose, by kind."""
    rows = await session.scalars(select(MailingRow).where(MailingRow.member_id == member_id))
    return {row.kind: row for row in rows}


async def by_key(session: AsyncSession, key: str) -> MailingRow | None:
    """Return the letters that end with this key."""
    found: MailingRow | None = await session.scalar(
        select(MailingRow).where(MailingRow.key == key)
    )
    return found


async def all_chosen(
    session: AsyncSession, *, after: int, limit: int
) -> list[tuple[MailingRow, MemberRow]]:
    """Return letters and who gets them, by id from `after` on: who has a confirmed address."""
    rows = await session.execute(
        select(MailingRow, MemberRow)
        .join(MemberRow, MemberRow.id == MailingRow.member_id)
        .where(
            MailingRow.id > after,
            MemberRow.disabled_at.is_(None),
            MemberRow.approved_at.is_not(None),
            MemberRow.confirmed_at.is_not(None),
            MemberRow.email.is_not(None),
        )
        .order_by(MailingRow.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


async def one(
    session: AsyncSession, mailing_id: int
) -> tuple[MailingRow, MemberRow, AccountRow] | None:
    """Return letters, who gets them, and their account; None where nobody gets them now."""
    found = (
        await session.execute(
            select(MailingRow, MemberRow, AccountRow)
            .join(MemberRow, MemberRow.id == MailingRow.member_id)
            .join(AccountRow, AccountRow.id == MemberRow.account_id)
            .where(
                MailingRow.id == mailing_id,
                MemberRow.disabled_at.is_(None),
                MemberRow.confirmed_at.is_not(None),
                MemberRow.email.is_not(None),
            )
        )
    ).one_or_none()
    return (found[0], found[1], found[2]) if found is not None else None
