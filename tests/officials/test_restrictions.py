"""Somebody's answers to an official account wait for a time; reading never (R-48)."""

import re

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from fedi_k12.domain.errors import ForbiddenError, InvalidError, NotFoundError
from fedi_k12.domain.notifications import RESTRICTING_KINDS
from fedi_k12.domain.paging import PageRequest
from fedi_k12.domain.permissions import Role
from fedi_k12.domain.restrictions import MAX_DAYS, checked_days
from fedi_k12.services import (
    consents,
    desk_queue,
    hidden_answers,
    notifications,
    posts,
    restriction_views,
    restrictions,
    views,
)
from fedi_k12.worker import run_until_idle
from storage.tables import MentionRow, PostRow, RecordRow, RestrictionRow
from tests.browse import Browser


@pytest.fixture
async def approver(lincoln, tom, delegate_to):
    return await delegate_to(lincoln, tom, "approver")


@pytest.fixture
async def olive(make_member):
    return await make_member("olive")


@pytest.fixture
async def second(lincoln, olive, delegate_to):
    return await delegate_to(lincoln, olive, "approver")


@pytest.fixture
async def third(make_member):
    return await make_member("vera", role=Role.MODERATOR)


@pytest.fixture
async def notice(publish, approver):
    """What the school says, and is answered."""
    return await publish(approver, "School begins at eight")


@pytest.fixture
def restrict(do, approver, second):
    """Return a function that lets two people restrict the author of a post."""

    async def run(post, **parts):
        number = post if isinstance(post, int) else post.id
        case = await do(
            restrictions.ask, actor=approver.actor, post_id=number, code="spam", **parts
        )
        await do(restrictions.approve, actor=second.actor, restriction_id=case)
        return case

    return run


@pytest.fixture
def under(client, notice):
    """Return a function that gives what everybody reads under the notice, by id."""

    async def run():
        found = await client.get(f"/api/v1/statuses/{notice.id}/context")
        return [one["id"] for one in (await found.json())["descendants"]]

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
            types=RESTRICTING_KINDS,
        )
        return [one.kind for one in page.items]

    return run


@pytest.mark.parametrize(("text", "days"), [("", MAX_DAYS), (" 7 ", 7), ("30", 30)])
def test_a_restriction_ends_after_thirty_days_at_most(text, days):
    """R-48: an end date, and never a later one."""
    assert checked_days(text) == days


@pytest.mark.parametrize("text", ["0", "31", "-1", "x", "٣", "1.5", "9" * 5000])
def test_what_is_no_number_of_days_is_refused(text):
    with pytest.raises(InvalidError, match="Choose from 1 to 30 days"):
        checked_days(text)


async def test_answers_wait_on_every_way_and_reading_does_not(
    client, do, see, publish, arrive, make_remote, restrict, under, notice, second, maya
):
    """R-48: from here, from elsewhere and under another answer; the person reads everything."""
    ren = await make_remote("ren")
    first = await publish(maya, "Buy pills", in_reply_to_id=notice.id)
    far = await arrive(ren, "far", content="<p>Pills!</p>", in_reply_to_uri=notice.uri)
    await restrict(first)
    await restrict(far)
    assert await under() == [str(first.id), str(far)]

    deep = await publish(maya, "Pills again", in_reply_to_id=far)
    again = await arrive(
        ren, "again", content="<p>More</p>", in_reply_to_uri=f"{ren.uri}/posts/far"
    )
    headers = {"Authorization": f"Bearer {maya.token}"}
    made = await client.post(
        "/api/v1/statuses",
        json={"status": "And again", "in_reply_to_id": str(notice.id)},
        headers=headers,
    )
    assert made.status == 200

    assert await under() == [str(first.id), str(far)]
    found, more = await see(desk_queue.page, actor=second.actor)
    assert [one.post.id for one in found] == [deep.id, again, int((await made.json())["id"])]
    assert {one.cause for one in found} == {"restriction"}
    assert not more
    age = await see(desk_queue.age, actor=second.actor)
    assert (age.waiting, age.since) == (3, found[0].queued_at)
    with pytest.raises(NotFoundError):
        await see(views.post_view, deep.id, viewer=None)
    # Whoever is restricted reads the account, its posts and their own words as before.
    for path in ("statuses/" + str(notice.id), "accounts/" + str(notice.account.id)):
        assert (await client.get(f"/api/v1/{path}", headers=headers)).status == 200
    assert (await see(views.post_view, deep.id, viewer=maya.actor)).waiting == "queued"
    # What is no answer to the account, or a letter to it, is none of its business.
    aside = await publish(maya, "Lovely weather")
    assert (await see(views.post_view, aside.id, viewer=None)).waiting == ""

    await do(desk_queue.show, actor=second.actor, post_id=deep.id)

    assert await under() == [str(first.id), str(far), str(deep.id)]
    with pytest.raises(NotFoundError):
        await do(desk_queue.show, actor=second.actor, post_id=deep.id)


async def test_a_second_person_decides_even_past_the_service(
    ctx, do, see, publish, under, notice, approver, second, olive, maya, told, log
):
    """R-48: until then nothing changes; in the log without a name, until when."""
    answer = await publish(maya, "Buy pills", in_reply_to_id=notice.id)
    asked = {"actor": approver.actor, "post_id": answer.id, "code": "spam", "days": 7}
    case = await do(restrictions.ask, **asked)
    assert await do(restrictions.ask, **asked) == case
    assert await told(olive) == ["restriction_asked"]
    assert await told(maya) == []
    still = await publish(maya, "Not yet", in_reply_to_id=notice.id)
    assert str(still.id) in await under()
    with pytest.raises(NotFoundError):
        await see(restriction_views.one, actor=maya.actor, restriction_id=case)
    with pytest.raises(ForbiddenError, match="Another person"):
        await do(restrictions.approve, actor=approver.actor, restriction_id=case)

    for values in (
        {"approved_by": RestrictionRow.asked_by, "ends_at": ctx.clock()},
        {"ends_at": ctx.clock()},
    ):

        async def past_the_service(session, values=values):
            await session.execute(update(RestrictionRow).values(**values))

        with pytest.raises(IntegrityError):
            await ctx.write(past_the_service)

    await do(restrictions.approve, actor=second.actor, restriction_id=case)

    assert await told(maya) == ["answers_restricted"]
    (line,) = await log()
    assert (line["act"], line["rule"]["number"]) == ("answers wait", 4)
    assert line["until"]
    assert "maya" not in str(line)
    seen = await see(restriction_views.one, actor=maya.actor, restriction_id=case)
    assert (seen.own, seen.lifts, (seen.ends_at - seen.began_at).days) == (True, False, 7)


async def test_it_ends_by_itself_and_what_waits_is_shown(
    ctx, clock, publish, restrict, under, notice, maya
):
    """R-48: nobody has to think of it."""
    answer = await publish(maya, "Buy pills", in_reply_to_id=notice.id)
    await restrict(answer, days=3)
    waiting = await publish(maya, "When does it begin?", in_reply_to_id=notice.id)
    clock.advance(days=2, hours=23)
    await run_until_idle(ctx)
    assert str(waiting.id) not in await under()

    clock.advance(hours=1)
    late = await publish(maya, "I mean Monday", in_reply_to_id=notice.id)
    assert late.waiting == ""
    await run_until_idle(ctx)

    assert await under() == [str(one.id) for one in (answer, waiting, late)]
    async with ctx.read() as session:
        kinds = list(await session.scalars(select(RecordRow.kind)))
        row = await session.scalar(select(RestrictionRow))
    assert row.ended_because == "time"
    assert {
        "restriction asked for",
        "restriction began",
        "answer waits",
        "queued answer: ended",
        "restriction ended by itself",
    } <= set(kinds)


async def test_an_appeal_goes_to_another_person_than_the_two(
    ctx, do, see, publish, restrict, under, notice, approver, second, third, maya, told, log
):
    """R-48: whoever decided does not decide again, not even past the service."""
    answer = await publish(maya, "Buy pills", in_reply_to_id=notice.id)
    case = await restrict(answer)
    waiting = await publish(maya, "Why?", in_reply_to_id=notice.id)
    with pytest.raises(NotFoundError):
        await do(restrictions.appeal, actor=third.actor, restriction_id=case)

    await do(restrictions.appeal, actor=maya.actor, restriction_id=case, text="They are sweets")

    assert (await log())[0]["appeal"] == "open"
    with pytest.raises(InvalidError, match="already"):
        await do(restrictions.appeal, actor=maya.actor, restriction_id=case)
    decide = {"restriction_id": case, "overturn": True, "words": "You are right"}
    for one in (approver, second):
        with pytest.raises(ForbiddenError, match="Another person"):
            await do(restrictions.decide_appeal, actor=one.actor, **decide)

    async def past_the_service(session):
        await session.execute(
            update(RestrictionRow).values(
                decided_by=RestrictionRow.approved_by, decision="upheld"
            )
        )

    with pytest.raises(IntegrityError):
        await ctx.write(past_the_service)
    await do(restrictions.decide_appeal, actor=third.actor, **decide)

    assert str(waiting.id) in await under()
    assert await told(maya) == ["restriction_decided", "answers_restricted"]
    assert [(one["act"], one["appeal"]) for one in await log()] == [
        ("answers wait no more", None),
        ("answers wait", "overturned"),
    ]


async def test_a_person_elsewhere_gets_a_letter_and_appeals_by_its_link(
    ctx, client, arrive, restrict, notice, make_remote, log
):
    """R-48: the letter names the ground and the end."""
    ren = await make_remote("ren")
    answer = await arrive(ren, content="<p>Pills</p>", in_reply_to_uri=notice.uri)
    case = await restrict(answer, days=5)
    async with ctx.read() as session:
        letter = await session.scalar(
            select(PostRow)
            .join(MentionRow, MentionRow.post_id == PostRow.id)
            .where(MentionRow.account_id == ren.id)
        )
    assert letter.visibility == "direct"
    assert "rule 4 (spam or repetition)" in letter.source
    link = re.search(r"/restrictions/\d+\?key=[\w-]+", letter.source)[0]
    visitor = Browser(client)
    assert (await visitor.get(f"/restrictions/{case}")).status == 404
    page = await visitor.get(link)
    page = await visitor.submit(page, f"/restrictions/{case}/appeal", {"words": "Please look"})
    assert (page.status, "Please look" in page.main.text) == (200, True)
    assert [one["appeal"] for one in await log()] == ["open"]


async def test_who_is_answered_lets_it_in_and_the_desk_still_looks_first(
    do, see, publish, arrive, make_remote, restrict, under, notice, second, maya
):
    """R-48: a word of somebody else's is no way around the queue."""
    ren = await make_remote("ren")
    mine = await publish(maya, "I agree", in_reply_to_id=notice.id)
    await restrict(await arrive(ren, "far", in_reply_to_uri=notice.uri))
    asking = await arrive(ren, "deep", in_reply_to_uri=mine.uri)
    assert (await see(views.post_view, asking, viewer=maya.actor)).waiting == "pending"

    await do(consents.decide, actor=maya.actor, post_id=asking, accept=True)

    assert str(asking) not in await under()
    with pytest.raises(NotFoundError):
        await see(views.post_view, asking, viewer=maya.actor)
    await do(desk_queue.show, actor=second.actor, post_id=asking)
    assert str(asking) in await under()


async def test_hiding_under_a_rule_leaves_a_mark_where_it_waited(
    do, see, publish, restrict, under, notice, second, maya
):
    """R-48, R-45: what waits is shown or hidden with a mark, and never dropped."""
    await restrict(await publish(maya, "Buy pills", in_reply_to_id=notice.id))
    waiting = await publish(maya, "Buy more", in_reply_to_id=notice.id)

    await do(hidden_answers.hide, actor=second.actor, post_id=waiting.id, code="spam")

    assert str(waiting.id) in await under()
    shown = await see(views.post_view, waiting.id, viewer=None)
    assert (shown.waiting, shown.hidden.number) == ("", 4)
    assert await see(desk_queue.page, actor=second.actor) == ([], False)


async def test_what_is_deleted_while_it_waits_leaves_the_queue(
    ctx, clock, do, see, publish, restrict, notice, second, maya
):
    await restrict(await publish(maya, "Buy pills", in_reply_to_id=notice.id), days=1)
    waiting = await publish(maya, "Never mind", in_reply_to_id=notice.id)
    await do(posts.delete, actor=maya.actor, post_id=waiting.id)
    assert (await see(desk_queue.age, actor=second.actor)).waiting == 0
    clock.advance(days=1)
    await run_until_idle(ctx)


@pytest.mark.parametrize("role", ["responder", "author", None])
async def test_who_does_not_approve_restricts_nobody(
    do, publish, notice, maya, lincoln, make_member, delegate_to, role
):
    answer = await publish(maya, "An answer", in_reply_to_id=notice.id)
    person = await make_member("pat")
    who = await delegate_to(lincoln, person, role) if role else person
    with pytest.raises(ForbiddenError):
        await do(restrictions.ask, actor=who.actor, post_id=answer.id, code="spam")


async def test_the_way_through_the_pages(
    client, seated, publish, notice, approver, second, maya, tom, lincoln
):
    """R-48: asked for beside hiding, approved, read by the person, shown at the desk."""
    answer = await publish(maya, "Buy pills", in_reply_to_id=notice.id)
    first, other, person = (
        await seated(tom, lincoln),
        await seated(second, lincoln),
        await seated(maya),
    )
    page = await first.get(f"/posts/{answer.id}/hide")
    path = f"/posts/{answer.id}/restrict"
    assert page.root.find("a", href=path)
    page = await first.submit(await first.get(path), path, {"rule": "spam", "days": "99"})
    assert (page.status, "Choose from 1 to 30 days" in page.text) == (422, True)
    page = await first.submit(page, path, {"rule": "spam", "days": "7"})
    case = page.location
    assert not (await first.get(case)).root.find("form", action=f"{case}/approve")
    page = await other.get("/restrictions")
    assert "needs a second person" in page.main.text
    page = await other.get(case)
    page = await other.follow(await other.submit(page, f"{case}/approve"))
    assert "It ends by itself" in page.main.text
    page = await person.get(case)
    assert "Nobody is kept from reading" in page.main.text
    assert not page.root.find("form", action=f"{case}/lift")

    waiting = await publish(maya, "Why?", in_reply_to_id=notice.id)
    page = await person.get(f"/@lincoln/{notice.id}")
    assert "only you and its team see it" in page.main.text
    page = await first.get("/desk")
    assert "1 answer waits before others see it" in page.main.text
    page = await first.get("/desk/queue")
    page = await first.submit(page, f"/desk/queue/{waiting.id}/show")
    assert "Nothing waits here" in (await first.follow(page)).main.text
    assert "Why?" in (await Browser(client).get(f"/@lincoln/{notice.id}")).main.text
    page = await other.submit(await other.get(case), f"{case}/lift")
    assert "lifted before its time" in (await other.follow(page)).main.text


async def test_apps_do_all_of_it_by_the_same_rules(
    client, publish, notice, approver, second, third, maya, tom, under
):
    """R-48: asked for, approved by another, appealed, decided by a third, over the API."""

    async def call(who, path, method="post", **body):
        headers = {"Authorization": f"Bearer {who.token}"}
        given = {"json": body} if method == "post" else {}
        found = await getattr(client, method)(f"/api/fedi/v1/{path}", headers=headers, **given)
        return found.status, await found.json()

    post = await publish(maya, "Buy pills", in_reply_to_id=notice.id)
    path = f"statuses/{post.id}/restrict"
    assert (await call(maya, path, rule="spam"))[0] == 403
    assert (await call(approver, path, rule="spam", days="31"))[0] == 422
    status, made = await call(approver, path, rule="spam", days="7", words="Enough")
    assert (status, made["days"], made["rule"]["rule"], made["began_at"]) == (200, 7, 4, None)
    one = f"restrictions/{made['id']}"
    assert (await call(maya, one, "get"))[0] == 404
    assert (await call(approver, f"{one}/approve"))[0] == 403
    status, begun = await call(second, f"{one}/approve")
    assert (status, bool(begun["ends_at"]), begun["person"]["acct"]) == (200, True, "maya")
    waiting = await publish(maya, "Why?", in_reply_to_id=notice.id)
    assert str(waiting.id) not in await under()
    assert (await call(maya, one, "get"))[1]["words"] == "Enough"
    assert (await call(tom, one, "get"))[0] == 404
    assert (await call(maya, f"{one}/appeal", words="Sweets"))[1]["appeal"] == "Sweets"
    assert (await call(second, f"{one}/decide", overturn=True))[0] == 403
    status, decided = await call(third, f"{one}/decide", overturn=True, words="Right")
    assert (status, decided["decision"], decided["ended_because"]) == (
        200,
        "overturned",
        "appeal",
    )
    assert str(waiting.id) in await under()
    assert [row["id"] for row in (await call(third, "restrictions", "get"))[1]] == [made["id"]]
    assert (await call(approver, f"{one}/lift"))[0] == 409
