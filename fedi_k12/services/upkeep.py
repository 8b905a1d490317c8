"""Housekeeping: forget what has been kept long enough."""

from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.context import Context
from fedi_k12.domain.jobs import SweepStore
from fedi_k12.services import (
    confirmation,
    deletions,
    families,
    looks,
    recovery,
    remote_files,
    review,
    take_downs,
    whereabouts,
)
from fedi_k12.services.archive_import import forget_archives
from fedi_k12.services.media_making import prune_uploads
from fedi_k12.services.portability import KEPT
from fedi_k12.services.records_files import forget_files as forget_records_files
from fedi_k12.services.rotation import forget_retired
from storage import forum, portability, sent, threads
from storage import looks as look_rows
from storage.tables import (
    GrantRow,
    IdempotencyRow,
    MuteRow,
    SeenRow,
    SessionRow,
    TombstoneRow,
)

SEEN_KEPT = timedelta(days=30)
"""So long a repeated activity is known to be one (federation: replay memory)."""
FOREIGN_TOMBSTONES_KEPT = timedelta(days=1)
"""So long a Create that comes after its Delete is refused."""
BACKFILLS_KEPT = timedelta(days=7)
LINKS_KEPT = timedelta(days=1)
UPLOADS_KEPT = timedelta(days=1)
"""So long an upload waits for the post that takes it up."""
IDEMPOTENCY_KEPT = timedelta(hours=1)


async def sweep_store(ctx: Context, job: SweepStore) -> None:
    """Job: forget old activity ids, tombstones, codes, keys, sessions; look back at a year."""
    del job

    async def sweep(session: AsyncSession) -> None:
        now = ctx.clock()
        await session.execute(delete(SeenRow).where(SeenRow.at < now - SEEN_KEPT))
        await session.execute(
            delete(TombstoneRow).where(
                TombstoneRow.local.is_(False),
                TombstoneRow.deleted_at < now - FOREIGN_TOMBSTONES_KEPT,
            )
        )
        await forget_retired(session, now=now)
        await threads.forget_backfills(session, before=now - BACKFILLS_KEPT)
        await portability.forget_imports(session, before=now - KEPT)
        await deletions.write_down(session, before=now - deletions.LOG_KEPT)
        await take_downs.write_down(session, before=now - deletions.LOG_KEPT)
        await sent.sweep(session, before=now - whereabouts.KEPT)
        await look_rows.sweep(session, before=now - looks.KEPT)
        await forum.forget_keys(session, before_year=now.year - 1)
        await recovery.forget_asked(session, before=now - LINKS_KEPT)
        await confirmation.forget_held(session, now=now)
        await families.forget_unreached(session, now=now)
        await session.execute(delete(GrantRow).where(GrantRow.expires_at < now))
        await session.execute(delete(SessionRow).where(SessionRow.expires_at < now))
        await session.execute(delete(MuteRow).where(MuteRow.expires_at < now))
        await session.execute(
            delete(IdempotencyRow).where(IdempotencyRow.created_at < now - IDEMPOTENCY_KEPT)
        )

    await ctx.write(sweep)
    await ctx.write(review.look_back, addresses=ctx.addresses, now=ctx.clock())
    await prune_uploads(ctx, before=ctx.clock() - UPLOADS_KEPT)
    await forget_records_files(ctx)
    await forget_archives(ctx)
    await keep_to_budget(ctx)


async def keep_to_budget(ctx: Context) -> int:
    """Forget files of other servers beyond the budget; return how many."""
    forgotten = 0
    while True:
        async with ctx.read() as session:
            found = await remote_files.candidates(session, over=ctx.settings.remote_media_bytes)
        if not found:
            return forgotten
        forgotten += await forget_files(ctx, [key for key, _size in found])


async def forget_files(ctx: Context, keys: list[str]) -> int:
    """Forget files of other servers, first in the store and then their bytes."""
    for key in await ctx.write(remote_files.forget, keys):
        await ctx.blobs.delete(key)
    return len(keys)
