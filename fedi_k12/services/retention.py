"""How long records of official accounts are kept, and the holds that keep them longer."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.retention import DEFAULT, RecordClass, Schedule
from fedi_k12.services import records
from fedi_k12.services.records_desk import Search, wanted_of
from storage import officials
from storage import retention as store
from storage.tables import RecordClassRow, RecordHoldRow

MAX_REASON = 1000


class Due(Struct, frozen=True):
    """The records of one class of an account, as far as their bytes are here."""

    record_class: RecordClass
    acts: Sequence[tuple[str, str]]
    """(direction, kind) of what belongs to it."""
    kept: int
    due: int
    """So many's time is over, and nothing keeps them."""
    held: int
    """So many's time is over, and a legal hold keeps them."""
    asked: int
    """So many's time is over, and somebody asked for their disposal."""
    next_at: datetime | None
    """When the next one's time is over; None where none ever is."""


class Keeping(Struct, frozen=True):
    """An official account's schedule, and what becomes due under it."""

    account_id: int
    name: str
    schedule: Schedule
    floor: str
    """The class of the account itself, empty for none."""
    lines: Sequence[Due]


async def overview(
    session: AsyncSession,
    *,
    actor: Actor | None,
    schedules: Mapping[str, Schedule],
    now: datetime,
    account: str = "",
) -> list[Keeping]:
    """Return how each official account's records are kept, or one's.

    `actor` is None for the command line. Raises `ForbiddenError` for who may not read them all.
    """
    demand(actor)
    rows = await officials.all_of_them(session)
    return [
        await keeping_of(session, row.id, row.username, schedules=schedules, now=now)
        for row in rows
        if account in {"", row.username}
    ]


async def keeping_of(
    session: AsyncSession,
    account_id: int,
    name: str,
    *,
    schedules: Mapping[str, Schedule],
    now: datetime,
) -> Keeping:
    """Return how the records of an official account are kept."""
    chosen = await session.get(RecordClassRow, account_id)
    schedule = schedules.get(chosen.schedule if chosen is not None else DEFAULT)
    if schedule is None:
        # A file that is gone must not shorten anything.
        schedule = schedules[DEFAULT]
    floor = chosen.default_class if chosen is not None else ""
    classes: dict[str, RecordClass] = {}
    acts: dict[str, list[store.Acts]] = {}
    for one in await store.acts_of(session, account_id):
        found = schedule.class_of(one.direction, one.kind, floor=floor)
        # By title too: what the archive says of itself is no class of the schedule.
        key = f"{found.name} {found.title}"
        classes[key] = found
        acts.setdefault(key, []).append(one)
    lines = [
        await _due(session, account_id, classes[key], acts[key], now=now)
        for key in sorted(acts)
    ]
    return Keeping(account_id, name, schedule, floor, lines)


async def choose(
    session: AsyncSession,
    *,
    actor: Actor | None,
    account_id: int,
    schedule: str,
    floor: str,
    schedules: Mapping[str, Schedule],
    now: datetime,
) -> None:
    """Keep an account's records by a schedule, and at least as long as a class of it."""
    demand(actor)
    found = schedules.get(schedule)
    if found is None:
        raise InvalidError("There is no such schedule.", fields={"schedule": "is not known"})
    if floor and floor not in found.classes:
        raise InvalidError(
            "That schedule has no such class.", fields={"record_class": "is not in it"}
        )
    if not await records.is_official(session, account_id):
        raise NotFoundError("There is no such official account.")
    row = await session.get(RecordClassRow, account_id)
    if row is None:
        row = RecordClassRow(account_id=account_id)
        session.add(row)
    row.schedule, row.default_class = schedule, floor
    row.set_by, row.set_at = (actor.member_id if actor else None), now
    await session.flush()
    await records.note(
        session,
        kind="schedule chosen",
        actor=actor,
        concerned=[account_id],
        object_id=f"schedule {schedule}",
        now=now,
        detail={"schedule": schedule, "source": found.source, "class": floor or None},
    )


async def hold(
    session: AsyncSession, *, actor: Actor | None, search: Search, reason: str, now: datetime
) -> int:
    """Place a legal hold on all that a search finds, now and later; return its number.

    Words are held as the phrase they are. Raises `InvalidError` where a reason is missing, a
    day is none, or no such account is here.
    """
    demand(actor)
    if not reason.strip():
        raise InvalidError(
            "Say why: a case, a request, its number.", fields={"reason": "is empty"}
        )
    rows = await officials.all_of_them(session)
    ids = {row.username: row.id for row in rows}
    if search.account and search.account not in ids:
        raise InvalidError(
            "There is no such official account.", fields={"account": "is not here"}
        )
    wanted = wanted_of(search, list(ids.values()))
    row = RecordHoldRow(
        account_id=ids.get(search.account),
        since=wanted.since,
        until=wanted.until,
        word=" ".join(search.word.casefold().split()),
        person=search.person.strip().lstrip("@").lower(),
        thread=search.thread.strip(),
        reason=reason.strip()[:MAX_REASON],
        placed_by=actor.member_id if actor else None,
        placed_at=now,
    )
    session.add(row)
    await session.flush()
    await _note_hold(session, actor, row, "records held", list(ids.values()), now)
    return row.id


async def lift(
    session: AsyncSession, *, actor: Actor | None, hold_id: int, now: datetime
) -> None:
    """End a legal hold: what it covered is kept by its schedule again."""
    demand(actor)
    row = await session.get(RecordHoldRow, hold_id)
    if row is None or row.lifted_at is not None:
        raise NotFoundError("There is no such hold, or it was lifted.")
    row.lifted_at, row.lifted_by = now, (actor.member_id if actor else None)
    await session.flush()
    rows = await officials.all_of_them(session)
    await _note_hold(session, actor, row, "hold lifted", [one.id for one in rows], now)


async def holds(session: AsyncSession, *, actor: Actor | None) -> list[RecordHoldRow]:
    """Return the legal holds, those that stand first."""
    demand(actor)
    return await store.holds(session)


def demand(actor: Actor | None) -> None:
    """Raise `ForbiddenError` unless the actor looks after the keeping of records."""
    if actor is not None:
        decision = decide(actor, Action.READ_RECORDS)
        if not decision.allowed or actor.delegation is not None:
            raise ForbiddenError(decision.why or "Do this as yourself.")


async def _due(
    session: AsyncSession,
    account_id: int,
    record_class: RecordClass,
    acts: Sequence[store.Acts],
    *,
    now: datetime,
) -> Due:
    pairs = [(one.direction, one.kind) for one in acts]
    kept = sum(one.count for one in acts)
    before = record_class.before(now)
    if before is None:
        return Due(record_class, pairs, kept, 0, 0, 0, None)
    over = store.over(account_id, pairs, before=before)
    following = await store.first_after(session, account_id, pairs, before)
    return Due(
        record_class,
        pairs,
        kept,
        await store.count(session, over.where(~store.held(), ~store.asked_for())),
        await store.count(session, over.where(store.held())),
        await store.count(session, over.where(store.asked_for(), ~store.held())),
        record_class.over_at(following) if following is not None else None,
    )


async def _note_hold(
    session: AsyncSession,
    actor: Actor | None,
    row: RecordHoldRow,
    kind: str,
    everybody: Sequence[int],
    now: datetime,
) -> None:
    # A hold of all accounts is told among the records of each: whoever reads one finds it.
    concerned = [row.account_id] if row.account_id is not None else everybody
    await records.note(
        session,
        kind=kind,
        actor=actor,
        concerned=concerned,
        object_id=f"hold {row.id}",
        now=now,
        detail={
            "reason": row.reason,
            "words": row.word,
            "person": row.person,
            "thread": row.thread,
            "from": row.since.isoformat() if row.since else None,
            "to": row.until.isoformat() if row.until else None,
        },
    )
