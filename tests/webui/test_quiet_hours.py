"""H9: apps are left asleep in quiet hours, and woken once afterwards."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web

from fedi_k12.context import utc_now
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.webpush import encoded
from fedi_k12.services import profiles, site
from fedi_k12.services.site import SiteChanges
from fedi_k12.worker import run_until_idle
from tests.waking import Phone

ZONE = "America/Los_Angeles"


@pytest.fixture
async def phone(aiohttp_server, resolver):
    made = Phone()

    async def receive(request):
        made.got.append((request.headers.copy(), await request.read()))
        return web.Response(status=201)

    app = web.Application()
    app.router.add_post("/wake/1", receive)
    server = await aiohttp_server(app)
    resolver.ports["push.example"] = server.port
    return made


@pytest.fixture
def it_is(ctx, clock):
    """Return a function that sets the clock by the wall of Portland and does what is due."""

    async def run(text):
        wanted = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
        clock.offset = wanted - utc_now()
        await run_until_idle(ctx)

    return run


@pytest.fixture
async def asleep(ctx, client, phone, maya, it_is):
    """Maya's app can be woken; she lives in Portland, and it is Tuesday evening."""
    await it_is("2027-01-12T12:00")
    answer = await client.post(
        "/api/v1/push/subscription",
        headers=maya.headers,
        json={
            "subscription": {
                "endpoint": "http://push.example/wake/1",
                "keys": {"p256dh": encoded(phone.point), "auth": encoded(phone.auth)},
                "standard": True,
            },
            "data": {"alerts": {"mention": True, "favourite": True}, "policy": "all"},
        },
    )
    assert answer.status == 200
    await choose(ctx, maya, time_zone=ZONE)
    await it_is("2027-01-12T19:00")
    return phone


async def choose(ctx, member, **changes):
    await ctx.write(profiles.save_preferences, actor=member.actor, changes=changes)


async def test_h9_at_night_apps_sleep_and_wake_once_in_the_morning(
    asleep, it_is, publish, make_member
):
    for name in ("tom", "ben", "ines"):
        await publish(await make_member(name), "@maya Are you there?")
    await it_is("2027-01-12T23:00")
    assert asleep.messages == []

    await it_is("2027-01-13T07:01")

    [message] = asleep.messages
    assert message["title"] == "News from your quiet hours"
    assert message["body"] == "Ines, Ben and others"
    assert message["notification_type"] == "mention"


async def test_h9_a_single_thing_is_told_as_it_is(asleep, it_is, publish, tom):
    await publish(tom, "@maya One question")
    await it_is("2027-01-13T07:01")

    [message] = asleep.messages
    assert message["title"] == "Tom mentioned you"
    assert "One question" in message["body"]


async def test_h9_a_weekend_is_quiet_until_monday(asleep, it_is, publish, tom):
    await it_is("2027-01-15T18:30")
    await publish(tom, "@maya On Friday evening")
    await it_is("2027-01-17T12:00")
    assert asleep.messages == []

    await it_is("2027-01-18T07:01")
    assert len(asleep.messages) == 1


async def test_h9_by_day_apps_are_woken_at_once(asleep, it_is, ctx, publish, tom):
    await it_is("2027-01-13T10:00")
    await publish(tom, "@maya By day")
    await run_until_idle(ctx)

    assert len(asleep.messages) == 1


@pytest.mark.parametrize(
    "changes",
    [{"quiet_hours": False}, {"time_zone": ""}, {"quiet_from": "21:00"}],
    ids=["switched off", "no clock known", "later hours"],
)
async def test_h9_members_choose_their_hours(asleep, ctx, publish, maya, tom, changes):
    await choose(ctx, maya, **changes)
    await publish(tom, "@maya At seven")
    await run_until_idle(ctx)

    assert len(asleep.messages) == 1


async def test_h9_who_chose_no_clock_goes_by_that_of_the_place(
    asleep, ctx, it_is, publish, maya, tom
):
    await choose(ctx, maya, time_zone="")
    changes = SiteChanges(time_zone=ZONE)
    await ctx.write(site.save_site, actor=None, changes=changes, now=ctx.clock())
    await publish(tom, "@maya At seven")
    await it_is("2027-01-12T20:00")

    assert asleep.messages == []


async def test_h9_what_was_deleted_meanwhile_wakes_nobody(asleep, it_is, client, publish, tom):
    post = await publish(tom, "@maya Never mind")
    answer = await client.delete(f"/api/v1/statuses/{post}", headers=tom.headers)
    await it_is("2027-01-13T07:01")

    assert answer.status == 200
    assert asleep.messages == []


async def test_h9_hours_are_chosen_on_a_page(at_maya):
    page = await at_maya.get("/settings/notifications")
    assert "We do not know your time zone yet" in page.text
    changes = {"quiet_from": "20:30", "quiet_until": "06:15"}
    done = await at_maya.submit(page, "/settings/notifications/quiet", changes)
    again = await at_maya.follow(done)
    fields = {one["name"]: one["value"] for one in again.main.find("input")}

    assert (fields["quiet_from"], fields["quiet_until"]) == ("20:30", "06:15")

    wrong = await at_maya.submit(again, "/settings/notifications/quiet", {"quiet_from": "late"})
    assert wrong.status == 422
    assert "time of day" in wrong.text


async def test_h9_the_place_has_a_clock_that_admins_set(seated, make_member):
    at_olga = await seated(await make_member("olga", role=Role.OWNER))
    page = await at_olga.get("/moderation/site")
    await at_olga.submit(page, "/moderation/site", {"time_zone": ZONE})

    assert ZONE in (await at_olga.get("/settings/notifications")).text
