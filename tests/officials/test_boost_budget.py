"""An official account passes on three posts a day (S-42)."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from fedi_k12.domain.boosts import Budget, begin_of, day_of, next_midnight
from fedi_k12.domain.errors import InvalidError, SavedForApprovalError
from fedi_k12.domain.submissions import Level
from fedi_k12.services import approving, boost_budget, reactions, site
from fedi_k12.worker import run_until_idle
from storage.tables import PostRow

CHICAGO = ZoneInfo("America/Chicago")
USED = "This account used the boosts of today: 3 of 3. Add it to tomorrow's digest instead."


@pytest.fixture
async def speaking(lincoln, maya, delegate_to):
    """Maya, who publishes for the school alone."""
    return await delegate_to(lincoln, maya)


@pytest.fixture
def left(see, lincoln):
    """Return a function that says how many boosts the school has left."""

    async def run():
        return (await see(boost_budget.budget, lincoln.id)).left

    return run


@pytest.fixture
def by_tom(publish, tom):
    """Return a function that has Tom publish so many posts: their ids."""

    async def run(count):
        return [(await publish(tom, f"Class {number}")).id for number in range(count)]

    return run


async def boosts_of(ctx, account):
    async with ctx.read() as session:
        rows = await session.scalars(
            select(PostRow.boost_of_id).where(
                PostRow.account_id == account.id, PostRow.boost_of_id.is_not(None)
            )
        )
        return list(rows)


@pytest.mark.parametrize(
    ("now", "midnight"),
    [
        ("2026-11-28T12:00", "2026-11-29T06:00"),
        ("2026-11-28T05:59", "2026-11-28T06:00"),
        ("2026-11-28T06:00", "2026-11-29T06:00"),
        # Clocks are put forward: a day of 23 hours; and back: one of 25.
        ("2026-03-08T06:00", "2026-03-09T05:00"),
        ("2026-11-01T05:00", "2026-11-02T06:00"),
    ],
)
def test_a_day_ends_at_midnight_of_the_place(now, midnight):
    """S-42: also on the days when clocks change."""
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(midnight).replace(tzinfo=UTC)

    assert next_midnight(at, CHICAGO) == expected
    assert day_of(expected, CHICAGO) == day_of(expected - timedelta(seconds=1), CHICAGO) + (
        timedelta(days=1)
    )


def test_a_day_without_a_midnight_begins_at_one():
    """In Santiago clocks are put forward at midnight: that day has no 00:00."""
    santiago = ZoneInfo("America/Santiago")
    begin = begin_of(date(2026, 9, 6), santiago)

    assert begin == datetime(2026, 9, 6, 4, tzinfo=UTC)
    assert begin.astimezone(santiago).hour == 1
    assert day_of(begin - timedelta(seconds=1), santiago) == date(2026, 9, 5)


def test_what_is_used_up_offers_the_digest_of_tomorrow():
    at = datetime(2026, 11, 29, tzinfo=UTC)

    assert Budget(3, 2, at).used_up == ""
    assert str(Budget(3, 3, at).used_up) == USED
    assert Budget(3, 5, at).left == 0


async def test_the_fourth_boost_of_a_day_is_refused_in_every_way_in(
    ctx, client, speaking, by_tom, lincoln, seated, maya, left
):
    """S-42: app, outbox and page; no Announce is made, and the page says what is left."""
    *few, fourth = await by_tom(4)
    browser = await seated(maya, lincoln)
    assert "3 of 3 boosts left today" in (await browser.get("/home")).root.text
    for number in few:
        answer = await client.post(
            f"/api/v1/statuses/{number}/reblog", headers=speaking.headers
        )
        assert answer.status == 200
    assert await left() == 0

    by_app = await client.post(f"/api/v1/statuses/{fourth}/reblog", headers=speaking.headers)
    async with ctx.read() as session:
        uri = (await session.get(PostRow, fourth)).uri
    by_outbox = await client.post(
        "/users/lincoln/outbox",
        json={"type": "Announce", "object": uri},
        headers={**speaking.headers, "Content-Type": "application/activity+json"},
    )
    page = await browser.get(f"/@tom/{fourth}")
    by_page = await browser.submit(page, f"/posts/{fourth}/pass-on")

    assert (by_app.status, await by_app.json()) == (422, {"error": USED})
    assert by_outbox.status == 422
    assert "tomorrow's digest" in await by_outbox.text()
    assert by_page.status == 422
    assert "Add it to tomorrow's digest" in by_page.root.text
    assert "0 of 3 boosts left today" in page.root.text
    assert sorted(await boosts_of(ctx, lincoln)) == sorted(few)


async def test_there_are_three_again_at_midnight_of_the_place(
    do, clock, ctx, speaking, by_tom, left, see, lincoln, settings
):
    """S-42: by the clock of the place, not that of the machine."""
    changes = site.SiteChanges(time_zone="Pacific/Auckland")
    await do(site.save_site, actor=None, changes=changes)
    for number in await by_tom(3):
        await do(reactions.boost, actor=speaking.actor, post_id=number)
    ends = (await see(boost_budget.budget, lincoln.id)).resets_at
    assert ends.astimezone(ZoneInfo("Pacific/Auckland")).hour == 0

    clock.advance(seconds=(ends - ctx.clock()).total_seconds() - 30)
    assert await left() == 0
    clock.advance(seconds=31)
    assert await left() == 3

    (another,) = await by_tom(1)
    await do(reactions.boost, actor=speaking.actor, post_id=another)
    assert await left() == 2


async def test_what_is_taken_back_was_sent_all_the_same(do, speaking, by_tom, left):
    """S-42: no Announce beyond the budget, whatever becomes of those before."""
    (number,) = await by_tom(1)
    for _ in range(2):
        await do(reactions.boost, actor=speaking.actor, post_id=number)
        await do(reactions.unboost, actor=speaking.actor, post_id=number)

    assert await left() == 1


async def test_the_last_boost_goes_out_once(ctx, do, speaking, by_tom, lincoln):
    """S-42: five people at once."""
    numbers = await by_tom(5)

    done = await asyncio.gather(
        *(do(reactions.boost, actor=speaking.actor, post_id=number) for number in numbers),
        return_exceptions=True,
    )

    assert len(await boosts_of(ctx, lincoln)) == 3
    assert [type(one) for one in done if isinstance(one, Exception)] == [InvalidError] * 2
    await run_until_idle(ctx)


async def test_approval_does_not_reach_beyond_the_budget(
    demand, speaking, approver, by_tom, do, decide, ctx, lincoln
):
    """S-42: used when it goes out; and nothing waits for what is used up."""
    first, *rest = await by_tom(5)
    await demand(Level.ALL)
    with pytest.raises(SavedForApprovalError) as waits:
        await do(reactions.boost, actor=speaking.actor, post_id=first)
    await demand(Level.NONE)
    for number in rest[:3]:
        await do(reactions.boost, actor=speaking.actor, post_id=number)

    with pytest.raises(InvalidError, match="tomorrow's digest"):
        await decide(approving.approve, approver, waits.value.submission_id)
    await demand(Level.ALL)
    with pytest.raises(InvalidError, match="tomorrow's digest"):
        await do(reactions.boost, actor=speaking.actor, post_id=rest[3])
    assert len(await boosts_of(ctx, lincoln)) == 3


async def test_people_pass_on_what_they_like(do, maya, by_tom, see):
    """S-42: for official accounts alone."""
    for number in await by_tom(5):
        await do(reactions.boost, actor=maya.actor, post_id=number)

    assert await see(boost_budget.budget, maya.account.id) is None
