"""Make what members upload safe: pictures at once, films and sounds while they wait."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import MakeMedia
from fedi_k12.domain.media import SERVED_TYPES, Made
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import MediaView
from fedi_k12.domain.record_jobs import LetFilesGo
from fedi_k12.services import films, media, remote_files, views
from storage import jobs
from storage.tables import DraftMediaRow, MediaRow

BATCH = 200


async def expect(
    session: AsyncSession,
    *,
    actor: Actor,
    file: str,
    kind: str,
    size: int,
    alt: str = "",
    focus: tuple[float, float] = (0.0, 0.0),
    preview: media.Preview | None = None,
    now: datetime,
    at_once: bool = False,
) -> MediaView:
    """Record an upload that takes a while, and have a job make it safe.

    `file` is what came, as it came; nobody is handed that. `at_once`: whoever calls makes it
    safe and waits, so there is no job.
    """
    row = MediaRow(
        id=new_id(),
        account_id=actor.account_id,
        kind=kind,
        state="processing",
        raw_file=file,
        alt=media.checked_alt(alt),
        focus_x=media.within(focus[0]),
        focus_y=media.within(focus[1]),
        size=size,
        created_at=now,
    )
    if preview is not None:
        media.put_preview(row, preview)
    session.add(row)
    await session.flush()
    if not at_once:
        await jobs.enqueue(session, MakeMedia(row.id), now=now)
    return views.view_of_media(row)


async def make_media(ctx: Context, job: MakeMedia) -> None:
    """Job: make an upload safe, or record why it is refused; done twice it does no harm."""
    async with ctx.read() as session:
        row = await session.get(MediaRow, job.media_id)
    if row is None or row.state != "processing" or row.raw_file is None:
        return
    raw = row.raw_file
    try:
        async with films.folder(ctx, raw) as folder:
            made = await films.make(folder)
            file = await _kept(ctx, folder.path / made.file)
            preview = await _kept(ctx, folder.path / made.preview) if made.preview else None
    except InvalidError as error:
        await ctx.write(_refused, job.media_id, str(error))
    else:
        await ctx.write(_ready, job.media_id, made, file=file, preview=preview)
    await let_go(ctx, [raw])


async def prune_uploads(ctx: Context, *, before: datetime) -> int:
    """Forget uploads of before a moment that no post took up; return how many."""
    forgotten = 0
    while files := await ctx.write(_forget_some, before):
        forgotten += len(files)
        await let_go(ctx, [key for keys in files for key in keys])
    return forgotten


async def _kept(ctx: Context, path: Path) -> str:
    with path.open("rb") as file:
        return await ctx.blobs.put_file(file, ending=path.suffix.removeprefix("."))


async def _ready(
    session: AsyncSession, media_id: int, made: Made, *, file: str, preview: str | None
) -> None:
    row = await session.get(MediaRow, media_id)
    if row is None:
        return
    row.state, row.kind, row.file, row.raw_file = "ready", made.kind, file, None
    row.mime_type = SERVED_TYPES[file.rpartition(".")[2]]
    row.width, row.height, row.duration, row.size = (
        made.width, made.height, made.seconds, made.size,
    )  # fmt: skip
    row.details = dict(made.details)
    if row.preview_file is None:
        row.preview_file, row.blurhash = preview, made.blurhash
        row.preview_width, row.preview_height = made.preview_width, made.preview_height


async def _refused(session: AsyncSession, media_id: int, why: str) -> None:
    row = await session.get(MediaRow, media_id)
    if row is not None:
        row.state, row.failure, row.raw_file = "failed", why, None


async def _forget_some(session: AsyncSession, before: datetime) -> list[list[str]]:
    rows = list(
        await session.scalars(
            select(MediaRow)
            .where(
                MediaRow.post_id.is_(None),
                MediaRow.scheduled_id.is_(None),
                MediaRow.submission_id.is_(None),
                ~exists().where(DraftMediaRow.media_id == MediaRow.id),
                MediaRow.created_at < before,
            )
            .order_by(MediaRow.id)
            .limit(BATCH)
        )
    )
    await session.execute(delete(MediaRow).where(MediaRow.id.in_([row.id for row in rows])))
    return [media.files_in(row) for row in rows]


async def let_go(ctx: Context, keys: list[str]) -> None:
    """Forget the bytes of files that nothing refers to any more."""
    async with ctx.read() as session:
        gone = await remote_files.orphans(session, keys) if keys else []
    for key in gone:
        await ctx.blobs.delete(key)


async def let_files_go(ctx: Context, job: LetFilesGo) -> None:
    """Job: forget files of records that were disposed of, where nothing else shows them."""
    await let_go(ctx, list(job.files))
