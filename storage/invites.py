"""Queries about invitations: the links by which people become members."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.paging import Page, PageRequest
from storage.paging import page_of
from storage.tables import InviteRow, MemberRow


async def page(session: AsyncSession, wanted: PageRequest) -> Page[InviteRow]:
    """Return a page of all invitations, the newest first."""
    found = await page_of(session, select(InviteRow.id), InviteRow.id, wanted)
    rows = await session.scalars(
        select(InviteRow).where(InviteRow.id.in_(found.items)).order_by(InviteRow.id.desc())
    )
    return found.with_items(list(rows))


async def who_came(
    session: AsyncSession, invite_ids: Collection[int]
) -> dict[int, tuple[int, ...]]:
    """Return the accounts of those who came by each invitation, the earliest first."""
    rows = await session.execute(
        select(MemberRow.invite_id, MemberRow.account_id)
        .where(MemberRow.invite_id.in_(set(invite_ids)))
        .order_by(MemberRow.id)
    )
    found: dict[int, list[int]] = defaultdict(list)
    for invite_id, account_id in rows:
        if invite_id is not None:
            found[invite_id].append(account_id)
    return {invite_id: tuple(accounts) for invite_id, accounts in found.items()}


async def accounts_of(session: AsyncSession, member_ids: Collection[int]) -> dict[int, int]:
    """Return the accounts of members, by the ids of the members."""
    rows = await session.execute(
        select(MemberRow.id, MemberRow.account_id).where(MemberRow.id.in_(set(member_ids)))
    )
    return {row[0]: row[1] for row in rows}
