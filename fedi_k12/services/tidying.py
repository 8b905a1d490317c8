"""Forget posts of other servers that nobody here touched, a few at a time."""

from collections.abc import Callable
from datetime import timedelta

from fedi_k12.context import Context
from fedi_k12.domain.timed_jobs import ForgetRemotePosts
from fedi_k12.services.upkeep import forget_files
from storage import untouched

AT_ONCE = 200
"""So many posts go in one transaction: others write in between."""


async def forget_remote_posts(ctx: Context, job: ForgetRemotePosts) -> None:
    """Job: forget what the setting `remote_post_days` says, if it says anything."""
    del job
    if days := ctx.settings.remote_post_days:
        await forget_untouched(ctx, days=days)


async def forget_untouched(
    ctx: Context, *, days: int, tell: Callable[[int], None] = lambda _number: None
) -> int:
    """Forget posts of other servers that came so many days ago; return how many went.

    It may be stopped at any time: what is gone is gone, and the rest goes the next time.
    `tell` hears how many went so far.
    """
    forgotten, after = 0, 0
    now = ctx.clock()
    before = now - timedelta(days=days)
    while True:
        async with ctx.slow_read() as session:
            found, last = await untouched.candidates(
                session, before=before, now=now, after=after
            )
        for at in range(0, len(found), AT_ONCE):
            part = found[at : at + AT_ONCE]
            files = await ctx.write(untouched.forget, part, now=now)
            if files:
                await forget_files(ctx, files)
            forgotten += len(part)
            tell(forgotten)
        if last is None:
            return forgotten
        after = last


async def count_untouched(ctx: Context, *, days: int) -> int:
    """Return how many posts of other servers would be forgotten."""
    number, after = 0, 0
    now = ctx.clock()
    while True:
        async with ctx.slow_read() as session:
            found, last = await untouched.candidates(
                session, before=now - timedelta(days=days), now=now, after=after
            )
        number += len(found)
        if last is None:
            return number
        after = last
