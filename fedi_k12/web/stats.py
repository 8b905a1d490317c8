"""How big this server is, counted now and then."""

from datetime import timedelta

from fedi_k12.context import Context
from fedi_k12.services import site
from fedi_k12.web.shelf import Fresh, kept


class _Stats(Fresh[str, site.SiteStats]):
    """The last count."""

    def __init__(self) -> None:
        super().__init__(size=1, lasts=timedelta(minutes=10))


async def site_stats(ctx: Context) -> site.SiteStats:
    """Return how big this server is, at most ten minutes old: counting takes a while."""
    known = kept(ctx, _Stats)
    stats = known.get("", now=ctx.clock())
    if stats is None:
        async with ctx.slow_read() as session:
            stats = await site.stats(session, now=ctx.clock())
        known.put("", stats, now=ctx.clock())
    return stats
