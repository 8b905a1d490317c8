"""Coming to events across servers: asked, answered, and never more guests than places.

Row 1.15 "RSVP". Row 1.15 "Attendee privacy". Row 1.15 "Invites".
"""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from fedi_k12.domain.events import Attending, EventDraft, JoinMode, Place, Status, Wish
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import attendance, events, follows, posts
from fedi_k12.worker import run_until_idle
from storage import accounts
from storage import posts as post_rows
from storage.tables import AttendanceRow, EventRow, FollowRow, NotificationRow, PostRow
from tests.remote import OTHER_KEYS, PUBLIC

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


async def test_a_free_place_is_given_at_once_and_the_organiser_hears_of_it(
    send, remote, hold, states, going, told, maya
):
    ren, post = remote.actor("ren"), await hold()

    await send(
        ren,
        ren.activity("Join", post.uri, participationMessage="<b>Can</b> I <script>x</script>"),
    )

    assert await states() == ["going"]
    assert await going(post) == 1
    assert await told(maya) == ["event_join"]
    ((kind, wish),) = answers(remote)
    assert kind == "Accept"
    assert wish == {
        "id": f"{ren.uri}/activities/join-1",
        "type": "Join",
        "actor": ren.uri,
        "object": post.uri,
    }
    assert remote.delivered[-1].path == "/users/ren/inbox"


async def test_fed_110_what_a_guest_writes_is_plain_text(ctx, send, remote, hold, maya):
    ren, post = remote.actor("ren"), await hold()

    await send(
        ren,
        ren.activity(
            "Join", post.uri, participationMessage="<b>Me</b> too<script>alert(1)</script>"
        ),
    )

    async with ctx.read() as session:
        guests = await attendance.guests(
            session, actor=maya.actor, post_id=post.id, now=ctx.clock()
        )
    assert "<" not in guests[0].message
    assert guests[0].message.startswith("Me too")


async def test_asking_twice_is_answered_twice_and_counts_once(
    send, remote, hold, going, states
):
    ren, post = remote.actor("ren"), await hold(capacity=1)

    await send(ren, ren.activity("Join", post.uri, "1"))
    await send(ren, ren.activity("Join", post.uri, "2"))

    assert await states() == ["going"]
    assert await going(post) == 1
    assert [kind for kind, _wish in answers(remote)] == ["Accept", "Accept"]
    assert answers(remote)[1][1]["id"].endswith("join-2")


async def test_who_must_ask_waits_for_the_organiser(
    ctx, send, remote, hold, maya, states, going, told
):
    ren, post = remote.actor("ren"), await hold(join_mode=JoinMode.RESTRICTED)
    await send(ren, ren.activity("Join", post.uri))
    assert await states() == ["asked"]
    assert answers(remote) == []
    assert await told(maya) == ["event_request"]
    async with ctx.read() as session:
        (guest,) = await attendance.guests(
            session, actor=maya.actor, post_id=post.id, now=ctx.clock()
        )

    await ctx.write(
        attendance.decide,
        actor=maya.actor,
        post_id=post.id,
        guest_id=guest.id,
        let_in=True,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)
    assert [kind for kind, _wish in answers(remote)] == ["Accept"]
    assert await going(post) == 1

    await ctx.write(
        attendance.decide,
        actor=maya.actor,
        post_id=post.id,
        guest_id=guest.id,
        let_in=False,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)
    assert [kind for kind, _wish in answers(remote)] == ["Accept", "Reject"]
    assert await going(post) == 0

    await send(ren, ren.activity("Join", post.uri, "again"))
    assert await states() == ["refused"]
    assert answers(remote)[-1][0] == "Reject"


@pytest.mark.parametrize(
    ("mode", "url"), [(JoinMode.NONE, ""), (JoinMode.EXTERNAL, "https://tickets.example/")]
)
async def test_where_nobody_need_ask_the_wish_is_ignored_and_said_so(
    send, remote, hold, states, mode, url
):
    ren, post = remote.actor("ren"), await hold(join_mode=mode, join_url=url)

    await send(ren, ren.activity("Join", post.uri))

    assert await states() == []
    assert answers(remote) == [("Ignore", f"{ren.uri}/activities/join-1")]


async def test_a_full_event_refuses_where_nobody_waits(send, remote, hold, going):
    ren, eve, post = (
        remote.actor("ren"),
        remote.actor("eve"),
        await hold(capacity=1, waitlist=False),
    )

    await send(ren, ren.activity("Join", post.uri))
    await send(eve, eve.activity("Join", post.uri))

    assert [kind for kind, _wish in answers(remote)] == ["Accept", "Reject"]
    assert await going(post) == 1


async def test_who_waits_gets_the_place_that_becomes_free(send, remote, hold, going, states):
    ren, eve, post = remote.actor("ren"), remote.actor("eve"), await hold(capacity=1)
    await send(ren, ren.activity("Join", post.uri))
    await send(eve, eve.activity("Join", post.uri))
    assert await states() == ["going", "waiting"]

    await send(ren, ren.activity("Leave", post.uri))

    assert await states() == ["going"]
    assert await going(post) == 1
    kind, wish = answers(remote)[-1]
    assert (kind, wish["actor"]) == ("Accept", eve.uri)


async def test_who_is_gone_takes_no_place(send, remote, hold, going, states):
    ren, eve, post = remote.actor("ren"), remote.actor("eve"), await hold(capacity=1)
    await send(ren, ren.activity("Join", post.uri))
    await send(eve, eve.activity("Join", post.uri))

    await send(ren, ren.activity("Delete", ren.uri))

    assert await states() == ["going"]
    assert await going(post) == 1
    assert answers(remote)[-1][1]["actor"] == eve.uri


async def test_undo_of_a_join_is_as_good_as_leaving(send, remote, hold, going, states):
    ren, post = remote.actor("ren"), await hold()
    join = ren.activity("Join", post.uri)
    await send(ren, join)

    await send(ren, ren.activity("Undo", join["id"], "by-id"))

    assert await states() == []
    await send(ren, ren.activity("Join", post.uri, "2"))
    await send(ren, ren.activity("Undo", ren.activity("Join", post.uri, "2"), "embedded"))
    assert await states() == []
    assert await going(post) == 0


@pytest.mark.parametrize("embedded", [True, False])
async def test_hubzilla_and_friendica_answer_the_event_itself(
    send, remote, hold, states, going, embedded
):
    ren, post = remote.actor("ren"), await hold()
    thing = (
        {"type": "Event", "id": post.uri, "attributedTo": post.uri} if embedded else post.uri
    )

    await send(ren, ren.activity("TentativeAccept", thing))
    assert await states() == ["maybe"]
    assert await going(post) == 0
    await send(ren, ren.activity("Accept", thing))
    assert await states() == ["going"]
    assert await going(post) == 1
    await send(ren, ren.activity("TentativeAccept", thing, "2"))
    assert await states() == ["maybe"]
    assert await going(post) == 0
    await send(ren, ren.activity("Accept", thing, "2"))
    await send(ren, ren.activity("Reject", thing))
    assert await states() == []
    assert await going(post) == 0


async def test_fed_110_the_last_place_is_given_once(ctx, hold, going, make_remote):
    """Many at the same moment, and one place."""
    post = await hold(capacity=3, waitlist=False)
    people = [await make_remote(f"guest{number}") for number in range(12)]
    async with ctx.read() as session:
        row = await session.get(PostRow, post.id)

    async def ask(guest):
        return await ctx.write(
            attendance.receive_wish,
            guest=guest,
            post=row,
            wish=Wish(f"{guest.uri}/join"),
            now=ctx.clock(),
        )

    verdicts = await asyncio.gather(*(ask(guest) for guest in people))

    assert [v.state for v in verdicts].count(Attending.GOING) == 3
    assert [v.state for v in verdicts].count(Attending.REFUSED) == 9
    assert await going(post) == 3


async def test_fed_110_whom_the_organiser_blocks_is_refused(
    ctx, send, remote, hold, maya, states, account_by_uri
):
    ren, post = remote.actor("ren"), await hold()
    await send(ren, ren.activity("Follow", maya.account.uri))
    row = await account_by_uri(ren.uri)
    await ctx.write(follows.block, actor=maya.actor, target_id=row.id, now=ctx.clock())
    await run_until_idle(ctx)
    remote.delivered.clear()

    await send(ren, ren.activity("Join", post.uri))

    assert await states() == []
    assert [kind for kind, _wish in answers(remote)] == ["Reject"]


async def test_fed_110_what_one_may_not_see_one_cannot_join(send, remote, hold, states):
    ren, post = remote.actor("ren"), await hold(visibility=Visibility.FOLLOWERS)

    await send(ren, ren.activity("Join", post.uri))

    assert await states() == []
    assert answers(remote) == []


async def test_fed_110_nobody_leaves_for_another(send, remote, hold, states):
    ren, eve = remote.actor("ren"), remote.actor("eve", keys=OTHER_KEYS)
    post = await hold()
    join = ren.activity("Join", post.uri)
    await send(ren, join)

    await send(eve, eve.activity("Leave", post.uri))
    await send(eve, eve.activity("Undo", join["id"]))
    await send(eve, eve.activity("Undo", join, "2"))
    await send(eve, eve.activity("Reject", join))

    assert await states() == ["going"]


async def test_fed_94_how_many_come_is_public_and_who_is_not(
    client, ctx, send, remote, hold, tom, maya
):
    ren, post = remote.actor("ren"), await hold()
    await send(ren, ren.activity("Join", post.uri, to=[PUBLIC]))

    async with ctx.read() as session:
        with pytest.raises(Exception, match="not found"):
            await attendance.guests(session, actor=tom.actor, post_id=post.id, now=ctx.clock())
        with pytest.raises(Exception, match="not found"):
            await attendance.guests(
                session, actor=Actor(tom.account.id), post_id=post.id, now=ctx.clock()
            )
    delivered = str([item.body for item in remote.delivered if item.body["type"] != "Accept"])
    assert ren.uri not in delivered


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


async def test_somebody_elsewhere_is_invited_and_comes(
    ctx, send, remote, hold, maya, states, going, account_by_uri
):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    post = await hold(join_mode=JoinMode.RESTRICTED)
    row = await account_by_uri(ren.uri)
    remote.delivered.clear()

    await ctx.write(
        attendance.invite,
        actor=maya.actor,
        post_id=post.id,
        account_id=row.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await run_until_idle(ctx)
    (invite,) = remote.delivered
    assert invite.body["type"] == "Invite"
    assert (invite.body["object"], invite.body["target"]) == (post.uri, ren.uri)
    await send(ren, ren.activity("Accept", invite.body["id"]))

    assert await states() == ["going"]
    assert await going(post) == 1


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


async def test_fed_110_so_many_may_wait_and_no_more(send, remote, hold, states, monkeypatch):
    monkeypatch.setattr(attendance, "MAX_UNDECIDED", 1)
    ren, eve = remote.actor("ren"), remote.actor("eve")
    post = await hold(join_mode=JoinMode.RESTRICTED)

    await send(ren, ren.activity("Join", post.uri))
    await send(eve, eve.activity("Join", post.uri))

    assert await states() == ["asked"]
    assert [kind for kind, _wish in answers(remote)] == ["Reject"]
