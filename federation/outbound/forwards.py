"""Job: hand on to followers elsewhere what was answered to a member here."""

from federation import audience
from federation.flood import Buckets
from federation.policy import reachable
from federation.vocab.decode import decode
from federation.vocab.parse import parse_activity
from fedi_k12.context import Context
from fedi_k12.domain.jobs import ForwardActivity
from fedi_k12.web.shelf import kept
from storage import accounts, deliveries, follows

PRIORITY = 3
MAX_OF_ONE = 60
"""So many activities of one author are handed on within ten minutes: each costs us a request
for every server that somebody follows from."""


async def forward_activity(ctx: Context, job: ForwardActivity) -> None:
    """Job: send an activity on, unchanged, to the servers of an account's followers.

    Not to the one it came from. Whoever gets it sees that we sent it and who wrote it.
    """
    activity = parse_activity(decode(job.activity.encode()))
    seen = kept(ctx, Buckets).take(f"forward {activity.actor}", 1, now=ctx.clock())
    if seen.count > MAX_OF_ONE:
        return
    async with ctx.read() as session:
        owner = await accounts.by_id(session, job.account_id)
        if owner is None or not owner.is_local or owner.suspended_at is not None:
            return
        found = await follows.remote_inboxes(session, owner.id)
    pairs = audience.once((shared or inbox, host) for inbox, shared, host in found)
    owed = deliveries.Owed(
        uri=activity.key,
        account_id=owner.id,
        body=job.activity.encode(),
        object_key=job.object_uri,
        priority=PRIORITY,
        inboxes=await reachable(ctx, [pair for pair in pairs if pair[1] != job.origin]),
    )
    await ctx.write(deliveries.add, [owed], now=ctx.clock())
