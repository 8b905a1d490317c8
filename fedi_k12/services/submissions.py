"""What an official account is to say waits here until a second person has read it (S-38).

Nothing of it is a post yet: no timeline, no job and no other server knows of it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NoReturn

import msgspec
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError, InvalidError, SavedForApprovalError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft
from fedi_k12.domain.presenting import KINDS as PRESENTING
from fedi_k12.domain.submissions import (
    Level,
    Paper,
    State,
    in_public,
    is_individual,
    needs_second_person,
)
from fedi_k12.domain.words import words
from fedi_k12.services import notifications, records
from fedi_k12.services.notifications import Notice
from storage import accounts, posts, submissions
from storage.tables import AccountRow, MemberRow, SubmissionRow, SubmissionStepRow

KEY_KEPT = timedelta(hours=1)
"""So long the same idempotency key is the same draft, as for posts."""


async def level_of(session: AsyncSession, account_id: int) -> Level:
    """Return what of an official account needs a second person."""
    return Level(await submissions.level_of(session, account_id))


async def individual(session: AsyncSession, draft: Draft) -> AccountRow | None:
    """Return the private individual of whom a draft answers or quotes a post, if it does."""
    ids = [n for n in (draft.in_reply_to_id, draft.quote_of_id) if n is not None]
    found = await posts.by_ids(session, ids)
    originals = [row.boost_of_id for row in found.values() if row.boost_of_id is not None]
    found |= await posts.by_ids(session, originals)
    people = await accounts.by_ids(session, [row.account_id for row in found.values()])
    return next((row for row in people.values() if is_individual(row.kind)), None)


async def already(
    session: AsyncSession, actor: Actor, key: str, *, now: datetime
) -> int | None:
    """Return what was published of the draft with this key, None where there is none.

    Raises `SavedForApprovalError` again where it still waits.
    """
    if actor.delegation is None or actor.member_id is None:
        return None
    row = await submissions.by_key(session, actor.account_id, actor.member_id, key)
    if row is None:
        return None
    if now - row.created_at < KEY_KEPT:
        if row.post_id is not None:
            return row.post_id
        raise await _saved(session, row)
    row.idempotency_key = None
    await session.flush()
    return None


async def hold(
    session: AsyncSession,
    *,
    actor: Actor,
    draft: Draft | None,
    paper: Paper,
    now: datetime,
) -> NoReturn:
    """Keep something for a second person, tell those who can approve it, and say so.

    Always raises `SavedForApprovalError`, which keeps what is written.
    """
    known = await _known(session, actor, paper)
    if known is not None:
        raise await _saved(session, known)
    raise await _saved(session, await keep(session, actor, draft, paper, now=now))


async def presented_by_two(session: AsyncSession, actor: Actor, paper: Paper | None) -> bool:
    """Return whether a second person decides first how an account presents itself (S-38).

    `paper` may say that they agreed. Never for one's own account, nor in an emergency.
    """
    held = actor.delegation
    if held is None or held.emergency or (paper is not None and paper.given):
        return False
    level = await level_of(session, actor.account_id)
    return needs_second_person(level, held, to_individual=False, public=True)


async def present(
    session: AsyncSession, actor: Actor, asked: Paper, paper: Paper | None, *, now: datetime
) -> None:
    """Hold something of how an account presents itself where a second person decides first."""
    if await presented_by_two(session, actor, paper):
        await hold(session, actor=actor, draft=None, paper=asked, now=now)


async def keep(
    session: AsyncSession,
    actor: Actor,
    draft: Draft | None,
    paper: Paper,
    *,
    scheduled_id: int | None = None,
    now: datetime,
) -> SubmissionRow:
    """Keep something for a second person and tell those who can approve it."""
    person = await person_of(session, actor)
    if actor.member_id is None or person is None:
        raise ForbiddenError("Only a person can write for this account.")
    row = SubmissionRow(
        id=new_id(),
        account_id=actor.account_id,
        author_member_id=actor.member_id,
        author=person.acct,
        kind=paper.kind,
        state=State.WAITING.value,
        version=1,
        target_id=paper.target_id,
        scheduled_id=scheduled_id,
        draft=_stored(draft),
        detail=dict(paper.detail),
        idempotency_key=draft.idempotency_key if draft is not None else None,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    await session.flush()
    if draft is not None and draft.media_ids and scheduled_id is None:
        await submissions.hold_media(session, row.id, draft.media_ids)
    await note(session, row, actor, "sent", now=now)
    await tell_approvers(session, row, now=now)
    return row


async def scheduled_paper(session: AsyncSession, scheduled_id: int) -> Paper:
    """Return what lets a scheduled post through the gate now that it is due.

    Raises `InvalidError` where it was not approved in time.
    """
    row = await submissions.of_scheduled(session, scheduled_id)
    if row is None:
        return Paper()
    if row.state != State.APPROVED.value:
        raise InvalidError("Nobody approved this in time.")
    return Paper(given=True)


async def published_as(
    session: AsyncSession, scheduled_id: int, post_id: int, *, now: datetime
) -> None:
    """Remember what came of a scheduled post that had to be approved."""
    row = await submissions.of_scheduled(session, scheduled_id)
    if row is not None:
        row.state, row.post_id, row.updated_at = State.PUBLISHED.value, post_id, now
        await session.flush()


async def called_off(
    session: AsyncSession, *, actor: Actor, scheduled_id: int, now: datetime
) -> None:
    """Let nothing wait any more for a scheduled post that was called off."""
    row = await submissions.of_scheduled(session, scheduled_id)
    if row is not None and row.state in submissions.OPEN:
        row.state, row.approved_by, row.updated_at = State.WITHDRAWN.value, None, now
        await note(session, row, actor, "withdrawn", now=now)


async def note(
    session: AsyncSession,
    row: SubmissionRow,
    actor: Actor,
    did: str,
    *,
    comment: str = "",
    now: datetime,
) -> None:
    """Keep a step for the team and for the records of the account."""
    person = await person_of(session, actor)
    session.add(
        SubmissionStepRow(
            id=new_id(),
            submission_id=row.id,
            member_id=actor.member_id or 0,
            handle=person.acct if person is not None else "",
            did=did,
            comment=comment,
            draft=row.draft,
            at=now,
        )
    )
    await session.flush()
    await records.note(
        session,
        kind=f"approval: {did}",
        actor=actor,
        concerned=[row.account_id],
        object_id=f"/approvals/{row.id}",
        now=now,
        detail={
            "what": row.kind,
            "version": row.version,
            "author": row.author,
            "comment": comment,
            "draft": row.draft,
            **row.detail,
        },
    )


async def tell_approvers(session: AsyncSession, row: SubmissionRow, *, now: datetime) -> None:
    """Tell everybody who can approve something, but not who wrote it."""
    about = {"submission_id": str(row.id)}
    notices = [
        Notice(one.account_id, "approval_request", row.account_id, None, about)
        for one in await _others(session, row)
    ]
    await notifications.notify_many(session, notices, now=now)


async def tell_author(
    session: AsyncSession, row: SubmissionRow, kind: str, *, now: datetime
) -> None:
    """Tell who wrote something what became of it."""
    member = await session.get(MemberRow, row.author_member_id)
    if member is not None:
        about = {"submission_id": str(row.id)}
        told = Notice(member.account_id, kind, row.account_id, row.post_id, about)
        await notifications.notify_many(session, [told], now=now)


async def person_of(session: AsyncSession, actor: Actor) -> AccountRow | None:
    """Return the account of the person who acts, whichever account they act for."""
    member = await session.get(MemberRow, actor.member_id) if actor.member_id else None
    return await accounts.by_id(session, member.account_id) if member is not None else None


async def unchecked(session: AsyncSession, draft: Draft) -> bool:
    """Return whether it has pictures of which nobody said that they were looked at (R-31)."""
    return draft.checked is None and await submissions.pictures_to_check(
        session, draft.media_ids
    )


def needs_guard(draft: Draft) -> bool:
    """Return whether everybody could read it."""
    return in_public(draft.visibility)


async def _known(session: AsyncSession, actor: Actor, paper: Paper) -> SubmissionRow | None:
    """Return the same thing that waits already: to ask twice is to ask once."""
    if paper.kind == "boost" and paper.target_id is not None:
        return await submissions.of_boost(session, actor.account_id, paper.target_id)
    if paper.kind not in PRESENTING or actor.member_id is None:
        return None
    rows = await submissions.waiting_of_kind(
        session, actor.account_id, actor.member_id, paper.kind
    )
    same = (paper.target_id, dict(paper.detail))
    return next((row for row in rows if (row.target_id, row.detail) == same), None)


async def _others(session: AsyncSession, row: SubmissionRow) -> Sequence[MemberRow]:
    able = await submissions.approvers(session, row.account_id)
    return [one for one in able if one.id != row.author_member_id]


async def _saved(session: AsyncSession, row: SubmissionRow) -> SavedForApprovalError:
    able = await _others(session, row)
    people = await accounts.by_ids(session, [one.account_id for one in able])
    named = ", ".join(sorted(f"@{one.username}" for one in people.values()))
    return SavedForApprovalError(
        words(
            "Saved for approval. Nothing is published until a second person has read it: "
            "%(people)s.",
            people=named,
        ),
        submission_id=row.id,
    )


def _stored(draft: Draft | None) -> dict[str, object] | None:
    if draft is None:
        return None
    stored: dict[str, object] = msgspec.to_builtins(replace(draft, idempotency_key=None))
    return stored
