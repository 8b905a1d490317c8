"""Records as one file, made by a job for whoever asked on the page, and fetched by them."""

import asyncio
import secrets
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from msgspec.structs import asdict
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.record_jobs import MakeRecordsFile
from fedi_k12.services import records_desk, records_export
from fedi_k12.services.records_desk import Search
from fedi_k12.services.records_export import Scope
from storage import accounts, jobs
from storage.tables import RecordExportRow

KEPT = timedelta(days=7)
"""So long a file can be fetched."""
PATIENCE = timedelta(days=1)
"""What was not made in this time will not be, and stands in nobody's way."""
AT_ONCE = 3
"""So many may wait for one person."""
LISTED = 20
_DONE = "done"
_WAITING = "waiting"
_GONE = "That file is no longer here. Ask for it again."


async def ask(
    session: AsyncSession,
    *,
    actor: Actor,
    search: Search,
    public: bool = False,
    now: datetime,
) -> int:
    """Ask for the records that fit as a file; return the number of what was asked.

    `public`: their public copies, instead of the sealed originals.
    Raises `ForbiddenError` for whoever may read none of them, `InvalidError` for a day that is
    none and where too much is asked at once.
    """
    allowed = await records_desk.readable(session, actor)
    ids = [number for number, name in allowed if search.account in {"", name}]
    records_desk.wanted_of(search, ids)
    if not ids or actor.member_id is None:
        raise InvalidError(
            "There is no such official account.", fields={"account": "is not here"}
        )
    waiting = await session.scalar(
        select(func.count())
        .select_from(RecordExportRow)
        .where(RecordExportRow.member_id == actor.member_id, RecordExportRow.state == _WAITING)
        .where(RecordExportRow.asked_at > now - PATIENCE)
    )
    if (waiting or 0) >= AT_ONCE:
        raise InvalidError("Three files are being made for you. Wait until one is done.")
    row = RecordExportRow(
        member_id=actor.member_id,
        account_id=actor.account_id,
        search=asdict(search) | ({"copies": "public"} if public else {}),
        account_ids=ids,
        asked_at=now,
    )
    session.add(row)
    await session.flush()
    await jobs.enqueue(session, MakeRecordsFile(row.id), now=now)
    return row.id


async def asked(session: AsyncSession, *, actor: Actor) -> Sequence[RecordExportRow]:
    """Return what this person asked for, the newest first."""
    rows = await session.scalars(
        select(RecordExportRow)
        .where(RecordExportRow.member_id == actor.member_id)
        .order_by(RecordExportRow.id.desc())
        .limit(LISTED)
    )
    return list(rows)


async def to_fetch(
    session: AsyncSession, *, actor: Actor, order_id: int, folder: Path
) -> tuple[Path, str]:
    """Return where a file lies and the name to give it, to whoever asked for it.

    Whoever may no longer read those records does not fetch them either: `ForbiddenError`.
    """
    row = await session.get(RecordExportRow, order_id)
    if row is None or row.member_id != actor.member_id or row.state != _DONE:
        raise NotFoundError(_GONE)
    may_read = {number for number, _name in await records_desk.readable(session, actor)}
    if not may_read.issuperset(row.account_ids):
        raise ForbiddenError("You may no longer read all of these records.")
    path = folder / row.file
    if not await asyncio.to_thread(path.is_file):
        raise NotFoundError(_GONE)
    return path, f"records-{row.id}.zip"


async def make_records_file(ctx: Context, job: MakeRecordsFile) -> None:
    """Job: write the records that somebody asked for into one file."""
    async with ctx.read() as session:
        row = await session.get(RecordExportRow, job.order_id)
        if row is None or row.state != _WAITING:
            return
        scope = await _scope(session, row)
        actor = Actor(row.account_id, row.member_id)
    folder = folder_of(ctx)
    name = secrets.token_urlsafe(24)
    work = folder / f".{name}"
    try:
        told = await records_export.write_out(ctx, work, scope, actor=actor)
        size = await asyncio.to_thread(_pack, work, folder / f"{name}.zip")
    finally:
        await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)

    async def done(session: AsyncSession) -> None:
        await session.execute(
            update(RecordExportRow)
            .where(RecordExportRow.id == job.order_id)
            .values(
                state=_DONE,
                file=f"{name}.zip",
                size=size,
                records=told.records,
                manifest=told.manifest,
                done_at=ctx.clock(),
            )
        )

    await ctx.write(done)


async def forget_files(ctx: Context) -> None:
    """Remove files that were kept long enough, and what was begun and never done."""
    before = ctx.clock() - KEPT

    async def forget(session: AsyncSession) -> None:
        await session.execute(delete(RecordExportRow).where(RecordExportRow.asked_at < before))

    await ctx.write(forget)
    async with ctx.read() as session:
        named = set(await session.scalars(select(RecordExportRow.file)))
    await asyncio.to_thread(_remove, folder_of(ctx), named, before.timestamp())


def folder_of(ctx: Context) -> Path:
    """Return the folder of such files: none of them has an address of its own."""
    return ctx.settings.data_dir / "exports"


async def _scope(session: AsyncSession, row: RecordExportRow) -> Scope:
    found = await accounts.by_ids(session, row.account_ids)
    given = dict(row.search)
    public = bool(given.pop("copies", ""))
    search = Search(**given)
    about = {
        "account": " ".join(one.uri for one in found.values()),
        **{
            name: " ".join(text.split())
            for name, text in row.search.items()
            if name != "account"
        },
    }
    return Scope(
        list(found.values()),
        records_desk.wanted_of(search, row.account_ids),
        {name: text for name, text in about.items() if text},
        public,
    )


def _pack(folder: Path, target: Path) -> int:
    """Put a folder into a ZIP file that is there whole or not at all; return its size."""
    made = target.with_name(f".{target.name}")
    with ZipFile(made, "w", strict_timestamps=False) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                small = path.suffix in {".jsonl", ".csv", ".html", ".json"}
                packed.write(
                    path,
                    path.relative_to(folder).as_posix(),
                    compress_type=ZIP_DEFLATED if small else ZIP_STORED,
                )
    made.chmod(0o600)
    made.replace(target)
    return target.stat().st_size


def _remove(folder: Path, named: set[str], before: float) -> None:
    for path in folder.glob("*") if folder.is_dir() else ():
        if path.name in named or path.stat().st_mtime >= before:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
