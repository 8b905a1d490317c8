"""Queries of staff: accounts with what only staff know of them, whoever they are."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.staff import AccountFilter
from storage.paging import page_of
from storage.tables import AccountRow, InviteRow, MemberRow, SessionRow, TokenRow


async def page(session: AsyncSession, wanted: AccountFilter, page: PageRequest) -> Page[int]:
    """Return a page of the ids of accounts, the newest first; the server's own is left out."""
    statement = (
        select(AccountRow.id)
        .outerjoin(MemberRow, MemberRow.account_id == AccountRow.id)
        .where(
            AccountRow.deleted_at.is_(None),
            # Other servers' own actors are accounts to decide about, ours is not.
            ~and_(AccountRow.domain == "", AccountRow.kind == "Application"),
            *_conditions(wanted),
        )
    )
    return await page_of(session, statement, AccountRow.id, page)


async def members_of(
    session: AsyncSession, account_ids: Collection[int]
) -> dict[int, tuple[MemberRow, int | None]]:
    """Return who signs in to these accounts, by account, with the account of who invited."""
    if not account_ids:
        return {}
    rows = await session.execute(
        select(MemberRow, InviteRow.created_by)
        .outerjoin(InviteRow, InviteRow.id == MemberRow.invite_id)
        .where(MemberRow.account_id.in_(set(account_ids)))
    )
    found = [(member, by) for member, by in rows]
    inviters = {by for _, by in found if by is not None}
    accounts = await session.execute(
        select(MemberRow.id, MemberRow.account_id).where(MemberRow.id.in_(inviters))
    )
    of_member = {row[0]: row[1] for row in accounts}
    return {
        member.account_id: (member, of_member.get(by) if by is not None else None)
        for member, by in found
    }


async def last_seen(session: AsyncSession, member_id: int) -> datetime | None:
    """Return when a member last came by, with a browser or an app that is still let in."""
    browser = await session.scalar(
        select(func.max(SessionRow.last_seen_at)).where(SessionRow.member_id == member_id)
    )
    app = await session.scalar(
        select(func.max(TokenRow.last_used_at)).where(TokenRow.member_id == member_id)
    )
    return max((at for at in (browser, app) if at is not None), default=None)


async def waiting(session: AsyncSession) -> int:
    """Return how many members wait to be let in."""
    found = await session.scalar(
        select(func.count()).select_from(MemberRow).where(MemberRow.approved_at.is_(None))
    )
    return found or 0


def _conditions(wanted: AccountFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.nobody:
        found.append(false())
    if wanted.origin:
        local = wanted.origin == "local"
        found.append(AccountRow.domain == "" if local else AccountRow.domain != "")
    if wanted.status:
        found.append(_STATUSES[wanted.status])
    if wanted.username:
        key = wanted.username.lower()
        found.append(AccountRow.username_key.startswith(key, autoescape=True))
    if wanted.display_name:
        found.append(AccountRow.display_name.istartswith(wanted.display_name, autoescape=True))
    if wanted.domain:
        found.append(AccountRow.domain == wanted.domain.lower())
    if wanted.email:
        found.append(MemberRow.email == wanted.email.lower())
    if wanted.roles:
        found.append(MemberRow.role.in_([role.value for role in wanted.roles]))
    if wanted.text:
        found.append(_named(wanted.text))
    if wanted.invited_by is not None:
        inviter = select(MemberRow.id).where(MemberRow.account_id == wanted.invited_by)
        invites = select(InviteRow.id).where(InviteRow.created_by.in_(inviter))
        found.append(MemberRow.invite_id.in_(invites))
    return found


def _named(text: str) -> ColumnElement[bool]:
    """Return that a name, a handle or an e-mail address is what somebody typed."""
    name, _at, domain = text.strip().removeprefix("@").lower().partition("@")
    if domain:
        handle = and_(AccountRow.username_key == name, AccountRow.domain == domain)
        return or_(handle, MemberRow.email == f"{name}@{domain}")
    return or_(
        AccountRow.username_key.contains(name, autoescape=True),
        AccountRow.display_name.icontains(text.strip(), autoescape=True),
        AccountRow.domain == name,
    )


_STATUSES: dict[str, ColumnElement[bool]] = {
    # Mastodon's "active" is everybody who is not suspended.
    "active": AccountRow.suspended_at.is_(None),
    "pending": and_(MemberRow.id.is_not(None), MemberRow.approved_at.is_(None)),
    "disabled": MemberRow.disabled_at.is_not(None),
    "silenced": AccountRow.silenced_at.is_not(None),
    "suspended": AccountRow.suspended_at.is_not(None),
    "sensitized": AccountRow.sensitized_at.is_not(None),
}
