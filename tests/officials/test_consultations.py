"""Consultations end with a published answer, never without one (S-19)."""

import pytest
from sqlalchemy import func, select

from fedi_k12.domain.consultations import ConsultationDraft, Outcome, Stage
from fedi_k12.domain.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    SavedForApprovalError,
)
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.submissions import Level
from fedi_k12.services import approving, consultations, desk_views, polls, posts
from fedi_k12.worker import run_until_idle
from storage.tables import ConsultationRow, PollVoteRow

ASKED = ConsultationDraft(
    title="When school begins",
    question="Should school begin at half past eight?",
    background="Buses come **earlier** in winter.",
    options=("Yes", "No"),
    days=14,
)
ANSWER = Outcome("Most want it later.", "It begins at half past eight from August.")


@pytest.fixture
async def writer(lincoln, maya, delegate_to):
    return await delegate_to(lincoln, maya)


@pytest.fixture
def ask(do):
    """Return a function that asks in the school's name and gives the consultation's id."""

    async def run(member, asked=ASKED):
        return await do(consultations.ask, actor=member.actor, asked=asked)

    return run


@pytest.fixture
def close(do):
    """Return a function that closes a consultation with an answer."""

    async def run(member, number, outcome=ANSWER):
        given = {"actor": member.actor, "consultation_id": number, "outcome": outcome}
        return await do(consultations.close, **given)

    return run


@pytest.fixture
def one(see, ctx):
    """Return a function that gives a consultation as a visitor sees it."""

    async def run(number):
        return await see(consultations.one, viewer=None, consultation_id=number)

    return run


def vote(actor, question, name, number):
    note = {
        "id": f"{actor.uri}#votes/{number}",
        "type": "Note",
        "attributedTo": actor.uri,
        "inReplyTo": question.uri,
        "name": name,
        "to": [question.account.uri],
    }
    return actor.activity("Create", note, f"vote-{number}", to=note["to"])


async def test_a_question_and_its_answer_go_out_in_one_context_and_votes_count_once(
    ctx, client, remote, send, clock, see, ask, close, one, lincoln, writer, seated
):
    """S-19: a Question with endTime, then closed, and an Article; one vote for each actor."""
    ren, kim = remote.actor("ren"), remote.actor("kim")
    await send(ren, ren.activity("Follow", lincoln.uri, "follow"))
    number = await ask(writer)
    clock.advance(minutes=2)
    await run_until_idle(ctx)
    question = (await one(number)).question

    assert await send(ren, vote(ren, question, "Yes", 1)) == 202
    await send(ren, vote(ren, question, "No", 2))
    await send(kim, vote(kim, question, "Yes", 3))

    async with ctx.read() as session:
        assert await session.scalar(select(func.count()).select_from(PollVoteRow)) == 2
    assert (await see(desk_views.page, actor=writer.actor))[0] == [], "a vote asks nothing"
    page = await (await seated(writer)).get(f"/consultations/{number}")
    table = page.main.find("table")[0]
    assert table.find("caption")[0].text.startswith("2 accounts answered.")
    assert [cell["scope"] for cell in table.find("th")] == ["col"] * 3 + ["row"] * 2
    assert [cell.text for cell in table.find("td")] == ["2", "nearly everybody", "0", "nobody"]

    await close(writer, number)
    clock.advance(minutes=2)
    await run_until_idle(ctx)
    sent = [item.body for item in remote.delivered]
    asked = next(x["object"] for x in sent if x["type"] == "Create" and "oneOf" in x["object"])
    article = next(x["object"] for x in sent if x["object"].get("type") == "Article")
    final = [x["object"] for x in sent if x["type"] == "Update" and "closed" in x["object"]]
    assert (asked["type"], article["type"]) == ("Question", "Article")
    assert asked["endTime"]
    assert "closed" not in asked
    assert final[-1]["id"] == asked["id"]
    assert article["context"] == asked["context"]
    assert article["inReplyTo"] == asked["id"]
    assert "It begins at half past eight" in article["content"]
    assert (await one(number)).stage is Stage.ANSWERED


@pytest.mark.parametrize("outcome", [Outcome("", "Yes"), Outcome("Much", "  ")])
async def test_nothing_closes_it_but_the_answer(
    ctx, do, client, clock, ask, close, one, writer, seated, lincoln, outcome
):
    """S-19: refused in the service, through the API and on the page; nor is it deleted."""
    number = await ask(writer)
    parts = {"heard": outcome.heard, "decided": outcome.decided}
    headers = {"Authorization": f"Bearer {writer.token}"}

    with pytest.raises(InvalidError):
        await close(writer, number, outcome)
    path = f"/api/fedi/v1/consultations/{number}/close"
    assert (await client.post(path, json=parts, headers=headers)).status == 422
    browser = await seated(writer, lincoln)
    page = await browser.get(f"/consultations/{number}")
    back = await browser.submit(page, f"/consultations/{number}/close", parts)
    assert back.status == 422
    assert "closed only with what you heard and what you decided" in back.main.text
    question = (await one(number)).question.id
    clock.advance(minutes=2)
    with pytest.raises(InvalidError):
        await do(posts.delete, actor=writer.actor, post_id=question)
    answer = await client.delete(f"/api/v1/statuses/{question}", headers=headers)
    assert answer.status == 422

    assert (await one(number)).stage is Stage.OPEN
    clock.advance(days=14)
    await run_until_idle(ctx)
    assert (await one(number)).stage is Stage.ENDED


async def test_question_and_answer_wait_for_a_second_person(
    do, see, demand, ask, close, one, decide, writer, approver
):
    await demand(Level.ALL)
    with pytest.raises(SavedForApprovalError) as waiting:
        await ask(writer)
    assert (await see(consultations.page, viewer=None, page=PageRequest())).items == []

    await decide(approving.approve, approver, waiting.value.submission_id)

    [asked] = (await see(consultations.page, viewer=None, page=PageRequest())).items
    assert f"/consultations/{asked.id}" in asked.question.content
    with pytest.raises(SavedForApprovalError) as waiting:
        await close(writer, asked.id)
    assert (await one(asked.id)).stage is Stage.OPEN

    await decide(approving.approve, approver, waiting.value.submission_id)

    answered = await one(asked.id)
    assert answered.stage is Stage.ANSWERED
    assert answered.question.poll.expired
    with pytest.raises(ConflictError):
        await close(writer, asked.id)


async def test_only_who_writes_for_an_official_account_asks_and_closes(
    do, ask, close, writer, tom, lincoln, delegate_to, make_member
):
    responder = await delegate_to(lincoln, tom, "responder")
    number = await ask(writer)

    for somebody in (responder, await make_member("nora")):
        with pytest.raises(ForbiddenError):
            await ask(somebody)
        with pytest.raises(ForbiddenError):
            await close(somebody, number)
    with pytest.raises(NotFoundError):
        await close(writer, number + 1)


async def test_one_without_choices_asks_for_replies(
    publish, ask, close, one, writer, tom, see, seated
):
    number = await ask(writer, ConsultationDraft("Lunch", "What is missing at lunch?"))
    question = (await one(number)).question
    await publish(tom, "Soup", in_reply_to_id=question.id)

    await close(writer, number)

    found = await one(number)
    assert (found.by_choice, found.question.replies_count) == (False, 2)
    page = await (await seated(tom)).get(f"/consultations/{number}")
    assert page.main.find("table") == []
    assert "Students are not asked here" in page.main.text


async def test_apps_ask_and_close_and_everybody_reads(ctx, client, writer, ask):
    headers = {"Authorization": f"Bearer {writer.token}", "Idempotency-Key": "k1"}
    asked = {"title": "Lunch", "question": "Soup?", "options": ["Yes", "No"], "days": 7}
    path = "/api/fedi/v1/consultations"

    first = await (await client.post(path, json=asked, headers=headers)).json()
    again = await (await client.post(path, json=asked, headers=headers)).json()
    assert first["id"] == again["id"]
    assert first["stage"] == "open"
    assert [option["title"] for option in first["question"]["poll"]["options"]] == ["Yes", "No"]
    del headers["Idempotency-Key"]
    for wrong in ({"days": 0}, {"days": 99}, {"options": ["One"]}, {"title": " "}):
        answer = await client.post(path, json=asked | wrong, headers=headers)
        assert answer.status == 422, wrong
    body = {"heard": "Soup, please", "decided": "Soup on Mondays"}
    closed = await client.post(f"{path}/{first['id']}/close", json=body, headers=headers)
    assert (await closed.json())["stage"] == "answered"
    [listed] = await (await client.get(path)).json()
    assert listed["outcome"]["id"]
    async with ctx.read() as session:
        assert await session.scalar(select(func.count()).select_from(ConsultationRow)) == 1


async def test_ending_a_question_that_is_over_changes_nothing(ctx, do, clock, ask, one, writer):
    number = await ask(writer)
    clock.advance(days=14, seconds=1)
    await run_until_idle(ctx)
    before = (await one(number)).question

    await do(polls.end_now, post_id=before.id)

    assert (await one(number)).question.poll.expires_at == before.poll.expires_at
