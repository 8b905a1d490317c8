"""Job: an account of ours presents itself differently; tell the servers that know it."""

from federation import audience
from federation.objects import actor_of
from federation.outbound.sending import send
from federation.vocab.build import build_update
from federation.vocab.build_actor import build_actor, build_move
from federation.vocab.contexts import PUBLIC
from fedi_k12.context import Context
from fedi_k12.domain.jobs import FederateMove, FederateProfile
from storage import accounts

PROFILE = 3


async def federate_profile(ctx: Context, job: FederateProfile) -> None:
    """Job: send the Update of an actor to its followers' servers."""
    async with ctx.read() as session:
        row = await accounts.by_id(session, job.account_id)
        if row is None or not row.is_local:
            return
        inboxes = await audience.of_followers(session, row.id)
        if not inboxes:
            return
        actor = await actor_of(session, row, addresses=ctx.addresses)
    at = row.updated_at or ctx.clock()
    activity = build_update(
        build_actor(actor),
        uri=f"{row.uri}#updates/{int(at.timestamp() * 1000)}",
        actor_uri=row.uri,
        to=[PUBLIC],
        cc=[],
        at=at,
    )
    await send(
        ctx,
        activity,
        account_id=row.id,
        object_key=row.uri,
        priority=PROFILE,
        inboxes=inboxes,
        key_id=job.key_id,
    )


async def federate_move(ctx: Context, job: FederateMove) -> None:
    """Job: send the Move of an account of ours to its followers' servers."""
    async with ctx.read() as session:
        row = await accounts.by_id(session, job.account_id)
        target = await accounts.by_id(session, job.target_id)
        if row is None or target is None or row.moved_to_id != target.id:
            return
        inboxes = await audience.of_followers(session, row.id)
    at = row.moved_at or ctx.clock()
    activity = build_move(
        uri=f"{row.uri}#moves/{int(at.timestamp() * 1000)}",
        actor_uri=row.uri,
        target_uri=target.uri,
        followers=ctx.addresses.followers(row.username),
    )
    await send(
        ctx, activity, account_id=row.id, object_key=row.uri, priority=PROFILE, inboxes=inboxes
    )
