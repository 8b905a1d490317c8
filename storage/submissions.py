"""Queries about what waits for a second person."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.officials import stands
from storage.tables import (
    DelegationRow,
    MediaRow,
    MemberRow,
    OfficialRow,
    SubmissionRow,
    SubmissionStepRow,
)

OPEN = ("waiting", "returned", "approved")


async def level_of(session: AsyncSession, account_id: int) -> str:
    """Return what of an official account needs a second person."""
    found = await session.scalar(
        select(OfficialRow.approval).where(OfficialRow.account_id == account_id)
    )
    return found or "all"


async def approvers(session: AsyncSession, account_id: int) -> list[MemberRow]:
    """Return the people who could approve something for an account now."""
    rows = await session.scalars(
        select(MemberRow)
        .join(DelegationRow, DelegationRow.member_id == MemberRow.id)
        .where(
            DelegationRow.account_id == account_id,
            DelegationRow.role.in_(("approver", "manager")),
            stands(),
            MemberRow.disabled_at.is_(None),
        )
        .order_by(DelegationRow.id)
    )
    return list(rows)


async def by_key(
    session: AsyncSession, account_id: int, member_id: int, key: str
) -> SubmissionRow | None:
    """Return what a person sent for an account under an idempotency key."""
    return await session.scalar(
        select(SubmissionRow).where(
            SubmissionRow.account_id == account_id,
            SubmissionRow.author_member_id == member_id,
            SubmissionRow.idempotency_key == key,
        )
    )


async def of_boost(
    session: AsyncSession, account_id: int, post_id: int
) -> SubmissionRow | None:
    """Return the boost of a post that waits for an account."""
    return await session.scalar(
        select(SubmissionRow).where(
            SubmissionRow.account_id == account_id,
            SubmissionRow.kind == "boost",
            SubmissionRow.target_id == post_id,
            SubmissionRow.state.in_(OPEN),
        )
    )


async def waiting_of_kind(
    session: AsyncSession, account_id: int, member_id: int, kind: str
) -> list[SubmissionRow]:
    """Return what of one kind somebody sent for an account that waits to be read."""
    rows = await session.scalars(
        select(SubmissionRow).where(
            SubmissionRow.account_id == account_id,
            SubmissionRow.author_member_id == member_id,
            SubmissionRow.kind == kind,
            SubmissionRow.state == "waiting",
        )
    )
    return list(rows)


async def of_scheduled(session: AsyncSession, scheduled_id: int) -> SubmissionRow | None:
    """Return what has to be approved before a scheduled post is published."""
    return await session.scalar(
        select(SubmissionRow).where(SubmissionRow.scheduled_id == scheduled_id)
    )


async def turn(
    session: AsyncSession,
    row: SubmissionRow,
    *,
    version: int,
    to: str,
    now: datetime,
    before: Collection[str] = ("waiting",),
    approved_by: int | None = None,
    step: int = 0,
) -> bool:
    """Change where something stands, if it still stands so and reads so; return whether.

    The one statement that decides between two who decide at once.
    """
    done = await session.execute(
        update(SubmissionRow)
        .where(
            and_(
                SubmissionRow.id == row.id,
                SubmissionRow.version == version,
                SubmissionRow.state.in_(before),
            )
        )
        .values(
            state=to,
            approved_by=approved_by,
            version=SubmissionRow.version + step,
            updated_at=now,
        )
        .returning(SubmissionRow.id)
        .execution_options(synchronize_session=False)
    )
    turned = done.scalar_one_or_none() is not None
    await session.refresh(row)
    return turned


async def open_for(session: AsyncSession, account_ids: Sequence[int]) -> list[SubmissionRow]:
    """Return what is not decided yet for these accounts, the oldest first."""
    rows = await session.scalars(
        select(SubmissionRow)
        .where(SubmissionRow.account_id.in_(account_ids), SubmissionRow.state.in_(OPEN))
        .order_by(SubmissionRow.id)
        .limit(200)
    )
    return list(rows)


async def steps_of(session: AsyncSession, submission_id: int) -> list[SubmissionStepRow]:
    """Return what was done with something, the oldest first."""
    rows = await session.scalars(
        select(SubmissionStepRow)
        .where(SubmissionStepRow.submission_id == submission_id)
        .order_by(SubmissionStepRow.id)
    )
    return list(rows)


async def hold_media(session: AsyncSession, submission_id: int, ids: Sequence[int]) -> None:
    """Let uploads that stand in no post wait with what is to carry them."""
    await session.execute(
        update(MediaRow)
        .where(
            MediaRow.id.in_(ids), MediaRow.post_id.is_(None), MediaRow.scheduled_id.is_(None)
        )
        .values(submission_id=submission_id)
    )


async def free_media(session: AsyncSession, submission_id: int, *, now: datetime) -> None:
    """Let uploads wait no longer; the day after which they are forgotten begins again."""
    await session.execute(
        update(MediaRow)
        .where(MediaRow.submission_id == submission_id)
        .values(submission_id=None, created_at=now)
    )


async def media_of(session: AsyncSession, ids: Sequence[int]) -> dict[int, MediaRow]:
    """Return uploads by their ids."""
    rows = await session.scalars(select(MediaRow).where(MediaRow.id.in_(ids)))
    return {row.id: row for row in rows}


async def pictures_to_check(session: AsyncSession, ids: Sequence[int]) -> bool:
    """Return whether there are pictures or films among uploads that stand in no post yet."""
    if not ids:
        return False
    found = exists().where(
        MediaRow.id.in_(ids),
        MediaRow.post_id.is_(None),
        MediaRow.kind.in_(("image", "gifv", "video")),
    )
    return bool(await session.scalar(select(found)))
