"""Questions between servers (FEP-9967): asked, answered and counted, out and in."""

import pytest
from sqlalchemy import func, select

from fedi_k12.domain.posts import Draft, PollDraft, Visibility
from fedi_k12.services import polls, views
from fedi_k12.services.posts import publish
from fedi_k12.worker import run_until_idle
from storage import posts
from storage.tables import PostRow
from tests.remote import PUBLIC

OPTIONS = ("Monday", "Friday", "Sunday")


@pytest.fixture
async def ren(remote, send, maya):
    """An actor who follows maya."""
    actor = remote.actor("ren")
    assert await send(actor, actor.activity("Follow", maya.account.uri, "first")) == 202
    return actor


@pytest.fixture
def ask(ctx, maya, remote):
    """Return a function that lets maya ask, and gives the post."""

    async def run(visibility=Visibility.PUBLIC, **parts):
        draft = Draft("When?", visibility=visibility, poll=PollDraft(OPTIONS, 3600, **parts))
        post_id = await ctx.write(
            publish, actor=maya.actor, draft=draft, addresses=ctx.addresses, now=ctx.clock()
        )
        await run_until_idle(ctx)
        return await see(ctx, post_id, maya)

    return run


async def see(ctx, post_id, member=None):
    async with ctx.read() as session:
        return await views.post_view(session, post_id, viewer=member.actor if member else None)


def choice(actor, post, name, number="1", **changes):
    """Return the Note that is a vote."""
    note = {
        "id": f"{actor.uri}#votes/{number}",
        "type": "Note",
        "attributedTo": actor.uri,
        "inReplyTo": post.uri,
        "name": name,
        "to": [post.account.uri],
    }
    return {key: value for key, value in (note | changes).items() if value is not None}


def voting(actor, note, number="1", **changes):
    to = note[0]["to"] if isinstance(note, list) else note.get("to")
    return actor.activity("Create", note, f"vote-{number}", **{"to": to, **changes})


async def numbers(ctx, post):
    poll = (await see(ctx, post.id)).poll
    return [one.votes for one in poll.options], poll.voters_count


async def test_a_question_goes_out_with_its_answers_and_its_end(remote, ren, ask):
    """Row 1.10 "Poll out"."""
    await ask(multiple=True)

    question = remote.delivered[-1].body["object"]
    assert question["type"] == "Question"
    assert question["anyOf"][0] == {
        "type": "Note",
        "name": "Monday",
        "replies": {"type": "Collection", "totalItems": 0},
    }
    assert question["votersCount"] == 0
    assert question["endTime"] > question["published"]
    assert "closed" not in question


async def test_hidden_totals_are_not_said_before_the_end(ctx, remote, ren, ask, clock):
    """Row 1.10 "Hidden totals"."""
    await ask(hide_totals=True)
    assert all("replies" not in one for one in remote.delivered[-1].body["object"]["oneOf"])

    clock.advance(hours=2)
    await run_until_idle(ctx)

    final = remote.delivered[-1].body["object"]
    assert all(one["replies"]["totalItems"] == 0 for one in final["oneOf"])
    assert final["closed"] == final["endTime"]


async def test_a_vote_is_counted_and_not_a_reply(ctx, send, ren, ask):
    """Row 1.10 "Voting"."""
    post = await ask()

    assert await send(ren, voting(ren, choice(ren, post, "Friday"))) == 202

    assert await numbers(ctx, post) == ([0, 1, 0], 1)
    assert (await see(ctx, post.id)).replies_count == 0
    async with ctx.read() as session:
        assert await session.scalar(select(func.count()).select_from(PostRow)) == 1


async def test_several_votes_may_come_in_one_create(ctx, send, ren, ask):
    """As GoToSocial sends them. Row 1.10 "Voting"."""
    post = await ask(multiple=True)
    notes = [choice(ren, post, "Monday", "1"), choice(ren, post, "Sunday", "2")]

    await send(ren, voting(ren, notes))

    assert await numbers(ctx, post) == ([1, 0, 1], 1)


REFUSED = {
    "an unknown name": lambda ren, post: choice(ren, post, "Never"),
    "another case": lambda ren, post: choice(ren, post, "friday"),
    "with content": lambda ren, post: choice(ren, post, "Friday", content="<p>Ha</p>"),
    "to everybody": lambda ren, post: choice(ren, post, "Friday", to=[PUBLIC]),
    "to everybody, quietly": lambda ren, post: choice(ren, post, "Friday", cc=["as:Public"]),
    "of somebody else": lambda ren, post: choice(
        ren, post, "Friday", attributedTo="http://remote.example/users/eve"
    ),
    "on a post that asks nothing": lambda ren, post: choice(
        ren, post, "Friday", inReplyTo=post.uri.replace("statuses", "stories")
    ),
    "among other things": lambda ren, post: [
        choice(ren, post, "Never"),
        ren.note("7", inReplyTo=post.uri, to=[post.account.uri]),
    ],
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=[f"FED-105 {name}" for name in REFUSED])
async def test_what_is_no_vote_does_not_count(ctx, send, ren, ask, make):
    """Row 1.10 "Voting"."""
    post = await ask()

    assert await send(ren, voting(ren, make(ren, post))) in {202, 401, 422}

    assert await numbers(ctx, post) == ([0, 0, 0], 0)


async def test_fed_105_one_actor_votes_once(ctx, send, ren, ask):
    """Row 1.10 "Voting"."""
    post = await ask()

    for number, name in enumerate(("Friday", "Monday", "Friday")):
        await send(ren, voting(ren, choice(ren, post, name, str(number)), str(number)))

    assert await numbers(ctx, post) == ([0, 1, 0], 1)


async def test_fed_105_a_vote_long_after_the_end_does_not_count(ctx, send, ren, ask, clock):
    post = await ask()
    clock.advance(hours=1, minutes=6)

    await send(ren, voting(ren, choice(ren, post, "Friday")))

    assert await numbers(ctx, post) == ([0, 0, 0], 0)


async def test_fed_105_who_may_not_see_a_question_does_not_answer_it(
    ctx, send, remote, ren, ask, maya
):
    eve = remote.actor("eve")
    post = await ask(Visibility.FOLLOWERS)

    await send(eve, voting(eve, choice(eve, post, "Friday")))
    assert (await see(ctx, post.id, maya)).poll.voters_count == 0

    await send(ren, voting(ren, choice(ren, post, "Friday")))
    assert (await see(ctx, post.id, maya)).poll.voters_count == 1


async def test_results_go_out_at_once_then_seldom_then_at_the_end(
    ctx, send, remote, ren, ask, clock
):
    """Row 1.10 "Results"."""
    post = await ask(multiple=True)

    def results():
        sent = [item.body for item in remote.delivered if item.body["type"] == "Update"]
        return [
            [one["replies"]["totalItems"] for one in body["object"]["anyOf"]] for body in sent
        ]

    for number, name in enumerate(OPTIONS):
        await send(ren, voting(ren, choice(ren, post, name, str(number)), str(number)))
    assert results() == [[1, 0, 0]]

    clock.advance(minutes=2)
    await run_until_idle(ctx)
    assert len(results()) == 1
    clock.advance(minutes=1)
    await run_until_idle(ctx)
    assert results()[1:] == [[1, 1, 1]]

    clock.advance(hours=2)
    await run_until_idle(ctx)
    assert results()[2:] == [[1, 1, 1]]
    final = remote.delivered[-1].body
    assert final["object"]["closed"] == final["object"]["endTime"]
    assert len({item.body["id"] for item in remote.delivered}) == len(remote.delivered)


async def test_results_never_say_who_chose_what(ctx, send, remote, ren, ask):
    """Voters hear of it, and are not named in it. Row 1.10 "Results"."""
    eve = remote.actor("eve", endpoints=None)
    post = await ask()

    await send(eve, voting(eve, choice(eve, post, "Friday")))

    update = next(item for item in remote.delivered if item.path == "/users/eve/inbox")
    assert update.body["type"] == "Update"
    assert eve.uri not in str(update.body)


def question(actor, **changes):
    note = actor.note(
        "q",
        "<p>When?</p>",
        type="Question",
        oneOf=[
            {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": n}}
            for name, n in (("Monday", 2), ("Friday", 1))
        ],
        votersCount=3,
    )
    return {**note, **changes}


@pytest.fixture
async def asked(client, ctx, remote, ren, send, maya):
    """A question of ren's, whom maya follows: the post, and its document."""
    document = question(ren, tag=[{"type": "Mention", "href": maya.account.uri}])
    remote.show(document)
    await send(ren, ren.create(document, "q"))
    async with ctx.read() as session:
        row = await posts.by_uri(session, document["id"])
    return await see(ctx, row.id, maya), document


async def test_a_members_vote_goes_to_the_author_alone(client, ctx, remote, asked, ren, maya):
    """Row 1.10 "Voting"."""
    post, _document = asked
    remote.delivered.clear()

    answer = await client.post(
        f"/api/v1/polls/{post.poll.id}/votes", json={"choices": [1]}, headers=maya.headers
    )
    entity = await answer.json()
    await run_until_idle(ctx)

    assert (entity["voted"], entity["own_votes"], entity["voters_count"]) == (True, [1], 4)
    (sent,) = remote.delivered
    assert sent.path == "/users/ren/inbox"
    note = sent.body["object"]
    assert sent.body["to"] == note["to"] == [ren.uri]
    assert (note["name"], note["inReplyTo"]) == ("Friday", post.uri)
    assert "content" not in note
    assert sent.body["cc"] == []


async def test_several_choices_are_a_create_each(ctx, send, remote, ren, maya):
    """Row 1.10 "Voting"."""
    document = question(ren, tag=[{"type": "Mention", "href": maya.account.uri}])
    document["anyOf"] = document.pop("oneOf")
    await send(ren, ren.create(document, "q"))
    async with ctx.read() as session:
        row = await posts.by_uri(session, document["id"])
    poll = (await see(ctx, row.id, maya)).poll
    remote.delivered.clear()

    await ctx.write(
        polls.vote, actor=maya.actor, poll_id=poll.id, choices=[0, 1], now=ctx.clock()
    )
    await run_until_idle(ctx)

    assert sorted(item.body["object"]["name"] for item in remote.delivered) == [
        "Friday",
        "Monday",
    ]
    assert len({item.body["id"] for item in remote.delivered}) == 2


async def test_results_are_believed_of_their_owner_alone(ctx, send, remote, ren, asked):
    """Row 1.10 "Results"."""
    post, document = asked
    eve = remote.actor("eve")
    document["oneOf"][0]["replies"]["totalItems"] = 9

    await send(eve, eve.activity("Update", document))
    assert (await numbers(ctx, post))[0] == [2, 1]

    await send(ren, ren.activity("Update", document))
    assert (await numbers(ctx, post))[0] == [9, 1]


@pytest.mark.parametrize(
    "count", [-1, 10**12, 1.5, "9", None, True], ids=lambda n: f"FED-105 {n}"
)
async def test_numbers_that_cannot_be_are_none(ctx, send, ren, asked, count):
    """Row 1.10 "Results"."""
    post, document = asked
    document["oneOf"][0]["replies"]["totalItems"] = count
    document["votersCount"] = count

    await send(ren, ren.activity("Update", document))

    assert await numbers(ctx, post) == ([0, 1], None)


async def test_a_question_is_fetched_anew_when_somebody_looks_and_it_is_old(
    client, ctx, remote, asked, clock, maya
):
    """Row 1.10 "Results"."""
    post, document = asked
    path = f"/api/v1/polls/{post.poll.id}"
    document["oneOf"][0]["replies"]["totalItems"] = 5
    remote.asked.clear()

    await client.get(path, headers=maya.headers)
    await run_until_idle(ctx)
    assert remote.asked == []

    clock.advance(minutes=4)
    for _ in range(2):
        await client.get(path, headers=maya.headers)
    await run_until_idle(ctx)

    assert remote.asked == ["/users/ren/posts/q"]
    assert (await numbers(ctx, post))[0] == [5, 1]


async def test_answers_without_numbers_are_hidden_totals(ctx, send, ren, maya):
    """Row 1.10 "Hidden totals"."""
    document = question(ren, tag=[{"type": "Mention", "href": maya.account.uri}])
    document["oneOf"] = [{"type": "Note", "name": name} for name in ("a", "b", "a")]

    await send(ren, ren.create(document, "q"))

    async with ctx.read() as session:
        row = await posts.by_uri(session, document["id"])
    poll = (await see(ctx, row.id)).poll
    assert [(one.title, one.votes) for one in poll.options] == [("a", None), ("b", None)]
