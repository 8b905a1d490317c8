"""Answers whose addressee decides: they wait, are let in, or are turned down.

Row 1.11 "canReply/canLike/canAnnounce".
"""

import pytest
from sqlalchemy import select

from fedi_k12.domain.approvals import Choices
from fedi_k12.domain.errors import NotFoundError
from fedi_k12.domain.posts import Draft
from fedi_k12.services import consents, timelines, views
from fedi_k12.services.posts import publish
from fedi_k12.worker import run_until_idle
from storage import posts
from storage.tables import ApprovalRow
from tests.remote import PUBLIC

ASKS = {"canReply": {"automaticApproval": [], "manualApproval": [PUBLIC]}}
CLOSED = {"canReply": {"automaticApproval": []}}


@pytest.fixture
def sam(remote):
    """A stranger elsewhere."""
    return remote.actor("sam")


@pytest.fixture
def write(ctx):
    """Return a function that publishes a post and gives its view; jobs are done."""

    async def run(member, text="Hello", **parts):
        draft = Draft(text, **parts)
        post_id = await ctx.write(
            publish, actor=member.actor, draft=draft, addresses=ctx.addresses, now=ctx.clock()
        )
        await run_until_idle(ctx)
        async with ctx.read() as session:
            return await views.post_view(session, post_id, viewer=member.actor)

    return run


@pytest.fixture
def see(ctx):
    """Return a function that gives a post as somebody sees it, None where they do not."""

    async def run(uri, member=None):
        async with ctx.read() as session:
            row = await posts.by_uri(session, uri)
            viewer = member.actor if member else None
            try:
                return await views.post_view(session, row.id, viewer=viewer) if row else None
            except NotFoundError:
                return None

    return run


@pytest.fixture
def decide(ctx):
    """Return a function that lets an answer in, or not."""

    async def run(member, view, *, accept):
        await ctx.write(
            consents.decide, actor=member.actor, post_id=view.id, accept=accept, now=ctx.clock()
        )
        await run_until_idle(ctx)

    return run


def told(remote, kind):
    return [one.body for one in remote.delivered if one.body["type"] == kind]


def mention(member):
    return [{"type": "Mention", "href": member.account.uri, "name": "@maya"}]


async def test_a_strangers_answer_is_seen_by_its_two_sides_alone(
    ctx, client, remote, send, sam, write, see, maya, tom
):
    post = await write(maya, "What works for you?")
    answer = sam.note("1", "<p>Hear me!</p>", inReplyTo=post.uri, tag=mention(tom))

    await send(sam, sam.create(answer))

    assert (await see(answer["id"], maya)).waiting == "pending"
    assert await see(answer["id"], tom) is None
    assert await see(answer["id"]) is None
    async with ctx.read() as session:
        thread = await timelines.thread(session, post_id=post.id, viewer=tom.actor)
    assert thread.descendants == ()
    replies = await client.get(
        f"{post.uri.removeprefix('https://home.example')}/replies?page=true&others=true",
        headers={"Accept": "application/activity+json"},
    )
    assert sam.uri not in await replies.text()
    assert (await see(post.uri, maya)).replies_count == 0
    kinds = [one["type"] for one in await _told(client, maya)]
    assert kinds == ["reply_request"]
    assert await _told(client, tom) == []
    assert told(remote, "Accept") == []


async def test_an_answer_that_is_let_in_is_an_answer_like_any_other(
    client, remote, send, sam, write, see, decide, maya, tom
):
    post = await write(maya, "What works for you?")
    answer = sam.note("1", inReplyTo=post.uri, tag=mention(tom))
    await send(sam, sam.create(answer))

    await decide(maya, await see(answer["id"], maya), accept=True)

    assert (await see(answer["id"])).waiting == ""
    assert (await see(post.uri)).replies_count == 1
    assert [one["type"] for one in await _told(client, tom)] == ["mention"]
    accept = told(remote, "Accept")[-1]
    assert (accept["object"], accept["target"]) == (answer["id"], post.uri)
    stamp = await client.get(
        accept["result"].removeprefix("https://home.example"),
        headers={"Accept": "application/activity+json"},
    )
    assert (await stamp.json())["type"] == "ReplyAuthorization"


async def test_an_answer_that_is_turned_down_stays_unseen(
    remote, send, sam, write, see, decide, maya
):
    post = await write(maya)
    answer = sam.note("1", inReplyTo=post.uri)
    await send(sam, sam.create(answer))

    await decide(maya, await see(answer["id"], maya), accept=False)

    assert await see(answer["id"], maya) is None
    assert told(remote, "Reject")[-1]["object"] == answer["id"]
    await send(sam, sam.activity("Update", answer | {"content": "<p>Please</p>"}))
    assert await see(answer["id"]) is None


async def test_only_whoever_is_answered_decides(send, sam, write, see, decide, maya, tom):
    post = await write(maya)
    answer = sam.note("1", inReplyTo=post.uri)
    await send(sam, sam.create(answer))

    with pytest.raises(NotFoundError):
        await decide(tom, await see(answer["id"], maya), accept=True)
    assert (await see(answer["id"], maya)).waiting == "pending"


@pytest.mark.parametrize(
    ("choice", "state"), [("public", ""), ("ask", "pending"), ("nobody", "rejected")]
)
async def test_each_post_says_who_may_answer(ctx, send, sam, write, maya, choice, state):
    post = await write(maya, choices=Choices(reply=choice))
    answer = sam.note("1", inReplyTo=post.uri)

    await send(sam, sam.create(answer))

    async with ctx.read() as session:
        row = await posts.by_uri(session, answer["id"])
    assert (row.reply_state or "") == state


async def test_followers_and_the_named_need_not_ask(
    remote, send, sam, write, see, maya, account_by_uri
):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    await send(sam, sam.create(sam.note("hi", tag=mention(maya))))
    post = await write(maya, "Not for @sam@remote.example alone")

    for actor in (ren, sam):
        await send(actor, actor.create(actor.note("re", inReplyTo=post.uri), "re"))
        assert (await see(actor.note("re")["id"])).waiting == ""


async def test_a_request_is_answered_with_a_stamp(remote, send, sam, write, see, maya):
    post = await write(maya, choices=Choices(reply="public"))
    answer = sam.note("1", inReplyTo=post.uri)

    await send(sam, sam.activity("ReplyRequest", post.uri, instrument=answer))

    accept = told(remote, "Accept")[-1]
    assert accept["object"]["type"] == "ReplyRequest"
    assert accept["result"].startswith(f"{maya.account.uri}/stamps/")
    assert (await see(answer["id"])).in_reply_to_id == post.id


async def test_fed_111_a_request_for_an_answer_to_something_else_is_dropped(
    ctx, remote, send, sam, write, maya
):
    post = await write(maya, choices=Choices(reply="public"))

    await send(sam, sam.activity("ReplyRequest", post.uri, instrument=sam.note("1")))

    assert told(remote, "Accept") == []
    async with ctx.read() as session:
        assert list(await session.scalars(select(ApprovalRow))) == []


@pytest.mark.parametrize(("kind", "choice"), [("LikeRequest", None), ("AnnounceRequest", None)])
async def test_likes_and_boosts_are_answered_by_the_policy(
    remote, send, sam, write, maya, kind, choice
):
    post = await write(maya)
    closed = await write(maya, choices=Choices(boost="nobody"))
    thing = f"{sam.uri}/things/"

    await send(sam, sam.activity(kind, post.uri, "1", instrument=f"{thing}1"))
    await send(sam, sam.activity(kind, closed.uri, "2", instrument=f"{thing}2"))

    assert told(remote, "Accept")[0]["object"]["instrument"] == f"{thing}1"
    refused = [one["object"]["instrument"] for one in told(remote, "Reject")]
    assert refused == ([f"{thing}2"] if kind == "AnnounceRequest" else [])


async def test_what_may_not_be_passed_on_is_not(send, client, sam, write, see, maya, tom):
    post = await write(maya, choices=Choices(boost="nobody"))

    await send(sam, sam.activity("Announce", post.uri, to=[PUBLIC]))
    answer = await client.post(f"/api/v1/statuses/{post.id}/reblog", headers=tom.headers)

    assert answer.status == 403
    assert (await see(post.uri)).boosts_count == 0


# Ours to theirs


@pytest.fixture
async def theirs(remote, send, sam, maya, tom, see):
    """Return a function that gives a post of sam's with a policy, known here."""

    async def run(policy):
        note = sam.note("asks", interactionPolicy=policy, tag=mention(tom))
        remote.show(note)
        await send(sam, sam.create(note, "asks"))
        return await see(note["id"], maya)

    return run


async def test_an_answer_that_needs_a_word_goes_to_its_addressee_alone(
    client, remote, make_server, send, sam, write, see, theirs, maya, tom
):
    fan = (await make_server("fan.example")).actor("fan")
    await send(fan, fan.activity("Follow", maya.account.uri))
    post = await theirs(ASKS)
    answer = await write(maya, "May I?", in_reply_to_id=post.id)

    assert answer.waiting == "pending"
    assert await see(answer.uri, tom) is None
    (request,) = told(remote, "ReplyRequest")
    assert request["instrument"]["id"] == answer.uri
    assert told(remote, "Create")[-1]["object"]["id"] == answer.uri
    assert len(told(remote, "Create")) == 1

    stamp = f"{sam.uri}/stamps/1"
    await send(sam, sam.activity("Accept", request["id"], result=stamp))

    assert (await see(answer.uri, tom)).waiting == ""
    out = told(remote, "Create")[-1]["object"]
    assert (out["approvedBy"], out["replyAuthorization"]) == (stamp, stamp)


async def test_an_accept_of_the_bare_answer_is_enough(
    remote, send, sam, write, see, theirs, maya
):
    """As GoToSocial sends it."""
    answer = await write(maya, "May I?", in_reply_to_id=(await theirs(ASKS)).id)

    await send(sam, sam.activity("Accept", answer.uri, target=f"{sam.uri}/posts/asks"))

    assert (await see(answer.uri)).waiting == ""


async def test_fed_71_another_cannot_let_an_answer_in(remote, send, write, see, theirs, maya):
    answer = await write(maya, "May I?", in_reply_to_id=(await theirs(ASKS)).id)
    (request,) = told(remote, "ReplyRequest")
    eve = remote.actor("eve")

    await send(eve, eve.activity("Accept", request["id"], result=f"{eve.uri}/stamps/1"))
    await send(eve, eve.activity("Accept", answer.uri, "2"))

    assert (await see(answer.uri, maya)).waiting == "pending"


async def test_a_turned_down_answer_says_so_to_whoever_wrote_it(
    remote, send, sam, write, see, theirs, maya, tom
):
    answer = await write(maya, "May I?", in_reply_to_id=(await theirs(ASKS)).id)
    (request,) = told(remote, "ReplyRequest")

    await send(sam, sam.activity("Reject", request))

    assert (await see(answer.uri, maya)).waiting == "rejected"
    assert await see(answer.uri, tom) is None


async def test_who_is_named_in_a_closed_post_may_answer(client, remote, send, sam, see, tom):
    note = sam.note("shut", interactionPolicy=CLOSED)
    await send(sam, sam.create(note | {"tag": mention(tom)}, "shut"))
    post = await see(note["id"], tom)
    other = await client.post(
        "/api/v1/statuses",
        json={"status": "Let me in", "in_reply_to_id": str(post.id)},
        headers=tom.headers,
    )

    assert other.status == 200
    assert post.allowed.reply.value == "automatic"
    assert told(remote, "ReplyRequest") == []


async def test_a_closed_post_says_so_in_the_older_way_too(remote, send, write, maya):
    ren = remote.actor("ren")
    await send(ren, ren.activity("Follow", maya.account.uri))
    await write(maya, choices=Choices(reply="nobody"))

    out = told(remote, "Create")[-1]["object"]
    assert out["commentsEnabled"] is False
    assert out["interactionPolicy"]["canReply"]["automaticApproval"] == [maya.account.uri]


@pytest.mark.parametrize(
    ("flag", "status"),
    [({"interactionPolicy": CLOSED}, 403), ({"commentsEnabled": False}, 422)],
)
async def test_whoever_is_not_named_in_a_closed_post_is_refused(
    client, remote, send, sam, see, tom, make_member, flag, status
):
    """Row 1.11 "Older reply flags"."""
    note = sam.note("shut", tag=mention(tom), **flag)
    await send(sam, sam.create(note, "shut"))
    post = await see(note["id"])
    joan = await make_member("joan")
    refused = await client.post(
        "/api/v1/statuses",
        json={"status": "Let me in", "in_reply_to_id": str(post.id)},
        headers=joan.headers,
    )

    assert refused.status == status
    assert "author" in (await refused.json())["error"]


async def _told(client, member):
    kinds = "types[]=mention&types[]=reply_request"
    answer = await client.get(f"/api/v1/notifications?{kinds}", headers=member.headers)
    return await answer.json()
