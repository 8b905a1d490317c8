"""The browsers in which a member is signed in: seen, and ended, by the member."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.browsers import browser_name
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.services import login, notifications
from fedi_k12.services.notifications import Notice
from storage.tables import MemberRow, SessionRow


class BrowserView(Struct, frozen=True):
    """A browser that is signed in."""

    id: int
    name: str
    created_at: datetime
    last_seen_at: datetime


async def sign_in(session: AsyncSession, *, member_id: int, client: str, now: datetime) -> str:
    """Sign a browser in and return its cookie's secret.

    A member who is signed in elsewhere is told there of a browser that was not among theirs.
    """
    known = {one.name for one in await of_member(session, member_id=member_id, now=now)}
    token, _csrf = await login.open_session(
        session, member_id=member_id, client=client, now=now
    )
    name = browser_name(client)
    member = await session.get(MemberRow, member_id)
    if known and name not in known and member is not None:
        notice = Notice(
            member.account_id, "sign_in", member.account_id, detail={"browser": name}
        )
        await notifications.notify_many(session, [notice], now=now)
    return token


async def of_member(
    session: AsyncSession, *, member_id: int, now: datetime
) -> list[BrowserView]:
    """Return the browsers in which a member is signed in, the one used last first."""
    rows = await session.scalars(
        select(SessionRow)
        .where(SessionRow.member_id == member_id, SessionRow.expires_at > now)
        .order_by(SessionRow.last_seen_at.desc(), SessionRow.id.desc())
    )
    return [
        BrowserView(row.id, browser_name(row.client), row.created_at, row.last_seen_at)
        for row in rows
    ]


async def end(session: AsyncSession, *, member_id: int, session_id: int) -> None:
    """Sign one of a member's browsers out."""
    gone = await session.execute(
        delete(SessionRow)
        .where(SessionRow.id == session_id, SessionRow.member_id == member_id)
        .returning(SessionRow.id)
    )
    if gone.first() is None:
        raise NotFoundError("Record not found")


async def note_seen(session: AsyncSession, *, session_id: int, now: datetime) -> None:
    """Note that a browser was used."""
    await session.execute(
        update(SessionRow).where(SessionRow.id == session_id).values(last_seen_at=now)
    )
