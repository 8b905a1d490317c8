"""Discussion points come out by a clock, and end with a transcript (S-25)."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from fedi_k12.domain.discussions import DiscussionDraft, Line, Stage, check, transcript
from fedi_k12.domain.errors import ForbiddenError, InvalidError, SavedForApprovalError
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.submissions import Level
from fedi_k12.services import approving, discussions, officials, posts
from fedi_k12.worker import run_until_idle


@pytest.fixture
async def writer(lincoln, maya, delegate_to):
    return await delegate_to(lincoln, maya)


@pytest.fixture
def plan(clock):
    """A chat in an hour: three points, ten minutes apart, over after forty minutes."""
    starts_at = clock() + timedelta(hours=1)
    return DiscussionDraft(
        title="Homework",
        points=("What is homework for?", "Who helps at home?", "What would you change?"),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=40),
        minutes=10,
        intro="For staff *and* families.",
        tag="homeworkchat",
    )


@pytest.fixture
def announce(do):
    """Return a function that announces a discussion and gives its id."""

    async def run(member, plan):
        return await do(discussions.announce, actor=member.actor, plan=plan)

    return run


@pytest.fixture
def one(see):
    """Return a function that gives a discussion as somebody sees it."""

    async def run(number, member=None):
        viewer = member.actor if member is not None else None
        return await see(discussions.one, viewer=viewer, discussion_id=number)

    return run


@pytest.fixture
def wait(ctx, clock):
    """Return a function that lets time pass and does what is due then."""

    async def run(**amount):
        clock.advance(**amount)
        await run_until_idle(ctx)

    return run


def said(view):
    return [point.post is not None for point in view.points]


async def test_points_come_out_by_the_clock_and_the_transcript_lists_each_answer_once(
    ctx, do, client, clock, remote, send, publish, arrive, make_remote, make_member,
    wait, announce, one, plan, writer, tom, lincoln, seated,
):  # fmt: skip
    """S-25: on time, in one context, every public answer once, late ones as replies."""
    kim = remote.actor("kim")
    await send(kim, kim.activity("Follow", lincoln.uri, "follow"))
    number = await announce(writer, plan)
    await run_until_idle(ctx)
    view = await one(number)
    assert (view.stage, said(view)) == (Stage.PLANNED, [False] * 3)

    await wait(hours=1, seconds=1)
    assert said(await one(number)) == [True, False, False]
    await wait(minutes=10)
    view = await one(number)
    assert (view.stage, said(view)) == (Stage.RUNNING, [True, True, False])
    first, second = (point.post for point in view.points[:2])
    assert first.content.startswith("<p>Q1. What is homework for?")
    assert [tag.name for tag in first.tags] == ["homeworkchat"]

    nora = await make_member("nora")
    practice = await publish(tom, "@lincoln Practice", in_reply_to_id=first.id)
    await publish(nora, "@tom Or none # <b>", in_reply_to_id=practice.id)
    await publish(
        tom, "@lincoln Only to you", visibility=Visibility.DIRECT, in_reply_to_id=first.id
    )
    await publish(tom, "Members only", local_only=True, in_reply_to_id=second.id)
    note = kim.note("1", "<p>Grandparents</p>", inReplyTo=second.uri)
    await send(kim, kim.create(note))
    await wait(minutes=10)
    await wait(minutes=21)

    over = await one(number)
    assert (over.stage, said(over)) == (Stage.OVER, [True] * 3)
    told = over.transcript.content
    for words in ("Practice", "Or none", "Grandparents"):
        assert told.count(words) == 1, words
    assert "Only to you" not in told
    assert "Members only" not in told
    assert over.transcript.mentions == ()
    assert told.index("Q1.") < told.index("Practice") < told.index("Q2.") < told.index("Grand")
    late = await publish(nora, "Sleep on it", in_reply_to_id=second.id)
    again = await one(number)
    assert late.id in [answer.id for answer in again.points[1].answers]
    assert "Sleep on it" not in again.transcript.content
    page = await (await seated(nora)).get(f"/discussions/{number}")
    assert "Late answers are welcome" in page.main.text
    assert page.main.text.count("Grandparents") == 1

    await wait(minutes=2)
    sent = [item.body["object"] for item in remote.delivered if item.body["type"] == "Create"]
    article = next(item for item in sent if item["type"] == "Article")
    points = [item for item in sent if item["type"] == "Note"]
    assert [item["inReplyTo"] for item in points] == [article["id"]] * 3
    assert {item["context"] for item in sent} == {article["context"]}


async def test_nothing_comes_twice_or_too_early_whatever_the_clock_does(
    ctx, clock, wait, announce, one, plan, writer
):
    number = await announce(writer, plan)
    await wait(hours=1, seconds=1)
    [first, *_rest] = (await one(number)).points
    clock.advance(hours=-1)
    await run_until_idle(ctx)
    await wait(hours=1, minutes=10)

    view = await one(number)
    assert said(view) == [True, True, False]
    assert view.points[0].post.id == first.post.id


async def test_who_approves_the_article_approves_its_points_but_not_the_transcript(
    do, demand, wait, announce, one, see, decide, plan, writer, approver
):
    """S-25 under S-38: late approval moves all of it; a second person reads the transcript."""
    await demand(Level.ALL)
    with pytest.raises(SavedForApprovalError) as waiting:
        await announce(writer, plan)
    await wait(hours=2)
    assert await see(discussions.page, viewer=None) == ([], None)

    await decide(approving.approve, approver, waiting.value.submission_id)
    await wait(seconds=1)
    [found], _more = await see(discussions.page, viewer=None)
    assert said(await one(found.id)) == [True, False, False]
    await wait(minutes=41)

    over = await one(found.id)
    assert (said(over), over.transcript) == ([True] * 3, None)
    [held] = await see(approving.waiting, member_id=approver.actor.member_id)
    assert held.kind == "transcript"
    await decide(approving.approve, approver, held.id)
    assert (await one(found.id)).transcript is not None


async def test_points_stop_when_who_planned_them_no_longer_acts_for_the_account(
    do, wait, announce, one, plan, writer, maya, lincoln
):
    number = await announce(writer, plan)
    await wait(hours=1, seconds=1)
    await do(officials.end, actor=None, account_id=lincoln.id, person_id=maya.account.id)
    await wait(hours=1)

    over = await one(number)
    assert (said(over), over.transcript) == ([True, False, False], None)


async def test_deleting_the_article_ends_it(do, wait, announce, one, see, plan, writer):
    number = await announce(writer, plan)
    article = (await one(number)).article
    await do(posts.delete, actor=writer.actor, post_id=article.id)
    await wait(hours=2)

    assert await see(discussions.page, viewer=None) == ([], None)


async def test_only_who_writes_for_an_official_account_plans_one(
    announce, plan, tom, lincoln, delegate_to, seated, writer
):
    for somebody in (tom, await delegate_to(lincoln, tom, "responder")):
        with pytest.raises(ForbiddenError):
            await announce(somebody, plan)
    browser = await seated(writer, lincoln)
    page = await browser.get("/discussions/new")
    wrong = await browser.submit(
        page, "/discussions/new", {"title": "Lunch", "points": "Soup?"}
    )
    assert wrong.status == 422
    assert "Soup?" in wrong.main.text
    given = {"title": "Lunch", "points": "Soup?\n\nBread?", "lasts": "60"}
    given |= {"later_day": (plan.starts_at).date().isoformat(), "later_time": "23:59"}
    sent = await browser.submit(page, "/discussions/new", given)
    assert sent.location.startswith("/discussions/")
    assert "Q2. Bread?" in (await browser.follow(sent)).main.text


@pytest.mark.parametrize(
    "change",
    [
        {"title": " "},
        {"points": ()},
        {"points": ("x" * 501,)},
        {"points": ("x",) * 21},
        {"minutes": -1},
        {"minutes": 20},
        {"ends_at": None},
        {"starts_at": None},
        {"intro": "a\0b"},
    ],
)
def test_what_cannot_be_held_is_refused(plan, clock, change):
    bad = {"ends_at": plan.starts_at, "starts_at": clock()}
    change = {name: bad[name] if value is None else value for name, value in change.items()}

    check(plan, now=clock())
    with pytest.raises(InvalidError):
        check(replace(plan, **change), now=clock())


def test_a_transcript_makes_nothing_of_the_words_of_others():
    line = Line("Kim [x]", "kim@remote.example", "https://remote.example/1", "@tom # *hi*\n- x")

    told = transcript([(1, "Why?", [line]), (2, "How?", [])], nothing="–")

    assert told == (
        "## Q1. Why?\n\n"
        "- [Kim \\[x\\]](https://remote.example/1) `@kim@remote.example`: tom \\*hi\\* - x\n\n"
        "## Q2. How?\n\n–"
    )
