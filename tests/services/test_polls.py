"""Questions: asked, answered, counted, closed, and asked about elsewhere."""

from datetime import timedelta

import pytest

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.posts import Draft, PollDraft, ReceivedPoll, Visibility
from fedi_k12.services import follows, polls, post_history, posts, views
from fedi_k12.services.receive import receive_update
from fedi_k12.services.received import ReceivedPost
from fedi_k12.worker import run_until_idle
from storage import posts as post_rows
from storage.tables import PollRow


@pytest.fixture
def row(ctx):
    async def run(post_id):
        async with ctx.read() as session:
            return await post_rows.by_id(session, post_id)

    return run


@pytest.fixture
def again(ctx, do, make_remote):
    """Return a function that takes in how a question of Ria's stands now."""

    async def run(**parts):
        ria = await make_remote("ria")
        values = {
            "uri": f"{ria.uri}/posts/1",
            "account_id": ria.id,
            "visibility": Visibility.PUBLIC,
            "content": "<p>1</p>",
            "published": ctx.clock(),
            **parts,
        }
        return await do(receive_update, ReceivedPost(**values))

    return run


@pytest.fixture
def view(see):
    async def run(post_id, viewer=None):
        return await see(views.post_view, post_id, viewer=viewer.actor if viewer else None)

    return run


@pytest.fixture
def ask(publish, maya):
    async def run(multiple=False, **parts):
        draft = PollDraft(("Monday", "Friday", "Sunday"), 3600, multiple=multiple, **parts)
        return await publish(maya, "When?", poll=draft)

    return run


async def test_a_vote_counts(do, view, ask, tom):
    post = await ask()

    assert await do(polls.vote, actor=tom.actor, poll_id=post.poll.id, choices=[1]) == post.id

    poll = (await view(post.id, tom)).poll
    assert [option.votes for option in poll.options] == [0, 1, 0]
    assert (poll.voters_count, poll.own) == (1, (1,))


async def test_several_answers_count_one_voter(do, view, ask, tom):
    post = await ask(multiple=True)

    await do(polls.vote, actor=tom.actor, poll_id=post.poll.id, choices=[0, 2, 0])
    await do(polls.vote, actor=tom.actor, poll_id=post.poll.id, choices=[1])

    poll = (await view(post.id, tom)).poll
    assert [option.votes for option in poll.options] == [1, 1, 1]
    assert poll.voters_count == 1


async def test_totals_can_be_hidden_until_the_end(ctx, do, view, ask, tom):
    post = await ask(hide_totals=True)
    await do(polls.vote, actor=tom.actor, poll_id=post.poll.id, choices=[1])
    hidden = (await view(post.id, tom)).poll

    async def close(session):
        (await session.get(PollRow, post.poll.id)).closed_at = ctx.clock()

    await ctx.write(close)

    assert [option.votes for option in hidden.options] == [None] * 3
    assert [option.votes for option in (await view(post.id, tom)).poll.options] == [0, 1, 0]


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        pytest.param([], "does not exist", id="nothing"),
        pytest.param([3], "does not exist", id="one too far"),
        pytest.param([-1], "does not exist", id="below nothing"),
        pytest.param([0, 1], "Only one", id="two of one"),
    ],
)
async def test_votes_that_cannot_be_are_refused(do, ask, tom, choices, words):
    post = await ask()

    with pytest.raises(InvalidError, match=words):
        await do(polls.vote, actor=tom.actor, poll_id=post.poll.id, choices=choices)


async def test_nobody_votes_twice_late_or_for_themselves(do, ask, clock, maya, tom):
    """FED-105."""
    post = await ask()
    vote = {"poll_id": post.poll.id, "choices": [0]}
    with pytest.raises(InvalidError, match="your own"):
        await do(polls.vote, actor=maya.actor, **vote)
    await do(polls.vote, actor=tom.actor, **vote)
    with pytest.raises(InvalidError, match="already voted"):
        await do(polls.vote, actor=tom.actor, **vote)
    clock.advance(hours=2)
    with pytest.raises(InvalidError, match="already ended"):
        await do(polls.vote, actor=tom.actor, **vote)


async def test_polls_one_may_not_see_are_not_there(do, publish, maya, tom):
    """FED-105."""
    draft = PollDraft(("a", "b"), 3600)
    post = await publish(maya, "When?", poll=draft, visibility=Visibility.DIRECT)

    for poll_id in (post.poll.id, 1):
        with pytest.raises(NotFoundError):
            await do(polls.vote, actor=tom.actor, poll_id=poll_id, choices=[0])


async def test_a_vote_from_elsewhere_counts_by_its_words(do, view, row, ask, make_remote):
    post = await ask()
    ria = await make_remote("ria")
    vote = {"account": ria, "post": await row(post.id)}

    for title in ("Friday", "Never", "Monday"):
        await do(polls.receive_vote, **vote, title=title)

    poll = (await view(post.id)).poll
    assert [option.votes for option in poll.options] == [0, 1, 0]


async def test_a_vote_on_what_asks_nothing_is_ignored(do, row, publish, maya, make_remote):
    await do(
        polls.receive_vote,
        account=await make_remote("ria"),
        post=await row((await publish(maya)).id),
        title="Friday",
    )


async def test_a_question_is_closed_at_its_end_and_those_concerned_are_told(
    ctx, do, view, ask, told, clock, maya, tom
):
    """Row 1.10 "Poll out"."""
    post = await ask()
    await do(polls.vote, actor=tom.actor, poll_id=post.poll.id, choices=[1])
    await run_until_idle(ctx)
    assert not (await view(post.id, tom)).poll.expired

    clock.advance(hours=2)
    await run_until_idle(ctx)

    poll = (await view(post.id, tom)).poll
    assert poll.expired
    assert await told(tom) == [("poll", "maya")]
    assert await told(maya) == [("poll", "maya")]
    await do(polls.close, poll_id=post.poll.id)
    assert len(await told(tom)) == 1


async def test_a_question_that_is_open_longer_now_is_not_closed_early(
    ctx, do, view, ask, clock, maya
):
    post = await ask()
    longer = PollDraft(("Monday", "Friday", "Sunday"), 7200)
    await do(
        posts.edit, actor=maya.actor, post_id=post.id, draft=Draft("When then?", poll=longer)
    )

    clock.advance(hours=1.5)
    await run_until_idle(ctx)
    assert not (await view(post.id)).poll.expired

    clock.advance(hours=1)
    await run_until_idle(ctx)
    assert (await view(post.id)).poll.expired


async def test_other_words_alone_leave_the_votes_and_other_answers_forget_them(
    do, view, ask, maya, tom
):
    post = await ask()
    await do(polls.vote, actor=tom.actor, poll_id=post.poll.id, choices=[1])
    same = PollDraft(("Monday", "Friday", "Sunday"), 3600)
    await do(posts.edit, actor=maya.actor, post_id=post.id, draft=Draft("Or?", poll=same))
    assert [one.votes for one in (await view(post.id)).poll.options] == [0, 1, 0]

    other = PollDraft(("Monday", "Thursday", "Sunday"), 3600)
    await do(posts.edit, actor=maya.actor, post_id=post.id, draft=Draft("Or?", poll=other))

    poll = (await view(post.id, tom)).poll
    assert [one.votes for one in poll.options] == [0, 0, 0]
    assert poll.own == ()


async def test_fed_105_many_votes_of_one_server_are_pointed_out_to_the_author(
    do, view, row, ask, make_remote, maya
):
    post = await ask()
    stored = await row(post.id)
    for number in range(polls.CROWD):
        voter = await make_remote(f"bot{number}", "farm.example")
        await do(polls.receive_vote, account=voter, post=stored, title="Friday")

    assert (await view(post.id, maya)).poll.crowd_host == "farm.example"


async def test_a_blocked_account_does_not_vote(do, view, row, ask, make_remote, maya):
    """Row 1.10 "Voting"."""
    post = await ask()
    ria = await make_remote("ria")
    await do(follows.block, actor=maya.actor, target_id=ria.id)

    counted = await do(polls.receive_vote, account=ria, post=await row(post.id), title="Friday")

    assert not counted
    assert (await view(post.id)).poll.voters_count == 0


@pytest.mark.parametrize(("late", "counts"), [(4, True), (6, False)])
async def test_a_vote_from_elsewhere_may_be_a_little_late(
    do, view, row, ask, clock, make_remote, late, counts
):
    """Row 1.10 "Voting"."""
    post = await ask()
    ria = await make_remote("ria")
    clock.advance(hours=1, minutes=late)
    await do(polls.close, poll_id=post.poll.id)

    counted = await do(polls.receive_vote, account=ria, post=await row(post.id), title="Friday")

    assert counted is counts


def question(*options, **changes):
    values = {
        "options": options or (("a", 2), ("b", 1)),
        "multiple": False,
        "expires_at": None,
        "closed_at": None,
        "voters_count": 3,
    }
    return ReceivedPoll(**values | changes)


async def test_numbers_from_elsewhere_are_its_owners_and_at_least_our_own(
    do, view, arrive, again, make_remote, tom
):
    """Row 1.10 "Results"."""
    ria = await make_remote("ria")
    post_id = await arrive(ria, poll=question(), kind="Question")
    poll = (await view(post_id, tom)).poll
    await do(polls.vote, actor=tom.actor, poll_id=poll.id, choices=[1])

    await again(poll=question(("a", 7), ("b", 0), voters_count=8), kind="Question")

    now = (await view(post_id, tom)).poll
    assert (now.id, now.own, now.voters_count) == (poll.id, (1,), 8)
    assert [one.votes for one in now.options] == [7, 1]


async def test_other_answers_from_elsewhere_forget_the_votes(
    do, view, see, arrive, again, make_remote, tom
):
    """Row 1.10 "Results"."""
    ria = await make_remote("ria")
    post_id = await arrive(ria, poll=question(), kind="Question")
    poll = (await view(post_id, tom)).poll
    await do(polls.vote, actor=tom.actor, poll_id=poll.id, choices=[1])

    await again(poll=question(("a", 1), ("c", 1)), kind="Question")

    assert (await view(post_id, tom)).poll.own == ()
    history = await see(post_history.history, post_id=post_id, viewer=None)
    assert [edit.poll_options for edit in history] == [("a", "b"), ("a", "c")]


async def test_a_question_from_elsewhere_is_closed_at_its_end_too(
    ctx, do, view, arrive, told, clock, make_remote, tom
):
    ria = await make_remote("ria")
    ends = ctx.clock() + timedelta(hours=1)
    post_id = await arrive(ria, poll=question(expires_at=ends), kind="Question")
    poll = (await view(post_id, tom)).poll
    await do(polls.vote, actor=tom.actor, poll_id=poll.id, choices=[1])

    clock.advance(hours=2)
    await run_until_idle(ctx)

    assert (await view(post_id, tom)).poll.expired
    assert await told(tom) == [("poll", "ria@remote.example")]


async def test_what_came_over_already_is_closed(ctx, view, arrive, make_remote):
    ends = ctx.clock() - timedelta(hours=1)
    post_id = await arrive(
        await make_remote("ria"), poll=question(expires_at=ends), kind="Question"
    )

    assert (await view(post_id)).poll.expired
