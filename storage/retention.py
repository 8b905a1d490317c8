"""Queries of what may be disposed of: by class and time, past holds and what is asked for."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Select,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from storage.tables import (
    RecordBodyRow,
    RecordDisposalItemRow,
    RecordDisposalRow,
    RecordFileRow,
    RecordHoldRow,
    RecordRedactionRow,
    RecordRow,
)

_AT_ONCE = 500


class Acts(Struct, frozen=True):
    """How many records with bytes there are of one kind of act of an account."""

    direction: str
    kind: str
    count: int
    first: datetime
    last: datetime


class Item(Struct, frozen=True):
    """A record that is to be disposed of, as its certificate names it."""

    seq: int
    at: datetime
    digest: str
    envelope_digest: str
    size: int
    """Bytes of the record and its envelope."""


async def acts_of(session: AsyncSession, account_id: int) -> list[Acts]:
    """Return what kinds of acts of an account are kept with their bytes."""
    rows = await session.execute(
        select(
            RecordRow.direction,
            RecordRow.kind,
            func.count(),
            func.min(RecordRow.at),
            func.max(RecordRow.at),
        )
        .join(RecordBodyRow, RecordBodyRow.seq == RecordRow.seq)
        .where(RecordRow.account_id == account_id)
        .group_by(RecordRow.direction, RecordRow.kind)
        .order_by(RecordRow.direction, RecordRow.kind)
    )
    return [Acts(*row) for row in rows]


def over(account_id: int, acts: Sequence[tuple[str, str]], *, before: datetime) -> Select[int]:
    """Return the statement of records of acts (direction, kind) before then, with bytes."""
    return (
        select(RecordRow.seq)
        .join(RecordBodyRow, RecordBodyRow.seq == RecordRow.seq)
        .where(
            RecordRow.account_id == account_id,
            RecordRow.at < before,
            tuple_(RecordRow.direction, RecordRow.kind).in_(list(acts)),
        )
    )


def held() -> ColumnElement[bool]:
    """Return the condition that a legal hold covers a record of `over`."""
    hold = RecordHoldRow
    return exists().where(
        hold.lifted_at.is_(None),
        or_(hold.account_id.is_(None), hold.account_id == RecordRow.account_id),
        or_(hold.since.is_(None), RecordRow.at >= hold.since),
        or_(hold.until.is_(None), RecordRow.at < hold.until),
        or_(hold.person == "", hold.person == func.lower(RecordRow.person)),
        or_(
            hold.thread == "",
            hold.thread == RecordRow.thread,
            hold.thread == RecordRow.object_id,
        ),
        or_(
            hold.word == "",
            # Without LIKE, whose signs may stand in a phrase; the triggers say the same.
            func.replace(RecordBodyRow.words, hold.word, "") != RecordBodyRow.words,
        ),
    )


def asked_for() -> ColumnElement[bool]:
    """Return the condition that somebody asked for the disposal of a record of `over`."""
    return exists().where(
        RecordDisposalItemRow.seq == RecordRow.seq,
        RecordDisposalRow.id == RecordDisposalItemRow.disposal_id,
        RecordDisposalRow.withdrawn_at.is_(None),
    )


async def count(session: AsyncSession, statement: Select[int]) -> int:
    """Return how many records a statement of `over` finds."""
    return await session.scalar(select(func.count()).select_from(statement.subquery())) or 0


async def first_after(
    session: AsyncSession, account_id: int, acts: Sequence[tuple[str, str]], at: datetime
) -> datetime | None:
    """Return when the oldest record of these acts is of that is not before `at`."""
    return await session.scalar(
        select(func.min(RecordRow.at))
        .join(RecordBodyRow, RecordBodyRow.seq == RecordRow.seq)
        .where(
            RecordRow.account_id == account_id,
            RecordRow.at >= at,
            tuple_(RecordRow.direction, RecordRow.kind).in_(list(acts)),
        )
    )


async def add_items(session: AsyncSession, disposal_id: int, seqs: Sequence[int]) -> None:
    """Say which records a disposal takes."""
    for start in range(0, len(seqs), _AT_ONCE):
        part = seqs[start : start + _AT_ONCE]
        await session.execute(
            insert(RecordDisposalItemRow),
            [{"seq": seq, "disposal_id": disposal_id} for seq in part],
        )


async def items(session: AsyncSession, disposal_id: int) -> list[Item]:
    """Return what a disposal takes that is still here, in the order of the chain."""
    size = func.length(RecordBodyRow.body) + func.length(RecordBodyRow.envelope)
    rows = await session.execute(
        select(RecordRow.seq, RecordRow.at, RecordRow.digest, RecordRow.envelope_digest, size)
        .join(RecordBodyRow, RecordBodyRow.seq == RecordRow.seq)
        .where(RecordRow.seq.in_(_seqs_of(disposal_id)))
        .order_by(RecordRow.seq)
    )
    return [Item(*row) for row in rows]


async def held_items(session: AsyncSession, disposal_id: int) -> int:
    """Return how many records of a disposal a legal hold covers now."""
    return (
        await session.scalar(
            select(func.count())
            .select_from(RecordRow)
            .join(RecordBodyRow, RecordBodyRow.seq == RecordRow.seq)
            .where(RecordRow.seq.in_(_seqs_of(disposal_id)), held())
        )
        or 0
    )


async def acts_in(session: AsyncSession, disposal_id: int) -> list[tuple[str, str, datetime]]:
    """Return (direction, kind, newest) of the acts that a disposal takes."""
    rows = await session.execute(
        select(RecordRow.direction, RecordRow.kind, func.max(RecordRow.at))
        .where(RecordRow.seq.in_(_seqs_of(disposal_id)))
        .group_by(RecordRow.direction, RecordRow.kind)
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def take_away(session: AsyncSession, disposal_id: int) -> list[str]:
    """Delete the bytes of what a disposal takes; return the keys of files they named."""
    seqs = _seqs_of(disposal_id)
    files = await session.scalars(
        select(RecordFileRow.file).where(RecordFileRow.seq.in_(seqs)).distinct()
    )
    found = list(files)
    for table in (RecordFileRow, RecordRedactionRow, RecordBodyRow):
        await session.execute(
            delete(table)
            .where(table.seq.in_(seqs))
            .execution_options(synchronize_session=False)
        )
    return found


async def disposals(session: AsyncSession, *, limit: int) -> list[RecordDisposalRow]:
    """Return what was asked to be disposed of, the newest first."""
    rows = await session.scalars(
        select(RecordDisposalRow).order_by(RecordDisposalRow.id.desc()).limit(limit)
    )
    return list(rows)


async def holds(session: AsyncSession) -> list[RecordHoldRow]:
    """Return the legal holds, those that stand first, then the newest."""
    rows = await session.scalars(
        select(RecordHoldRow).order_by(
            RecordHoldRow.lifted_at.is_not(None), RecordHoldRow.id.desc()
        )
    )
    return list(rows)


def _seqs_of(disposal_id: int) -> Select[int]:
    return select(RecordDisposalItemRow.seq).where(
        RecordDisposalItemRow.disposal_id == disposal_id
    )
