"""What members bring along from elsewhere: read, shown for what it would do, and then begun.

The lines of a file are kept one by one, so that a server that dies goes on where it was, and so
that what could not be done can be told with its reason.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import ConflictError, InvalidError, NotFoundError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import CarryOutImport
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.portability import Entry, Kind, Parsed, write_failures
from storage import jobs
from storage import portability as queries
from storage.tables import ImportLineRow, ImportRow

MAX_OPEN = 7
"""Imports of an account that are not ended: one of each kind."""
SHOWN = 20
_DETAILS = (
    "list_title", "show_boosts", "notify", "languages", "hide_notifications",
    "title", "note", "tags", "added",
)  # fmt: skip
_NONE = (None, "", ())
KEPT = timedelta(days=30)
"""So long one can look at an import that ended."""


class Failure(Struct, frozen=True):
    """A line that was not taken over."""

    subject: str
    list_title: str
    why: str


class ImportView(Struct, frozen=True):
    """An import as its owner sees it."""

    id: int
    kind: Kind
    overwrite: bool
    state: str
    file_name: str
    created_at: datetime
    finished_at: datetime | None
    waiting: int
    done: int
    failed: int

    @property
    def total(self) -> int:
        """How many things there are to do, done ones included."""
        return self.waiting + self.done + self.failed


class Effect(Struct, frozen=True):
    """What an import would do, before it is begun."""

    new: int
    same: int
    """Already so; what the file says about it is taken over all the same."""
    ends: int
    """What is not in the file and would end; only where the file replaces what is here."""
    first: tuple[Entry, ...]
    first_ends: tuple[Entry, ...]


async def take_in(
    session: AsyncSession,
    *,
    actor: Actor,
    parsed: Parsed,
    overwrite: bool,
    file_name: str = "",
    now: datetime,
) -> int:
    """Keep a file that has been read, and return the import's id; nothing is done yet."""
    so_far = await queries.imports_of(session, actor.account_id, limit=100)
    if sum(row.state in {"new", "running"} for row in so_far) >= MAX_OPEN:
        raise InvalidError(
            "You have several imports that are not finished. Let them end, or drop one."
        )
    row = ImportRow(
        id=new_id(),
        account_id=actor.account_id,
        member_id=actor.member_id,
        kind=parsed.kind,
        overwrite=overwrite,
        state="new",
        file_name=file_name[:200],
        piece=0,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    lines = [_line(row, "add", entry, now) for entry in parsed.entries]
    lines += [
        _line(row, "add", Entry(""), now)
        | {"detail": {"cells": list(item.cells)}, "state": "failed", "reason": item.why[:500]}
        for item in parsed.unread
    ]
    await queries.add_lines(session, lines)
    return row.id


async def effect(session: AsyncSession, *, actor: Actor, import_id: int) -> Effect:
    """Return what an import would do that is not begun."""
    row = await _own(session, actor, import_id)
    wanted = [entry_of(line) for line in await queries.lines(session, row.id, state="todo")]
    keys = {entry.key for entry in await queries.held(session, row.account_id, row.kind)}
    new = [entry for entry in wanted if entry.key not in keys]
    ends = await _to_end(session, row, wanted) if row.overwrite else []
    return Effect(
        len(new),
        len(wanted) - len(new),
        len(ends),
        tuple(wanted[:SHOWN]),
        tuple(ends[:SHOWN]),
    )


async def begin(session: AsyncSession, *, actor: Actor, import_id: int, now: datetime) -> None:
    """Begin an import whose effect its owner has seen; once more does nothing."""
    row = await _own(session, actor, import_id)
    if row.state != "new":
        return
    if row.overwrite:
        wanted = [entry_of(line) for line in await queries.lines(session, row.id, state="todo")]
        ends = await _to_end(session, row, wanted)
        await queries.add_lines(session, [_line(row, "remove", entry, now) for entry in ends])
    row.state, row.started_at = "running", now
    await session.flush()
    await jobs.enqueue(session, CarryOutImport(row.id, row.piece), now=now)


async def drop(session: AsyncSession, *, actor: Actor, import_id: int, now: datetime) -> None:
    """Give an import up: forget one that was not begun, stop one that runs."""
    row = await _own(session, actor, import_id)
    if row.state == "new":
        await session.delete(row)
    elif row.state == "running":
        row.state, row.finished_at = "stopped", now
    else:
        raise ConflictError("That import has ended already.")


async def one(session: AsyncSession, *, actor: Actor, import_id: int) -> ImportView:
    """Return one of the actor's imports."""
    row = await _own(session, actor, import_id)
    return _view(row, (await queries.line_counts(session, [row.id]))[row.id])


async def recent(session: AsyncSession, *, actor: Actor) -> list[ImportView]:
    """Return the actor's imports, the newest first."""
    rows = await queries.imports_of(session, actor.account_id, limit=SHOWN)
    counts = await queries.line_counts(session, [row.id for row in rows])
    return [_view(row, counts[row.id]) for row in rows]


async def failures(session: AsyncSession, *, actor: Actor, import_id: int) -> list[Failure]:
    """Return the first lines that were not taken over."""
    row = await _own(session, actor, import_id)
    rows = await queries.lines(session, row.id, state="failed", limit=SHOWN)
    return [
        Failure(
            line.subject or ", ".join(filter(None, line.detail.get("cells", []))),
            str(line.detail.get("list_title", "")),
            line.reason,
        )
        for line in rows
    ]


async def failures_file(session: AsyncSession, *, actor: Actor, import_id: int) -> str:
    """Return all lines that were not taken over, as a file that can be imported again."""
    row = await _own(session, actor, import_id)
    rows = await queries.lines(session, row.id, state="failed")
    return write_failures(
        _kind(row),
        (
            (line.detail["cells"] if "cells" in line.detail else entry_of(line), line.reason)
            for line in rows
        ),
    )


def entry_of(line: ImportLineRow) -> Entry:
    """Return what a line asks for."""
    detail = dict(line.detail)
    languages = detail.pop("languages", None) or ()
    tags = tuple(detail.pop("tags", None) or ())
    return Entry(line.subject, line.host, languages=tuple(languages), tags=tags, **detail)


async def _to_end(
    session: AsyncSession, row: ImportRow, wanted: Sequence[Entry]
) -> list[Entry]:
    """Return what is here and not in the file; of lists, whole ones first."""
    keys = {entry.key for entry in wanted}
    here = await queries.held(session, row.account_id, row.kind)
    if row.kind != "lists":
        return [entry for entry in here if entry.key not in keys]
    named = {entry.list_title for entry in wanted}
    titles = await queries.list_titles(session, row.account_id)
    whole = [Entry("", list_title=title) for title in dict.fromkeys(titles)]
    return [
        *(entry for entry in whole if entry.list_title not in named),
        *(entry for entry in here if entry.list_title in named and entry.key not in keys),
    ]


async def _own(session: AsyncSession, actor: Actor, import_id: int) -> ImportRow:
    row = await session.get(ImportRow, import_id)
    if row is None or row.account_id != actor.account_id:
        raise NotFoundError("Record not found")
    return row


def _line(row: ImportRow, action: str, entry: Entry, now: datetime) -> dict[str, object]:
    """Return a line as it is stored: there can be thousands, so no object is made of each."""
    detail = {name: value for name in _DETAILS if (value := getattr(entry, name)) not in _NONE}
    return {
        "id": new_id(),
        "import_id": row.id,
        "action": action,
        "host": entry.host,
        "subject": entry.subject,
        "detail": detail,
        "state": "todo",
        "reason": "",
        "attempts": 0,
        "due_at": now,
    }


def _kind(row: ImportRow) -> Kind:
    return row.kind  # type: ignore[return-value]  # stored by `take_in`, out of a Parsed


def _view(row: ImportRow, counts: Mapping[str, int]) -> ImportView:
    return ImportView(
        id=row.id,
        kind=_kind(row),
        overwrite=row.overwrite,
        state=row.state,
        file_name=row.file_name,
        created_at=row.created_at,
        finished_at=row.finished_at,
        waiting=counts.get("todo", 0),
        done=counts.get("done", 0),
        failed=counts.get("failed", 0),
    )
