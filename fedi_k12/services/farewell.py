"""What follows from it that an account of another server is gone."""

from datetime import datetime

from sqlalchemy import delete as delete_rows
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.services import attendance
from storage import accounts, follows
from storage.tables import AccountRow, FollowRow, KeyRow, PostRow


async def account_is_gone(session: AsyncSession, *, uri: str, now: datetime) -> bool:
    """Forget another server's account and give its places at events to others.

    Returns whether it was known.
    """
    row = await accounts.by_uri(session, uri)
    if row is not None and not row.is_local:
        await attendance.forget_guest(session, account_id=row.id, now=now)
    return await delete_remote_account(session, uri=uri, now=now)


async def delete_remote_account(session: AsyncSession, *, uri: str, now: datetime) -> bool:
    """Forget another server's account because it is gone; return whether it was known."""
    row = await accounts.by_uri(session, uri)
    if row is None or row.is_local:
        return False
    for one in await session.scalars(
        select(FollowRow).where(
            or_(FollowRow.follower_id == row.id, FollowRow.target_id == row.id)
        )
    ):
        await follows.remove(session, one)
    await session.execute(delete_rows(PostRow).where(PostRow.account_id == row.id))
    await session.execute(delete_rows(KeyRow).where(KeyRow.account_id == row.id))
    blank(row, now=now)
    await session.flush()
    return True


def blank(row: AccountRow, *, now: datetime) -> None:
    """Mark an account as gone, and forget what it said of itself."""
    row.deleted_at = now
    row.display_name = row.note = row.note_source = row.avatar_alt = row.header_alt = ""
    row.fields, row.emojis, row.avatar_remote_url, row.avatar_file = [], [], None, None
    row.header_remote_url = row.header_file = None
    row.version += 1
