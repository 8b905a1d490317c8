"""Events that others hold: members ask, are answered, are invited, and leave.

Row 1.15 "RSVP". Row 1.15 "Invites".
"""

from datetime import timedelta

import pytest

from fedi_k12.domain.events import Attending
from fedi_k12.services import attendance
from fedi_k12.worker import run_until_idle
from storage import posts as post_rows
from storage.tables import EventRow
from tests.events.conftest import EVENT_URI, event_of
from tests.remote import OTHER_KEYS, PUBLIC


async def test_an_event_from_elsewhere_is_an_event_here(ctx, elsewhere):
    _ren, post = elsewhere

    async with ctx.read() as session:
        event = await session.get(EventRow, post.id)
    assert (post.kind, post.title, post.summary) == ("Event", "Reading circle", "")
    assert event.places == [{"name": "Library"}]


async def test_a_member_asks_the_organiser_and_nobody_else(
    send, remote, elsewhere, join, maya, states, told
):
    ren, post = elsewhere

    assert await join(maya, post, "I bring tea") is Attending.ASKED
    assert await join(maya, post) is Attending.ASKED

    (sent,) = remote.delivered
    assert sent.path == "/users/ren/inbox"
    assert sent.body["type"] == "Join"
    assert sent.body["to"] == [ren.uri]
    assert "cc" not in sent.body
    assert sent.body["participationMessage"] == "I bring tea"
    await send(ren, ren.activity("Accept", sent.body, "join"))
    assert await states() == ["going"]
    assert await told(maya) == ["event_accepted"]
    await send(ren, ren.activity("Accept", sent.body["id"], "again"))
    assert await told(maya) == ["event_accepted"]


@pytest.mark.parametrize(("kind", "state"), [("Reject", "refused"), ("Ignore", "ignored")])
async def test_a_refusal_is_taken_as_one(
    send, remote, elsewhere, join, maya, states, kind, state
):
    ren, post = elsewhere
    await join(maya, post)

    await send(ren, ren.activity(kind, remote.delivered[0].body["id"]))

    assert await states() == [state]


async def test_fed_110_an_accept_by_a_stranger_counts_for_nothing(
    send, remote, elsewhere, join, maya, states, make_server
):
    _ren, post = elsewhere
    eve = remote.actor("eve")
    other = (await make_server("evil.example")).actor("mal", keys=OTHER_KEYS)
    await join(maya, post)
    joined = remote.delivered[0].body

    for liar in (eve, other):
        await send(liar, liar.activity("Accept", joined))
        await send(liar, liar.activity("Accept", joined["id"], "2"))
        await send(liar, liar.activity("Reject", joined))

    assert await states() == ["asked"]


async def test_whoever_the_event_names_on_its_server_may_answer(
    ctx, send, remote, elsewhere, join, maya, states
):
    """Mobilizon: the group holds the event, a person of it says yes."""
    ren, post = elsewhere
    pat = remote.actor("pat")
    updated = ctx.clock() + timedelta(seconds=1)
    await send(
        ren,
        ren.activity("Update", event_of(ctx, ren, actor=pat.uri, updated=updated.isoformat())),
    )
    await join(maya, post)

    joined = next(item.body for item in remote.delivered if item.body["type"] == "Join")
    await send(pat, pat.activity("Accept", joined))

    assert await states() == ["going"]


async def test_a_change_reaches_the_members_who_go_and_only_its_owner_makes_it(
    ctx, send, remote, elsewhere, join, maya, told
):
    ren, post = elsewhere
    eve = remote.actor("eve")
    await join(maya, post)
    later = (ctx.clock() + timedelta(seconds=2)).isoformat()
    moved = event_of(ctx, ren, location={"type": "Place", "name": "Hall"}, updated=later)

    await send(eve, eve.activity("Update", moved))
    assert await told(maya) == []
    await send(ren, ren.activity("Update", moved))
    assert await told(maya) == ["event_changed"]
    last = (ctx.clock() + timedelta(seconds=3)).isoformat()
    await send(
        ren,
        ren.activity(
            "Update", {**moved, "eventStatus": "EventCancelled", "updated": last}, "2"
        ),
    )

    assert await told(maya) == ["event_cancelled"]
    async with ctx.read() as session:
        event = await session.get(EventRow, post.id)
    assert event.status == "cancelled"
    assert event.places == [{"name": "Hall"}]


async def test_leaving_is_told_to_the_organiser(ctx, remote, elsewhere, join, maya, states):
    ren, post = elsewhere
    await join(maya, post)

    await ctx.write(
        attendance.leave,
        actor=maya.actor,
        post_id=post.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)

    assert remote.types() == ["Join", "Leave"]
    assert remote.delivered[1].body["object"] == EVENT_URI
    assert remote.delivered[1].body["to"] == [ren.uri]
    assert await states() == []


async def test_an_invitation_arrives_and_is_taken(
    send, remote, elsewhere, join, maya, states, told
):
    ren, post = elsewhere
    eve = remote.actor("eve")
    await send(eve, eve.activity("Invite", EVENT_URI, target=maya.account.uri))
    assert await states() == []

    await send(ren, ren.activity("Invite", EVENT_URI, target=maya.account.uri))
    assert await states() == ["invited"]
    assert await told(maya) == ["event_invite"]
    await join(maya, post)

    assert await states() == ["going"]
    assert remote.types() == ["Accept"]
    assert remote.delivered[0].body["object"] == f"{ren.uri}/activities/invite-1"


async def test_hubzilla_announces_an_event_with_an_invite(ctx, send, elsewhere):
    ren, _post = elsewhere
    other = event_of(ctx, ren, id="http://remote.example/events/2", name="Second")

    await send(ren, ren.activity("Invite", other, to=[PUBLIC]))

    async with ctx.read() as session:
        assert (await post_rows.by_uri(session, other["id"])).title == "Second"


async def test_mobilizon_lets_a_person_announce_what_a_group_holds(
    ctx, send, remote, elsewhere
):
    ren, _post = elsewhere
    club = remote.actor("club", type="Group")
    held = event_of(ctx, ren, id="http://remote.example/events/3", attributedTo=club.uri)
    held["actor"] = ren.uri
    remote.show({**held, "@context": "https://www.w3.org/ns/activitystreams"})

    await send(ren, ren.activity("Create", {**held, "name": "What Ren says"}, "3"))

    async with ctx.read() as session:
        post = await post_rows.by_uri(session, held["id"])
        assert post is not None
        assert post.title == "Reading circle"  # from its own id, not as it was delivered
