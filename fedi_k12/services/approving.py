"""Reading, approving, returning and correcting what an official account is to say (S-38).

Whoever decides does so as the person they are, whichever account they speak for at the moment.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.consultations import ConsultationDraft, Outcome
from fedi_k12.domain.delegates import Deed, may, why_not
from fedi_k12.domain.discussions import DiscussionDraft
from fedi_k12.domain.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
)
from fedi_k12.domain.events import EventDraft, Status
from fedi_k12.domain.guards import weak_description
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.picture_check import PictureCheck
from fedi_k12.domain.posts import (
    MAX_ALT_CHARACTERS,
    Draft,
    MediaEdit,
    MediaView,
    PostView,
    Visibility,
)
from fedi_k12.domain.presenting import KINDS as PRESENTING
from fedi_k12.domain.submissions import MAX_COMMENT, Paper, State, Step, SubmissionView
from fedi_k12.services import (
    acting,
    consultations,
    discussion_clock,
    discussions,
    drafts,
    events,
    posts,
    presenting,
    reactions,
    submissions,
    views,
)
from storage import accounts, officials
from storage import submissions as store
from storage.tables import MemberRow, ScheduledRow, SubmissionRow

_TOO_LATE = "Somebody else decided this or changed it meanwhile. Look at it again."


async def waiting(
    session: AsyncSession, *, member_id: int, addresses: Addresses, now: datetime
) -> list[SubmissionView]:
    """Return what waits for the accounts that a person acts for now, the oldest first."""
    held = [
        row.account_id
        for row, _ in await officials.held_by(session, member_id)
        if row.paused_at is None
    ]
    member = await _member(session, member_id)
    found = []
    for row in await store.open_for(session, held):
        actor = await acting.actor_of(session, member, row.account_id)
        found.append(await _view(session, row, actor, addresses=addresses, now=now))
    return found


async def one(
    session: AsyncSession,
    *,
    member_id: int,
    submission_id: int,
    addresses: Addresses,
    now: datetime,
) -> SubmissionView:
    """Return something sent for approval, with its preview and steps, for the team alone."""
    row, actor = await _seen(session, member_id, submission_id)
    return await _view(session, row, actor, addresses=addresses, now=now, whole=True)


async def approve(
    session: AsyncSession,
    *,
    member_id: int,
    submission_id: int,
    version: int,
    addresses: Addresses,
    now: datetime,
    checked: PictureCheck | None = None,
) -> int | None:
    """Approve what somebody else wrote, and publish it; return the id of its post.

    `checked`: what the approver says of its pictures; needed where who wrote it could not,
    or `InvalidError`.

    `version` is the one that was read. A scheduled post is published when it is due: None.
    Raises `ForbiddenError` for who may not approve it, its author above all, `ConflictError`
    where it was decided or changed meanwhile, and what publishing raises.
    """
    row, actor = await _decided_by(session, member_id, submission_id)
    await _turn(session, row, version, State.APPROVED, now=now, approved_by=member_id)
    await _check_pictures(session, row, checked)
    await submissions.note(session, row, actor, "approved", now=now)
    if row.scheduled_id is None:
        await store.free_media(session, row.id, now=now)
        writer = await _writer(session, row)
        row.post_id = await _publish(session, row, writer, addresses=addresses, now=now)
        row.state = State.PUBLISHED.value
        await session.flush()
    await submissions.tell_author(session, row, "approval_given", now=now)
    return row.post_id


async def return_it(
    session: AsyncSession,
    *,
    member_id: int,
    submission_id: int,
    version: int,
    comment: str,
    now: datetime,
) -> None:
    """Give something back to who wrote it, with what is to be changed."""
    said = comment.strip()
    if not said:
        raise InvalidError(
            "Say what is to be changed.", fields={"comment": "Say what is to be changed."}
        )
    if len(said) > MAX_COMMENT:
        raise InvalidError("That is too long.", fields={"comment": "That is too long."})
    row, actor = await _decided_by(session, member_id, submission_id)
    await _turn(session, row, version, State.RETURNED, now=now)
    await submissions.note(session, row, actor, "returned", comment=said, now=now)
    await submissions.tell_author(session, row, "approval_returned", now=now)


async def correct(
    session: AsyncSession,
    *,
    member_id: int,
    submission_id: int,
    version: int,
    text: str,
    summary: str | None = None,
    descriptions: Mapping[int, str] | None = None,
    now: datetime,
) -> None:
    """Send something again, changed by who wrote it: it waits for the second person anew."""
    row, actor = await _seen(session, member_id, submission_id)
    if row.author_member_id != member_id or row.draft is None:
        raise ForbiddenError("Only who wrote this corrects it.")
    _demand_guide(actor)
    before = msgspec.convert(row.draft, Draft)
    draft = replace(before, text=text, summary=before.summary if summary is None else summary)
    posts.check_words(draft)
    await _turn(
        session, row, version, State.WAITING, now=now, before=("waiting", "returned"), step=1
    )
    # Whoever looked at the pictures looked at them with other words.
    row.draft = msgspec.to_builtins(replace(draft, checked=None))
    await _reword(session, draft, descriptions or {})
    if row.scheduled_id is not None:
        due = await session.get(ScheduledRow, row.scheduled_id)
        if due is not None:
            due.draft = row.draft
    await submissions.note(session, row, actor, "corrected", now=now)
    await submissions.tell_approvers(session, row, now=now)


async def describe(
    session: AsyncSession,
    *,
    member_id: int,
    submission_id: int,
    version: int,
    descriptions: Mapping[int, str],
    now: datetime,
) -> None:
    """Say what can be seen in the pictures of a colleague's post that waits (R-21).

    By whoever may write for the account. It goes on waiting, as another version: whoever
    approves it reads the descriptions, too.
    """
    row, actor = await _seen(session, member_id, submission_id)
    _demand_guide(actor)
    if not may(actor.delegation, Deed.WRITE) or row.draft is None:
        raise ForbiddenError(why_not(actor.delegation, Deed.WRITE))
    await _turn(session, row, version, State.WAITING, now=now, step=1)
    await _reword(session, msgspec.convert(row.draft, Draft), descriptions)
    await submissions.note(session, row, actor, "described", now=now)


async def withdraw(
    session: AsyncSession, *, member_id: int, submission_id: int, version: int, now: datetime
) -> None:
    """Let something go that was not published, by who wrote it or a manager. It stays told."""
    row, actor = await _seen(session, member_id, submission_id)
    if row.author_member_id != member_id and not may(actor.delegation, Deed.MANAGE):
        raise ForbiddenError("Only who wrote this withdraws it, or a manager.")
    await _turn(session, row, version, State.WITHDRAWN, now=now, before=store.OPEN)
    await store.free_media(session, row.id, now=now)
    if row.scheduled_id is not None:
        due = await session.get(ScheduledRow, row.scheduled_id)
        if due is not None:
            due.refused = "It was withdrawn."
    await submissions.note(session, row, actor, "withdrawn", now=now)


async def _reword(session: AsyncSession, draft: Draft, descriptions: Mapping[int, str]) -> None:
    media = await store.media_of(session, draft.media_ids)
    for number, said in descriptions.items():
        if number in media and media[number].post_id is None:
            media[number].alt = said[:MAX_ALT_CHARACTERS]


async def _check_pictures(
    session: AsyncSession, row: SubmissionRow, checked: PictureCheck | None
) -> None:
    if row.draft is None:
        return
    draft = msgspec.convert(row.draft, Draft)
    if not await submissions.unchecked(session, draft):
        return
    if checked is None:
        raise InvalidError("Look at the pictures first: say whom they are about.")
    row.draft = msgspec.to_builtins(replace(draft, checked=checked))
    due = await session.get(ScheduledRow, row.scheduled_id) if row.scheduled_id else None
    if due is not None:
        due.draft = row.draft
    await session.flush()


async def _publish(
    session: AsyncSession,
    row: SubmissionRow,
    actor: Actor,
    *,
    addresses: Addresses,
    now: datetime,
) -> int | None:
    """Do what was approved, as who wrote it."""
    given = Paper(row.kind, row.target_id, row.detail, given=True)
    draft = msgspec.convert(row.draft, Draft) if row.draft is not None else Draft("")
    detail, target = row.detail, row.target_id or 0
    if row.kind in PRESENTING:
        await presenting.carry_out(session, row, actor, addresses=addresses, now=now)
        return None
    when: dict[str, Any] = {"addresses": addresses, "now": now}
    if row.kind == "boost":
        return await reactions.boost(
            session,
            actor=actor,
            post_id=target,
            visibility=Visibility(detail["visibility"]) if detail.get("visibility") else None,
            paper=given,
            **when,
        )
    if row.kind == "edit":
        edits = msgspec.convert(detail.get("media_edits", []), list[MediaEdit])
        return await posts.edit(
            session,
            actor=actor,
            post_id=target,
            draft=draft,
            media_edits=edits,
            paper=given,
            **when,
        )
    if row.kind == "event status":
        status = Status(str(detail["status"]))
        await events.set_status(
            session, actor=actor, post_id=target, status=status, paper=given, **when
        )
        return target
    if row.kind in {"event", "event edit"}:
        event = msgspec.convert(detail["event"], EventDraft)
        if row.kind == "event":
            return await events.create(
                session, actor=actor, event=event, draft=draft, paper=given, **when
            )
        await events.edit(
            session,
            actor=actor,
            post_id=target,
            event=event,
            draft=draft,
            paper=given,
            **when,
        )
        return target
    if row.kind == "consultation":
        asked = msgspec.convert(detail["asked"], ConsultationDraft)
        number = await consultations.ask(
            session,
            actor=actor,
            asked=asked,
            draft=draft,
            number=int(str(detail["number"])),
            paper=given,
            **when,
        )
        return await consultations.post_of(session, number)
    if row.kind == "outcome":
        outcome = msgspec.convert(detail["outcome"], Outcome)
        return await consultations.close(
            session,
            actor=actor,
            consultation_id=target,
            outcome=outcome,
            draft=draft,
            paper=given,
            **when,
        )
    if row.kind == "discussion":
        plan = msgspec.convert(detail["plan"], DiscussionDraft)
        number = await discussions.announce(
            session, actor=actor, plan=plan, draft=draft, paper=given, **when
        )
        return await discussions.post_of(session, number)
    post_id = await posts.publish(session, actor=actor, draft=draft, paper=given, **when)
    if row.kind == "transcript":
        await discussion_clock.told(session, discussion_id=target, post_id=post_id)
    return post_id


async def _turn(
    session: AsyncSession,
    row: SubmissionRow,
    version: int,
    to: State,
    *,
    now: datetime,
    before: Sequence[str] = ("waiting",),
    approved_by: int | None = None,
    step: int = 0,
) -> None:
    if not await store.turn(
        session,
        row,
        version=version,
        to=to.value,
        now=now,
        before=before,
        approved_by=approved_by,
        step=step,
    ):
        raise ConflictError(_TOO_LATE)


async def _member(session: AsyncSession, member_id: int) -> MemberRow:
    member = await session.get(MemberRow, member_id)
    if member is None:
        raise NotFoundError("There is nothing here that you may see.")
    return member


async def _seen(
    session: AsyncSession, member_id: int, submission_id: int
) -> tuple[SubmissionRow, Actor]:
    """Return something and its viewer as they act for the account; not found for others."""
    row = await session.get(SubmissionRow, submission_id)
    member = await _member(session, member_id)
    if row is None or await officials.delegation(session, row.account_id, member_id) is None:
        raise NotFoundError("There is nothing here that you may see.")
    return row, await acting.actor_of(session, member, row.account_id)


async def _decided_by(
    session: AsyncSession, member_id: int, submission_id: int
) -> tuple[SubmissionRow, Actor]:
    row, actor = await _seen(session, member_id, submission_id)
    if row.author_member_id == member_id:
        raise ForbiddenError("You wrote this. A second person has to decide about it.")
    _demand_guide(actor)
    if not may(actor.delegation, Deed.APPROVE):
        raise ForbiddenError("Only approvers and managers of this account decide about it.")
    return row, actor


def _demand_guide(actor: Actor) -> None:
    if actor.delegation is not None and actor.delegation.unread:
        raise ForbiddenError(why_not(actor.delegation, Deed.ANSWER))


async def _writer(session: AsyncSession, row: SubmissionRow) -> Actor:
    """Return who wrote it, if they may still act for the account."""
    member = await session.get(MemberRow, row.author_member_id)
    if member is None or member.disabled_at is not None:
        raise ForbiddenError("Whoever wrote this can no longer sign in.")
    try:
        return await acting.actor_of(session, member, row.account_id)
    except DomainError as error:
        raise ForbiddenError("Whoever wrote this may not act for this account now.") from error


async def _view(
    session: AsyncSession,
    row: SubmissionRow,
    actor: Actor,
    *,
    addresses: Addresses,
    now: datetime,
    whole: bool = False,
) -> SubmissionView:
    account = await accounts.by_id(session, row.account_id)
    draft = msgspec.convert(row.draft, Draft) if row.draft is not None else None
    found = await store.media_of(session, draft.media_ids) if draft is not None else {}
    media: Sequence[MediaView] = [
        views.view_of_media(found[number])
        for number in (draft.media_ids if draft is not None else ())
        if number in found
    ]
    person = await submissions.individual(session, draft) if draft is not None else None
    due = await session.get(ScheduledRow, row.scheduled_id) if row.scheduled_id else None
    own = row.author_member_id == actor.member_id
    return SubmissionView(
        id=row.id,
        account_id=row.account_id,
        username=account.username if account is not None else "",
        kind=row.kind,
        state=State(row.state),
        version=row.version,
        author=row.author,
        created_at=row.created_at,
        own=own,
        may_approve=not own and may(actor.delegation, Deed.APPROVE),
        may_describe=not own
        and may(actor.delegation, Deed.WRITE)
        and any(weak_description(one.alt) for one in media),
        draft=draft,
        media=tuple(media),
        preview=await _preview(session, row, actor, draft, media, addresses, now),
        due_at=due.due_at if due is not None else None,
        post_id=row.post_id,
        unchecked=draft is not None and await submissions.unchecked(session, draft),
        to_person=(
            person.acct
            if person is not None and draft is not None and submissions.needs_guard(draft)
            else ""
        ),
        steps=await _steps(session, row) if whole else (),
        changes=presenting.changes_of(row.kind, row.detail),
        about=str(row.detail.get("name", "")) if row.kind in PRESENTING else "",
    )


async def _preview(
    session: AsyncSession,
    row: SubmissionRow,
    actor: Actor,
    draft: Draft | None,
    media: Sequence[MediaView],
    addresses: Addresses,
    now: datetime,
) -> PostView | None:
    if draft is not None:
        return await drafts.preview(
            session, actor=actor, draft=draft, media=media, addresses=addresses, now=now
        )
    if row.kind in PRESENTING:
        return await presenting.pinned(session, row, actor)
    try:
        return await views.post_view(session, row.target_id or 0, viewer=actor)
    except NotFoundError:
        return None


async def _steps(session: AsyncSession, row: SubmissionRow) -> tuple[Step, ...]:
    return tuple(
        Step(one.at, one.handle, one.did, one.comment, str((one.draft or {}).get("text", "")))
        for one in await store.steps_of(session, row.id)
    )
