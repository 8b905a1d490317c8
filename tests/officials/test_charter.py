"""Before an official account says anything, it says what it is for (S-36)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from fedi_k12.domain.charters import Charter, ForumMode, read_hours
from fedi_k12.domain.delegates import DelegateRole, Delegation
from fedi_k12.domain.errors import ForbiddenError, InvalidError, SavedForApprovalError
from fedi_k12.domain.permissions import Actor, Role
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.domain.submissions import Level
from fedi_k12.services import (
    approving,
    charters,
    desk_views,
    officials,
    posts,
    scheduled,
    timelines,
    views,
)
from fedi_k12.worker import run_until_idle
from tests.charters import charter_draft
from tests.remote import PUBLIC

ACTIVITY = "application/activity+json"
PAGE_POST = {"text": "News", "who": "public", "public_meant": "1"}
OUTBOX = {"Content-Type": ACTIVITY}


@pytest.fixture
def adopt(do, ctx):
    """Return a function that puts a charter in force, by the operator."""

    async def run(account, actor=None, **changes):
        draft = charter_draft(ctx.clock(), **changes)
        return await do(charters.adopt, actor=actor, account_id=account.id, draft=draft)

    return run


@pytest.fixture
async def school(do, account_keys, make_member, delegate_to, maya):
    """A school with two managers, no charter, and Maya, who manages it: (account, Maya)."""
    account = await do(
        officials.make,
        actor=None,
        username="roosevelt",
        display_name="Roosevelt",
        keys=account_keys,
    )
    await delegate_to(account, await make_member("principal_cy"), "manager")
    return account, await delegate_to(account, maya, "manager")


async def _ways(ctx, client, seated, do, school, maya, theirs):
    """Try every way to say something; return (way, status, words) of each."""
    account, speaking = school
    headers = {"Authorization": f"Bearer {speaking.token}"}
    found = []

    async def app(way, path, body, **more):
        answer = await client.post(path, json=body, headers=headers | more)
        found.append((way, answer.status, await answer.text()))

    await app("app", "/api/v1/statuses", {"status": "News"})
    await app("answer", "/api/v1/statuses", {"status": "At 8", "in_reply_to_id": theirs.id})
    due = (ctx.clock() + timedelta(hours=1)).isoformat()
    await app("later", "/api/v1/statuses", {"status": "News", "scheduled_at": due})
    await app("boost", f"/api/v1/statuses/{theirs.id}/reblog", {})
    note = {"type": "Note", "content": "<p>News</p>", "to": [account.followers_uri]}
    create = {"@context": "https://www.w3.org/ns/activitystreams", "type": "Create"}
    await app("program", "/users/roosevelt/outbox", create | {"object": note}, **OUTBOX)
    begins = (ctx.clock() + timedelta(days=2)).isoformat()
    event = {"title": "Open house", "starts_at": begins, "text": "Come"}
    await app("event", "/api/fedi/v1/events", event)
    browser = await seated(maya, account)
    form = await browser.get("/write")
    page = await browser.submit(form, "/posts", PAGE_POST)
    found.append(("page", page.status, page.text))
    return found


async def test_nothing_is_posted_without_a_charter_on_any_way(
    ctx, client, do, seated, school, maya, tom, publish, adopt, clock
):
    """S-36: 422 with the reason, answers too; with one that holds each is let out again."""
    theirs = await publish(tom, "When does school start?")

    before = await _ways(ctx, client, seated, do, school, maya, theirs)
    await adopt(school[0])
    held = await _ways(ctx, client, seated, do, school, maya, theirs)
    clock.advance(days=552)
    after = await _ways(ctx, client, seated, do, school, maya, theirs)

    assert [(way, status) for way, status, _ in before] == [(way, 422) for way, *_ in before]
    assert all("no charter yet" in words for _, _, words in before)
    refused = [(way, words) for way, status, words in held if status >= 400]
    assert [way for way, words in refused if "Saved for approval" not in words] == []
    assert {status for _, status, _ in after} == {422}
    assert all("to be looked at again by" in words for _, _, words in after)


async def test_what_waits_does_not_come_out_once_the_charter_is_over(
    ctx, do, clock, lincoln, author, approver, submit, decide, adopt, publish
):
    """S-36: approved, due or changed later, it is published by a charter that holds."""
    await adopt(lincoln, review_by=ctx.clock().date() + timedelta(days=1), approval=Level.ALL)
    number = await submit(author)
    await adopt(lincoln, review_by=ctx.clock().date() + timedelta(days=1))
    early = await publish(author, "The library is open.")
    due = ctx.clock() + timedelta(days=3)
    await do(scheduled.schedule, actor=author.actor, draft=Draft("Soon"), due_at=due)
    clock.advance(days=4)
    await run_until_idle(ctx)

    with pytest.raises(InvalidError, match="looked at again"):
        await decide(approving.approve, approver, number)
    with pytest.raises(InvalidError, match="looked at again"):
        await do(posts.edit, actor=author.actor, post_id=early.id, draft=Draft("Closed."))
    async with ctx.read() as session:
        view = await views.account_view(session, lincoln.id)
    assert view.posts_count == 1
    await do(posts.delete, actor=author.actor, post_id=early.id)


async def test_reading_needs_no_charter(client, school):
    """S-36: whoever acts for it reads as before."""
    headers = {"Authorization": f"Bearer {school[1].token}"}

    for path in ("/api/v1/timelines/home", "/api/v1/notifications", "/@roosevelt"):
        assert (await client.get(path, headers=headers)).status == 200


async def test_managers_and_administrators_write_it(
    see, adopt, school, tom, make_member, delegate_to
):
    """S-36: nobody else; each version stays, and the newest one counts."""
    account, manager = school
    admin = await make_member("minder", role=Role.ADMIN)
    author = await delegate_to(account, tom)
    for wrong in (author.actor, tom.actor):
        with pytest.raises(ForbiddenError):
            await adopt(account, actor=wrong)

    await adopt(account, actor=manager.actor, approval=Level.INDIVIDUALS)
    await adopt(account, actor=admin.actor, goal="Anew", forum=ForumMode.ANNOUNCEMENTS)

    found = await see(charters.versions, account.id)
    assert [(one.version, one.by) for one in found] == [
        (2, "minder"),
        (1, "maya"),
    ]
    now = await see(charters.of, account.id)
    # Another forum mode waits for a second person.
    assert (now.goal, now.forum, now.approval) == ("Anew", "limited", Level.NONE)


async def test_the_charter_says_what_a_second_person_reads(
    lincoln, author, submit, adopt, publish
):
    """S-38: the level of approval is the charter's."""
    await adopt(lincoln, approval=Level.ALL)
    await submit(author)
    await adopt(lincoln, approval=Level.NONE)

    assert (await publish(author, "News")).id


async def test_everybody_reads_what_an_account_is_for(client, ctx, lincoln, maya):
    """S-36: on its page, in apps, and on other servers."""
    page = await (await client.get("/@lincoln/charter")).text()
    told = await (await client.get(f"/api/fedi/v1/accounts/{lincoln.id}/charter")).json()
    account = await (await client.get(f"/api/v1/accounts/{lincoln.id}")).json()
    actor = await (await client.get("/users/lincoln", headers={"Accept": ACTIVITY})).json()

    assert "Families know what happens at school." in page
    assert (told["version"], told["holds"], told["forum"]) == (1, True, "limited")
    official, line = account["fields"]
    assert official["name"] == "Official account"
    assert line["name"] == "Charter"
    assert "/@lincoln/charter" in line["value"]
    assert [(one["name"], one["value"]) for one in actor["attachment"]] == [
        (one["name"], one["value"]) for one in (official, line)
    ]
    assert actor["summary"] == "<p>Families know what happens at school.</p>"
    missing = await client.get(f"/api/fedi/v1/accounts/{maya.account.id}/charter")
    assert missing.status == 404
    assert (await client.get("/@maya/charter")).status == 404


FORM = {
    "goal": "Families know what happens.\nNothing else.",
    "audience": "Families",
    "speakers": "The principal",
    "answered": "Questions about school days",
    "from0": "08:00",
    "until0": "15:30",
    "time_zone": "America/Chicago",
    "forum": "announcements",
    "approval": "individuals",
    "languages": "en, es",
    "records_class": "Communications",
    "direct_messages": "1",
}


async def test_a_manager_fills_in_the_form(client, ctx, see, seated, school, maya, lincoln):
    """S-36: what is wrong is said field by field, and nothing typed is lost."""
    account, _ = school
    browser = await seated(maya, account)
    path = f"/official/{account.id}/charter"
    until = (ctx.clock() + timedelta(days=300)).date().isoformat()
    wrong = FORM | {"review_by": "2020-01-01", "until0": "", "goal": " "}

    form = await browser.get(path)
    refused = await browser.submit(form, path, wrong)
    none = await browser.submit(form, path, {"forum": "x", "approval": "x"})
    done = await browser.submit(form, path, FORM | {"review_by": until})
    found = await see(charters.of, account.id)

    assert refused.status == 422
    for words in ("On each day say from when", "Questions about school days"):
        assert words in refused.text
    assert none.status == 422
    assert done.status in {200, 303}
    assert (found.by, found.approval, found.direct_messages) == ("maya", "individuals", True)
    assert found.goal == "Families know what happens.\nNothing else."
    assert found.hours[0].end.isoformat() == "15:30:00"
    assert found.languages == ("en", "es")
    again = await browser.get(path)
    assert 'value="15:30"' in again.body
    assert (await browser.get(f"/official/{lincoln.id}/charter")).status == 403


def test_a_charter_tells_when_somebody_answers():
    """S-36: by the hours of the place, and by its clock."""
    charter = Charter(
        **{
            name: getattr(charter_draft(datetime(2026, 1, 5, tzinfo=UTC)), name)
            for name in ("goal", "audience", "speakers", "answered")
        },
        review_by=date(2026, 6, 30),
        hours=read_hours("mon-thu 08:00-16:00, fri 08:00-12:30"),
        time_zone="America/Chicago",
        account_id=1,
        version=1,
        since=datetime(2026, 1, 5, tzinfo=UTC),
        by="",
    )

    assert charter.answers_at(datetime(2026, 1, 5, 14, 0, tzinfo=UTC))
    assert not charter.answers_at(datetime(2026, 1, 5, 13, 59, tzinfo=UTC))
    assert not charter.answers_at(datetime(2026, 1, 9, 18, 30, tzinfo=UTC))
    assert not charter.answers_at(datetime(2026, 1, 10, 15, 0, tzinfo=UTC))
    assert charter.holds_on(date(2026, 6, 30))
    assert not charter.holds_on(date(2026, 7, 1))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("goal", " "),
        ("answered", "x" * 2001),
        ("review_by", date(2026, 1, 5)),
        ("review_by", date(2029, 1, 5)),
        ("time_zone", "Lincoln"),
        ("languages", ("english",)),
        ("languages", ()),
        ("hours", (None,)),
        ("records_class", "x" * 201),
    ],
)
def test_what_cannot_be_meant_is_refused(name, value):
    draft = charter_draft(datetime(2026, 1, 5, tzinfo=UTC), **{name: value})

    with pytest.raises(InvalidError) as caught:
        charters.checked(draft, today=date(2026, 1, 5))
    assert set(caught.value.fields) == {name}


@pytest.mark.parametrize("text", ["mon", "mon 8-9", "xyz 08:00-09:00", "mon 25:00-26:00"])
def test_hours_that_cannot_be_read_are_refused(text):
    with pytest.raises(InvalidError):
        read_hours(text)


async def test_an_alert_needs_no_charter(do, school, maya):
    """R-53: an emergency waits for no paper."""
    raiser = Actor(
        school[0].id,
        maya.actor.member_id,
        delegation=Delegation(DelegateRole.AUTHOR, emergency=True),
    )

    assert await do(posts.publish, actor=raiser, draft=Draft("Stay inside."))


async def test_a_charter_can_keep_an_account_to_its_own_threads_on_every_way(
    ctx, client, seated, do, see, adopt, publish, arrive, make_remote, school, maya, tom
):
    """R-11: not in the threads of others; under its own posts and to letters it answers."""
    account, speaking = school
    await adopt(account, own_threads=True)
    own = await publish(speaking, "No school on Friday")
    under = await publish(tom, "Why?", in_reply_to_id=own.id)
    theirs = await publish(tom, "What does @roosevelt say?")
    ren = await make_remote("ren")
    far = await arrive(ren, content="<p>@roosevelt?</p>", mentioned_account_ids=(account.id,))
    letter = await publish(tom, "@roosevelt My child", visibility=Visibility.DIRECT)
    headers = {"Authorization": f"Bearer {speaking.token}"}
    due = (ctx.clock() + timedelta(hours=1)).isoformat()
    note = {"type": "Note", "content": "<p>We</p>", "to": [PUBLIC], "inReplyTo": theirs.uri}
    create = {"@context": "https://www.w3.org/ns/activitystreams", "type": "Create"}
    answers = [
        await client.post(path, json=body, headers=headers | more)
        for path, body, more in (
            ("/api/v1/statuses", {"status": "We", "in_reply_to_id": theirs.id}, {}),
            ("/api/v1/statuses", {"status": "We", "in_reply_to_id": far}, {}),
            (
                "/api/v1/statuses",
                {"status": "We", "in_reply_to_id": theirs.id, "scheduled_at": due},
                {},
            ),
            ("/users/roosevelt/outbox", create | {"object": note}, OUTBOX),
        )
    ]

    assert [one.status for one in answers] == [403] * 4
    for one in answers:
        assert "under its own posts only" in await one.text()
    browser = await seated(maya, account)
    page = await browser.get(f"/write?reply_to={theirs.id}")
    assert "under its own posts only" in page.main.text
    page = await browser.submit(page, "/posts", {"text": "We say", "public_meant": "1"})
    assert (page.status, "under its own posts only" in page.main.text) == (422, True)
    for path in (f"/@tom/{theirs.id}", f"/desk/{await _case_of(see, speaking, theirs.id)}"):
        page = await browser.get(path)
        assert "under its own posts only" in page.main.text
        assert not page.root.find("form", action="/posts")
    assert not (await see(timelines.thread, post_id=theirs.id, viewer=None)).descendants
    await publish(speaking, "Snow", in_reply_to_id=letter.id, visibility=Visibility.DIRECT)
    with pytest.raises(SavedForApprovalError):  # A second person reads it, as ever.
        await publish(speaking, "Snow", in_reply_to_id=under.id)
    page = await browser.get(f"/@roosevelt/{own.id}")
    assert page.root.find("form", action="/posts")
    assert "Under its own posts only" in (await browser.get("/@roosevelt/charter")).main.text


async def _case_of(see, speaking, post_id):
    found, _more = await see(desk_views.page, actor=speaking.actor)
    return next(one.id for one in found if one.last and one.last.id == post_id)
