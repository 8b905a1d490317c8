"""Classroom accounts: what they may say to whom, and the end of their school year (S-41)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.classrooms import KIND, LONGEST, NOTICE, OVER, farewell
from fedi_k12.domain.delegates import DelegateRole, Delegation
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.jobs import SendReject
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.domain.submissions import Paper
from fedi_k12.domain.timed_jobs import StepClassroom
from fedi_k12.services import audit_log, class_rules, follow_steps, officials, posts, site
from fedi_k12.services.notifications import Notice, notify_many
from storage import accounts, follows, timelines
from storage import officials as official_rows
from storage.tables import AccountRow, ClassroomRow, FamilyMailRow, FollowRow, MemberRow

BATCH = 200


class Family(Struct, frozen=True):
    """An address that said yes and waits for the teacher, or gets letters."""

    id: int
    email: str
    asked_at: datetime
    approved: bool


async def change(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    ends_on: date,
    local_only: bool,
    now: datetime,
) -> None:
    """Set the last day of the school year, and whether anything leaves this server."""
    account = await officials.kept(session, actor, account_id)
    row = await _row(session, account_id)
    if row.archived_at is not None:
        raise InvalidError(OVER)
    today = now.astimezone(await site.zone(session)).date()
    if not today + NOTICE <= ends_on <= today + LONGEST and ends_on != row.ends_on:
        raise InvalidError(
            "Choose a day at least 30 days ahead, within 13 months: everybody is told before.",
            fields={"ends_on": "does not fit"},
        )
    if ends_on != row.ends_on:
        row.told_at = None
        await class_rules.remember(session, account_id, ends_on, now=now)
    row.ends_on, row.local_only = ends_on, local_only
    told: dict[str, object] = {"ends_on": ends_on.isoformat(), "local_only": local_only}
    await audit_log.note(session, actor, account, "classroom changed", told, now)


async def families(
    session: AsyncSession, *, actor: Actor | None, account_id: int
) -> list[Family]:
    """Return the addresses that said yes, those that wait for the teacher first."""
    await officials.kept(session, actor, account_id)
    rows = await session.scalars(
        select(FamilyMailRow)
        .where(FamilyMailRow.account_id == account_id, FamilyMailRow.confirmed_at.is_not(None))
        .order_by(FamilyMailRow.approved_at.is_not(None), FamilyMailRow.id)
    )
    return [
        Family(row.id, row.email, row.asked_at, row.approved_at is not None) for row in rows
    ]


async def waiting(session: AsyncSession, *, account_id: int) -> int:
    """Return how many families confirmed their address and wait for the teacher."""
    found = await session.scalar(
        select(func.count())
        .select_from(FamilyMailRow)
        .where(
            FamilyMailRow.account_id == account_id,
            FamilyMailRow.confirmed_at.is_not(None),
            FamilyMailRow.approved_at.is_(None),
        )
    )
    return found or 0


async def decide(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    mail_id: int,
    let_in: bool,
    now: datetime,
) -> None:
    """Let a family have the letters of a class, or erase their address."""
    account = await officials.kept(session, actor, account_id)
    await _row(session, account_id)
    row = await session.get(FamilyMailRow, mail_id)
    if row is None or row.account_id != account_id or row.confirmed_at is None:
        raise NotFoundError("There is no such address.")
    if let_in:
        row.approved_at = row.approved_at or now
        # What was said before they were let in is not sent.
        zone = await site.zone(session)
        row.told_until = now.astimezone(zone).date() - timedelta(days=1)
    else:
        await session.delete(row)
    # Who it was is nobody's business but the teacher's.
    action = "family let in" if let_in else "family turned away"
    await audit_log.note(session, actor, account, action, {}, now)


async def step_classroom(ctx: Context, job: StepClassroom) -> None:
    """Job: tell of the end of a school year, or archive the account."""
    while await ctx.write(
        step, account_id=job.account_id, addresses=ctx.addresses, now=ctx.clock()
    ):
        pass


async def step(
    session: AsyncSession, *, account_id: int, addresses: Addresses, now: datetime
) -> bool:
    """Do what is due for a classroom; return whether followers are left to clear."""
    row = await session.get(ClassroomRow, account_id)
    account = await accounts.by_id(session, account_id)
    if row is None or account is None or account.deleted_at is not None:
        return False
    ends_at = await class_rules.ends_at(session, row.ends_on)
    if row.archived_at is not None or ends_at <= now:
        return await _archive(session, row, account, now)
    if row.told_at is None and ends_at - NOTICE <= now:
        row.told_at = now
        await session.flush()
        await _tell(session, row, account, addresses, now)
    return False


async def _tell(
    session: AsyncSession,
    row: ClassroomRow,
    account: AccountRow,
    addresses: Addresses,
    now: datetime,
) -> None:
    members = [
        one.member_id
        for one in await official_rows.delegations_of(session, account.id)
        if one.ended_at is None
    ]
    own = await session.scalars(
        select(MemberRow.account_id).where(MemberRow.id.in_(members)).order_by(MemberRow.id)
    )
    detail = {"ends_on": row.ends_on.isoformat()}
    notices = [Notice(number, KIND, account.id, detail=detail) for number in own]
    await notify_many(session, notices, now=now)
    standing = await officials.standing(session, account.id, now=now)
    if standing is None or standing.silent_because:
        return
    # The words are fixed in the code: nobody writes anything for the account here.
    await posts.publish(
        session,
        actor=Actor(account.id, None, delegation=Delegation(DelegateRole.AUTHOR)),
        draft=Draft(farewell(row.ends_on), visibility=Visibility.FOLLOWERS),
        addresses=addresses,
        now=now,
        paper=Paper(given=True),
    )


async def _archive(
    session: AsyncSession, row: ClassroomRow, account: AccountRow, now: datetime
) -> bool:
    if row.archived_at is None:
        row.archived_at = now
        await session.execute(
            delete(FamilyMailRow).where(FamilyMailRow.account_id == account.id)
        )
        await audit_log.note(session, None, account, "classroom archived", {}, now)
    found = list(
        await session.scalars(
            select(FollowRow).where(FollowRow.target_id == account.id).limit(BATCH)
        )
    )
    await _let_go(session, account, found, now)
    return len(found) == BATCH


async def _let_go(
    session: AsyncSession, account: AccountRow, found: Sequence[FollowRow], now: datetime
) -> None:
    for one in found:
        if one.follower_local:
            await timelines.clear_home(
                session, account_id=one.follower_id, author_id=account.id
            )
        await follow_steps.answer(session, SendReject, one, now=now)
        await follows.remove(session, one)
    await session.flush()


async def _row(session: AsyncSession, account_id: int) -> ClassroomRow:
    row = await session.get(ClassroomRow, account_id)
    if row is None:
        raise NotFoundError("There is no such classroom.")
    return row
