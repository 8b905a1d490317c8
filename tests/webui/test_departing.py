"""A member leaves the district, and the account leaves with them (R-10)."""

import re
from datetime import UTC, datetime, time, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from fedi_k12.context import utc_now
from fedi_k12.domain.departures import GRACE, reminders_due
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import departures, moderation, posts, signup
from fedi_k12.worker import run_until_idle
from storage import accounts
from storage.tables import AuditRow, DelegationRow, MemberRow, PostRow, RecordRow
from tests.mailbox import mail_server

PAGE = "/settings/departure"


@pytest.fixture
async def box(tmp_path):
    async with mail_server(tmp_path) as served:
        yield served


@pytest.fixture
def settings(settings, box):
    return replace(settings, smtp_url=box.url, ca_file=box.authority)


@pytest.fixture
async def mona(make_member):
    return await make_member("mona", role=Role.MODERATOR)


@pytest.fixture
async def reached(ctx, maya):
    async def confirm(session):
        row = await session.get(MemberRow, maya.actor.member_id)
        row.email, row.confirmed_at = "maya@home.example", ctx.clock()

    await ctx.write(confirm)


@pytest.fixture
def it_is(ctx, clock):
    """Return a function that moves the clock to a moment and does what is due."""

    async def run(at):
        clock.offset = at - utc_now()
        await run_until_idle(ctx)

    return run


@pytest.fixture
def noted(ctx, mona, maya):
    """Return a function by which staff note that Maya leaves."""

    async def note(last_day, **parts):
        parts = {"actor": mona.actor, "account_id": maya.account.id} | parts
        await ctx.write(departures.note, last_day=last_day, now=ctx.clock(), **parts)
        await run_until_idle(ctx)

    return note


def midnight_after(day):
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)


def subjects(box):
    return [letter["Subject"] for letter in box.letters]


async def kept(ctx, what):
    async with ctx.read() as session:
        return await session.scalar(select(func.count()).select_from(what))


async def test_nobody_is_hurried_but_on_a_ground(ctx, noted, maya, tom, mona):
    """R-10: 60 days' notice, sooner only for who is suspended, and on a ground."""
    today = ctx.clock().date()
    with pytest.raises(ForbiddenError):
        await noted(today + timedelta(days=70), actor=tom.actor)
    with pytest.raises(InvalidError, match="60 days"):
        await noted(today + timedelta(days=58))
    await noted(today + timedelta(days=80))
    with pytest.raises(InvalidError, match="60 days"):
        await noted(today + timedelta(days=20), why="In a hurry.")
    await noted(today + timedelta(days=90))

    await ctx.write(
        moderation.suspend_account,
        actor=mona.actor,
        account_id=maya.account.id,
        reason="Threats",
        now=ctx.clock(),
    )
    with pytest.raises(InvalidError, match="ground"):
        await noted(today + timedelta(days=20))
    await noted(today + timedelta(days=20), why="Threats, by a court's order.")

    async with ctx.read() as session:
        found = await departures.of_member(session, member_id=maya.actor.member_id)
        told = await session.scalars(
            select(AuditRow.detail).where(AuditRow.action == "leaving the district noted")
        )
    assert found.last_day == today + timedelta(days=20)
    assert [row["reason"] for row in told][-1] == "Threats, by a court's order."


def test_a_reminder_is_sent_once_and_the_nearest_alone():
    """R-10: 60, 30 and 7 days before."""
    end = datetime(2027, 7, 1, tzinfo=UTC)

    def due(days, told=0):
        return reminders_due(end, told=told, now=end - timedelta(days=days))

    assert [due(61), due(60), due(30, told=60), due(7, told=30)] == [None, 60, 30, 7]
    assert [due(59, told=60), due(3, told=7), due(5, told=60), due(0)] == [None, None, 7, None]


async def test_a_member_is_told_reminded_and_leaves(
    ctx, noted, it_is, box, reached, seated, at_maya, at_tom, client, maya, lincoln, delegate_to
):
    """R-10: reminders by mail and notification, then the page of leaving alone, then closed."""
    speaking = await delegate_to(lincoln, maya)
    await ctx.write(
        posts.publish,
        actor=speaking.actor,
        draft=Draft("For the school", visibility=Visibility.PUBLIC),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    assert (await at_maya.get(PAGE)).status == 404
    last = ctx.clock().date() + timedelta(days=75)
    await noted(last)
    end = midnight_after(last)

    page = await at_maya.get(PAGE)
    assert page.status == 200
    assert "Your account leaves with you" in page.text
    assert "/settings/moving" in page.body
    assert (await at_tom.get(PAGE)).status == 404
    for days in (60, 30, 7):
        await it_is(end - timedelta(days=days) + timedelta(minutes=1))
    heard = await client.get("/api/v1/notifications?types[]=departure", headers=maya.headers)
    assert len(await heard.json()) == 4
    assert len(subjects(box)) == 4
    assert all("leaves with you" in one for one in subjects(box))
    assert str(last.year) in box.letters[-1].get_content()
    at_maya = await seated(maya)  # a browser stays signed in for 60 days
    assert "in a week" in (await at_maya.get("/notifications")).text
    assert (await at_maya.get("/home")).status == 200

    await it_is(end + timedelta(minutes=1))
    assert (await client.get("/api/v1/timelines/home", headers=maya.headers)).status == 401
    assert (await client.get("/api/v1/timelines/home", headers=speaking.headers)).status == 401
    for path in ("/home", "/", "/write", "/settings"):
        assert (await at_maya.get(path)).location == PAGE
    for path in (PAGE, "/settings/moving", "/settings/files", "/settings/leaving"):
        assert (await at_maya.get(path)).status == 200
    page = await at_maya.get(PAGE)
    assert "Your last day was" in page.text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.body)[1]
    assert (await at_maya.post("/posts", {"csrf": csrf, "text": "Still here"})).status == 403
    async with ctx.read() as session:
        ended = await session.scalar(
            select(DelegationRow.ended_at).where(
                DelegationRow.member_id == maya.actor.member_id
            )
        )
    assert ended is not None

    records = await kept(ctx, RecordRow)
    await it_is(end + GRACE + timedelta(minutes=1))
    async with ctx.read() as session:
        gone = await accounts.by_id(session, maya.account.id)
        left = await session.scalar(
            select(func.count()).select_from(PostRow).where(PostRow.account_id == lincoln.id)
        )
        actions = set(await session.scalars(select(AuditRow.action)))
    assert gone.deleted_at is not None
    assert left == 1
    assert await kept(ctx, RecordRow) >= records > 0
    assert {"leaving the district noted", "left the district", "account deleted"} <= actions
    assert (await at_maya.get(PAGE)).status == 303
    with pytest.raises(Exception, match="taken"):
        await ctx.write(
            signup.create_member,
            username="maya",
            email=None,
            password_hash="x",
            role=Role.MEMBER,
            kind="Person",
            display_name="",
            keys=None,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )


async def test_staff_note_it_on_a_page_and_take_it_back(
    ctx, seated, mona, maya, at_maya, box, reached, it_is, lincoln, delegate_to
):
    """R-10: what they act for can end at once; taken back, nothing happens on the day."""
    await delegate_to(lincoln, maya)
    at_mona, place = await seated(mona), f"/moderation/members/{maya.account.id}"
    page = await at_mona.get(place)
    soon = await at_mona.submit(
        page, f"{place}/departs", {"leaves_on": ctx.clock().date().isoformat()}
    )
    assert soon.status == 422
    last = ctx.clock().date() + timedelta(days=62)
    form = {"leaves_on": last.isoformat(), "delegations": "now"}
    assert (await at_mona.submit(page, f"{place}/departs", form)).status == 303
    await run_until_idle(ctx)
    async with ctx.read() as session:
        held = await session.scalar(
            select(DelegationRow.ended_at).where(
                DelegationRow.member_id == maya.actor.member_id
            )
        )
    assert held is not None

    page = await at_mona.get(place)
    assert (await at_mona.submit(page, f"{place}/stays", {})).status == 303
    await it_is(midnight_after(last) + GRACE + timedelta(days=1))
    assert (await at_maya.get("/notifications")).status in {200, 303}
    assert (await at_maya.get(PAGE)).status in {303, 404}
    async with ctx.read() as session:
        assert (await accounts.by_id(session, maya.account.id)).deleted_at is None
    assert any("stays" in one for one in subjects(box))
