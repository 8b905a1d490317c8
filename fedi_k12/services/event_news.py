"""What guests and organisers are told of an event, and of its changes."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.events import EventDetails, Status, differs
from fedi_k12.services.notifications import Notice, notify_many
from storage import events
from storage.tables import EventRow, PostRow

CHANGES = ("event_changed", "event_cancelled", "event_reminder")


async def tell(
    session: AsyncSession,
    kind: str,
    *,
    post_id: int,
    from_id: int,
    account_ids: Iterable[int],
    now: datetime,
) -> None:
    """Tell accounts of an event, also where they were told the same before."""
    whom = list(account_ids)
    if not whom:
        return
    kinds = CHANGES if kind in CHANGES else (kind,)
    await events.forget_notices(session, post_id, kinds, whom, from_id=from_id)
    notices = [Notice(number, kind, from_id, post_id) for number in whom]
    await notify_many(session, notices, now=now)


async def tell_of_change(
    session: AsyncSession, post: PostRow, event: EventRow, before: EventDetails, now: datetime
) -> bool:
    """Tell an event's guests that it is otherwise than before; return whether it is."""
    after = events.details_of(event)
    if not differs(before, after):
        return False
    event.sequence += 1
    if after.starts_at != before.starts_at:
        event.reminded_at = None
    cancelled = after.status is Status.CANCELLED and before.status is not Status.CANCELLED
    await session.flush()
    await tell(
        session,
        "event_cancelled" if cancelled else "event_changed",
        post_id=post.id,
        from_id=post.account_id,
        account_ids=await events.concerned(session, post.id),
        now=now,
    )
    return True


async def changed_elsewhere(
    session: AsyncSession, post: PostRow, details: EventDetails, *, now: datetime
) -> None:
    """Take in how an event of another server is now, and tell our members who go to it."""
    event = await events.locked(session, post.id)
    if event is None:
        await events.store(session, {post.id: details})
        return
    before = events.details_of(event)
    events.put_details(event, details)
    await tell_of_change(session, post, event, before, now)
