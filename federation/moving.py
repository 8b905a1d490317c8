"""Jobs: follow accounts where they went (FEP-7628)."""

from datetime import timedelta

from federation.learn import fetch_account
from fedi_k12.context import Context
from fedi_k12.domain.jobs import CarryFollowers, LearnMove
from fedi_k12.services import moves
from storage import accounts

FRESH = timedelta(minutes=5)
"""What was fetched so lately is not fetched again: two accounts may name each other."""


async def carry_followers(ctx: Context, job: CarryFollowers) -> None:
    """Job: let some of those who follow an account that moved follow the new one."""
    await ctx.write(moves.carry, job, addresses=ctx.addresses, now=ctx.clock())


async def learn_move(ctx: Context, job: LearnMove) -> None:
    """Job: show where an account went, once the other side says that it is the same."""
    async with ctx.read() as session:
        row = await accounts.by_uri(session, job.uri)
        if row is None or not row.moved_to_uri or row.moved_to_id is not None:
            return
        target = await accounts.by_uri(session, row.moved_to_uri)
    known = target is not None and (
        target.is_local
        or (target.fetched_at is not None and ctx.clock() - target.fetched_at < FRESH)
    )
    if not known:
        target = await fetch_account(ctx, row.moved_to_uri)
    if target is not None:
        await ctx.write(moves.confirm_redirect, account_id=row.id, target_id=target.id)
