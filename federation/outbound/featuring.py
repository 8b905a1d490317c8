"""Jobs: an account of ours pins a post or features a hashtag, or no longer."""

from federation import audience
from federation.outbound.sending import send
from federation.vocab.build_featured import build_featuring, build_hashtag
from fedi_k12.context import Context
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.jobs import FederateFeaturedTag, FederatePin
from storage import accounts

FEATURING = 4


async def federate_pin(ctx: Context, job: FederatePin) -> None:
    """Job: send the Add or Remove of a pinned post."""
    await _send(ctx, job.account_id, job.post_uri, key=job.post_uri, added=job.pinned)


async def federate_featured_tag(ctx: Context, job: FederateFeaturedTag) -> None:
    """Job: send the Add or Remove of a featured hashtag."""
    url = ctx.addresses.tag(job.name)
    hashtag = build_hashtag(job.display, url)
    await _send(ctx, job.account_id, hashtag, key=url, added=job.featured, tag=True)


async def _send(
    ctx: Context, account_id: int, featured: object, *, key: str, added: bool, tag: bool = False
) -> None:
    async with ctx.read() as session:
        row = await accounts.by_id(session, account_id)
        if row is None or row.deleted_at is not None:
            return
        inboxes = await audience.of_followers(session, row.id)
    if not inboxes:
        return
    addresses = ctx.addresses
    collection = addresses.featured_tags if tag else addresses.featured
    activity = build_featuring(
        "Add" if added else "Remove",
        uri=addresses.activity(row.username, "featuring", new_id()),
        actor_uri=row.uri,
        followers_uri=addresses.followers(row.username),
        featured=featured,
        collection_uri=collection(row.username),
    )
    await send(
        ctx, activity, account_id=row.id, object_key=key, priority=FEATURING, inboxes=inboxes
    )
