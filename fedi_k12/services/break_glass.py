"""Break-glass: a manager publishes at once in an emergency, another reviews it (S-38)."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain import presenting
from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.delegates import Deed, may
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.services import (
    acting,
    gates,
    notifications,
    officials,
    posts,
    profiles,
    records,
    submissions,
)
from fedi_k12.services.notifications import Notice
from storage import accounts, break_glass
from storage import officials as official_rows
from storage import posts as post_rows
from storage.tables import BreakGlassRow, MemberRow

MAX_REASON = 500


class Opened(Struct, frozen=True):
    """A post that went out at once, as the team of its account sees it."""

    id: int
    username: str
    post_id: int | None
    """None where the post is gone, or it was no post."""
    handle: str
    reason: str
    text: str
    at: datetime
    own: bool
    """The viewer published it, and does not review it."""
    may_review: bool
    reviewer: str = ""
    reviewed_at: datetime | None = None
    review_note: str = ""
    profile: bool = False
    """It was no post: what the account says of itself changed."""


async def publish(
    session: AsyncSession,
    *,
    actor: Actor,
    draft: Draft,
    reason: str,
    addresses: Addresses,
    now: datetime,
) -> int:
    """Publish a post at once: nobody reads it first, and other servers are told without delay.

    For managers, with a reason. Everybody who acts for the account is told. Returns the id of
    what is to be reviewed. Raises `ForbiddenError` for who manages nothing, `InvalidError` by
    field.
    """
    speaker, why = await _alone(session, actor, reason, now=now)
    post_id = await posts.publish(
        session, actor=speaker, draft=draft, addresses=addresses, now=now
    )
    if (known := await break_glass.of_post(session, post_id)) is not None:
        return known.id
    return await _keep(session, actor, why, draft.text, post_id=post_id, now=now)


async def present(
    session: AsyncSession,
    *,
    actor: Actor,
    changes: ProfileChanges,
    reason: str,
    addresses: Addresses,
    now: datetime,
) -> int:
    """Change the profile of an official account at once, reviewed afterwards as `publish`."""
    speaker, why = await _alone(session, actor, reason, now=now)
    row = await accounts.by_id(session, actor.account_id)
    before = profiles.presented(row) if row is not None else ProfileChanges()
    detail = presenting.as_detail(presenting.differing(changes, before), before)
    await profiles.update_profile(
        session, actor=speaker, changes=changes, addresses=addresses, now=now
    )
    said = presenting.as_text(presenting.listed(detail))
    return await _keep(session, actor, why, said, post_id=None, now=now)


async def _alone(
    session: AsyncSession, actor: Actor, reason: str, *, now: datetime
) -> tuple[Actor, str]:
    """Return the manager as they act alone, and why; refuse everybody else."""
    standing = await officials.standing(session, actor.account_id, now=now)
    if standing is None or actor.delegation is None or actor.member_id is None:
        raise ForbiddenError("That is for official accounts. Speak as one first.")
    gates.demand(actor, Deed.MANAGE)
    if standing.silent_because:
        raise InvalidError(standing.silent_because)
    why = _said(reason, "reason")
    if not why:
        raise InvalidError(
            "Say why it cannot wait.", fields={"reason": "Say why it cannot wait."}
        )
    return replace(actor, delegation=replace(actor.delegation, emergency=True)), why


async def _keep(
    session: AsyncSession,
    actor: Actor,
    why: str,
    text: str,
    *,
    post_id: int | None,
    now: datetime,
) -> int:
    """Keep what went out for its review, tell the team, and return its number."""
    person = await submissions.person_of(session, actor)
    row = BreakGlassRow(
        id=new_id(),
        account_id=actor.account_id,
        post_id=post_id,
        member_id=actor.member_id or 0,
        handle=person.acct if person is not None else "",
        reason=why,
        text=text,
        at=now,
    )
    session.add(row)
    await session.flush()
    await _record(session, row, actor, "break-glass", {"reason": why}, now)
    await _tell_team(session, row, now)
    return row.id


async def review(
    session: AsyncSession, *, member_id: int, opened_id: int, note: str = "", now: datetime
) -> None:
    """Note that a second person has read what went out without them.

    For approvers and managers, whichever account they speak for; never who published it.
    """
    row, actor = await _seen(session, member_id, opened_id)
    if row.member_id == member_id:
        raise ForbiddenError("You published this. A second person reviews it.")
    if not may(actor.delegation, Deed.APPROVE):
        raise ForbiddenError("Only approvers and managers of this account review it.")
    said = _said(note, "note")
    person = await submissions.person_of(session, actor)
    handle = person.acct if person is not None else ""
    if not await break_glass.review(
        session, row, by=member_id, handle=handle, note=said, now=now
    ):
        raise ConflictError("Somebody has reviewed this already.")
    await _record(session, row, actor, "break-glass reviewed", {"note": said}, now)


async def waiting(session: AsyncSession, *, member_id: int) -> list[Opened]:
    """Return what nobody has reviewed yet of the accounts that a person acts for now."""
    held = {
        row.account_id: row
        for row, _ in await official_rows.held_by(session, member_id)
        if row.paused_at is None
    }
    found = []
    for row in await break_glass.unreviewed(session, list(held)):
        _, actor = await _seen(session, member_id, row.id)
        found.append(await _view(session, row, actor))
    return found


async def one(session: AsyncSession, *, member_id: int, opened_id: int) -> Opened:
    """Return what went out at once, for the team of its account alone."""
    row, actor = await _seen(session, member_id, opened_id)
    return await _view(session, row, actor)


async def _seen(
    session: AsyncSession, member_id: int, opened_id: int
) -> tuple[BreakGlassRow, Actor]:
    row = await session.get(BreakGlassRow, opened_id)
    member = await session.get(MemberRow, member_id)
    if (
        row is None
        or member is None
        or await official_rows.delegation(session, row.account_id, member_id) is None
    ):
        raise NotFoundError("There is nothing here that you may see.")
    return row, await acting.actor_of(session, member, row.account_id)


async def _view(session: AsyncSession, row: BreakGlassRow, actor: Actor) -> Opened:
    account = await accounts.by_id(session, row.account_id)
    own = row.member_id == actor.member_id
    stays = await post_rows.by_id(session, row.post_id) if row.post_id else None
    return Opened(
        id=row.id,
        username=account.username if account is not None else "",
        post_id=row.post_id if stays is not None else None,
        handle=row.handle,
        reason=row.reason,
        text=row.text,
        at=row.at,
        own=own,
        may_review=not own and row.reviewed_at is None and may(actor.delegation, Deed.APPROVE),
        reviewer=row.reviewer,
        reviewed_at=row.reviewed_at,
        review_note=row.review_note,
        profile=row.post_id is None,
    )


async def _tell_team(session: AsyncSession, row: BreakGlassRow, now: datetime) -> None:
    about = {"break_glass_id": str(row.id)}
    told = [
        Notice(one.account_id, "emergency_post", row.account_id, row.post_id, about)
        for one in await break_glass.team(session, row.account_id)
        if one.id != row.member_id
    ]
    await notifications.notify_many(session, told, now=now)


async def _record(
    session: AsyncSession,
    row: BreakGlassRow,
    actor: Actor,
    kind: str,
    detail: dict[str, object],
    now: datetime,
) -> None:
    await records.note(
        session,
        kind=kind,
        actor=actor,
        concerned=[row.account_id],
        object_id=f"/break-glass/{row.id}",
        now=now,
        detail={"post": str(row.post_id or ""), "by": row.handle, **detail},
    )


def _said(text: str, field: str) -> str:
    said = text.replace("\0", "").strip()
    if len(said) > MAX_REASON:
        raise InvalidError("Please say it in 500 letters.", fields={field: "is too long"})
    return said
