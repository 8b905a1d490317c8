"""A forgotten password: a link by e-mail, good for one hour and one use."""

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.ids import hash_token, new_id, new_token
from fedi_k12.domain.mail_jobs import SendPasswordLetter
from fedi_k12.services import confirmation, login
from storage import jobs
from storage.tables import (
    AccountRow,
    EmailLinkRow,
    GrantRow,
    MemberRow,
    PasswordLinkRow,
    TokenRow,
)

LIFE = timedelta(hours=1)
"""So long a link opens the door after it was sent, and so long the letter is worth sending."""
PAUSE = timedelta(minutes=5)
"""Who asks again within this gets no second letter: the first may still be on its way."""
GONE = "This link does not work any more. Ask for another."


class LinkToSend(Struct, frozen=True):
    """What a letter about a forgotten password is made of."""

    to: str
    username: str
    locale: str
    """The language that the member reads pages in; empty where they never chose one."""
    token: str


async def ask(session: AsyncSession, *, email: str, now: datetime) -> None:
    """Have a link sent to the member of an e-mail address; nothing for one that has none.

    Nothing comes back, so that nobody learns by asking who is a member here.
    """
    member = await session.scalar(
        select(MemberRow).where(MemberRow.email == email.strip().lower()).with_for_update()
    )
    if member is None or member.disabled_at is not None or member.approved_at is None:
        return
    link = await session.get(PasswordLinkRow, member.id)
    if link is not None and now - link.asked_at < PAUSE:
        return
    if link is None:
        session.add(PasswordLinkRow(member_id=member.id, asked_at=now))
    else:
        link.asked_at = now
    job = SendPasswordLetter(member.id, cause=f"password-{new_id()}")
    await jobs.enqueue(session, job, now=now)


async def issue(session: AsyncSession, *, member_id: int, now: datetime) -> LinkToSend | None:
    """Make the link for a letter that is about to be sent; earlier ones end.

    None where nobody waits for it any more: it was asked for too long ago, or the member left.
    """
    link = await session.get(PasswordLinkRow, member_id)
    found = (
        await session.execute(
            select(MemberRow, AccountRow.username)
            .join(AccountRow, AccountRow.id == MemberRow.account_id)
            .where(MemberRow.id == member_id, MemberRow.disabled_at.is_(None))
        )
    ).one_or_none()
    if link is None or found is None or now - link.asked_at > LIFE:
        return None
    member, username = found
    if not member.email:
        return None
    token = new_token()
    link.hash, link.expires_at = hash_token(token), now + LIFE
    chosen = login.preferences_of(member).page_language or member.locale
    return LinkToSend(member.email, username, chosen, token)


async def username_for(session: AsyncSession, *, token: str, now: datetime) -> str:
    """Return whose password a link changes; raises `NotFoundError` for one that is over."""
    found = await session.scalar(
        select(AccountRow.username)
        .join(MemberRow, MemberRow.account_id == AccountRow.id)
        .join(PasswordLinkRow, PasswordLinkRow.member_id == MemberRow.id)
        .where(
            PasswordLinkRow.hash == hash_token(token),
            PasswordLinkRow.expires_at > now,
            MemberRow.disabled_at.is_(None),
        )
    )
    if found is None:
        raise NotFoundError(GONE)
    return found


async def choose(
    session: AsyncSession, *, token: str, password_hash: str, now: datetime
) -> None:
    """Set the password that the holder of a link chose; the link is used up.

    Every browser is signed out and no app is let in any more: whoever knew the old password may
    be in one of them. A second step (`services.second_factor`) stays as it was.
    """
    await username_for(session, token=token, now=now)
    member_id = await session.scalar(
        delete(PasswordLinkRow)
        .where(PasswordLinkRow.hash == hash_token(token))
        .returning(PasswordLinkRow.member_id)
    )
    if member_id is None:
        raise NotFoundError(GONE)
    member = await session.get(MemberRow, member_id)
    if member is not None and member.confirmed_at is None:
        # Whoever reads mail to the address has shown that it is theirs.
        await confirmation.let_in(session, member, now=now)
        await session.execute(
            delete(EmailLinkRow).where(
                EmailLinkRow.member_id == member_id, EmailLinkRow.email == member.email
            )
        )
    await login.change_password(
        session, member_id=member_id, password_hash=password_hash, keep_session=None
    )
    await session.execute(
        update(TokenRow)
        .where(TokenRow.member_id == member_id, TokenRow.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    await session.execute(delete(GrantRow).where(GrantRow.member_id == member_id))


async def forget_asked(session: AsyncSession, *, before: datetime) -> None:
    """Forget who asked for a link before a moment."""
    await session.execute(delete(PasswordLinkRow).where(PasswordLinkRow.asked_at < before))
