"""Queries of the records archive: add to the chain, walk along it, search it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Select, Table, exists, func, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.records import GENESIS, Entry, digest, hash_of
from storage.built import several
from storage.tables import (
    AccountRow,
    OfficialRow,
    PostRow,
    RecordBodyRow,
    RecordCheckpointRow,
    RecordDisposalItemRow,
    RecordDisposalRow,
    RecordFileRow,
    RecordRow,
)

BATCH = 50
"""So many at once: a record can have a megabyte."""
_LOCK = 7_239_175_045
"""An advisory lock on PostgreSQL: one transaction at a time adds to the chain."""
_record: Table = RecordRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_body: Table = RecordBodyRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_file: Table = RecordFileRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_account: Table = AccountRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_official: Table = OfficialRow.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
_LAST = select(_record.c.seq, _record.c.hash).order_by(_record.c.seq.desc()).limit(1)
_OFFICIAL = (
    select(_account.c.id, _account.c.uri)
    .join(_official, _official.c.account_id == _account.c.id)
    .where(_account.c.domain == "")
    .order_by(_account.c.id)
)
_WITH_IDS = _OFFICIAL.where(_account.c.id.in_(several("ids")))
_WITH_NAMES = _OFFICIAL.where(_account.c.username_key.in_(several("names")))


class Fresh(Struct, frozen=True):
    """A record that is to be added to the chain, for each of the accounts it concerns."""

    at: datetime
    direction: str
    kind: str
    accounts: Sequence[tuple[int, str]]
    """(account, its id) of the official accounts."""
    member_id: int | None
    person: str
    object_id: str
    thread: str
    body: bytes
    envelope: bytes
    words: str
    media: Sequence[str] = ()


class Kept(Struct, frozen=True):
    """A record as the store has it; `body` is None where it was disposed of."""

    entry: Entry
    account_id: int
    hash: str
    body: bytes | None
    envelope: bytes | None
    redacted: Sequence[str] = ()
    """In a public copy: the codes of why something is left out."""


async def append(session: AsyncSession, fresh: Fresh) -> int:
    """Add a record to the end of the chain and return its number (the last, for several).

    The chain stays one line: SQLite has one writer, and on PostgreSQL a lock is held from here
    to the end of the transaction, so this comes last in it where that can be.
    """
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    last = (await connection.execute(_LAST)).one_or_none()
    seq, previous = last or (0, GENESIS)
    digests = digest(fresh.body), digest(fresh.envelope)
    rows, bodies, files = [], [], []
    for account_id, account in fresh.accounts:
        seq += 1
        entry = Entry(
            seq,
            fresh.at,
            fresh.direction,
            fresh.kind,
            account,
            fresh.member_id,
            fresh.person,
            fresh.object_id,
            fresh.thread,
            *digests,
            fresh.media,
            previous,
        )
        hash_ = hash_of(entry)
        rows.append(_values(entry, account_id, hash_))
        bodies.append(
            {"seq": seq, "body": fresh.body, "envelope": fresh.envelope, "words": fresh.words}
        )
        files += [{"seq": seq, "file": key} for key in dict.fromkeys(fresh.media)]
        previous = hash_
    await connection.execute(insert(_record), rows)
    await connection.execute(insert(_body), bodies)
    if files:
        await connection.execute(insert(_file), files)
    return int(seq)


def _values(entry: Entry, account_id: int, hash_: str) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "direction": entry.direction,
        "kind": entry.kind,
        "account_id": account_id,
        "account": entry.account,
        "member_id": entry.member_id,
        "person": entry.person,
        "object_id": entry.object_id,
        "thread": entry.thread,
        "digest": entry.digest,
        "envelope_digest": entry.envelope_digest,
        "media": list(entry.media),
        "previous": entry.previous,
        "hash": hash_,
    }


async def official_of(
    session: AsyncSession, *, ids: Sequence[int] = (), names: Sequence[str] = ()
) -> list[tuple[int, str]]:
    """Return (account, its id) of official accounts with these numbers, or usernames."""
    if not ids and not names:
        return []
    connection = await session.connection()
    if ids:
        rows = await connection.execute(_WITH_IDS, {"ids": list(ids)})
    else:
        rows = await connection.execute(_WITH_NAMES, {"names": list(names)})
    return [(row[0], row[1]) for row in rows]


async def walk(
    session: AsyncSession, *, after: int = 0, until: int | None = None
) -> AsyncIterator[Kept]:
    """Yield all records in the order of the chain, a few at a time in memory."""
    statement = _kept().order_by(RecordRow.seq).limit(BATCH)
    if until is not None:
        statement = statement.where(RecordRow.seq <= until)
    while True:
        found = (await session.execute(statement.where(RecordRow.seq > after))).all()
        for row, body, envelope in found:
            yield kept_of(row, body, envelope)
            session.expunge(row)
        if len(found) < BATCH:
            return
        after = found[-1][0].seq


async def by_seq(session: AsyncSession, seq: int) -> Kept | None:
    """Return the record with this number."""
    found = (await session.execute(_kept().where(RecordRow.seq == seq))).one_or_none()
    return kept_of(*found) if found is not None else None


async def last(session: AsyncSession) -> tuple[int, str]:
    """Return (number, hash) of the newest record; (0, GENESIS) where there is none."""
    row = (await session.execute(_LAST)).one_or_none()
    return (int(row[0]), str(row[1])) if row is not None else (0, GENESIS)


async def count(session: AsyncSession) -> int:
    """Return how many records there are."""
    return await session.scalar(select(func.count()).select_from(RecordRow)) or 0


async def disposed(session: AsyncSession, seqs: Sequence[int]) -> set[int]:
    """Return which of these records a disposal takes that a second person approved."""
    return set(
        await session.scalars(
            select(RecordDisposalItemRow.seq)
            .join(RecordDisposalRow, RecordDisposalRow.id == RecordDisposalItemRow.disposal_id)
            .where(
                RecordDisposalItemRow.seq.in_(seqs),
                RecordDisposalRow.approved_at.is_not(None),
            )
        )
    )


async def files(session: AsyncSession) -> list[tuple[str, int]]:
    """Return (key, first record) of each file of records whose bytes are here."""
    rows = await session.execute(
        select(RecordFileRow.file, func.min(RecordFileRow.seq))
        .group_by(RecordFileRow.file)
        .order_by(RecordFileRow.file)
    )
    return [(row[0], row[1]) for row in rows]


async def checkpoints(session: AsyncSession) -> list[RecordCheckpointRow]:
    """Return the signed checkpoints, the oldest first."""
    rows = await session.scalars(select(RecordCheckpointRow).order_by(RecordCheckpointRow.day))
    return list(rows)


async def person_behind(
    session: AsyncSession, *, account_id: int, object_id: str
) -> tuple[int | None, str]:
    """Return who last did something here, for this account, with the thing."""
    row = (
        await session.execute(
            select(RecordRow.member_id, RecordRow.person)
            .where(
                RecordRow.object_id == object_id,
                RecordRow.account_id == account_id,
                RecordRow.direction == "here",
            )
            .order_by(RecordRow.seq.desc())
            .limit(1)
        )
    ).one_or_none()
    return (row[0], row[1]) if row is not None else (None, "")


async def thread_of(session: AsyncSession, uris: Sequence[str]) -> str:
    """Return the id of the post that begins the thread of the first of these that is known.

    Posts that are gone are found by what was recorded of them.
    """
    for uri in uris:
        if not uri:
            continue
        root = select(PostRow.thread_id).where(PostRow.uri == uri).limit(1).scalar_subquery()
        found = await session.scalar(select(PostRow.uri).where(PostRow.id == root))
        found = found or await session.scalar(
            select(RecordRow.thread)
            .where(RecordRow.object_id == uri, RecordRow.thread != "")
            .limit(1)
        )
        if found:
            return str(found)
    return ""


class Wanted(Struct, frozen=True):
    """What is looked for among the records; what is left out narrows nothing."""

    account_ids: Sequence[int] | None = None
    """None for those of every official account."""
    since: datetime | None = None
    until: datetime | None = None
    """Up to this moment, itself left out."""
    word: str = ""
    person: str = ""
    thread: str = ""
    direction: str = ""
    kind: str = ""


def matching(wanted: Wanted) -> Select[RecordRow]:
    """Return the statement of the records that are wanted, in no order."""
    statement = select(RecordRow)
    if wanted.account_ids is not None:
        statement = statement.where(RecordRow.account_id.in_(wanted.account_ids))
    if wanted.since is not None:
        statement = statement.where(RecordRow.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(RecordRow.at < wanted.until)
    for word in wanted.word.casefold().split()[:10]:
        statement = statement.where(
            exists().where(
                RecordBodyRow.seq == RecordRow.seq,
                RecordBodyRow.words.contains(word, autoescape=True),
            )
        )
    if wanted.person:
        name = wanted.person.strip().lstrip("@")
        statement = statement.where(func.lower(RecordRow.person) == name.lower())
    if wanted.thread:
        statement = statement.where(
            or_(RecordRow.thread == wanted.thread, RecordRow.object_id == wanted.thread)
        )
    if wanted.direction:
        statement = statement.where(RecordRow.direction == wanted.direction)
    if wanted.kind:
        statement = statement.where(RecordRow.kind == wanted.kind)
    return statement


async def page(
    session: AsyncSession, wanted: Wanted, *, before: int | None, limit: int
) -> list[RecordRow]:
    """Return the newest records that are wanted, below the number `before`."""
    statement = matching(wanted).order_by(RecordRow.seq.desc()).limit(limit)
    if before is not None:
        statement = statement.where(RecordRow.seq < before)
    return list(await session.scalars(statement))


async def count_of(session: AsyncSession, wanted: Wanted) -> int:
    """Return how many records are wanted."""
    inner = matching(wanted).with_only_columns(RecordRow.seq).subquery()
    return await session.scalar(select(func.count()).select_from(inner)) or 0


async def found(session: AsyncSession, wanted: Wanted) -> AsyncIterator[Kept]:
    """Yield the records that are wanted with their bytes, the oldest first."""
    chosen = matching(wanted).with_only_columns(RecordRow.seq)
    after = 0
    while True:
        statement = (
            _kept()
            .where(RecordRow.seq.in_(chosen), RecordRow.seq > after)
            .order_by(RecordRow.seq)
            .limit(BATCH)
        )
        rows = (await session.execute(statement)).all()
        for row, body, envelope in rows:
            yield kept_of(row, body, envelope)
            session.expunge(row)
        if len(rows) < BATCH:
            return
        after = rows[-1][0].seq


def kept_of(row: RecordRow, body: bytes | None, envelope: bytes | None) -> Kept:
    """Return a row of the store as a record."""
    entry = Entry(
        row.seq,
        row.at,
        row.direction,
        row.kind,
        row.account,
        row.member_id,
        row.person,
        row.object_id,
        row.thread,
        row.digest,
        row.envelope_digest,
        tuple(row.media),
        row.previous,
    )
    return Kept(entry, row.account_id, row.hash, body, envelope)


def _kept() -> Select[RecordRow, bytes, bytes]:
    return select(RecordRow, RecordBodyRow.body, RecordBodyRow.envelope).outerjoin(
        RecordBodyRow, RecordBodyRow.seq == RecordRow.seq
    )
