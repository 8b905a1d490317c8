"""Housekeeping: forget what was kept long enough, and nothing else."""

from datetime import timedelta

from sqlalchemy import func, select

from fedi_k12.domain.jobs import SweepStore
from fedi_k12.services import apps, follows, login, posts
from fedi_k12.services.receive import receive_deletion
from fedi_k12.services.upkeep import sweep_store
from storage import jobs
from storage.tables import (
    GrantRow,
    IdempotencyRow,
    MuteRow,
    SeenRow,
    SessionRow,
    TombstoneRow,
)

TABLES = (SeenRow, TombstoneRow, GrantRow, SessionRow, MuteRow, IdempotencyRow)


async def test_what_is_old_is_forgotten_and_the_rest_stays(ctx, clock, do, publish, maya, tom):
    async def left():
        async with ctx.read() as session:
            return {
                table.__tablename__: await session.scalar(
                    select(func.count()).select_from(table)
                )
                for table in TABLES
            }

    await ctx.write(jobs.remember_new, [("http://remote.example/1", "a")], now=ctx.clock())
    await do(receive_deletion, uri="http://remote.example/2", account_uri="a")
    ours = await publish(maya, idempotency_key="k")
    await do(posts.delete, actor=maya.actor, post_id=(await publish(maya)).id)
    app = await do(apps.register_app, name="Toot", redirect_uris=[apps.OUT_OF_BAND])
    await do(
        apps.grant_code, app_id=app.id, actor=maya.actor, redirect_uri=apps.OUT_OF_BAND,
        scopes=frozenset({"read"}), code_challenge=None,
    )  # fmt: skip
    await do(login.open_session, member_id=maya.actor.member_id, client="x")
    await do(follows.mute, actor=maya.actor, target_id=tom.account.id, duration=3600)
    assert ours

    await sweep_store(ctx, SweepStore())
    fresh = await left()
    clock.advance(seconds=timedelta(days=90).total_seconds())
    await sweep_store(ctx, SweepStore())

    assert all(fresh.values())
    # Of what was deleted here the grave stays: its address is for ever.
    assert sum((await left()).values()) == 1
