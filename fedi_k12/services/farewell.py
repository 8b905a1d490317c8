"""What follows from it that an account of another server is gone."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.services import attendance
from fedi_k12.services.profiles import delete_remote_account
from storage import accounts


async def account_is_gone(session: AsyncSession, *, uri: str, now: datetime) -> bool:
    """Forget another server's account and give its places at events to others.

    Returns whether it was known.
    """
    row = await accounts.by_uri(session, uri)
    if row is not None and not row.is_local:
        await attendance.forget_guest(session, account_id=row.id, now=now)
    return await delete_remote_account(session, uri=uri, now=now)
