"""Job: agree with another server on who of ours follows an account of theirs (FEP-8fcf)."""

from datetime import timedelta

from federation.collect import Caps, read_collection
from federation.synchronisation import MAX_FOLLOWERS, digest_of, parse_claim
from fedi_k12.context import Context
from fedi_k12.domain.jobs import SynchroniseFollowers
from fedi_k12.domain.urls import same_origin
from fedi_k12.services import follow_sync
from fedi_k12.web.shelf import Fresh, kept
from storage import accounts, follows, jobs

MAX_PAGES = 10
PAUSE = timedelta(minutes=10)
SURE_AFTER = timedelta(hours=1)
"""What would end many follows is asked for once more, so much later."""


class _Asked(Fresh[int, bool]):
    """Accounts whose followers were compared a moment ago, whatever they claim."""

    def __init__(self) -> None:
        super().__init__(size=10_000, lasts=PAUSE)


class _Agreed(Fresh[tuple[int, str], bool]):
    """Digests that were found right."""

    def __init__(self) -> None:
        super().__init__(size=10_000, lasts=PAUSE)


async def compare(ctx: Context, account_id: int, header: str) -> None:
    """Look at what a sender says of its followers here; find out more where it differs.

    Its word counts for its own collection alone, asked for at its own server (FED-86).
    """
    claim = parse_claim(header)
    if claim is None or kept(ctx, _Asked).get(account_id, now=ctx.clock()):
        return
    agreed = kept(ctx, _Agreed)
    if agreed.get((account_id, claim.digest), now=ctx.clock()):
        return
    async with ctx.read() as session:
        row = await accounts.by_id(session, account_id)
        if row is None or row.is_local or claim.collection != row.followers_uri:
            return
        if not same_origin(claim.url, row.uri):
            return
        here = await follows.local_follower_uris(session, account_id, limit=MAX_FOLLOWERS)
    if len(here) >= MAX_FOLLOWERS:
        return
    if digest_of(here) == claim.digest:
        agreed.put((account_id, claim.digest), True, now=ctx.clock())
        return
    kept(ctx, _Asked).put(account_id, True, now=ctx.clock())
    job = SynchroniseFollowers(account_id, claim.url, claim.digest)
    await ctx.write(jobs.enqueue, job, now=ctx.clock())


async def synchronise_followers(ctx: Context, job: SynchroniseFollowers) -> None:
    """Job: fetch who of ours follows an account, as its server has it, and agree to that."""
    async with ctx.read() as session:
        row = await accounts.by_id(session, job.account_id)
    if row is None or row.deleted_at is not None or not same_origin(job.url, row.uri):
        return
    caps = Caps(items=MAX_FOLLOWERS, pages=MAX_PAGES)
    found = await read_collection(ctx, job.url, of=row.uri, caps=caps)
    if not found.whole or digest_of(found.ids) != job.digest:
        return
    ours = {uri for uri in found.ids if same_origin(uri, ctx.addresses.base_url)}
    done = await ctx.write(
        follow_sync.agree,
        target_id=row.id,
        listed=ours,
        sure=job.sure,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    if not done:
        again = SynchroniseFollowers(job.account_id, job.url, job.digest, sure=True)
        await ctx.write(jobs.enqueue, again, now=ctx.clock(), due_at=ctx.clock() + SURE_AFTER)
