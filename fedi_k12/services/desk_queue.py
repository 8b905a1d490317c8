"""The queue of a desk: answers that others do not see yet, and what becomes of them (R-46).

Nothing that waits is dropped. Somebody of the team shows it, somebody who approves hides it
under a rule, which leaves a mark and tells its author, or it is shown by itself.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain import repeats
from fedi_k12.domain.approvals import QUEUED, Consent
from fedi_k12.domain.consent_jobs import AnswerRequest
from fedi_k12.domain.delegates import Deed
from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.domain.timed_jobs import ReleaseQueued
from fedi_k12.domain.words import words
from fedi_k12.services import approvals, desk, gates, records, replies, views
from storage import approvals as approval_rows
from storage import jobs, posts, restrictions
from storage.tables import PostRow, QueuedAnswerRow

PAGE, WINDOW = 30, 500
MAX_HOURS = 72
"""Longer than a long weekend nobody waits because of a word."""


class Same(Struct, frozen=True):
    """An answer that waits and says the same as one before it (R-47)."""

    post_id: int
    handle: str
    """Of who wrote it."""


class Queued(Struct, frozen=True):
    """An answer that waits, as the team of the account sees it."""

    post: PostView
    cause: str
    """`restriction` or `filter`."""
    detail: str
    """The number of the rule, or the words that matched."""
    restriction_id: int | None
    queued_at: datetime
    until: datetime
    same: tuple[Same, ...] = ()
    """What says the same and stands under it in the list."""


class QueueAge(Struct, frozen=True):
    """How long the queue of a desk is."""

    waiting: int
    since: datetime | None
    """When the oldest came; None where nothing waits."""


async def age(session: AsyncSession, *, actor: Actor) -> QueueAge:
    """Return how much waits at the desk of the account that the actor speaks for."""
    desk.demand_team(actor)
    count, since = await restrictions.queue_age(session, actor.account_id)
    return QueueAge(count, since)


async def page(
    session: AsyncSession, *, actor: Actor, after: int | None = None
) -> tuple[list[Queued], bool]:
    """Return up to `PAGE` answers that wait, the oldest first, and whether there are more.

    Those that say the same stand under the first of them (R-47). `after`: from after the one
    with this id, or from the first.
    """
    desk.demand_team(actor)
    rows = await restrictions.queue(session, actor.account_id, limit=WINDOW + 1)
    firsts = await _firsts(session, rows[:WINDOW])
    stands = [row for row in rows[:WINDOW] if firsts[row.post_id] == row.post_id]
    places = {row.post_id: at for at, row in enumerate(stands)}
    stands = stands[places[after] + 1 if after in places else 0 :]
    shown = {
        view.id: view
        for view in await views.post_views(
            session, [row.post_id for row in stands[:PAGE]], viewer=actor
        )
    }
    under = [number for number, first in firsts.items() if first in shown and first != number]
    writers = await posts.writers(session, under)
    found = [
        Queued(
            shown[row.post_id],
            row.cause,
            row.detail,
            row.restriction_id,
            row.queued_at,
            row.until,
            tuple(
                Same(number, writers[number])
                for number in under
                if firsts[number] == row.post_id and number in writers
            ),
        )
        for row in stands[:PAGE]
        if row.post_id in shown
    ]
    return found, len(stands) > PAGE


async def show(session: AsyncSession, *, actor: Actor, post_id: int, now: datetime) -> None:
    """Let others see an answer that waits, by anybody of the team."""
    desk.demand_team(actor)
    gates.demand(actor, Deed.ANSWER)
    row = await restrictions.queued(session, post_id)
    if row is None or row.account_id != actor.account_id:
        raise NotFoundError("This answer does not wait any more.")
    await release(session, row, outcome="shown", actor=actor, now=now)


async def show_same(
    session: AsyncSession, *, actor: Actor, post_id: int, now: datetime
) -> None:
    """Let others see an answer that waits, and all that say the same."""
    desk.demand_team(actor)
    rows = await restrictions.queue(session, actor.account_id, limit=WINDOW)
    firsts = await _firsts(session, rows)
    first = firsts.get(post_id)
    for row in rows:
        if first is not None and firsts[row.post_id] == first and row.post_id != post_id:
            await show(session, actor=actor, post_id=row.post_id, now=now)
    await show(session, actor=actor, post_id=post_id, now=now)


async def _firsts(session: AsyncSession, rows: Sequence[QueuedAnswerRow]) -> dict[int, int]:
    """Return for each answer that waits the first one of them that says the same, by post.

    What waits for another reason is told apart: it is shown at another time.
    """
    found = await posts.by_ids(session, [row.post_id for row in rows])
    result: dict[int, int] = {}
    for cause in {row.cause for row in rows}:
        texts = [
            (post.id, plain_text(f"{post.summary} {post.content}"))
            for row in rows
            if row.cause == cause and (post := found.get(row.post_id)) is not None
        ]
        result |= await asyncio.to_thread(repeats.firsts, texts)
    return {row.post_id: result.get(row.post_id, row.post_id) for row in rows}


async def release_unseen(ctx: Context, job: ReleaseQueued) -> None:
    """Job: show an answer that nobody of the team looked at in time."""

    async def unseen(session: AsyncSession) -> None:
        now = ctx.clock()
        row = await restrictions.queued(session, job.post_id)
        if row is not None and row.cause == "filter" and row.until <= now:
            await release(session, row, outcome="itself", actor=None, now=now)

    await ctx.write(unseen)


async def hours(session: AsyncSession, *, actor: Actor) -> int:
    """Return after how many hours what waits for its words is shown by itself."""
    desk.demand_team(actor)
    return (await restrictions.queue_hours(session, [actor.account_id]))[actor.account_id]


async def set_hours(session: AsyncSession, *, actor: Actor, hours: int, now: datetime) -> None:
    """Change how long the words of a filter hold an answer back at most: by a manager.

    What waits already keeps its time.
    """
    desk.demand_team(actor)
    gates.demand(actor, Deed.MANAGE)
    if not 1 <= hours <= MAX_HOURS:
        raise InvalidError(
            words("Choose from 1 to %(num)d hours.", num=MAX_HOURS),
            fields={"hours": "is out of range"},
        )
    await restrictions.set_queue_hours(session, actor.account_id, hours)
    await records.note(
        session,
        kind="queue hours",
        actor=actor,
        concerned=[actor.account_id],
        object_id="/desk/queue",
        now=now,
        detail={"hours": hours},
    )


async def hidden(session: AsyncSession, *, actor: Actor, post_id: int, now: datetime) -> None:
    """Let the mark of an answer be seen that was hidden under a rule while it waited."""
    row = await restrictions.queued(session, post_id)
    if row is not None:
        await release(session, row, outcome="hidden", actor=actor, now=now)


async def release(
    session: AsyncSession,
    row: QueuedAnswerRow,
    *,
    outcome: str,
    actor: Actor | None,
    now: datetime,
) -> None:
    """End the waiting of an answer: from now on it stands where it belongs."""
    row.ended_at, row.outcome = now, outcome
    await session.flush()
    post = await posts.by_id(session, row.post_id)
    if post is None or post.reply_state != QUEUED:
        return
    await _answer_other_server(session, post, now=now)
    await replies.let_in(session, post, now=now)
    await records.note(
        session,
        kind=f"queued answer: {outcome}",
        actor=actor,
        concerned=[row.account_id],
        object_id=post.uri,
        now=now,
        detail={"cause": row.cause, "detail": row.detail},
    )


async def _answer_other_server(session: AsyncSession, post: PostRow, *, now: datetime) -> None:
    """Say yes to the server of its author, where that asked and waits."""
    asked = await approval_rows.of_interaction(session, replies.REPLY, post.uri)
    parent = await posts.by_id(session, post.in_reply_to_id or 0)
    if asked is None or parent is None or asked.state != Consent.PENDING:
        return
    asked.state = Consent.ACCEPTED.value
    await approvals.stamp(session, asked, parent)
    if not post.local:
        await jobs.enqueue(session, AnswerRequest(asked.id), now=now, about=post.uri)
