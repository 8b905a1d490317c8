"""The response desk: what reaches an official account waits here until its team answers (S-23).

A case is made in the write in which its post is taken in, from here or from another server.
Nothing of it goes out: whoever asks is told nothing but the answer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.delegates import Deed
from fedi_k12.domain.desk import MAX_REMARK, OPEN, REASONS, CaseState
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.services import gates, notifications, records, submissions
from fedi_k12.services.notifications import Notice
from storage import desk, posts, restrictions
from storage.tables import CaseMessageRow, CaseRow, CaseStepRow, MemberRow, PostRow

_TOO_LATE = "Somebody else of the team changed this meanwhile. Look at it again."


async def take_in(session: AsyncSession, post_ids: Sequence[int], *, now: datetime) -> None:
    """Make cases of the posts among these that answer or name an official account.

    What comes again changes nothing. What somebody writes in a thread that was answered or
    closed opens its case anew.
    """
    if not post_ids:
        return
    for one in await desk.reaching(session, post_ids):
        row = await desk.case_for(session, one, now=now)
        session.add(CaseMessageRow(case_id=row.id, post_id=one.post_id, arrived_at=now))
        anew = row.state not in OPEN
        if anew:
            row.waiting_since, row.reason, row.remark = now, "", ""
            row.state = (CaseState.ASSIGNED if row.assigned_to else CaseState.WAITING).value
        _step(session, row, "again" if anew else "came", now=now)
    await session.flush()


async def note_new(
    session: AsyncSession,
    actor: Actor,
    post_id: int,
    *,
    named: Sequence[int],
    near: PostRow | None,
    now: datetime,
) -> None:
    """Let the desks and the records of official accounts know of a new post of the actor's.

    `named`: whom it names or is addressed to. `near`: the post itself where it answers or
    quotes another. One that does neither, and is of nobody official and names nobody
    official, which is most of them, concerns none.
    """
    alone = near is None and actor.delegation is None
    if alone and not await records.among(session, [actor.account_id, *named]):
        return
    row = near or await posts.by_id(session, post_id)
    if row is None:
        return
    await take_in(session, [post_id], now=now)
    if actor.delegation is not None:
        await answered(session, actor=actor, post=row, now=now)
    await records.note_post(session, kind="Create", actor=actor, post_id=post_id, now=now)


async def answered(
    session: AsyncSession, *, actor: Actor, post: PostRow, now: datetime
) -> None:
    """Count a post of an official account as the answer to the cases that it answers.

    From the desk or from an app, by whomever of the team.
    """
    cases = await desk.answered_by(session, post)
    if not cases:
        return
    handle = await _handle(session, actor)
    for row in cases:
        row.state, row.answer_id, row.answered_at = CaseState.ANSWERED.value, post.id, now
        row.answered_handle, row.reason, row.remark = handle, "", ""
        _step(session, row, "answered", handle=handle, now=now)
    await session.flush()


async def gone(session: AsyncSession, post_id: int, *, now: datetime) -> None:
    """Let cases know that a post was deleted: what somebody asked, or the answer to it."""
    await desk.mark_gone(session, post_id, now=now)
    await restrictions.mark_gone(session, post_id, now=now)
    for row in await desk.answered_with(session, post_id):
        row.state = (CaseState.ASSIGNED if row.assigned_to else CaseState.WAITING).value
        row.answer_id, row.answered_at, row.answered_handle = None, None, ""
        _step(session, row, "taken-back", now=now)
    await session.flush()


async def assign(
    session: AsyncSession, *, actor: Actor, case_id: int, member_id: int | None, now: datetime
) -> None:
    """Give a case to somebody of the team, or back to all of them (None).

    Raises `InvalidError` for who does not act for the account now, `ConflictError` where it
    was answered or closed meanwhile.
    """
    row = await _case(session, actor, case_id, Deed.ANSWER)
    team = dict(await desk.team(session, row.account_id))
    if member_id is not None and member_id not in team:
        raise InvalidError(
            "They do not act for this account.", fields={"to": "does not act for this account"}
        )
    if row.assigned_to == member_id and row.state in OPEN:
        return
    to = team[member_id] if member_id is not None else ""
    state = CaseState.ASSIGNED if member_id is not None else CaseState.WAITING
    values = {"state": state.value, "assigned_to": member_id, "assigned_handle": to}
    await _turn(session, row, OPEN, values)
    await _note(session, row, actor, "assigned" if to else "put-back", to, now=now)
    if member_id is not None and member_id != actor.member_id:
        await _tell(session, row, member_id, now=now)


async def close(
    session: AsyncSession,
    *,
    actor: Actor,
    case_id: int,
    reason: str,
    remark: str = "",
    now: datetime,
) -> None:
    """Close a case without an answer, for one of `REASONS`. Whoever asked is not told."""
    row = await _case(session, actor, case_id, Deed.ANSWER)
    if reason not in REASONS:
        raise InvalidError("Say why it needs no answer.", fields={"reason": "is missing"})
    remark = " ".join(remark.replace("\0", "").split())
    if len(remark) > MAX_REMARK:
        raise InvalidError("Please say it in 500 letters.", fields={"remark": "is too long"})
    values = {"state": CaseState.CLOSED.value, "reason": reason, "remark": remark}
    await _turn(session, row, (*OPEN, CaseState.ANSWERED), values)
    await _note(session, row, actor, "closed", reason, now=now, remark=remark)


async def reopen(session: AsyncSession, *, actor: Actor, case_id: int, now: datetime) -> None:
    """Let a case wait again that was answered or closed, from now on."""
    row = await _case(session, actor, case_id, Deed.ANSWER)
    state = CaseState.ASSIGNED if row.assigned_to else CaseState.WAITING
    values = {"state": state.value, "reason": "", "remark": "", "waiting_since": now}
    await _turn(session, row, (CaseState.ANSWERED, CaseState.CLOSED), values)
    await _note(session, row, actor, "reopened", "", now=now)


async def put_back(
    session: AsyncSession, *, account_id: int, member_id: int, now: datetime
) -> None:
    """Give everybody's desk what somebody was to answer who no longer can."""
    for row in await desk.assigned_to(session, account_id, member_id):
        row.state, row.assigned_to = CaseState.WAITING.value, None
        row.assigned_handle = ""
        _step(session, row, "put-back", now=now)
    await session.flush()


async def case_of(session: AsyncSession, actor: Actor, case_id: int) -> CaseRow:
    """Return a case for the team of its account; for others it is refused or not there."""
    return await _case(session, actor, case_id, Deed.READ)


def demand_team(actor: Actor) -> None:
    """Refuse whoever does not speak for an official account."""
    if actor.delegation is None:
        raise ForbiddenError(
            "Only who acts for an official account sees its desk. Speak as the account first."
        )
    gates.demand(actor, Deed.READ)


async def _case(session: AsyncSession, actor: Actor, case_id: int, deed: Deed) -> CaseRow:
    demand_team(actor)
    gates.demand(actor, deed)
    row = await desk.by_id(session, case_id)
    if row is None or row.account_id != actor.account_id:
        raise NotFoundError("There is no such case at this desk.")
    return row


async def _turn(
    session: AsyncSession, row: CaseRow, before: Sequence[str], values: Mapping[str, object]
) -> None:
    if not await desk.turn(session, row, before=before, values=values):
        raise ConflictError(_TOO_LATE)


async def _tell(session: AsyncSession, row: CaseRow, member_id: int, *, now: datetime) -> None:
    """Tell somebody of the team that a case is theirs to answer, unless they took it."""
    member = await session.get(MemberRow, member_id)
    if member is None:
        return
    about: dict[str, object] = {"case_id": str(row.id)}
    told = Notice(member.account_id, "case_given", row.account_id, None, about)
    await notifications.notify_many(session, [told], now=now)


async def _handle(session: AsyncSession, actor: Actor) -> str:
    person = await submissions.person_of(session, actor)
    return person.acct if person is not None else ""


def _step(
    session: AsyncSession,
    row: CaseRow,
    did: str,
    *,
    handle: str = "",
    detail: str = "",
    now: datetime,
) -> None:
    step = CaseStepRow(
        id=new_id(), case_id=row.id, did=did, handle=handle, detail=detail, at=now
    )
    session.add(step)


async def _note(
    session: AsyncSession,
    row: CaseRow,
    actor: Actor,
    did: str,
    detail: str,
    *,
    now: datetime,
    remark: str = "",
) -> None:
    """Keep a step for the team and for the records of the account."""
    handle = await _handle(session, actor)
    _step(session, row, did, handle=handle, detail=detail, now=now)
    await session.flush()
    messages = (await desk.messages_of(session, [row.id]))[row.id]
    found = await posts.by_ids(session, [one.post_id for one in messages])
    await records.note(
        session,
        kind=f"desk: {did}",
        actor=actor,
        concerned=[row.account_id],
        object_id=f"/desk/{row.id}",
        now=now,
        detail={
            "person": row.handle,
            "detail": detail,
            "remark": remark,
            "posts": [post.uri for post in found.values()],
        },
    )
