"""Whether others are heard under what an official account says, changed by two people (R-43).

A change holds for what is published from then on: each post keeps what it said as it went out,
in its interaction policy, which other servers read as `canReply`.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.charters import ForumMode
from fedi_k12.domain.delegates import Deed, may
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.public_log import Act, Category
from fedi_k12.services import public_log, records
from storage import accounts, forum
from storage.tables import ForumChangeRow, OfficialRow

_ACTS = {ForumMode.ANNOUNCEMENTS: Act.FORUM_CLOSED, ForumMode.LIMITED: Act.FORUM_OPENED}


class Asked(Struct, frozen=True):
    """A change of the mode that waits for a second person."""

    id: int
    mode: ForumMode
    asked_at: datetime
    own: bool
    """Whether who looks asked for it, and so cannot approve it."""


async def of(session: AsyncSession, account_id: int) -> ForumMode:
    """Return the mode of an official account."""
    return ForumMode((await _official(session, account_id)).forum_mode)


async def waiting(session: AsyncSession, *, actor: Actor, account_id: int) -> Asked | None:
    """Return the change that waits, to those who could decide about it."""
    _demand(actor, account_id)
    row = await forum.change_of(session, account_id)
    if row is None:
        return None
    return Asked(row.id, ForumMode(row.mode), row.asked_at, row.asked_by == actor.member_id)


async def begin(
    session: AsyncSession, *, account_id: int, mode: ForumMode, now: datetime
) -> None:
    """Take over the mode of a first charter: before it the account says nothing."""
    (await _official(session, account_id)).forum_mode = mode.value
    await session.flush()
    del now


async def ask(
    session: AsyncSession, *, actor: Actor, account_id: int, mode: ForumMode, now: datetime
) -> None:
    """Ask for another mode: by a manager or an administrator. A second person approves it."""
    _demand(actor, account_id)
    official = await _official(session, account_id)
    former = await forum.change_of(session, account_id)
    if official.forum_mode == mode.value:
        if former is not None:
            former.ended_at = now
        return
    if former is not None and former.mode == mode.value:
        return
    if former is not None:
        former.ended_at = now
        await session.flush()
    session.add(
        ForumChangeRow(
            id=new_id(),
            account_id=account_id,
            mode=mode.value,
            asked_by=actor.member_id or 0,
            asked_at=now,
        )
    )
    await session.flush()
    await _note(session, actor, "forum mode asked for", account_id, mode, now=now)


async def approve(
    session: AsyncSession, *, actor: Actor, account_id: int, now: datetime
) -> None:
    """Put the mode in force that somebody else asked for; it is told in public."""
    _demand(actor, account_id)
    row = await forum.change_of(session, account_id)
    if row is None:
        raise InvalidError("Nothing waits here.")
    if actor.member_id is None or row.asked_by == actor.member_id:
        raise ForbiddenError("Another person approves what you asked for.")
    mode = ForumMode(row.mode)
    row.approved_by, row.approved_at, row.ended_at = actor.member_id, now, now
    (await _official(session, account_id)).forum_mode = mode.value
    await forum.tell_charter(session, account_id, mode.value)
    await session.flush()
    account = await accounts.by_id(session, account_id)
    await public_log.add(
        session,
        actor=actor,
        act=_ACTS[mode],
        category=Category.OFFICIAL,
        name=account.username if account is not None else "",
        now=now,
    )
    await _note(session, actor, "forum mode changed", account_id, mode, now=now)


async def withdraw(
    session: AsyncSession, *, actor: Actor, account_id: int, now: datetime
) -> None:
    """Drop a change that waits."""
    _demand(actor, account_id)
    row = await forum.change_of(session, account_id)
    if row is not None:
        row.ended_at = now
        await session.flush()
        mode = ForumMode(row.mode)
        await _note(session, actor, "forum mode not changed", account_id, mode, now=now)


async def _official(session: AsyncSession, account_id: int) -> OfficialRow:
    row = await session.get(OfficialRow, account_id)
    if row is None:
        raise NotFoundError("There is no such official account.")
    return row


def _demand(actor: Actor, account_id: int) -> None:
    if actor.account_id == account_id and may(actor.delegation, Deed.MANAGE):
        return
    decision = decide(actor, Action.MAKE_OFFICIALS)
    if actor.delegation is not None or not decision.allowed:
        raise ForbiddenError(decision.why or "Only managers of this account may do that.")


async def _note(
    session: AsyncSession,
    actor: Actor,
    kind: str,
    account_id: int,
    mode: ForumMode,
    *,
    now: datetime,
) -> None:
    await records.note(
        session,
        kind=kind,
        actor=actor,
        concerned=[account_id],
        object_id=f"account {account_id}",
        now=now,
        detail={"mode": mode.value},
    )
