"""Disposal of records whose time is over: asked for by one person, approved by another (R-14).

The bytes go, the entries of the chain stay. The certificate is a record itself: it names each
record with the hashes of what it held, so that whoever verifies the chain tells what was
disposed of from what is missing. The database refuses every other way.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.record_jobs import LetFilesGo
from fedi_k12.domain.records import moment
from fedi_k12.domain.retention import CERTIFICATE, MOST, RecordClass, Schedule
from fedi_k12.domain.words import words
from fedi_k12.services import records, retention
from storage import accounts, jobs
from storage import retention as store
from storage.retention import Item
from storage.tables import AccountRow, MemberRow, RecordDisposalRow

LISTED = 50


class Disposal(Struct, frozen=True):
    """A disposal as those see it who look after records."""

    id: int
    account: str
    schedule: str
    record_class: str
    before: datetime
    count: int
    reason: str
    asked_by: str
    """The person's handle."""
    asked_at: datetime
    approved_by: str
    withdrawn: bool
    certificate: int | None
    """The number of the record that is its certificate."""
    own: bool
    """Whether whoever looks asked for it: another person has to approve it."""


async def ask(
    session: AsyncSession,
    *,
    actor: Actor,
    account_id: int,
    record_class: str,
    reason: str,
    schedules: Mapping[str, Schedule],
    now: datetime,
) -> int:
    """Ask that what is due of a class is disposed of; return the number of the disposal.

    It takes the oldest, at most `domain.retention.MOST`. Raises `InvalidError` where nothing is
    due, no reason is given, or nobody held the schedule against its source.
    """
    row = await _official(session, actor, account_id)
    if not reason.strip():
        raise InvalidError("Say why these records are no longer needed.",
                           fields={"reason": "is empty"})  # fmt: skip
    keeping = await retention.keeping_of(
        session, account_id, row.username, schedules=schedules, now=now
    )
    line = next((one for one in keeping.lines if one.record_class.name == record_class), None)
    before = line.record_class.before(now) if line is not None else None
    if line is None or before is None or not line.due:
        raise InvalidError("Nothing of this class is due.")
    if not keeping.schedule.checked:
        raise InvalidError(
            "Nobody has held this schedule against its source yet. Do that, and put a copy "
            "with the day (checked) into the folder of schedules: what is disposed of does "
            "not come back."
        )
    over = store.over(account_id, line.acts, before=before)
    free = over.where(~store.held(), ~store.asked_for())
    seqs = list(await session.scalars(free.order_by(over.selected_columns[0]).limit(MOST)))
    disposal = RecordDisposalRow(
        account_id=account_id,
        schedule=keeping.schedule.id,
        record_class=record_class,
        before=before,
        count=len(seqs),
        reason=reason.strip()[: retention.MAX_REASON],
        asked_by=actor.member_id,
        asked_at=now,
    )
    session.add(disposal)
    await session.flush()
    await store.add_items(session, disposal.id, seqs)
    await _note(session, actor, disposal, "disposal asked for", now)
    return disposal.id


async def withdraw(
    session: AsyncSession, *, actor: Actor, disposal_id: int, now: datetime
) -> None:
    """Give up a disposal that nobody approved; any of those who look after records may."""
    row = await _open(session, actor, disposal_id)
    row.withdrawn_at = now
    await session.flush()
    await _note(session, actor, row, "disposal withdrawn", now)


async def approve(
    session: AsyncSession,
    *,
    actor: Actor,
    disposal_id: int,
    schedules: Mapping[str, Schedule],
    now: datetime,
) -> int:
    """Approve a disposal that another person asked for, and carry it out.

    Returns the number of its certificate. Raises `ForbiddenError` for whoever asked,
    `ConflictError` where a hold or a longer schedule came in between.
    """
    row = await _open(session, actor, disposal_id)
    if row.asked_by == actor.member_id:
        raise ForbiddenError("Another person than the one who asked has to approve a disposal.")
    account = await _official(session, actor, row.account_id)
    keeping = await retention.keeping_of(
        session, account.id, account.username, schedules=schedules, now=now
    )
    record_class = await _still_due(session, row, keeping, now)
    items = await store.items(session, row.id)
    certificate = await records.note(
        session,
        kind=CERTIFICATE,
        actor=actor,
        concerned=[account.id],
        object_id=f"disposal {row.id}",
        now=now,
        detail=await _certificate(session, row, keeping.schedule, record_class, items),
    )
    await session.execute(
        update(RecordDisposalRow)
        .where(RecordDisposalRow.id == row.id)
        .values(approved_by=actor.member_id, approved_at=now, certificate=certificate)
        .execution_options(synchronize_session=False)
    )
    files = await store.take_away(session, row.id)
    if files:
        await jobs.enqueue(session, LetFilesGo(tuple(files)), now=now)
    if certificate is None:
        raise ConflictError("This account is no longer an official one.")
    return certificate


async def listed(session: AsyncSession, *, actor: Actor) -> list[Disposal]:
    """Return what was asked for and what was done, the newest first."""
    retention.demand(actor)
    rows = await store.disposals(session, limit=LISTED)
    found = await accounts.by_ids(session, [row.account_id for row in rows])
    return [
        Disposal(
            row.id,
            found[row.account_id].username if row.account_id in found else "",
            row.schedule,
            row.record_class,
            row.before,
            row.count,
            row.reason,
            await _handle(session, row.asked_by),
            row.asked_at,
            await _handle(session, row.approved_by),
            row.withdrawn_at is not None,
            row.certificate,
            row.asked_by == actor.member_id,
        )
        for row in rows
    ]


async def _still_due(
    session: AsyncSession, row: RecordDisposalRow, keeping: retention.Keeping, now: datetime
) -> RecordClass:
    held = await store.held_items(session, row.id)
    if held:
        raise ConflictError(
            words(
                "A legal hold covers %(num)d of these records. Withdraw this and ask anew.",
                num=held,
            )
        )
    found = None
    for direction, kind, newest in await store.acts_in(session, row.id):
        found = keeping.schedule.class_of(direction, kind, floor=keeping.floor)
        before = found.before(now)
        if found.name != row.record_class or before is None or newest >= before:
            break
    else:
        if found is not None and keeping.schedule.id == row.schedule:
            return found
    raise ConflictError("The schedule was changed since. Withdraw this and ask anew.")


async def _certificate(
    session: AsyncSession,
    row: RecordDisposalRow,
    schedule: Schedule,
    record_class: RecordClass,
    items: Sequence[Item],
) -> dict[str, object]:
    return {
        "disposal": row.id,
        "schedule": {
            "id": schedule.id,
            "title": schedule.title,
            "source": schedule.source,
            "checked": schedule.checked,
        },
        "class": {
            "id": record_class.name,
            "title": record_class.title,
            "keep": record_class.keep,
        },
        "why": row.reason,
        "before": moment(row.before),
        "count": len(items),
        "bytes": sum(one.size for one in items),
        "from": moment(min(one.at for one in items)),
        "to": moment(max(one.at for one in items)),
        "askedBy": await _handle(session, row.asked_by),
        "askedAt": moment(row.asked_at),
        "records": [[one.seq, one.digest, one.envelope_digest] for one in items],
    }


async def _note(
    session: AsyncSession, actor: Actor, row: RecordDisposalRow, kind: str, now: datetime
) -> None:
    await records.note(
        session,
        kind=kind,
        actor=actor,
        concerned=[row.account_id],
        object_id=f"disposal {row.id}",
        now=now,
        detail={
            "schedule": row.schedule,
            "class": row.record_class,
            "before": moment(row.before),
            "count": row.count,
            "reason": row.reason,
        },
    )


async def _open(session: AsyncSession, actor: Actor, disposal_id: int) -> RecordDisposalRow:
    retention.demand(actor)
    row = await session.get(RecordDisposalRow, disposal_id, with_for_update=True)
    if row is None:
        raise NotFoundError("There is no such disposal.")
    if row.approved_by is not None or row.withdrawn_at is not None:
        raise ConflictError("Somebody else decided this meanwhile.")
    return row


async def _official(session: AsyncSession, actor: Actor, account_id: int) -> AccountRow:
    retention.demand(actor)
    if actor.member_id is None:
        raise ForbiddenError("A disposal needs two people, each with a sign-in of their own.")
    row = await accounts.by_id(session, account_id)
    if row is None or not await records.is_official(session, account_id):
        raise NotFoundError("There is no such official account.")
    return row


async def _handle(session: AsyncSession, member_id: int | None) -> str:
    member = await session.get(MemberRow, member_id) if member_id is not None else None
    row = await accounts.by_id(session, member.account_id) if member is not None else None
    return row.acct if row is not None else ""
