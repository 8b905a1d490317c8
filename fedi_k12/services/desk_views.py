"""The response desk as the team of an official account reads it (S-23)."""

import asyncio
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain import repeats
from fedi_k12.domain.desk import (
    OPEN,
    CaseState,
    CaseStep,
    CaseView,
    MessageView,
    SameCase,
    WholeCase,
)
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import PostView, Thread
from fedi_k12.domain.sanitise import plain_text
from fedi_k12.services import desk as cases
from fedi_k12.services import timelines, views
from storage import desk, posts, submissions
from storage.tables import CaseRow

PAGE, WINDOW = 30, 500


async def page(
    session: AsyncSession,
    *,
    actor: Actor,
    states: Sequence[CaseState] = OPEN,
    mine: bool = False,
    after: int | None = None,
) -> tuple[list[CaseView], bool]:
    """Return up to `PAGE` cases, whoever waits longest first, and whether there are more.

    `mine`: only what the actor is to answer. `after`: from after the case with this id. In the
    list of all that is open, cases that ask the same stand under the first of them (R-47).
    """
    cases.demand_team(actor)
    last = await cases.case_of(session, actor, after) if after is not None else None
    if tuple(states) == OPEN and not mine:
        return await _waiting(session, actor, last)
    rows = await desk.listed(
        session,
        actor.account_id,
        states=[state.value for state in states],
        assigned_to=actor.member_id if mine else None,
        newest_first=not set(states) <= set(OPEN),
        after=last,
        limit=PAGE + 1,
    )
    return await _views(session, rows[:PAGE], actor), len(rows) > PAGE


async def _waiting(
    session: AsyncSession, actor: Actor, last: CaseRow | None
) -> tuple[list[CaseView], bool]:
    """Return a page of what is open, each thing that is asked once.

    Up to `WINDOW` cases are compared, from the first one on, so that what stands under a case
    of one page does not come again on the next.
    """
    given: dict[str, Any] = {"states": OPEN, "limit": WINDOW + 1}
    rows = await desk.listed(session, actor.account_id, **given)
    places = {row.id: at for at, row in enumerate(rows[:WINDOW])}
    begin = 0
    if last is not None and last.id in places:
        begin = places[last.id] + 1
    elif last is not None:
        rows = await desk.listed(session, actor.account_id, after=last, **given)
    window = rows[:WINDOW]
    under = await _same(session, window)
    stands = [row for row in window[begin:] if row.id not in under]
    shown = await _views(session, stands[:PAGE], actor)
    found = []
    for view in shown:
        others = [row for row in window if under.get(row.id) == view.id]
        same = tuple(SameCase(row.id, row.handle, row.waiting_since) for row in others)
        found.append(replace(view, same=same))
    return found, len(stands) > PAGE or len(rows) > WINDOW


async def _same(session: AsyncSession, window: Sequence[CaseRow]) -> dict[int, int]:
    """Return under which earlier case these stand that ask the same, by case.

    Whoever says different things in one case stands alone, as does what somebody is to answer.
    """
    kept = await desk.messages_of(session, [row.id for row in window])
    ids = [item.post_id for items in kept.values() for item in items]
    rows = await posts.by_ids(session, ids)
    texts = [
        (number, plain_text(f"{row.summary} {row.content}"))
        for row_of_case in window
        for item in kept[row_of_case.id]
        if (row := rows.get(number := item.post_id)) is not None
    ]
    firsts = await asyncio.to_thread(repeats.firsts, texts)
    heads: dict[int, int] = {}
    under: dict[int, int] = {}
    for case in window:
        said = {firsts.get(item.post_id) for item in kept[case.id]}
        first = said.pop() if len(said) == 1 else None
        if first is None:
            continue
        head = heads.setdefault(first, case.id)
        if head != case.id and case.state == CaseState.WAITING:
            under[case.id] = head
    return under


async def one(session: AsyncSession, *, actor: Actor, case_id: int) -> WholeCase:
    """Return a case with the whole thread, for the team of its account alone."""
    row = await cases.case_of(session, actor, case_id)
    [view] = await _views(session, [row], actor)
    kept = (await desk.messages_of(session, [row.id]))[row.id]
    ids = [message.post_id for message in kept]
    shown = {post.id: post for post in await views.post_views(session, ids, viewer=actor)}
    messages = tuple(
        MessageView(item.post_id, item.arrived_at, shown.get(item.post_id), item.gone_at)
        for item in kept
    )
    left = [post for item in messages if (post := item.post) is not None]
    waiting = [
        held.id
        for held in await submissions.open_for(session, [row.account_id])
        if held.draft is not None and held.draft.get("in_reply_to_id") in ids
    ]
    steps = await desk.steps_of(session, row.id)
    return WholeCase(
        case=view,
        messages=messages,
        thread=await _thread(session, actor, left),
        to_answer=left[-1] if left else None,
        steps=tuple(CaseStep(step.at, step.did, step.handle, step.detail) for step in steps),
        team=tuple(await desk.team(session, row.account_id)),
        held=tuple(waiting),
    )


async def open_counts(session: AsyncSession, account_ids: Sequence[int]) -> dict[int, int]:
    """Return how many cases of each of these accounts are not answered; none is missing."""
    return await desk.count_open(session, account_ids)


async def _thread(
    session: AsyncSession, actor: Actor, left: Sequence[PostView]
) -> Thread | None:
    if not left:
        return None
    found = await timelines.thread(session, post_id=left[-1].id, viewer=actor)
    if not found.ancestors:
        return found
    return await timelines.thread(session, post_id=found.ancestors[0].id, viewer=actor)


async def _views(
    session: AsyncSession, rows: Sequence[CaseRow], actor: Actor
) -> list[CaseView]:
    kept = await desk.messages_of(session, [row.id for row in rows])
    newest = {number: items[-1].post_id for number, items in kept.items() if items}
    shown = {
        post.id: post
        for post in await views.post_views(session, list(newest.values()), viewer=actor)
    }
    people = {
        view.id: view
        for view in await views.account_views(
            session, sorted({row.person_id for row in rows}), viewer=actor
        )
    }
    return [
        CaseView(
            id=row.id,
            account_id=row.account_id,
            state=CaseState(row.state),
            person=people.get(row.person_id),
            handle=row.handle,
            waiting_since=row.waiting_since,
            last=shown.get(newest.get(row.id, 0)),
            messages=len(kept[row.id]),
            assigned_to=row.assigned_handle,
            mine=row.assigned_to is not None and row.assigned_to == actor.member_id,
            answered_by=row.answered_handle,
            answered_at=row.answered_at,
            reason=row.reason,
            remark=row.remark,
        )
        for row in rows
    ]
