"""Discussion points and timed chats, held by official accounts (S-25).

An article announces the numbered points. Each point is a post that replies to it, so that all
stand in one thread and one `context`, and opens a thread of its own. `discussion_clock` lets
points out and ends it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.delegates import Deed
from fedi_k12.domain.discussions import (
    DiscussionDraft,
    DiscussionView,
    PointView,
    Stage,
    announcement,
    check,
)
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import MAX_ID, new_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft, PostView
from fedi_k12.domain.submissions import Paper
from fedi_k12.domain.text import scan
from fedi_k12.domain.timed_jobs import EndDiscussion, OpenPoint
from fedi_k12.services import gates, posts, records, views
from storage import discussions, jobs
from storage.tables import DiscussionPointRow, DiscussionRow

PAGE = 20


async def announce(
    session: AsyncSession,
    *,
    actor: Actor,
    plan: DiscussionDraft,
    key: str | None = None,
    draft: Draft | None = None,
    addresses: Addresses,
    now: datetime,
    hold_seconds: int = 0,
    paper: Paper | None = None,
) -> int:
    """Announce a discussion in the name of an official account; return its id.

    Whoever approves the article approves its points. `draft` is the article as it was approved:
    where that came after the first point was due, all of it begins that much later. Raises
    `InvalidError` by field, `ForbiddenError` for who does not write for an official account.
    """
    demand(actor)
    if draft is None:
        check(plan, now=now)
        _check_tag(plan.tag)
    post_id = await posts.publish(
        session,
        actor=actor,
        draft=draft
        or Draft(
            announcement(plan),
            title=" ".join(plan.title.split()),
            content_type="text/markdown",
            language=plan.language,
            idempotency_key=key,
        ),
        addresses=addresses,
        now=now,
        hold_seconds=hold_seconds,
        paper=paper or Paper("discussion", None, {"plan": msgspec.to_builtins(plan)}),
    )
    if (known := await discussions.of_post(session, post_id)) is not None:
        return known.id  # the same form, sent twice
    late = max(timedelta(0), now - plan.starts_at)
    row = DiscussionRow(
        id=new_id(),
        account_id=actor.account_id,
        member_id=actor.member_id or 0,
        post_id=post_id,
        title=" ".join(plan.title.split()),
        tag=plan.tag,
        language=plan.language,
        starts_at=plan.starts_at + late,
        ends_at=plan.ends_at + late,
    )
    session.add(row)
    await session.flush()
    for number, text in enumerate(plan.points, 1):
        due_at = plan.due(number) + late
        session.add(
            DiscussionPointRow(
                discussion_id=row.id, number=number, text=" ".join(text.split()), due_at=due_at
            )
        )
        await jobs.enqueue(session, OpenPoint(row.id, number), now=now, due_at=due_at)
    await jobs.enqueue(session, EndDiscussion(row.id), now=now, due_at=row.ends_at)
    await session.flush()
    await records.note(
        session,
        kind="discussion announced",
        actor=actor,
        concerned=[actor.account_id],
        object_id=f"/discussions/{row.id}",
        now=now,
        detail={"title": row.title, "points": list(plan.points)},
    )
    return row.id


async def post_of(session: AsyncSession, discussion_id: int) -> int | None:
    """Return the id of the article that announces a discussion."""
    row = await discussions.by_id(session, discussion_id)
    return row.post_id if row is not None else None


async def one(
    session: AsyncSession, *, viewer: Actor | None, discussion_id: int, now: datetime
) -> DiscussionView:
    """Return a discussion with its points and answers, as the viewer may see them.

    Raises `NotFoundError` where its article may not be seen, or is gone.
    """
    row = await discussions.by_id(session, discussion_id)
    found = await _views(session, [row] if row is not None else [], viewer, now)
    if row is None or not found:
        raise NotFoundError("There is no such discussion.")
    return await _whole(session, row, found[0], viewer)


async def page(
    session: AsyncSession, *, viewer: Actor | None, before: int = MAX_ID, now: datetime
) -> tuple[list[DiscussionView], int | None]:
    """Return up to `PAGE` discussions, the newest first, and before which the next begin."""
    rows = await discussions.newest(session, before=before, limit=PAGE + 1)
    after = rows[PAGE - 1].id if len(rows) > PAGE else None
    return await _views(session, rows[:PAGE], viewer, now), after


def by_point(
    points: Iterable[int], replies: Sequence[tuple[int, int]]
) -> Mapping[int, Sequence[int]]:
    """Return what answers each of these posts, or answers its answers: each reply once.

    `replies` are (post, what it answers), oldest first.
    """
    root = {number: number for number in points}
    found: dict[int, list[int]] = {number: [] for number in root}
    for number, parent in replies:
        if number not in root and parent in root:
            root[number] = root[parent]
            found[root[parent]].append(number)
    return found


def demand(actor: Actor) -> None:
    """Refuse who does not write for an official account."""
    if actor.delegation is None:
        raise ForbiddenError("Only official accounts hold discussions. Speak as one first.")
    gates.demand(actor, Deed.WRITE)


async def _whole(
    session: AsyncSession, row: DiscussionRow, view: DiscussionView, viewer: Actor | None
) -> DiscussionView:
    points = await discussions.points_of(session, row.id)
    out = [point.post_id for point in points if point.post_id is not None]
    replies = await discussions.answers(
        session,
        view.article.thread_id,
        viewer_id=viewer.account_id if viewer is not None else None,
    )
    answers = by_point(out, replies)
    ids = [*out, *(number for found in answers.values() for number in found)]
    shown: dict[int, PostView] = {
        post.id: post for post in await views.post_views(session, ids, viewer=viewer)
    }
    return DiscussionView(
        view.id,
        view.account,
        view.title,
        view.starts_at,
        view.ends_at,
        view.stage,
        view.article,
        tuple(
            PointView(
                point.number,
                point.text,
                point.due_at,
                shown.get(point.post_id or 0),
                tuple(
                    shown[number]
                    for number in answers.get(point.post_id or 0, ())
                    if number in shown
                ),
            )
            for point in points
        ),
        view.transcript,
    )


async def _views(
    session: AsyncSession, rows: Sequence[DiscussionRow], viewer: Actor | None, now: datetime
) -> list[DiscussionView]:
    ids = [number for row in rows for number in (row.post_id, row.transcript_id) if number]
    shown = {post.id: post for post in await views.post_views(session, ids, viewer=viewer)}
    return [
        DiscussionView(
            row.id,
            article.account,
            row.title,
            row.starts_at,
            row.ends_at,
            _stage(row, now),
            article,
            transcript=shown.get(row.transcript_id or 0),
        )
        for row in rows
        if (article := shown.get(row.post_id)) is not None
    ]


def _stage(row: DiscussionRow, now: datetime) -> Stage:
    if row.ends_at <= now:
        return Stage.OVER
    return Stage.RUNNING if row.starts_at <= now else Stage.PLANNED


def _check_tag(tag: str) -> None:
    if tag and scan(f"#{tag}", content_type="text/plain").hashtags != (tag,):
        sentence = "A tag is one word of letters and digits, such as psd70."
        raise InvalidError(sentence, fields={"tag": sentence})
