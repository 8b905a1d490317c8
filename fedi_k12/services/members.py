"""The people who sign in here, for those who run the server."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.services import login, moderation
from storage import accounts
from storage.tables import AccountRow, MemberRow


@dataclass(frozen=True, slots=True)
class LocalAccount:
    """An account of this server, with the role of whoever signs in to it."""

    id: int
    username: str
    kind: str
    display_name: str
    role: str
    email: str
    suspended: bool
    created_at: datetime


async def local_accounts(session: AsyncSession) -> list[LocalAccount]:
    """Return every account of this server but its own actor, by name."""
    rows = await session.execute(
        select(AccountRow, MemberRow)
        .outerjoin(MemberRow, MemberRow.account_id == AccountRow.id)
        .where(
            AccountRow.domain == "",
            AccountRow.kind != "Application",
            AccountRow.deleted_at.is_(None),
        )
        .order_by(AccountRow.username_key)
    )
    found = []
    for row in rows:
        account: AccountRow = row[0]
        member: MemberRow | None = row[1]
        found.append(
            LocalAccount(
                account.id,
                account.username,
                account.kind,
                account.display_name,
                member.role if member is not None else "",
                (member.email or "") if member is not None else "",
                account.suspended_at is not None,
                account.created_at,
            )
        )
    return found


async def server_account(session: AsyncSession, addresses: Addresses) -> int:
    """Return the id of the server's own actor."""
    row = await accounts.by_uri(session, addresses.server_actor())
    if row is None:
        raise NotFoundError("The server has no actor yet. Start it once.")
    return row.id


async def reset_password(
    session: AsyncSession, *, username: str, password_hash: str, now: datetime
) -> None:
    """Set a member's password, the operator's way; every browser is signed out."""
    found = await accounts.member_named(session, username)
    if found is None:
        raise NotFoundError(f"There is no member called {username} here.")
    account, member = found
    await login.change_password(
        session, member_id=member.id, password_hash=password_hash, keep_session=None
    )
    await moderation.audit(
        session,
        actor=None,
        action="password reset",
        target=("account", str(account.id)),
        now=now,
    )
