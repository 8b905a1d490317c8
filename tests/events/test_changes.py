"""What an event's change, end or deletion does to its guests, and the list of those to come."""

from datetime import timedelta

from sqlalchemy import func, select

from fedi_k12.domain.events import Attending, EventDraft, Status
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import events, posts
from fedi_k12.worker import run_until_idle
from storage.tables import AttendanceRow
from tests.events.conftest import answers


async def test_a_cancelled_event_keeps_its_page_and_answers_everybody(
    ctx, send, remote, hold, maya, states
):
    ren, eve, post = remote.actor("ren"), remote.actor("eve"), await hold(capacity=1)
    await send(ren, ren.activity("Join", post.uri))
    await send(eve, eve.activity("Join", post.uri))
    remote.delivered.clear()

    await ctx.write(
        events.set_status,
        actor=maya.actor,
        post_id=post.id,
        status=Status.CANCELLED,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)

    assert await states() == ["going", "refused"]
    update = next(item.body for item in remote.delivered if item.body["type"] == "Update")
    assert update["object"]["eventStatus"] == "EventCancelled"
    assert update["object"]["ical:status"] == "CANCELLED"
    assert update["object"]["summary"].startswith("Cancelled: ")
    assert [kind for kind, _wish in answers(remote)] == ["Reject"]
    async with ctx.read() as session:
        found = await events.one(session, post_id=post.id, viewer=None)
    assert found.event.details.status is Status.CANCELLED


async def test_more_room_lets_in_who_waits_and_a_new_time_is_told(
    ctx, send, remote, hold, maya, tom, join, states, told
):
    ren, post = remote.actor("ren"), await hold(capacity=1)
    await send(ren, ren.activity("Join", post.uri))
    assert await join(tom, post) is Attending.WAITING
    starts = ctx.clock() + timedelta(days=5)

    await ctx.write(
        events.edit,
        actor=maya.actor,
        post_id=post.id,
        event=EventDraft("Maths night", starts, time_zone="America/Chicago", capacity=2),
        draft=Draft("Later"),
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)

    assert await states() == ["going", "going"]
    assert set(await told(tom)) == {"event_accepted", "event_changed"}
    assert "Update" in remote.types()


async def test_upcoming_events_are_shown_soonest_first(client, ctx, hold, maya, monkeypatch):
    monkeypatch.setattr("federation.documents.is_open", lambda ctx, row: True)
    monkeypatch.setattr("federation.gatherings.demand_signature", lambda *given: None)
    far = await hold(starts_at=ctx.clock() + timedelta(days=9), ends_at=None)
    near = await hold()
    await hold(visibility=Visibility.FOLLOWERS)

    answer = await client.get(
        "/users/maya/collections/events", headers={"Accept": "application/activity+json"}
    )
    found = await answer.json()

    assert found["type"] == "OrderedCollection"
    assert [item["id"] for item in found["orderedItems"]] == [near.uri, far.uri]
    assert {item["type"] for item in found["orderedItems"]} == {"Event"}
    count = await client.get(
        near.uri.removeprefix("https://home.example") + "/attendees",
        headers={"Accept": "application/activity+json"},
    )
    assert await count.json() == {
        "@context": ["https://www.w3.org/ns/activitystreams"],
        "id": f"{near.uri}/attendees",
        "type": "Collection",
        "totalItems": 0,
    }


async def test_an_event_is_deleted_with_its_guests(ctx, send, remote, hold, maya):
    ren, post = remote.actor("ren"), await hold()
    await send(ren, ren.activity("Join", post.uri))

    await ctx.write(posts.delete, actor=maya.actor, post_id=post.id, now=ctx.clock())
    await run_until_idle(ctx)

    assert remote.types()[-1] == "Delete"
    assert remote.delivered[-1].body["object"]["formerType"] == "Event"
    async with ctx.read() as session:
        assert await session.scalar(select(func.count()).select_from(AttendanceRow)) == 0
