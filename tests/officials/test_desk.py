"""The response desk: what reaches an official account waits until its team answers (S-23)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from fedi_k12.domain.charters import read_hours
from fedi_k12.domain.desk import CaseState
from fedi_k12.domain.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import approving, charters, desk, desk_views, officials, posts, reactions
from fedi_k12.worker import run_until_idle
from storage.tables import DeliveryRow, RecordRow
from tests.charters import charter_draft


@pytest.fixture
async def responder(lincoln, maya, delegate_to):
    """Maya, who answers for the school."""
    return await delegate_to(lincoln, maya, "responder")


@pytest.fixture
async def helper(lincoln, tom, delegate_to):
    """Tom, who approves for the school."""
    return await delegate_to(lincoln, tom, "approver")


@pytest.fixture
async def nora(make_member):
    """A parent who has an account here."""
    return await make_member("nora")


@pytest.fixture
def cases(see, lincoln):
    """Return a function that gives the cases in these states, as the team reads them."""

    async def run(member, *states):
        chosen = {"states": states} if states else {}
        return (await see(desk_views.page, actor=member.actor, **chosen))[0]

    return run


@pytest.fixture
def case(see):
    """Return a function that gives one case with all that was said."""

    async def run(member, number):
        return await see(desk_views.one, actor=member.actor, case_id=number)

    return run


def named(account):
    return {"mentioned_account_ids": (account.id,)}


async def test_a_question_from_elsewhere_is_assigned_and_answered_and_threads_there(
    ctx, client, remote, send, clock, see, case, cases, seated, lincoln, responder, helper
):
    """S-23: a stock account's question → desk → assigned → answered → in the thread there."""
    ren = remote.actor("ren")
    handle = f"@lincoln@{ctx.settings.handle_domain}"
    question = ren.note(
        "1",
        f'<p><a href="{lincoln.uri}" class="mention">{handle}</a> When is open house?</p>',
        to=["https://www.w3.org/ns/activitystreams#Public"],
        cc=[f"{ren.uri}/followers", lincoln.uri],
        tag=[{"type": "Mention", "href": lincoln.uri, "name": handle}],
    )
    remote.show(question)
    assert await send(ren, ren.create(question)) == 202

    browser = await seated(responder, lincoln)
    page = await browser.get("/desk")
    assert "When is open house?" in page.main.text
    assert "You are caught up" in page.main.text
    [one] = await cases(responder)
    assert (one.state, one.handle) == (CaseState.WAITING, "ren@remote.example")

    before = len(remote.delivered)
    whole = await browser.get(f"/desk/{one.id}")
    whole = await browser.follow(await browser.submit(whole, f"/desk/{one.id}/assign"))
    assert "You are to answer this." in whole.main.text

    # A public answer to a private person waits for the second one, as from any app.
    saved = await browser.submit(whole, "/posts", {"text": "@ren@remote.example Friday at six"})
    assert saved.location.startswith("/approvals/")
    waiting = await browser.get(f"/desk/{one.id}")
    assert "An answer waits for a second person" in waiting.main.text
    assert [item.state for item in await cases(responder)] == [CaseState.ASSIGNED]
    await run_until_idle(ctx)
    assert len(remote.delivered) == before, "no read receipt, no draft"

    await ctx.write(
        approving.approve,
        member_id=helper.actor.member_id,
        submission_id=int(saved.location.split("/")[2].partition("?")[0]),
        version=1,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    assert await cases(responder) == []
    [done] = await cases(responder, CaseState.ANSWERED)
    assert (done.id, done.answered_by) == (one.id, "maya")

    clock.advance(minutes=2)
    await run_until_idle(ctx)
    [sent] = [item.body for item in remote.delivered if item.body["type"] == "Create"]
    assert sent["actor"] == lincoln.uri
    assert sent["object"]["inReplyTo"] == question["id"]
    assert {"type": "Mention", "href": ren.uri, "name": "@ren@remote.example"} in sent[
        "object"
    ]["tag"]
    steps = [(step.did, step.handle) for step in (await case(responder, one.id)).steps]
    assert steps == [("came", ""), ("assigned", "maya"), ("answered", "maya")]


async def test_an_edit_and_a_deletion_elsewhere_show_in_the_case(
    client, remote, send, clock, seated, cases, lincoln, responder
):
    ren = remote.actor("ren")
    tag = [{"type": "Mention", "href": lincoln.uri, "name": "@lincoln"}]
    question = ren.note("1", "<p>Is the bus late?</p>", tag=tag)
    await send(ren, ren.create(question))
    [one] = await cases(responder)
    browser = await seated(responder, lincoln)
    clock.advance(minutes=5)
    changed = {**question, "content": "<p>Is bus 9 late?</p>"}
    changed["updated"] = clock().isoformat().replace("+00:00", "Z")

    await send(ren, ren.activity("Update", changed))
    page = await browser.get(f"/desk/{one.id}")
    assert "Is bus 9 late?" in page.main.text
    assert "edited" in page.main.text

    await send(ren, ren.activity("Delete", {"id": question["id"], "type": "Tombstone"}))
    page = await browser.get(f"/desk/{one.id}")
    assert "They deleted what they wrote" in page.main.text
    assert "Is bus 9 late?" not in page.main.text
    assert "Whoever wrote it deleted it." in (await browser.get("/desk")).main.text
    assert page.root.find("section", id="reply") == []


async def test_replies_mentions_and_letters_from_here_become_cases_and_nothing_else(
    do, publish, see, cases, lincoln, responder, helper, nora
):
    told = await publish(helper, "The library is open")
    reply = await publish(nora, "Until when?", in_reply_to_id=told.id)
    await publish(nora, "@lincoln Who is the nurse?", visibility=Visibility.DIRECT)
    await publish(nora, "Nobody is named")
    await publish(helper, "Ourselves again", in_reply_to_id=told.id)
    await do(reactions.boost, actor=nora.actor, post_id=told.id)

    found = await cases(responder)

    assert found[0].last.id == reply.id
    assert [one.last.visibility.value for one in found] == ["public", "direct"]
    assert {one.handle for one in found} == {"nora"}


async def test_who_asks_again_opens_the_same_case_anew(
    do, clock, arrive, make_remote, publish, case, cases, lincoln, responder
):
    ren = await make_remote("ren")
    await arrive(ren, "1", visibility="direct", **named(lincoln))
    [one] = await cases(responder)
    await do(desk.assign, actor=responder.actor, case_id=one.id, member_id=None)
    first = (await case(responder, one.id)).to_answer
    answer = await publish(
        responder,
        "@ren@remote.example Yes",
        visibility=Visibility.DIRECT,
        in_reply_to_id=first.id,
    )
    assert await cases(responder) == []
    clock.advance(hours=1)

    await arrive(ren, "2", visibility="direct", in_reply_to_uri=answer.uri, **named(lincoln))
    await arrive(ren, "2", visibility="direct", in_reply_to_uri=answer.uri, **named(lincoln))

    [again] = await cases(responder)
    assert (again.id, again.messages) == (one.id, 2)
    assert again.waiting_since - one.waiting_since >= timedelta(hours=1)
    whole = await case(responder, one.id)
    assert [step.did for step in whole.steps] == ["came", "answered", "again"]
    assert whole.thread.post.id == first.id
    assert len(whole.thread.descendants) == 2


async def test_an_answer_that_is_taken_back_lets_the_case_wait_again(
    do, arrive, make_remote, publish, case, cases, lincoln, responder
):
    number = await arrive(await make_remote("ren"), "1", visibility="direct", **named(lincoln))
    answer = await publish(
        responder, "Yes", visibility=Visibility.DIRECT, in_reply_to_id=number
    )
    [one] = await cases(responder, CaseState.ANSWERED)

    await do(posts.delete, actor=responder.actor, post_id=answer.id)

    [open_again] = await cases(responder)
    assert (open_again.id, open_again.answered_by) == (one.id, "")


async def test_a_case_is_closed_for_a_reason_and_who_asked_is_not_told(
    ctx, do, arrive, make_remote, case, cases, lincoln, responder
):
    await arrive(await make_remote("ren"), "1", **named(lincoln))
    [one] = await cases(responder)
    given = {"actor": responder.actor, "case_id": one.id}

    with pytest.raises(InvalidError):
        await do(desk.close, reason="bored", **given)
    await do(desk.close, reason="elsewhere", remark="By telephone", **given)

    [closed] = await cases(responder, CaseState.CLOSED)
    assert (closed.reason, closed.remark) == ("elsewhere", "By telephone")
    with pytest.raises(ConflictError):
        await do(desk.assign, member_id=responder.actor.member_id, **given)
    async with ctx.read() as session:
        assert list(await session.scalars(select(DeliveryRow))) == []
        kinds = list(await session.scalars(select(RecordRow.kind)))
    assert "desk: closed" in kinds
    await do(desk.reopen, **given)
    assert [item.id for item in await cases(responder)] == [one.id]


async def test_what_somebody_was_to_answer_goes_back_when_they_no_longer_can(
    do, arrive, make_remote, cases, lincoln, maya, responder, helper
):
    await arrive(await make_remote("ren"), "1", **named(lincoln))
    [one] = await cases(helper)
    to = responder.actor.member_id
    await do(desk.assign, actor=helper.actor, case_id=one.id, member_id=to)
    [assigned] = await cases(helper)
    assert (assigned.state, assigned.assigned_to) == (CaseState.ASSIGNED, "maya")

    await do(officials.end, actor=None, account_id=lincoln.id, person_id=maya.account.id)

    [back] = await cases(helper)
    assert (back.state, back.assigned_to) == (CaseState.WAITING, "")
    with pytest.raises(InvalidError):
        await do(desk.assign, actor=helper.actor, case_id=one.id, member_id=to)


async def test_the_desk_is_the_teams_alone(
    do, arrive, make_remote, seated, cases, lincoln, responder, nora, make_member
):
    await arrive(await make_remote("ren"), "1", **named(lincoln))
    [one] = await cases(responder)
    admin = await make_member("boss", role=Role.ADMIN)

    for stranger in (nora, admin):
        browser = await seated(stranger)
        for path in ("/desk", f"/desk/{one.id}"):
            assert (await browser.get(path)).status == 403, path
        with pytest.raises(ForbiddenError):
            await do(desk.close, actor=stranger.actor, case_id=one.id, reason="none")
    # As themselves, people of the team are led to speak as the account first.
    browser = await seated(responder)
    page = await browser.get("/desk")
    assert "1 question waits" in page.main.text
    assert (await browser.get(f"/desk/{one.id}")).status == 403


async def test_another_accounts_desk_is_not_there(
    do, ctx, account_keys, arrive, make_remote, cases, delegate_to, lincoln, responder, nora
):
    await arrive(await make_remote("ren"), "1", **named(lincoln))
    [one] = await cases(responder)
    given = {"actor": None, "username": "monroe", "display_name": "Monroe"}
    monroe = await do(officials.make, keys=account_keys, **given)
    other = await delegate_to(monroe, nora, "manager")

    assert await cases(other) == []
    with pytest.raises(NotFoundError):
        await do(desk.reopen, actor=other.actor, case_id=one.id)


async def test_whoever_waits_longest_stands_first_page_by_page(
    ctx, do, see, clock, arrive, make_remote, monkeypatch, lincoln, responder
):
    monkeypatch.setattr(desk_views, "PAGE", 2)
    for name in ("ren", "kim", "lou"):
        await arrive(await make_remote(name), name, **named(lincoln))
        clock.advance(minutes=1)
    given = {"actor": responder.actor}

    first, more = await see(desk_views.page, **given)
    rest, after = await see(desk_views.page, after=first[-1].id, **given)

    assert [one.handle.partition("@")[0] for one in [*first, *rest]] == ["ren", "kim", "lou"]
    assert (more, after) == (True, False)
    assert timedelta(0) < rest[0].waiting_since - first[0].waiting_since


async def test_families_read_on_the_profile_when_the_team_answers(
    ctx, do, seated, lincoln, responder, nora
):
    """S-23: days with the same hours are put together; without hours nothing is said."""
    page = await (await seated(nora)).get("/@lincoln")
    assert "We answer:" not in page.main.text
    hours = read_hours("mon-thu 08:00-16:00, fri 08:00-12:30")
    draft = charter_draft(ctx.clock(), hours=hours, time_zone="America/Chicago")

    await do(charters.adopt, actor=None, account_id=lincoln.id, draft=draft)

    page = await (await seated(nora)).get("/@lincoln")
    said = "We answer: Monday–Thursday 08:00–16:00, Friday 08:00–12:30"
    assert said in page.main.text
    assert "(on the clock of America/Chicago)" in page.main.text


async def test_a_letter_is_a_case_only_where_the_charter_takes_letters(
    ctx, do, publish, cases, lincoln, responder, nora
):
    """R-29, S-23: one that goes on is answered to its end; others stay among the letters."""
    first = await publish(nora, "@lincoln Who?", visibility=Visibility.DIRECT)
    draft = charter_draft(ctx.clock(), direct_messages=False)
    await do(charters.adopt, actor=None, account_id=lincoln.id, draft=draft)

    await publish(nora, "@lincoln When?", visibility=Visibility.DIRECT)
    more = {"visibility": Visibility.DIRECT, "in_reply_to_id": first.id}
    await publish(nora, "@lincoln I mean the nurse", **more)
    await publish(nora, "@lincoln Where?")

    assert [(one.last.visibility.value, one.messages) for one in await cases(responder)] == [
        ("direct", 2),
        ("public", 1),
    ]


async def test_who_is_given_a_case_is_told_and_who_takes_one_is_not(
    do, see, seated, publish, cases, lincoln, responder, helper, maya, tom, nora
):
    """S-23: a notice that leads to the case."""
    await publish(nora, "@lincoln Who?")
    [one] = await cases(responder)
    given = {"actor": responder.actor, "case_id": one.id}

    await do(desk.assign, member_id=responder.actor.member_id, **given)
    await do(desk.assign, member_id=helper.actor.member_id, **given)

    page = await (await seated(tom)).get("/notifications")
    assert page.root.find("a", href=f"/desk/{one.id}")
    assert "/desk/" not in (await (await seated(maya)).get("/notifications")).main.text
