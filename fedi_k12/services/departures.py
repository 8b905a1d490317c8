"""A member leaves the district: noted by staff, told in time, and carried out by the clock.

The account is the person's and goes with them: to another server, or as files. The district
keeps only the records of what was said for official accounts (R-10).
"""

from datetime import UTC, date, datetime, time, timedelta

import structlog
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.departures import GRACE, KIND, NOTICE, REMINDERS, Departure, reminders_due
from fedi_k12.domain.errors import DomainError, InvalidError, NotFoundError
from fedi_k12.domain.mail_jobs import SendDeparture
from fedi_k12.domain.permissions import Action, Actor
from fedi_k12.domain.timed_jobs import StepDeparture
from fedi_k12.services import (
    acting,
    audit_log,
    confirmation,
    leaving,
    moderation,
    officials,
    site,
)
from fedi_k12.services.confirmation import LetterTo
from fedi_k12.services.notifications import Notice, notify_many
from storage import jobs
from storage.tables import AccountRow, DepartureRow, MemberRow

MAX_WHY = 500
_log = structlog.get_logger(__name__)


class DepartureLetter(Struct, frozen=True):
    """What a letter about leaving is made of; `departure` is None once it is taken back."""

    to: LetterTo
    departure: Departure | None


async def of_member(session: AsyncSession, *, member_id: int) -> Departure | None:
    """Return when a member leaves, or None for who stays."""
    row = await session.get(DepartureRow, member_id)
    return await _view(session, row) if row is not None else None


async def note(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    last_day: date,
    end_delegations: bool = False,
    why: str = "",
    now: datetime,
) -> None:
    """Note that a member leaves the district: by staff, or the operator (no `actor`).

    `last_day` is in 60 days at least; sooner only for who is suspended, with the ground in
    `why`. A later day may be noted at any time. What they act for ends on that day, or with
    `end_delegations` at once. Raises `InvalidError` naming `leaves_on`.
    """
    midnight = datetime.combine(last_day, time(), tzinfo=await site.zone(session))
    leaves_at = (midnight + timedelta(days=1)).astimezone(UTC)
    account, member = await _judged(session, actor, account_id)
    await leaving.demand_successor(session, member)
    row = await session.get(DepartureRow, member.id)
    why = " ".join(why.replace("\0", "").split())[:MAX_WHY]
    _demand_time(account, row, leaves_at, why, now)
    if row is None:
        row = DepartureRow(member_id=member.id)
        session.add(row)
    row.noted_at, row.noted_by = now, actor.member_id if actor else None
    row.leaves_at, row.closes_at, row.why = leaves_at, leaves_at + GRACE, why
    row.left_at = None
    # What is noted for a far day is told at once, too, and counts as no reminder.
    row.told = reminders_due(leaves_at, told=0, now=now) or 0
    await session.flush()
    if end_delegations:
        await officials.end_all_of(session, actor=actor, member_id=member.id, now=now)
    told: dict[str, object] = {"leaves_at": leaves_at.isoformat(), "reason": why}
    await audit_log.note(session, actor, account, "leaving the district noted", told, now)
    await _tell(session, row, account, "noted", now)
    steps = {leaves_at - timedelta(days=days) for days in REMINDERS}
    for at in sorted({*steps, leaves_at, row.closes_at}):
        if at > now:
            await jobs.enqueue(session, StepDeparture(member.id), now=now, due_at=at)


async def take_back(
    session: AsyncSession, *, actor: Actor | None, account_id: int, now: datetime
) -> None:
    """Take back that a member leaves. What they acted for before is delegated anew."""
    account, member = await _judged(session, actor, account_id)
    row = await session.get(DepartureRow, member.id)
    if row is None:
        raise NotFoundError("It is not noted that they leave.")
    await session.delete(row)
    await session.flush()
    await audit_log.note(session, actor, account, "leaving the district taken back", {}, now)
    await _tell(session, row, account, "stays", now)


async def step_departure(ctx: Context, job: StepDeparture) -> None:
    """Job: remind somebody who leaves, end what they can do here, or close the account."""
    try:
        await ctx.write(step, member_id=job.member_id, now=ctx.clock())
    except DomainError as error:
        # The last administrator: somebody else has to be one before.
        _log.warning("departure_waits", member_id=job.member_id, why=str(error))


async def step(session: AsyncSession, *, member_id: int, now: datetime) -> None:
    """Do what is due for somebody who leaves; nothing the second time."""
    row = await session.get(DepartureRow, member_id)
    member = await session.get(MemberRow, member_id)
    if row is None or member is None:
        return
    account = await session.get_one(AccountRow, member.account_id)
    if row.left_at is None and row.leaves_at <= now:
        await _leave(session, row, member, account, now)
    if row.closes_at <= now:
        await leaving.leave(session, actor=None, account_id=account.id, now=now)
        return
    days = reminders_due(row.leaves_at, told=row.told, now=now)
    if days is not None:
        row.told = days
        await _tell(session, row, account, str(days), now)


async def letter(session: AsyncSession, *, member_id: int) -> DepartureLetter | None:
    """Return what a letter about somebody's leaving is made of; None for who has no address."""
    account_id = await session.scalar(
        select(MemberRow.account_id).where(MemberRow.id == member_id)
    )
    if account_id is None:
        return None
    to = await confirmation.reached(session, account_id=account_id)
    if to is None:
        return None
    return DepartureLetter(to, await of_member(session, member_id=member_id))


async def _leave(
    session: AsyncSession,
    row: DepartureRow,
    member: MemberRow,
    account: AccountRow,
    now: datetime,
) -> None:
    row.left_at = now
    await officials.end_all_of(session, actor=None, member_id=member.id, now=now)
    await acting.end_access(
        session,
        member_id=member.id,
        account_id=account.id,
        why="Whoever wrote this has left the district.",
        for_good=True,
        now=now,
    )
    await audit_log.note(session, None, account, "left the district", {}, now)
    await _tell(session, row, account, "left", now)


def _demand_time(
    account: AccountRow,
    row: DepartureRow | None,
    leaves_at: datetime,
    why: str,
    now: datetime,
) -> None:
    if leaves_at <= now:
        raise InvalidError(
            "Choose a day that is still to come.", fields={"leaves_on": "is over"}
        )
    later = row is not None and leaves_at >= row.leaves_at
    if later or leaves_at >= now + NOTICE:
        return
    if account.suspended_at is None:
        raise InvalidError(
            "Members have 60 days to take their account along. Choose a later day; what they "
            "act for can end at once.",
            fields={"leaves_on": "is too soon"},
        )
    if not why:
        raise InvalidError(
            "Say on what ground it is sooner than in 60 days.", fields={"why": "is empty"}
        )


async def _judged(
    session: AsyncSession, actor: Actor | None, account_id: int
) -> tuple[AccountRow, MemberRow]:
    account, member = await moderation.judged(
        session, actor=actor, action=Action.RESTRAIN, account_id=account_id
    )
    if member is None or account.deleted_at is not None:
        raise NotFoundError("Nobody signs in to that account here.")
    return account, member


async def _tell(
    session: AsyncSession, row: DepartureRow, account: AccountRow, what: str, now: datetime
) -> None:
    detail = {"what": what, "leaves_at": row.leaves_at.isoformat()}
    notice = Notice(account.id, KIND, account.id, detail=detail)
    await notify_many(session, [notice], now=now)
    cause = f"departure-{row.member_id}-{int(now.timestamp())}-{what}"
    await jobs.enqueue(session, SendDeparture(row.member_id, what, cause), now=now)


async def _view(session: AsyncSession, row: DepartureRow) -> Departure:
    zone = await site.zone(session)
    return Departure(
        # The last day ends at midnight, which is the next day already.
        (row.leaves_at - timedelta(seconds=1)).astimezone(zone).date(),
        row.closes_at.astimezone(zone).date(),
        row.why,
        left=row.left_at is not None,
    )
