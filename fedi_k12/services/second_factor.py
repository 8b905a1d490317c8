"""The second factor: codes that an app shows (RFC 6238), security keys, recovery codes.

A code counts once, and for half a minute more or less than its own, as clocks differ. Recovery
codes are kept hashed. After five wrong ones a sign-in begins anew, and each counts towards the
ten after which an account rests.
"""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.ids import hash_token, new_id, new_token
from fedi_k12.domain.late import Late
from fedi_k12.services import login, moderation
from storage import accounts
from storage.tables import ChallengeRow, FactorRow

if TYPE_CHECKING:
    import pyotp
else:
    pyotp = Late("pyotp")

LIFE = timedelta(minutes=10)
MAX_ATTEMPTS = 5
STEP = 30
SKEW = 1
"""Time steps before and after the present one of which a code is taken."""
RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class KeyView(Struct, frozen=True):
    """A security key of a member."""

    id: int
    name: str
    created_at: datetime
    used_at: datetime | None


class Factors(Struct, frozen=True):
    """What a member can prove themselves with."""

    totp_since: datetime | None
    keys: tuple[KeyView, ...]
    recovery_codes: int

    @property
    def any(self) -> bool:
        """Whether a second factor is asked for when they sign in."""
        return self.totp_since is not None or bool(self.keys)


class Waiting(Struct, frozen=True):
    """A sign-in whose password was right."""

    challenge_id: int
    member_id: int
    value: str
    target: str


async def factors(session: AsyncSession, *, member_id: int) -> Factors:
    """Return what a member has set up."""
    rows = await _confirmed(session, member_id)
    totp = next((row for row in rows if row.kind == "totp"), None)
    return Factors(
        totp.confirmed_at if totp else None,
        tuple(
            KeyView(row.id, row.name, row.created_at, row.used_at)
            for row in rows
            if row.kind == "key"
        ),
        sum(row.kind == "recovery" for row in rows),
    )


async def begin_totp(session: AsyncSession, *, member_id: int, now: datetime) -> None:
    """Make a secret for a member's app; asked for once they have shown a code of it."""
    await session.execute(
        delete(FactorRow).where(
            FactorRow.member_id == member_id,
            FactorRow.kind == "totp",
            FactorRow.confirmed_at.is_(None),
        )
    )
    session.add(
        FactorRow(
            id=new_id(),
            member_id=member_id,
            kind="totp",
            name="",
            secret=pyotp.random_base32(),
            counter=0,
            created_at=now,
        )
    )
    await session.flush()


async def totp_address(
    session: AsyncSession, *, member_id: int, account: str, issuer: str
) -> tuple[str, str]:
    """Return the secret that is being set up, and the address that a QR code says it with."""
    row = await _unconfirmed(session, member_id)
    address = pyotp.TOTP(row.secret).provisioning_uri(name=account, issuer_name=issuer)
    return row.secret, address


async def confirm_totp(
    session: AsyncSession, *, member_id: int, code: str, keep_session: int, now: datetime
) -> list[str]:
    """Ask for codes of the member's app from now on; return recovery codes if they had none.

    Other browsers are signed out: whoever is there came in by the password alone.
    """
    row = await _unconfirmed(session, member_id)
    step = _step_of(row.secret, code, now)
    if step is None:
        raise InvalidError(
            "That is not the code of this moment. Look again, also whether the clocks of both "
            "devices are right.",
            fields={"code": "is not right"},
        )
    await session.execute(
        delete(FactorRow).where(
            FactorRow.member_id == member_id,
            FactorRow.kind == "totp",
            FactorRow.confirmed_at.is_not(None),
        )
    )
    row.confirmed_at, row.counter, row.used_at = now, step, now
    return await settle(session, member_id=member_id, keep_session=keep_session, now=now)


async def settle(
    session: AsyncSession, *, member_id: int, keep_session: int, now: datetime
) -> list[str]:
    """After a factor was added: sign other browsers out, and make codes for a bad day."""
    await login.end_other_sessions(session, member_id=member_id, keep_session=keep_session)
    await session.flush()
    found = await factors(session, member_id=member_id)
    return (
        []
        if found.recovery_codes
        else await new_recovery(session, member_id=member_id, now=now)
    )


async def new_recovery(session: AsyncSession, *, member_id: int, now: datetime) -> list[str]:
    """Return new recovery codes, the only time that they are known; old ones end."""
    await session.execute(
        delete(FactorRow).where(FactorRow.member_id == member_id, FactorRow.kind == "recovery")
    )
    codes = [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _group in range(4))
        for _number in range(RECOVERY_CODES)
    ]
    session.add_all(
        FactorRow(
            id=new_id(),
            member_id=member_id,
            kind="recovery",
            name="",
            secret=hash_token(_plain(code)),
            counter=0,
            created_at=now,
            confirmed_at=now,
        )
        for code in codes
    )
    await session.flush()
    return codes


async def remove(session: AsyncSession, *, member_id: int, factor: str) -> None:
    """No longer ask for codes (`totp`), or for a key (its id); codes end with the last."""
    statement = delete(FactorRow).where(FactorRow.member_id == member_id)
    if factor == "totp":
        statement = statement.where(FactorRow.kind == "totp")
    elif factor.isdigit():
        statement = statement.where(FactorRow.kind == "key", FactorRow.id == int(factor[:19]))
    else:
        raise NotFoundError("Record not found")
    await session.execute(statement)
    if not (await factors(session, member_id=member_id)).any:
        await session.execute(delete(FactorRow).where(FactorRow.member_id == member_id))


async def reset(session: AsyncSession, *, username: str, now: datetime) -> None:
    """Take all second factors of a member away, the operator's way."""
    found = await accounts.member_named(session, username)
    if found is None:
        raise NotFoundError(f"There is no member called {username} here.")
    account, member = found
    await session.execute(delete(FactorRow).where(FactorRow.member_id == member.id))
    await session.execute(delete(ChallengeRow).where(ChallengeRow.member_id == member.id))
    await moderation.audit(
        session,
        actor=None,
        action="second factor reset",
        target=("account", str(account.id)),
        now=now,
    )


async def challenge(
    session: AsyncSession, *, member_id: int, purpose: str, target: str = "", now: datetime
) -> str:
    """Return the secret by which a browser comes back with its second factor."""
    token = new_token()
    await session.execute(delete(ChallengeRow).where(ChallengeRow.expires_at <= now))
    session.add(
        ChallengeRow(
            id=new_id(),
            hash=hash_token(token),
            member_id=member_id,
            purpose=purpose,
            value=new_token(),
            target=target,
            attempts=0,
            created_at=now,
            expires_at=now + LIFE,
        )
    )
    return token


async def waiting(
    session: AsyncSession, *, token: str, purpose: str, now: datetime
) -> Waiting | None:
    """Return what a browser with this secret waits for; None where it is too late."""
    row = await session.scalar(
        select(ChallengeRow).where(
            ChallengeRow.hash == hash_token(token),
            ChallengeRow.purpose == purpose,
            ChallengeRow.expires_at > now,
            ChallengeRow.attempts < MAX_ATTEMPTS,
        )
    )
    return None if row is None else Waiting(row.id, row.member_id, row.value, row.target)


async def try_code(
    session: AsyncSession, *, challenge_id: int, code: str, now: datetime
) -> bool:
    """Return whether a code, of the app or for recovery, is right; a right one is used up.

    A wrong one is counted, for this sign-in and for the account.
    """
    row = await session.get(ChallengeRow, challenge_id, with_for_update=True)
    if row is None or row.attempts >= MAX_ATTEMPTS:
        return False
    if await _use_code(session, row.member_id, code, now):
        await session.delete(row)
        return True
    row.attempts += 1
    await login.record_failure(session, member_id=row.member_id, now=now)
    return False


async def end_challenge(session: AsyncSession, *, challenge_id: int) -> None:
    """Forget a challenge that was met."""
    await session.execute(delete(ChallengeRow).where(ChallengeRow.id == challenge_id))


async def count_wrong(session: AsyncSession, *, challenge_id: int, now: datetime) -> None:
    """Count a key that did not fit."""
    row = await session.get(ChallengeRow, challenge_id)
    if row is not None:
        row.attempts += 1
        await login.record_failure(session, member_id=row.member_id, now=now)


async def _use_code(session: AsyncSession, member_id: int, code: str, now: datetime) -> bool:
    rows = await _confirmed(session, member_id)
    for row in rows:
        if row.kind == "totp" and (step := _step_of(row.secret, code, now)) is not None:
            # One statement: of two browsers with the same code one is too late (RFC 6238, 5.2).
            used = await session.execute(
                update(FactorRow)
                .where(FactorRow.id == row.id, FactorRow.counter < step)
                .values(counter=step, used_at=now)
                .returning(FactorRow.id)
            )
            return used.first() is not None
    hashed = hash_token(_plain(code))
    gone = await session.execute(
        delete(FactorRow)
        .where(
            FactorRow.member_id == member_id,
            FactorRow.kind == "recovery",
            FactorRow.secret == hashed,
        )
        .returning(FactorRow.id)
    )
    return gone.first() is not None


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step whose code this is, None where it is none of the present ones."""
    given = "".join(code.split())
    if not (given.isascii() and given.isdigit()):
        return None
    present = int(now.timestamp()) // STEP
    totp = pyotp.TOTP(secret)
    for step in range(present - SKEW, present + SKEW + 1):
        if secrets.compare_digest(totp.generate_otp(step), given):
            return step
    return None


def _plain(code: str) -> str:
    return "".join(letter for letter in code.lower() if letter.isalnum())[:64]


async def _confirmed(session: AsyncSession, member_id: int) -> list[FactorRow]:
    rows = await session.scalars(
        select(FactorRow)
        .where(FactorRow.member_id == member_id, FactorRow.confirmed_at.is_not(None))
        .order_by(FactorRow.id)
    )
    return list(rows)


async def _unconfirmed(session: AsyncSession, member_id: int) -> FactorRow:
    row = await session.scalar(
        select(FactorRow).where(
            FactorRow.member_id == member_id,
            FactorRow.kind == "totp",
            FactorRow.confirmed_at.is_(None),
        )
    )
    if row is None:
        raise NotFoundError("No code is being set up. Begin again.")
    return row
