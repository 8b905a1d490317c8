"""Coming to events across servers: asked, answered, and never more guests than places.

Row 1.15 "RSVP". Row 1.15 "Attendee privacy".
"""

import asyncio

import pytest

from fedi_k12.domain.events import Attending, JoinMode, Wish
from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import attendance, follows
from fedi_k12.worker import run_until_idle
from storage.tables import PostRow
from tests.events.conftest import answers
from tests.remote import OTHER_KEYS, PUBLIC


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


async def test_fed_110_so_many_may_wait_and_no_more(send, remote, hold, states, monkeypatch):
    monkeypatch.setattr(attendance, "MAX_UNDECIDED", 1)
    ren, eve = remote.actor("ren"), remote.actor("eve")
    post = await hold(join_mode=JoinMode.RESTRICTED)

    await send(ren, ren.activity("Join", post.uri))
    await send(eve, eve.activity("Join", post.uri))

    assert await states() == ["asked"]
    assert [kind for kind, _wish in answers(remote)] == ["Reject"]
