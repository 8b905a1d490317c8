"""Fixtures: events held here and elsewhere, and how it stands with the guests."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from fedi_k12.domain.events import EventDraft, Place
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import attendance, events, follows
from fedi_k12.worker import run_until_idle
from storage import accounts
from storage import posts as post_rows
from storage.tables import AttendanceRow, EventRow, FollowRow, NotificationRow

EVENT_URI = "http://remote.example/events/1"


@pytest.fixture
def hold(ctx, maya):
    """Return a function that holds an event of Maya's and gives its post."""

    async def run(visibility=Visibility.PUBLIC, **changes):
        starts = ctx.clock() + timedelta(days=3)
        draft = EventDraft(
            **{
                "title": "Maths night",
                "starts_at": starts,
                "ends_at": starts + timedelta(hours=2),
                "time_zone": "America/Chicago",
                "place": Place("Gym"),
                **changes,
            }
        )
        post_id = await ctx.write(
            events.create,
            actor=maya.actor,
            event=draft,
            draft=Draft("Bring scissors", visibility=visibility),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        await run_until_idle(ctx)
        async with ctx.read() as session:
            return await post_rows.by_id(session, post_id)

    return run


@pytest.fixture
def states(ctx):
    """Return a function that gives how it stands with everybody, in the order of asking."""

    async def look():
        async with ctx.read() as session:
            rows = await session.scalars(select(AttendanceRow).order_by(AttendanceRow.id))
            return [row.state for row in rows]

    return look


@pytest.fixture
def going(ctx):
    async def look(post):
        async with ctx.read() as session:
            return (await session.get(EventRow, post.id)).going_count

    return look


@pytest.fixture
def told(ctx):
    """Return a function that gives what a member is told of, oldest first."""

    async def look(member):
        async with ctx.read() as session:
            rows = await session.scalars(
                select(NotificationRow)
                .where(
                    NotificationRow.account_id == member.account.id,
                    NotificationRow.kind.like("event%"),
                )
                .order_by(NotificationRow.id)
            )
            return [row.kind for row in rows]

    return look


def answers(remote):
    return [
        (item.body["type"], item.body["object"])
        for item in remote.delivered
        if item.body["type"] in {"Accept", "Reject", "Ignore"}
    ]


@pytest.fixture
async def elsewhere(ctx, send, remote, maya):
    """An event of Ren's on the fake server, whom Maya follows: (ren, its post here)."""
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri, "first"))
    async with ctx.read() as session:
        row = await accounts.by_uri(session, ren.uri)
    await ctx.write(
        follows.follow, actor=maya.actor, target_id=row.id, addresses=ctx.addresses,
        now=ctx.clock(),
    )  # fmt: skip
    async with ctx.read() as session:
        follow = await session.scalar(select(FollowRow).where(FollowRow.target_id == row.id))
    await send(ren, ren.activity("Accept", follow.uri, "first"))
    await send(ren, ren.create(event_of(ctx, ren)))
    remote.delivered.clear()
    async with ctx.read() as session:
        return ren, await post_rows.by_uri(session, EVENT_URI)


def event_of(ctx, ren, **changes):
    starts = ctx.clock() + timedelta(days=2)
    note = ren.note(
        id=EVENT_URI,
        type="Event",
        name="Reading circle",
        summary="Some day, somewhere",
        startTime=starts.isoformat(),
        endTime=(starts + timedelta(hours=1)).isoformat(),
        joinMode="free",
        location={"type": "Place", "name": "Library"},
    )
    return {**note, **changes}


@pytest.fixture
def join(ctx):
    async def run(member, post, message=""):
        state = await ctx.write(
            attendance.join,
            actor=member.actor,
            post_id=post.id,
            message=message,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        await run_until_idle(ctx)
        return state

    return run
