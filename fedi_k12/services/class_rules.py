"""What holds for a classroom account: asked wherever it says or shows something (S-41)."""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.classrooms import (
    ALWAYS_ASKED,
    NO_PICTURE,
    NOT_PUBLIC,
    NOTICE,
    OVER,
    READERS,
    Classroom,
    end_of_year,
)
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.domain.timed_jobs import StepClassroom
from fedi_k12.services import site
from storage import jobs
from storage.tables import AccountRow, ClassroomRow, PostRow


async def of(session: AsyncSession, account_id: int) -> Classroom | None:
    """Return how a classroom is kept, None for every other account."""
    row = await session.get(ClassroomRow, account_id)
    if row is None:
        return None
    return Classroom(row.local_only, row.ends_on, row.archived_at)


async def make(
    session: AsyncSession, *, account: AccountRow, local_only: bool, now: datetime
) -> None:
    """Make an official account, which was made just now, a classroom."""
    today = now.astimezone(await site.zone(session)).date()
    session.add(
        ClassroomRow(account_id=account.id, local_only=local_only, ends_on=end_of_year(today))
    )
    account.locked, account.discoverable, account.indexable = True, False, False
    await session.flush()
    await remember(session, account.id, end_of_year(today), now=now)


def demand_readers(room: Classroom | None, draft: Draft) -> None:
    """Refuse a classroom's post that more people could read than were let in."""
    if room is not None and draft.visibility not in READERS:
        raise InvalidError(NOT_PUBLIC, fields={"visibility": "is not for a classroom"})


async def stays_here(
    session: AsyncSession, actor: Actor, draft: Draft, *near: PostRow | None
) -> bool:
    """Return whether a post never leaves this server, as its author or its class chose.

    `near` are the posts that it answers and quotes.
    """
    if draft.local_only or any(row is not None and row.local_only for row in near):
        return True
    room = await of(session, actor.account_id) if actor.delegation is not None else None
    return room is not None and room.local_only


async def demand_open(session: AsyncSession, target: AccountRow) -> None:
    """Refuse to follow a class that is over."""
    if target.is_local and target.kind == "Organization":
        room = await of(session, target.id)
        if room is not None and room.archived_at is not None:
            raise ForbiddenError(OVER)


def demand_profile(room: Classroom | None, changes: ProfileChanges) -> None:
    """Refuse what a classroom never is: open to all, or with a picture for all to see."""
    if room is None:
        return
    if room.archived_at is not None:
        raise InvalidError(OVER)
    if changes.locked is False:
        raise InvalidError(ALWAYS_ASKED, fields={"locked": "cannot be switched off"})
    if changes.avatar_file is not None or changes.header_file is not None:
        raise InvalidError(NO_PICTURE)


async def remember(
    session: AsyncSession, account_id: int, ends_on: date, *, now: datetime
) -> None:
    """Have what the end of a school year asks for done in time."""
    over_at = await ends_at(session, ends_on)
    for at in (over_at - NOTICE, over_at):
        await jobs.enqueue(session, StepClassroom(account_id), now=now, due_at=max(at, now))


async def ends_at(session: AsyncSession, ends_on: date) -> datetime:
    """Return when the last day is over, by the clock of the place."""
    midnight = datetime.combine(ends_on, time(), tzinfo=await site.zone(session))
    return (midnight + timedelta(days=1)).astimezone(UTC)
