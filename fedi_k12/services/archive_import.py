"""Take an archive of X or Facebook over: a few posts at a time, each with its record.

What was done is counted with what it made, in one transaction: a server that dies goes on where
it was, and a post that is here already is not taken twice.
"""

import asyncio
import hashlib
import secrets
import shutil
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import IO

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.archives import Left, PastPost
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.record_jobs import TakeArchive
from fedi_k12.domain.records import moment
from fedi_k12.services import archive_reading, archives, pictures, records
from fedi_k12.services.archive_reading import Pictures, Read
from fedi_k12.services.pictures import Prepared
from storage import archives as queries
from storage.tables import AccountRow, PastArchiveRow, PastPictureRow

AT_ONCE = 20
"""Posts in one transaction: others write in between."""
_COPIED = 1_048_576


class _Made(Struct, frozen=True):
    """A picture that is made safe and kept."""

    file: str
    preview_file: str
    prepared: Prepared
    alt: str


class _Ready(Struct, frozen=True):
    """A post with its pictures."""

    post: PastPost
    made: tuple[_Made, ...]
    lost: int
    """Pictures that the archive does not have, or that are none."""


async def bring(
    ctx: Context, file: IO[bytes], *, actor: Actor | None, account_id: int, file_name: str
) -> int:
    """Keep the file of an archive and what it holds; return the archive's number.

    Raises `InvalidError` for what is no archive, and keeps nothing then.
    """
    name, now = f"{secrets.token_urlsafe(24)}.zip", ctx.clock()
    path = folder_of(ctx) / name
    try:
        digest = await asyncio.to_thread(_keep, file, path)
        found = await asyncio.to_thread(archive_reading.read, path, now=now)
        return await ctx.write(
            archives.take_in,
            actor=actor,
            account_id=account_id,
            found=found,
            file=name,
            file_name=file_name,
            sha256=digest,
            now=now,
        )
    except BaseException:
        await asyncio.to_thread(path.unlink, missing_ok=True)
        raise


async def take_archive(ctx: Context, job: TakeArchive) -> None:
    """Job: take an archive over, from where it stopped."""
    async with ctx.read() as session:
        row = await session.get(PastArchiveRow, job.archive_id)
    if row is None or row.state != "running":
        return
    path = folder_of(ctx) / row.file
    try:
        # By the day it was brought, so that the same posts stand in the same order.
        found = await asyncio.to_thread(archive_reading.read, path, now=row.created_at)
    except InvalidError:
        await ctx.write(_end, job.archive_id, state="stopped", now=ctx.clock())
        return
    with closing(await asyncio.to_thread(Pictures, path)) as files:
        await _pieces(ctx, row, found, files)
    await _let_go(ctx, row.file)


async def stop(ctx: Context, *, actor: Actor | None, account_id: int, archive_id: int) -> None:
    """Stop taking an archive over, or forget one that was not begun: see `archives.stop`."""
    file = await ctx.write(
        archives.stop,
        actor=actor,
        account_id=account_id,
        archive_id=archive_id,
        now=ctx.clock(),
    )
    await _let_go(ctx, file)


async def forget_archives(ctx: Context) -> None:
    """Forget archives that nobody began, and files that no archive needs."""
    before = ctx.clock() - archives.NEW_KEPT

    async def forget(session: AsyncSession) -> None:
        await queries.forget(session, before=before)

    await ctx.write(forget)
    async with ctx.read() as session:
        needed = await queries.files(session)
    await asyncio.to_thread(_sweep, folder_of(ctx), needed, before.timestamp())


def folder_of(ctx: Context) -> Path:
    """Return the folder of such files: none of them has an address."""
    return ctx.settings.data_dir / "archives"


async def _let_go(ctx: Context, name: str) -> None:
    """Remove a file, unless an archive that was stopped can still go on with it."""
    async with ctx.read() as session:
        needed = await queries.files(session)
    if name and name not in needed:
        await asyncio.to_thread((folder_of(ctx) / name).unlink, missing_ok=True)


async def _pieces(ctx: Context, row: PastArchiveRow, found: Read, files: Pictures) -> None:
    done = row.done
    while True:
        piece = found.posts[done : done + AT_ONCE]
        async with ctx.read() as session:
            known = await queries.known(
                session, row.account_id, row.source, [one.key for one in piece]
            )
        ready = [await _ready(ctx, one, files) for one in piece if one.key not in known]
        more = await ctx.write(
            _store,
            row.id,
            at=done,
            size=len(piece),
            known=len(known),
            ready=ready,
            now=ctx.clock(),
        )
        done += len(piece)
        if not more:
            return


async def _ready(ctx: Context, post: PastPost, files: Pictures) -> _Ready:
    made = []
    for one in post.pictures:
        data = await asyncio.to_thread(files.get, one.name)
        try:
            prepared = await asyncio.to_thread(pictures.prepare, data or b"")
        except InvalidError:
            continue
        full, small = prepared.full, prepared.preview
        made.append(
            _Made(
                await ctx.blobs.put(full.data, ending=full.ending),
                await ctx.blobs.put(small.data, ending=small.ending),
                prepared,
                one.alt,
            )
        )
    return _Ready(post, tuple(made), len(post.pictures) - len(made))


async def _store(
    session: AsyncSession,
    archive_id: int,
    *,
    at: int,
    size: int,
    known: int,
    ready: Sequence[_Ready],
    now: datetime,
) -> bool:
    """Store a piece and what was done so far; return whether there is more to do.

    A piece that another worker stored, or of an archive that was stopped, is left.
    """
    row = await session.get(PastArchiveRow, archive_id, with_for_update=True)
    if row is None or row.state != "running" or row.done != at:
        return False
    left: Counter[str] = Counter(row.left_out)
    left[Left.KNOWN] += known
    for one in ready:
        if not one.post.text and not one.made:
            left[Left.PICTURE] += one.lost
            continue
        await _store_post(session, row, one, now)
        row.taken += 1
        left[Left.PICTURE] += one.lost
    row.done += size
    row.left_out = {why: number for why, number in left.items() if number}
    if row.done < row.total and size:
        return True
    await _end(session, archive_id, state="done", now=now)
    return False


async def _store_post(
    session: AsyncSession, row: PastArchiveRow, ready: _Ready, now: datetime
) -> None:
    post = ready.post
    number = new_id()
    session.add(archives.store(row, number, post.key, post.at, post.text))
    await session.flush()
    for position, made in enumerate(ready.made):
        full, small = made.prepared.full, made.prepared.preview
        session.add(
            PastPictureRow(
                id=new_id(),
                post_id=number,
                position=position,
                file=made.file,
                preview_file=made.preview_file,
                width=full.width,
                height=full.height,
                preview_width=small.width,
                preview_height=small.height,
                alt=made.alt,
            )
        )
    account = await session.get_one(AccountRow, row.account_id)
    page = archives.page_of(account)
    attached = [{"type": "Image", "file": one.file, "name": one.alt} for one in ready.made]
    await records.note(
        session,
        kind="archived",
        actor=_actor(row),
        concerned=[row.account_id],
        object_id=f"{page}#p{number}",
        thread=page,
        now=now,
        detail={
            "object": {
                "type": "Note",
                "id": f"{page}#p{number}",
                "attributedTo": account.uri,
                "published": moment(post.at),
                "content": post.text,
                "attachment": attached,
            },
            "archive": {"source": row.source, "key": post.key, "sha256": row.sha256},
        },
        media=[one.file for one in ready.made],
    )


async def _end(session: AsyncSession, archive_id: int, *, state: str, now: datetime) -> None:
    row = await session.get(PastArchiveRow, archive_id, with_for_update=True)
    if row is None or row.state != "running":
        return
    row.state, row.file, row.finished_at = state, "", now
    account = await session.get_one(AccountRow, row.account_id)
    await records.note(
        session,
        kind="archive taken over" if state == "done" else "archive stopped",
        actor=_actor(row),
        concerned=[row.account_id],
        object_id=archives.page_of(account),
        thread=archives.page_of(account),
        now=now,
        detail={"taken": row.taken, "left": row.left_out, "sha256": row.sha256},
    )


def _actor(row: PastArchiveRow) -> Actor | None:
    return Actor(row.account_id, row.member_id) if row.member_id is not None else None


def _keep(file: IO[bytes], path: Path) -> str:
    """Copy a file and return its SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file.seek(0)
    with path.open("wb") as kept:
        shutil.copyfileobj(file, kept, _COPIED)
    path.chmod(0o600)
    with path.open("rb") as kept:
        return hashlib.file_digest(kept, "sha256").hexdigest()


def _sweep(folder: Path, needed: set[str], before: float) -> None:
    for path in folder.glob("*.zip") if folder.is_dir() else ():
        if path.name not in needed and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
