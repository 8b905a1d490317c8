"""Records as people who may read them see them: administrators, and managers of the account."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.delegates import DelegateRole
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.permissions import Action, Actor, decide
from fedi_k12.domain.records import Entry, digest, hash_of
from storage import officials, records
from storage.records import Kept, Wanted
from storage.tables import RecordRow

PAGE = 40
_REFUSED = "Records are read by administrators, and by those who manage the official account."


class Line(Struct, frozen=True):
    """A record in a list."""

    seq: int
    at: datetime
    direction: str
    kind: str
    account: str
    """The name of the official account."""
    person: str
    object_id: str
    thread: str


class Search(Struct, frozen=True):
    """What somebody looks for; what is empty narrows nothing."""

    account: str = ""
    since: str = ""
    until: str = ""
    """Days, as 2026-11-28, in UTC; both included."""
    word: str = ""
    person: str = ""
    thread: str = ""


class Found(Struct, frozen=True):
    """A page of records, the newest first, and the number below which the next one begins."""

    lines: Sequence[Line]
    older: int | None
    accounts: Sequence[str]
    """The official accounts whose records may be read."""


class Shown(Struct, frozen=True):
    """A record with its bytes, and whether they are what was kept."""

    line: Line
    entry: Entry
    hash: str
    text: str
    """The bytes as text, empty where they were disposed of."""
    envelope: str
    disposed: bool
    signature: str
    """What the check of its signature found; empty for what was not received."""
    holds: bool
    """Whether bytes, headers and entry fit their hashes."""


async def find(
    session: AsyncSession, *, actor: Actor, search: Search, before: int | None = None
) -> Found:
    """Return records that the actor may read and looks for.

    Raises `ForbiddenError` for whoever may read none, `InvalidError` for a day that is none.
    """
    allowed = await readable(session, actor)
    names = {
        number: name for number, name in allowed if not search.account or name == search.account
    }
    wanted = wanted_of(search, sorted(names))
    rows = await records.page(session, wanted, before=before, limit=PAGE + 1)
    shown = rows[:PAGE]
    return Found(
        [_line(row, names) for row in shown],
        shown[-1].seq if len(rows) > PAGE else None,
        [name for _number, name in allowed],
    )


async def one(session: AsyncSession, *, actor: Actor, seq: int) -> Shown:
    """Return a record; raises `NotFoundError` for one that the actor may not read."""
    names = dict(await readable(session, actor))
    kept = await records.by_seq(session, seq)
    if kept is None or kept.account_id not in names:
        raise NotFoundError("There is no such record.")
    entry = kept.entry
    return Shown(
        line=Line(
            entry.seq,
            entry.at,
            entry.direction,
            entry.kind,
            names[kept.account_id],
            entry.person,
            entry.object_id,
            entry.thread,
        ),
        entry=entry,
        hash=kept.hash,
        text=pretty(kept.body),
        envelope=pretty(kept.envelope),
        disposed=kept.body is None,
        signature=_signature(kept.envelope),
        holds=_holds(kept),
    )


def wanted_of(search: Search, account_ids: Sequence[int]) -> Wanted:
    """Return what is looked for; raises `InvalidError` for a day that is none."""
    return Wanted(
        account_ids=account_ids,
        since=_day(search.since, "since"),
        until=_day(search.until, "until", after=True),
        word=search.word,
        person=search.person,
        thread=search.thread.strip(),
    )


async def readable(session: AsyncSession, actor: Actor) -> list[tuple[int, str]]:
    """Return the official accounts whose records the actor may read: (account, name).

    Raises `ForbiddenError` for whoever may read none.
    """
    if decide(actor, Action.READ_RECORDS).allowed:
        rows = await officials.all_of_them(session)
        return [(row.id, row.username) for row in rows]
    held = await officials.held_by(session, actor.member_id) if actor.member_id else []
    found = [
        (account.id, account.username)
        for row, account in held
        if row.role == DelegateRole.MANAGER.value and row.paused_at is None
    ]
    if not found:
        raise ForbiddenError(_REFUSED)
    return found


def pretty(data: bytes | None) -> str:
    """Return bytes as text to be read: JSON indented, nothing where they are gone."""
    if data is None:
        return ""
    try:
        return json.dumps(json.loads(data), indent=2, ensure_ascii=False)
    except ValueError:
        return data.decode("utf-8", "replace")


def _line(row: RecordRow, names: dict[int, str]) -> Line:
    return Line(
        row.seq,
        row.at,
        row.direction,
        row.kind,
        names[row.account_id],
        row.person,
        row.object_id,
        row.thread,
    )


def _holds(kept: Kept) -> bool:
    entry = kept.entry
    return (
        hash_of(entry) == kept.hash
        and (kept.body is None or digest(kept.body) == entry.digest)
        and (kept.envelope is None or digest(kept.envelope) == entry.envelope_digest)
    )


def _signature(envelope: bytes | None) -> str:
    found = json.loads(envelope) if envelope is not None else {}
    if "signature" not in found:
        return ""
    return f"{found['signature']}: {found.get('key', '')}; {found.get('author', '')}"


def _day(text: str, name: str, *, after: bool = False) -> datetime | None:
    if not text.strip():
        return None
    try:
        found = datetime.strptime(f"{text.strip()} +0000", "%Y-%m-%d %z")
    except ValueError as error:
        raise InvalidError(
            "Write days as year, month and day: 2026-11-28.", fields={name: "is no day"}
        ) from error
    return found + timedelta(days=1) if after else found
