"""An answer is hidden under a rule, never silently, and another person decides (R-45)."""

import re

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.notifications import HIDING_KINDS
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import (
    hidden_answers,
    notifications,
    post_history,
    posts,
    reactions,
    search,
    views,
)
from storage.tables import HiddenAnswerRow, MentionRow, PostRow, RecordRow
from tests.browse import Browser

MARK = "<p>Hidden under rule 4 (spam or repetition).</p>"


@pytest.fixture
async def approver(lincoln, tom, delegate_to):
    return await delegate_to(lincoln, tom, "approver")


@pytest.fixture
async def other(lincoln, make_member, delegate_to):
    """A second approver."""
    person = await make_member("olive")
    return person, await delegate_to(lincoln, person, "approver")


@pytest.fixture
async def notice(publish, approver):
    """What the school says, and is answered."""
    return await publish(approver, "School begins at eight")


@pytest.fixture
def hide(do):
    async def run(who, post, code="spam", **parts):
        number = post if isinstance(post, int) else post.id
        return await do(
            hidden_answers.hide, actor=who.actor, post_id=number, code=code, **parts
        )

    return run


@pytest.fixture
def log(client):
    async def read():
        return await (await client.get("/about/moderation-log.json")).json()

    return read


@pytest.fixture
def told(see):
    async def run(member):
        page = await see(
            notifications.page,
            actor=member.actor,
            page=PageRequest(limit=20),
            types=HIDING_KINDS,
        )
        return [(one.kind, dict(one.detail)) for one in page.items]

    return run


async def test_a_mark_stands_in_its_place(
    client, see, publish, hide, notice, approver, maya, make_member
):
    """R-45: in the API, the thread, the page and the history; its author reads on."""
    answer = await publish(maya, "Buy pills", in_reply_to_id=notice.id)
    await hide(approver, answer)
    reader = await make_member("rita")

    for who in (reader, approver, None):
        viewer = who.actor if who else None
        shown = await see(views.post_view, answer.id, viewer=viewer)
        assert (shown.content, shown.account.id) == (MARK, maya.account.id)
        (version,) = await see(post_history.history, post_id=answer.id, viewer=viewer)
        assert version.content == MARK
    found = await client.get(f"/api/v1/statuses/{notice.id}/context")
    (below,) = (await found.json())["descendants"]
    assert below["content"] == MARK
    assert below["hidden_under"] == {"rule": 4, "text": "spam or repetition"}
    page = await Browser(client).get(f"/@lincoln/{notice.id}")
    assert "Hidden under rule 4: spam or repetition" in page.main.text
    assert "Buy pills" not in page.text
    own = await see(views.post_view, answer.id, viewer=maya.actor)
    assert "Buy pills" in own.content
    assert own.hidden is not None


async def test_only_public_answers_to_official_accounts_are_hidden(
    publish, hide, notice, approver, maya, make_member
):
    """R-45: no letter, nothing of another thread, and not what the account says itself."""
    vera = await make_member("vera", role=Role.MODERATOR)
    letter = await publish(
        maya, "@lincoln Hello", in_reply_to_id=notice.id, visibility=Visibility.DIRECT
    )
    alone = await publish(maya, "Something else")
    for post in (letter, alone, notice):
        with pytest.raises((InvalidError, NotFoundError)):
            await hide(vera, post)
    answer = await publish(maya, "An answer", in_reply_to_id=notice.id)
    with pytest.raises(InvalidError, match="Choose the rule"):
        await hide(vera, answer, code="criticism")


@pytest.mark.parametrize("role", ["responder", "author", None])
async def test_who_does_not_approve_hides_nothing(
    publish, hide, notice, maya, lincoln, make_member, delegate_to, role
):
    answer = await publish(maya, "An answer", in_reply_to_id=notice.id)
    person = await make_member("pat")
    who = await delegate_to(lincoln, person, role) if role else person
    with pytest.raises(ForbiddenError):
        await hide(who, answer)


async def test_the_author_is_told_appeals_and_another_person_decides(
    ctx, do, see, publish, hide, told, log, notice, approver, other, maya
):
    """R-45: notice, appeal, decision, log and records; who hid it does not decide."""
    answer = await publish(maya, "Buy pills", in_reply_to_id=notice.id)
    case = await hide(approver, answer, words="Ask us without the link.")
    assert await told(maya) == [("answer_hidden", {"case_id": str(case)})]
    person, second = other
    seen = await see(hidden_answers.one, actor=maya.actor, case_id=case)
    assert (seen.words, seen.own, seen.decides) == ("Ask us without the link.", True, False)
    with pytest.raises(NotFoundError):
        await see(hidden_answers.one, actor=person.actor, case_id=case)
    with pytest.raises(NotFoundError):
        await do(hidden_answers.appeal, actor=person.actor, case_id=case)

    await do(hidden_answers.appeal, actor=maya.actor, case_id=case, text="They were vitamins")

    assert (await log())[0]["appeal"] == "open"
    assert ("answer_appealed", {"case_id": str(case)}) in await told(person)
    with pytest.raises(InvalidError, match="already"):
        await do(hidden_answers.appeal, actor=maya.actor, case_id=case)
    decide = {"case_id": case, "overturn": True, "words": "You are right"}
    with pytest.raises(ForbiddenError, match="Another person"):
        await do(hidden_answers.decide_appeal, actor=approver.actor, **decide)

    async def past_the_service(session):
        await session.execute(
            update(HiddenAnswerRow).values(
                decided_by=HiddenAnswerRow.hidden_by, decision="upheld"
            )
        )

    with pytest.raises(IntegrityError):
        await ctx.write(past_the_service)
    await do(hidden_answers.decide_appeal, actor=second.actor, **decide)

    shown = await see(views.post_view, answer.id, viewer=None)
    assert ("Buy pills" in shown.content, shown.hidden) == (True, None)
    lines = [(one["act"], one["appeal"], one["role"]) for one in await log()]
    assert lines == [
        ("answer shown again", None, "approver"),
        ("answer hidden", "overturned", "approver"),
    ]
    (line,) = [one for one in await log() if one["appeal"]]
    assert (line["category"], line["official_account"]) == ("person here", "lincoln")
    assert "maya" not in str(await log())
    assert ("appeal_decided", {"case_id": str(case)}) in await told(maya)
    async with ctx.read() as session:
        kinds = list(await session.scalars(select(RecordRow.kind)))
    assert {"answer hidden", "appeal", "appeal decided", "answer shown again"} <= set(kinds)


async def test_an_appeal_that_fails_leaves_it_hidden(
    do, see, publish, hide, notice, approver, other, maya, log
):
    answer = await publish(maya, "Buy pills", in_reply_to_id=notice.id)
    case = await hide(approver, answer)
    assert await hide(approver, answer) == case
    await do(hidden_answers.appeal, actor=maya.actor, case_id=case)
    await do(hidden_answers.decide_appeal, actor=other[1].actor, case_id=case, overturn=False)
    assert (await see(views.post_view, answer.id, viewer=None)).content == MARK
    (line,) = await log()
    assert line["appeal"] == "upheld"


async def test_an_author_elsewhere_gets_a_letter_with_a_way_to_appeal(
    ctx, do, client, arrive, hide, notice, approver, make_remote, log
):
    """R-45: the letter goes out from the account; its link appeals without signing in."""
    ren = await make_remote("ren")
    answer = await arrive(ren, content="<p>Buy pills</p>", in_reply_to_uri=notice.uri)
    case = await hide(approver, answer)
    async with ctx.read() as session:
        letter = await session.scalar(
            select(PostRow)
            .join(MentionRow, MentionRow.post_id == PostRow.id)
            .where(MentionRow.account_id == ren.id)
        )
    assert letter.visibility == "direct"
    link = re.search(r"/hidden/\d+\?key=[\w-]+", letter.source)[0]
    visitor = Browser(client)
    assert (await visitor.get(f"/hidden/{case}")).status == 404
    page = await visitor.get(link)
    page = await visitor.submit(page, f"/hidden/{case}/appeal", {"words": "Please look"})
    assert (page.status, "Please look" in page.main.text) == (200, True)
    (line,) = await log()
    assert (line["act"], line["category"]) == ("answer hidden", "person elsewhere")
    assert line["appeal"] == "open"


async def test_an_author_elsewhere_is_told_whoever_hid_it(
    ctx, arrive, hide, notice, make_remote, make_member, log
):
    """R-45: a moderator does not speak for the account, and its letter goes out."""
    vera = await make_member("vera", role=Role.MODERATOR)
    ren = await make_remote("ren")
    answer = await arrive(ren, content="<p>Buy pills</p>", in_reply_to_uri=notice.uri)

    await hide(vera, answer)

    async with ctx.read() as session:
        letter = await session.scalar(
            select(PostRow)
            .join(MentionRow, MentionRow.post_id == PostRow.id)
            .where(MentionRow.account_id == ren.id)
        )
    assert (letter.account_id, letter.visibility) == (notice.account.id, "direct")
    assert [one["act"] for one in await log()] == ["answer hidden"]


async def test_where_nobody_can_tell_the_author_the_log_says_so(
    see, clock, arrive, hide, notice, make_remote, make_member, log
):
    """R-45: an account without a charter that holds says nothing, so no letter goes out."""
    vera = await make_member("vera", role=Role.MODERATOR)
    ren = await make_remote("ren")
    answer = await arrive(ren, content="<p>Buy pills</p>", in_reply_to_uri=notice.uri)
    clock.advance(days=3 * 366)

    await hide(vera, answer)

    assert [one["act"] for one in await log()] == ["answer hidden, not told"]
    assert (await see(views.post_view, answer, viewer=None)).content == MARK


async def test_a_deleted_answer_leaves_its_case(do, see, publish, hide, notice, approver, maya):
    answer = await publish(maya, "Buy pills", in_reply_to_id=notice.id)
    case = await hide(approver, answer)
    await do(posts.delete, actor=maya.actor, post_id=answer.id)
    seen = await see(hidden_answers.one, actor=approver.actor, case_id=case)
    assert seen.post is None
    await do(hidden_answers.show, actor=approver.actor, case_id=case)


async def test_the_way_through_the_pages(
    client, seated, publish, notice, approver, other, maya, tom, lincoln
):
    """R-45: hidden from its menu, appealed by its author, decided by the second person."""
    answer = await publish(maya, "Buy pills", in_reply_to_id=notice.id)
    first, author = await seated(tom, lincoln), await seated(maya)
    second = await seated(other[0], lincoln)
    thread = await first.get(f"/@lincoln/{notice.id}")
    assert thread.root.find("a", href=f"/posts/{answer.id}/hide")
    page = await first.get(f"/posts/{answer.id}/hide")
    page = await first.submit(page, f"/posts/{answer.id}/hide")
    assert page.status == 422
    page = await first.submit(page, f"/posts/{answer.id}/hide", {"rule": "spam"})
    case = page.location
    news = await author.get("/notifications")
    assert news.root.find("a", href=case)
    page = await author.submit(await author.get(case), f"{case}/appeal", {"words": "Why?"})
    assert "Why?" in page.main.text
    assert not (await first.get(case)).root.find("form", action=f"{case}/decide")
    assert "an appeal waits" in (await second.get("/hidden")).main.text
    page = await second.submit(
        await second.get(case), f"{case}/decide", {"decision": "overturned"}
    )
    assert "It is shown again" in (await second.follow(page)).main.text
    assert "Buy pills" in (await author.get(f"/@lincoln/{notice.id}")).main.text


async def test_apps_hide_too(client, publish, notice, approver, maya):
    """R-45: our own endpoint, with the mark in the answer."""
    answer = await publish(maya, "Buy pills", in_reply_to_id=notice.id)
    path = f"/api/fedi/v1/statuses/{answer.id}/hide"
    headers = {"Authorization": f"Bearer {approver.token}"}
    refused = await client.post(path, json={"rule": "rude"}, headers=headers)
    assert refused.status == 422
    found = await client.post(path, json={"rule": "threat"}, headers=headers)
    assert await found.json() == {"rule": 1, "text": "threat"}


async def test_search_does_not_find_the_words_of_a_hidden_answer(
    do, see, publish, hide, notice, approver, maya, tom, make_member
):
    """R-45: the mark is all there is of it, but for its author; shown again it is found."""
    post = await publish(maya, "Buy zebrafish", in_reply_to_id=notice.id)
    kim = await make_member("kim")
    for one in (kim, tom):
        await do(reactions.favourite, actor=one.actor, post_id=post.id)

    async def found(who):
        return [
            one.id for one in await see(search.posts, actor=who.actor, q="zebrafish", limit=5)
        ]

    assert await found(kim) == [post.id]
    case = await hide(approver, post)
    assert [await found(one) for one in (kim, tom, maya)] == [[], [], [post.id]]
    await do(hidden_answers.show, actor=approver.actor, case_id=case)
    assert await found(kim) == [post.id]
