"""Posts that are written now and published later, through the same gate as others."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.errors import DomainError, InvalidError, NotFoundError
from fedi_k12.domain.feeds import PostedBy
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.paging import Page, PageRequest
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft, MediaView
from fedi_k12.domain.submissions import Paper
from fedi_k12.domain.timed_jobs import PublishScheduled
from fedi_k12.services import acting, gates, officials, posts, submissions, views
from storage import jobs
from storage.paging import page_of
from storage.tables import MediaRow, MemberRow, ScheduledRow

SOONEST = timedelta(minutes=5)
"""As Mastodon: what is due sooner is better written when it is due."""
FARTHEST = timedelta(days=5 * 365)
MAX_WAITING, MAX_A_DAY = 300, 25
"""As Mastodon: so many posts of an account wait at once, and for one day."""
_TOO_SOON = "Validation failed: Scheduled at The scheduled date must be in the future"


class ScheduledView(Struct, frozen=True):
    """A post that is to come."""

    id: int
    due_at: datetime
    draft: Draft
    media: tuple[MediaView, ...]
    refused: str
    """Why it was not published when it was due; empty for one that waits."""


async def schedule(
    session: AsyncSession, *, actor: Actor, draft: Draft, due_at: datetime, now: datetime
) -> ScheduledView:
    """Keep a post until it is due; the same idempotency key returns the first one.

    Raises what `posts.publish` would raise of it now, and `InvalidError` where it is due within
    five minutes, or too many wait.
    """
    if draft.idempotency_key and (
        done := await _already(session, actor, draft.idempotency_key, now)
    ):
        return (await _views(session, [done]))[0]
    _check_time(due_at, now)
    await _check_number(session, actor, due_at)
    media = await posts.check(session, actor=actor, draft=draft, now=now)
    row = ScheduledRow(
        id=new_id(),
        account_id=actor.account_id,
        member_id=actor.member_id,
        draft=msgspec.to_builtins(replace(draft, idempotency_key=None)),
        idempotency_key=draft.idempotency_key,
        due_at=due_at,
        refused="",
        created_at=now,
    )
    session.add(row)
    for item in media:
        item.scheduled_id = row.id
    await session.flush()
    await jobs.enqueue(session, PublishScheduled(row.id), now=now, due_at=due_at)
    if (await gates.to_publish(session, actor, draft, now=now)).needs_approval:
        asked = replace(draft, idempotency_key=None)
        await submissions.keep(session, actor, asked, Paper(), scheduled_id=row.id, now=now)
    return (await _views(session, [row]))[0]


async def page(
    session: AsyncSession, *, actor: Actor, page: PageRequest
) -> Page[ScheduledView]:
    """Return a page of what the actor wrote for later."""
    ids = await page_of(
        session,
        select(ScheduledRow.id).where(ScheduledRow.account_id == actor.account_id),
        ScheduledRow.id,
        page,
    )
    rows = {
        row.id: row
        for row in await session.scalars(
            select(ScheduledRow).where(ScheduledRow.id.in_(ids.items))
        )
    }
    return ids.with_items(await _views(session, [rows[number] for number in ids.items]))


async def one(session: AsyncSession, *, actor: Actor, scheduled_id: int) -> ScheduledView:
    """Return one of the actor's posts to come."""
    return (await _views(session, [await _own(session, actor, scheduled_id)]))[0]


async def reschedule(
    session: AsyncSession,
    *,
    actor: Actor,
    scheduled_id: int,
    due_at: datetime,
    now: datetime,
) -> ScheduledView:
    """Let a post come at another time; one that was refused is tried again then."""
    row = await _own(session, actor, scheduled_id)
    _check_time(due_at, now)
    await _check_number(session, actor, due_at, besides=row.id)
    row.due_at, row.refused = due_at, ""
    # Whoever gives it a new time answers for it: who wrote it may act here no longer.
    row.member_id = actor.member_id
    await session.flush()
    await jobs.enqueue(session, PublishScheduled(row.id), now=now, due_at=due_at)
    return (await _views(session, [row]))[0]


async def cancel(
    session: AsyncSession, *, actor: Actor, scheduled_id: int, now: datetime
) -> None:
    """Do not publish a post after all; its pictures are free again."""
    row = await _own(session, actor, scheduled_id)
    await submissions.called_off(session, actor=actor, scheduled_id=row.id, now=now)
    await _free_media(session, row.id)
    await session.delete(row)


async def publish_scheduled(ctx: Context, job: PublishScheduled) -> None:
    """Job: publish a post that is due; what is refused is kept, with the reason."""
    now = ctx.clock()
    try:
        await ctx.write(
            _publish, scheduled_id=job.scheduled_id, addresses=ctx.addresses, now=now
        )
    except DomainError as error:
        await ctx.write(_refuse, scheduled_id=job.scheduled_id, why=str(error), now=now)


async def _publish(
    session: AsyncSession, *, scheduled_id: int, addresses: Addresses, now: datetime
) -> None:
    row = await _due(session, scheduled_id, now)
    if row is None:
        return
    actor = await _author(session, row)
    paper = await submissions.scheduled_paper(session, row.id)
    await _free_media(session, row.id)
    await session.delete(row)
    await session.flush()
    draft = msgspec.convert(row.draft, Draft)
    if await officials.is_official(session, row.account_id):
        # S-21: who reads it should know that nobody is there at that moment.
        draft = replace(draft, posted_by=PostedBy.SCHEDULE.value)
    post_id = await posts.publish(
        session, actor=actor, draft=draft, addresses=addresses, now=now, paper=paper
    )
    await submissions.published_as(session, scheduled_id, post_id, now=now)


async def _refuse(session: AsyncSession, *, scheduled_id: int, why: str, now: datetime) -> None:
    row = await _due(session, scheduled_id, now)
    if row is not None:
        row.refused = why.removeprefix("Validation failed: ")


async def _due(session: AsyncSession, scheduled_id: int, now: datetime) -> ScheduledRow | None:
    """Return the post if it is still to be published, and not later than now."""
    row = await session.get(ScheduledRow, scheduled_id)
    return row if row is not None and row.due_at <= now and not row.refused else None


async def _author(session: AsyncSession, row: ScheduledRow) -> Actor:
    """Return who publishes: the member who wrote it, if they still may sign in."""
    member = await session.get(MemberRow, row.member_id) if row.member_id else None
    if member is None or member.disabled_at is not None:
        raise NotFoundError("Whoever wrote this can no longer sign in.")
    return await acting.actor_of(session, member, row.account_id)


async def _already(
    session: AsyncSession, actor: Actor, key: str, now: datetime
) -> ScheduledRow | None:
    return await session.scalar(
        select(ScheduledRow).where(
            ScheduledRow.account_id == actor.account_id,
            ScheduledRow.idempotency_key == key,
            ScheduledRow.created_at > now - posts.IDEMPOTENCY_KEPT,
        )
    )


def _check_time(due_at: datetime, now: datetime) -> None:
    if due_at < now + SOONEST:
        raise InvalidError(_TOO_SOON, fields={"scheduled_at": "must be 5 minutes ahead"})
    if due_at > now + FARTHEST:
        raise InvalidError("Validation failed: Scheduled at is more than five years ahead")


async def _check_number(
    session: AsyncSession, actor: Actor, due_at: datetime, *, besides: int = 0
) -> None:
    waiting = list(
        await session.scalars(
            select(ScheduledRow.due_at).where(
                ScheduledRow.account_id == actor.account_id, ScheduledRow.id != besides
            )
        )
    )
    if len(waiting) >= MAX_WAITING:
        raise InvalidError(
            f"Validation failed: You have exceeded the limit of {MAX_WAITING} scheduled posts"
        )
    if sum(at.date() == due_at.date() for at in waiting) >= MAX_A_DAY:
        raise InvalidError(
            f"Validation failed: You have exceeded the limit of {MAX_A_DAY} scheduled posts "
            "for that day"
        )


async def _free_media(session: AsyncSession, scheduled_id: int) -> None:
    await session.execute(
        update(MediaRow).where(MediaRow.scheduled_id == scheduled_id).values(scheduled_id=None)
    )


async def _own(session: AsyncSession, actor: Actor, scheduled_id: int) -> ScheduledRow:
    row = await session.get(ScheduledRow, scheduled_id)
    if row is None or row.account_id != actor.account_id:
        raise NotFoundError("Record not found")
    return row


async def _views(session: AsyncSession, rows: Sequence[ScheduledRow]) -> list[ScheduledView]:
    media: dict[int, dict[int, MediaView]] = {}
    for item in await session.scalars(
        select(MediaRow).where(MediaRow.scheduled_id.in_([row.id for row in rows]))
    ):
        media.setdefault(item.scheduled_id or 0, {})[item.id] = views.view_of_media(item)
    found = []
    for row in rows:
        draft = msgspec.convert(row.draft, Draft)
        own = media.get(row.id, {})
        found.append(
            ScheduledView(
                row.id,
                row.due_at,
                draft,
                tuple(own[number] for number in draft.media_ids if number in own),
                row.refused,
            )
        )
    return found
