"""The day's digest: gathered, edited, approved by a second person, published (S-43)."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.addresses import Addresses
from fedi_k12.domain.delegates import Deed, may
from fedi_k12.domain.digests import MAX_LINE, DigestState, DigestView, Pick
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.search_query import name_key
from fedi_k12.services import (
    acting,
    digest_reading,
    digest_writing,
    gates,
    notifications,
    records,
)
from fedi_k12.services import submissions as approval
from fedi_k12.services.notifications import Notice
from storage import digests
from storage import officials as official_rows
from storage import submissions as teams
from storage.tables import DigestItemRow, DigestRow, MemberRow

MAX_COMMENT = 2000
_TOO_LATE = "Somebody else decided this or changed it meanwhile. Look at it again."


async def desk(session: AsyncSession, *, member_id: int) -> list[DigestView]:
    """Return the digests that are not out yet of the accounts that a person acts for now."""
    held = [
        row.account_id
        for row, _ in await official_rows.held_by(session, member_id)
        if row.paused_at is None
    ]
    rows = await digests.in_state(session, ("open", "waiting"), account_ids=held)
    return await digest_reading.views_of(session, rows, member_id=member_id)


async def one(session: AsyncSession, *, member_id: int, day: date) -> DigestView:
    """Return the digest of a day for its team, also before it is out."""
    row, actor = await _seen(session, member_id, day)
    may_approve = may(actor.delegation, Deed.APPROVE)
    return await digest_reading.view(session, row, member_id=member_id, may_approve=may_approve)


async def save(
    session: AsyncSession, *, member_id: int, day: date, picks: Sequence[Pick], now: datetime
) -> None:
    """Keep what an author of the account picked, in which order, with a line for each."""
    row, actor = await _seen(session, member_id, day)
    gates.demand(actor, Deed.WRITE)
    if row.state != DigestState.OPEN.value:
        raise ConflictError(_TOO_LATE)
    known = {item.id: item for item in await digests.items(session, row.id)}
    for pick in picks:
        item = known.get(pick.item_id)
        line = " ".join(pick.line.replace("\0", "").split())
        if len(line) > MAX_LINE:
            raise InvalidError(
                "A line is too long: 300 characters are the most.",
                fields={f"line-{pick.item_id}": "is too long"},
            )
        if item is not None:
            item.included, item.line = pick.included, line
            item.position = max(0, min(pick.position, 9999))
            item.words = name_key(f"{item.name} {item.said} {line}")
    row.edited_by = member_id
    person = await approval.person_of(session, actor)
    row.editor = person.acct if person is not None else ""
    await session.flush()
    await _record(session, row, actor, "digest edited", {}, now)


async def send(session: AsyncSession, *, member_id: int, day: date, now: datetime) -> None:
    """Send a digest to a second person. Whoever sends it is its editor."""
    row, actor = await _seen(session, member_id, day)
    gates.demand(actor, Deed.WRITE)
    picked = [item for item in await _standing(session, row) if item.included]
    if not picked:
        raise InvalidError("Pick at least one post.")
    person = await approval.person_of(session, actor)
    if not await digests.turn(
        session,
        row,
        before="open",
        to="waiting",
        version=row.version,
        step=1,
        edited_by=member_id,
        editor=person.acct if person is not None else "",
        comment="",
    ):
        raise ConflictError(_TOO_LATE)
    told: dict[str, object] = {"posts": [item.url for item in picked]}
    await _record(session, row, actor, "digest sent for approval", told, now)
    about: dict[str, object] = {"day": day.isoformat()}
    notices = [
        Notice(one.account_id, "digest_waits", actor.account_id, None, about)
        for one in await teams.approvers(session, actor.account_id)
        if one.id != member_id
    ]
    await notifications.notify_many(session, notices, now=now)


async def give_back(
    session: AsyncSession,
    *,
    member_id: int,
    day: date,
    version: int,
    comment: str,
    now: datetime,
) -> None:
    """Give a digest back to be changed, by who could approve it; or by its editor."""
    row, actor = await _seen(session, member_id, day)
    if row.edited_by != member_id:
        gates.demand(actor, Deed.APPROVE)
    said = comment.replace("\0", "").strip()
    if row.edited_by != member_id and not said:
        raise InvalidError("Say what is to be changed.", fields={"comment": "is missing"})
    if len(said) > MAX_COMMENT:
        raise InvalidError("That is too long.", fields={"comment": "is too long"})
    if not await digests.turn(
        session, row, before="waiting", to="open", version=version, comment=said
    ):
        raise ConflictError(_TOO_LATE)
    await _record(session, row, actor, "digest returned", {"comment": said}, now)


async def approve(
    session: AsyncSession,
    *,
    member_id: int,
    day: date,
    version: int,
    addresses: Addresses,
    now: datetime,
) -> None:
    """Approve a digest that somebody else edited, and publish it: an article and a note."""
    row, actor = await _seen(session, member_id, day)
    if row.edited_by == member_id:
        raise ForbiddenError("You edited this. A second person has to decide about it.")
    gates.demand(actor, Deed.APPROVE)
    picked = [item for item in await _standing(session, row) if item.included]
    if not picked:
        raise InvalidError("Nothing of it is left: those who wrote it took it back.")
    member = await session.get(MemberRow, row.edited_by) if row.edited_by else None
    if member is None:
        raise ForbiddenError("Whoever edited this can no longer sign in.")
    editor = await acting.actor_of(session, member, row.account_id)
    if not await digests.turn(
        session,
        row,
        before="waiting",
        to="out",
        version=version,
        approved_by=member_id,
        published_at=now,
    ):
        raise ConflictError(_TOO_LATE)
    await digest_writing.publish(session, row, picked, editor, addresses=addresses, now=now)
    await _record(session, row, actor, "digest approved", {"by": row.editor}, now)


async def withdraw(session: AsyncSession, *, actor: Actor, item_id: int, now: datetime) -> date:
    """Take a post of the actor's out of a digest; return the day. It stays where it is."""
    item = await session.get(DigestItemRow, item_id)
    row = await session.get(DigestRow, item.digest_id) if item is not None else None
    if item is None or row is None or item.account_id != actor.account_id:
        raise NotFoundError("There is nothing here that you may see.")
    item.withdrawn_at, item.said, item.words = item.withdrawn_at or now, "", ""
    await session.flush()
    await _record(session, row, actor, "digest: post withdrawn", {"post": item.url}, now)
    return date.fromisoformat(row.day)


async def _standing(session: AsyncSession, row: DigestRow) -> list[DigestItemRow]:
    return await digest_reading.standing(session, row.id)


async def _seen(session: AsyncSession, member_id: int, day: date) -> tuple[DigestRow, Actor]:
    """Return the digest of a day and its viewer as they act for its account."""
    member = await session.get(MemberRow, member_id)
    if member is not None:
        for held, _ in await official_rows.held_by(session, member_id):
            row = await digests.of_day(session, held.account_id, day.isoformat())
            if row is not None and row.state != DigestState.EMPTY.value:
                return row, await acting.actor_of(session, member, row.account_id)
    raise NotFoundError("There is nothing here that you may see.")


async def _record(
    session: AsyncSession,
    row: DigestRow,
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
        object_id=f"/digest/desk/{row.day}",
        now=now,
        detail={"day": row.day, **detail},
    )
