"""Signing in: passwords, sessions, and what happens after too many wrong tries."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError
from fedi_k12.domain.ids import hash_token, new_id, new_token
from fedi_k12.domain.late import Late
from fedi_k12.domain.permissions import Actor, Role
from fedi_k12.domain.preferences import Preferences
from fedi_k12.services import acting
from storage.tables import AccountRow, DepartureRow, MemberRow, SessionRow

if TYPE_CHECKING:
    import argon2
else:
    argon2 = Late("argon2")

SESSION_DAYS = 60
SEEN_EVERY = timedelta(hours=1)
MAX_FAILURES = 10
LOCK_OUT = timedelta(minutes=15)
"""So long nobody can sign in to an account after ten wrong passwords in a row."""


class MemberCredentials(Struct, frozen=True):
    """What the sign-in form is checked against."""

    member_id: int
    account_id: int
    password_hash: str | None
    role: Role
    locked_until: datetime | None
    confirmed: bool
    held: bool
    """Whether they come in only once they confirmed their e-mail address."""
    approved: bool
    disabled: bool


class SignedIn(Struct, frozen=True):
    """Whose browser it is, for whom it acts, and what its forms carry."""

    actor: Actor
    session_id: int
    csrf: str
    preferences: Preferences
    last_seen_at: datetime
    refused: str = ""
    """Why its member may not act for the account that the browser spoke for."""
    has_left: bool = False
    """Whether their last day in the district is over: little is open to them then."""


def hash_password(text: str) -> str:
    """Return the argon2id hash of a password. Takes long: call it in a thread."""
    return _hasher().hash(text)


def check_password_hash(hashed: str | None, text: str) -> bool:
    """Return whether the password is the one that was hashed. Takes long: call in a thread."""
    try:
        _hasher().verify(hashed or _nobodys_hash(), text)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    return hashed is not None


async def find_member(session: AsyncSession, *, login: str) -> MemberCredentials | None:
    """Return the member with this e-mail address or username."""
    name = login.strip().removeprefix("@").lower()
    row = (
        await session.execute(
            select(MemberRow)
            .join(AccountRow, AccountRow.id == MemberRow.account_id)
            .where(
                or_(
                    MemberRow.email == name,
                    (AccountRow.username_key == name) & (AccountRow.domain == ""),
                )
            )
        )
    ).scalar_one_or_none()
    return _credentials(row) if row is not None else None


async def member_by_id(session: AsyncSession, *, member_id: int) -> MemberCredentials | None:
    """Return what a member's password is checked against, once more."""
    row = await session.get(MemberRow, member_id)
    return _credentials(row) if row is not None else None


async def record_failure(session: AsyncSession, *, member_id: int, now: datetime) -> None:
    """Count a wrong password; after ten in a row the account rests a while."""
    row = await session.get(MemberRow, member_id)
    if row is None:
        return
    row.failed_sign_ins += 1
    if row.failed_sign_ins >= MAX_FAILURES:
        row.failed_sign_ins = 0
        row.locked_until = now + LOCK_OUT


async def open_session(
    session: AsyncSession, *, member_id: int, client: str, now: datetime
) -> tuple[str, str]:
    """Sign a browser in; return the cookie's secret and the one that its forms carry."""
    row = await session.get(MemberRow, member_id)
    if row is None or row.disabled_at is not None:
        raise ForbiddenError("This account cannot sign in.")
    row.failed_sign_ins, row.locked_until = 0, None
    token, csrf = new_token(), new_token()
    session.add(
        SessionRow(
            id=new_id(),
            hash=hash_token(token),
            member_id=member_id,
            account_id=row.account_id,
            csrf=csrf,
            client=client[:200],
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(days=SESSION_DAYS),
        )
    )
    return token, csrf


async def session_for(
    session: AsyncSession, *, token_hash: str, now: datetime
) -> SignedIn | None:
    """Return whose browser holds this cookie, or None where it is nobody's any more."""
    found = (
        await session.execute(
            select(SessionRow, MemberRow, DepartureRow.leaves_at)
            .join(MemberRow, MemberRow.id == SessionRow.member_id)
            .outerjoin(DepartureRow, DepartureRow.member_id == MemberRow.id)
            .where(SessionRow.hash == token_hash, SessionRow.expires_at > now)
        )
    ).one_or_none()
    if found is None or found[1].disabled_at is not None:
        return None
    row, member = found[0], found[1]
    leaves_at: datetime | None = found[2]
    refused = ""
    try:
        actor = await acting.actor_of(session, member, row.account_id)
    except ForbiddenError as error:
        refused = str(error)
        actor = await acting.actor_of(session, member, member.account_id)
    return SignedIn(
        actor,
        row.id,
        row.csrf,
        preferences_of(member),
        row.last_seen_at,
        refused,
        has_left=leaves_at is not None and leaves_at <= now,
    )


async def end_session(session: AsyncSession, *, session_id: int) -> None:
    """Sign a browser out."""
    await session.execute(delete(SessionRow).where(SessionRow.id == session_id))


async def change_password(
    session: AsyncSession, *, member_id: int, password_hash: str, keep_session: int | None
) -> None:
    """Set a password; every other browser is signed out."""
    await session.execute(
        update(MemberRow)
        .where(MemberRow.id == member_id)
        .values(password_hash=password_hash, failed_sign_ins=0, locked_until=None)
    )
    await end_other_sessions(session, member_id=member_id, keep_session=keep_session or 0)


async def end_other_sessions(
    session: AsyncSession, *, member_id: int, keep_session: int
) -> None:
    """Sign a member's browsers out, but for one."""
    await session.execute(
        delete(SessionRow).where(
            SessionRow.member_id == member_id, SessionRow.id != keep_session
        )
    )


def preferences_of(member: MemberRow) -> Preferences:
    """Return a member's choices; what is stored and no longer known is left out."""
    return preferences_in(member.preferences, member.time_zone)


def preferences_in(stored: Mapping[str, object], time_zone: str) -> Preferences:
    """Return choices as `preferences_of` does, from what is stored of them."""
    try:
        return msgspec.convert({**stored, "time_zone": time_zone}, Preferences)
    except msgspec.ValidationError:
        return Preferences(time_zone=time_zone)


@cache
def _hasher() -> "argon2.PasswordHasher":
    return argon2.PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """Return a hash that no password fits: an unknown name takes as long as a wrong one.

    Made when first needed: it takes as long as the whole start of a command may.
    """
    return _hasher().hash(secrets.token_urlsafe(16))


def _credentials(row: MemberRow) -> MemberCredentials:
    return MemberCredentials(
        row.id,
        row.account_id,
        row.password_hash,
        Role(row.role),
        row.locked_until,
        row.confirmed_at is not None,
        row.held_for_mail,
        row.approved_at is not None,
        row.disabled_at is not None,
    )
