"""The people who sign in here, for those who run the server."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.looks import Seen
from fedi_k12.services import login, looks, moderation
from storage import accounts
from storage.tables import AccountRow, MemberRow


class LocalAccount(Struct, frozen=True):
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
    """Return every account of this server but its own actor, by name, without addresses."""
    return [replace(account, email="") for account, _member_id in await _found(session)]


async def local_accounts_in_full(session: AsyncSession, *, now: datetime) -> list[LocalAccount]:
    """Return the same with e-mail addresses, which each member reads that the operator saw."""
    found = await _found(session)
    seen = {number for _account, number in found if number is not None}
    await looks.note(session, actor=None, member_ids=seen, what=Seen.ACCOUNT, now=now)
    return [account for account, _member_id in found]


async def _found(session: AsyncSession) -> list[tuple[LocalAccount, int | None]]:
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
        shown = LocalAccount(
            account.id,
            account.username,
            account.kind,
            account.display_name,
            member.role if member is not None else "",
            (member.email or "") if member is not None else "",
            account.suspended_at is not None,
            account.created_at,
        )
        found.append((shown, member.id if member is not None else None))
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
