"""Jobs: an account of ours is gone for good; tell whoever may know it, then forget the rest."""

from federation import audience
from federation.outbound.sending import send
from federation.vocab.build_actor import build_farewell
from fedi_k12.context import Context
from fedi_k12.domain.leaving_jobs import FederateLeaving, PurgeAccount
from fedi_k12.services import leaving
from storage import accounts, jobs

FAREWELL = 4


async def federate_leaving(ctx: Context, job: FederateLeaving) -> None:
    """Job: send the Delete of an account to every server that we know.

    Its posts may have gone on from the servers of its followers to any other.
    """
    async with ctx.read() as session:
        row = await accounts.by_id(session, job.account_id)
        if row is None or not row.is_local or row.deleted_at is None:
            return
        inboxes = audience.once(await accounts.known_inboxes(session))
    await send(
        ctx,
        build_farewell(row.uri),
        account_id=row.id,
        object_key=row.uri,
        priority=FAREWELL,
        inboxes=inboxes,
    )
    await ctx.write(jobs.enqueue, PurgeAccount(row.id), now=ctx.clock())


async def purge_account(ctx: Context, job: PurgeAccount) -> None:
    """Job: forget the next part of what an account left behind."""
    await ctx.write(leaving.purge, job, now=ctx.clock())
