"""Whoever acts for an official account has read how one writes for it (S-45)."""

import csv
import io
from datetime import timedelta

import pytest

from fedi_k12.domain.conduct import MAX_GUIDE, OF_THE_PLACE, Guide, checked
from fedi_k12.domain.delegates import Deed, DelegateRole, Delegation, may, why_not
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.domain.posts import Draft
from fedi_k12.services import acting, approving, conduct, officials, posts, scheduled
from fedi_k12.worker import run_until_idle

TEXTS = {"en": "Be kind.\n\n- Always.", "es": "Con amabilidad."}
ACCOUNT = "/@lincoln/guide"


@pytest.fixture
def renew(do, lincoln):
    """Return a function that puts a new version of the school's guide in force."""

    async def run(actor=None, **texts):
        given = {"actor": actor, "account_id": lincoln.id, "texts": {**TEXTS, **texts}}
        return await do(conduct.write, **given)

    return run


@pytest.fixture
def accept(do, see, lincoln):
    """Return a function that lets a member accept what holds now."""

    async def run(member):
        given = {"member_id": member.actor.member_id, "account_id": lincoln.id}
        actor = await see(acting.actor_for, **given)
        digest = (await see(acting.guide_of, lincoln.id)).digest
        await do(conduct.accept, actor=actor, account_id=lincoln.id, digest=digest)

    return run


@pytest.mark.parametrize("role", DelegateRole)
def test_who_did_not_accept_it_only_reads(role):
    """S-45: whatever the role."""
    held = Delegation(role, unread="https://home.example/@lincoln/guide")

    assert [deed for deed in Deed if may(held, deed)] == [Deed.READ]
    assert "https://home.example/@lincoln/guide" in why_not(held, Deed.ANSWER)


async def _ways(client, seated, tom, maya, lincoln, speaking, theirs):
    headers = {"Authorization": f"Bearer {speaking.token}"}
    found = {}
    calls = {
        "post": ("/api/v1/statuses", {"status": "News"}),
        "answer": ("/api/v1/statuses", {"status": "At 8", "in_reply_to_id": theirs.id}),
        "favourite": (f"/api/v1/statuses/{theirs.id}/favourite", {}),
        "profile": ("/api/v1/profile", {}),
    }
    for way, (path, body) in calls.items():
        ask = client.patch if way == "profile" else client.post
        answer = await ask(path, json=body, headers=headers)
        found[way] = (answer.status, await answer.text())
    note = {"type": "Note", "content": "<p>News</p>", "to": [lincoln.followers_uri]}
    create = {"@context": "https://www.w3.org/ns/activitystreams", "type": "Create"}
    more = {"Content-Type": "application/activity+json"}
    answer = await client.post(
        "/users/lincoln/outbox", json=create | {"object": note}, headers=headers | more
    )
    found["program"] = (answer.status, await answer.text())
    browser = await seated(maya, lincoln)
    page = await browser.submit(await browser.get("/home"), "/posts", {"text": "News"})
    found["page"] = (page.status, page.text)
    return found


async def test_a_new_version_holds_back_everything_until_it_is_accepted(
    client, seated, lincoln, maya, tom, publish, delegate_to, renew, accept
):
    """S-45: on every way 403, naming the page; reading goes on."""
    speaking = await delegate_to(lincoln, maya, "manager")
    theirs = await publish(tom, "When does school start?")
    await renew()

    before = await _ways(client, seated, tom, maya, lincoln, speaking, theirs)
    headers = {"Authorization": f"Bearer {speaking.token}"}
    home = await client.get("/api/v1/timelines/home", headers=headers)
    await accept(maya)
    after = await _ways(client, seated, tom, maya, lincoln, speaking, theirs)

    assert {way: status for way, (status, _) in before.items()} == dict.fromkeys(before, 403)
    assert all(ACCOUNT in words for _, words in before.values())
    assert home.status == 200
    assert [way for way, (status, _) in after.items() if status == 403] == []


async def test_nothing_is_sent_for_an_author_who_did_not_accept_it(
    ctx, clock, do, see, lincoln, author, approver, submit, decide, renew, accept
):
    """S-45: neither what is due nor what a second person approves."""
    number = await submit(author)
    due = ctx.clock() + timedelta(hours=1)
    await do(scheduled.schedule, actor=author.actor, draft=Draft("Soon"), due_at=due)
    await renew()

    with pytest.raises(ForbiddenError, match=ACCOUNT):
        await decide(approving.approve, approver, number)
    await accept(approver)
    with pytest.raises(ForbiddenError, match=ACCOUNT):
        await decide(approving.approve, approver, number)
    clock.advance(hours=2)
    await run_until_idle(ctx)

    async with ctx.read() as session:
        assert (await session.get(type(lincoln), lincoln.id)).posts_count == 0


async def test_one_accepts_what_one_read(do, see, lincoln, maya, tom, delegate_to, renew):
    """S-45: a text that was changed meanwhile is read again; others accept nothing."""
    speaking = await delegate_to(lincoln, maya, "manager")
    read = await see(acting.guide_of, lincoln.id)
    await renew()
    given = {"account_id": lincoln.id, "digest": read.digest}

    with pytest.raises(InvalidError, match="changed meanwhile"):
        await do(conduct.accept, actor=speaking.actor, **given)
    with pytest.raises(ForbiddenError):
        await do(conduct.accept, actor=tom.actor, **given)
    with pytest.raises(ForbiddenError):
        await see(conduct.read, actor=tom.actor, account_id=lincoln.id)
    with pytest.raises(InvalidError, match="different"):
        await renew()


async def test_only_managers_and_administrators_change_it(
    see, lincoln, maya, delegate_to, renew
):
    """S-45: who writes for the account does not decide how."""
    author = await delegate_to(lincoln, maya)

    with pytest.raises(ForbiddenError):
        await renew(author.actor)
    with pytest.raises(ForbiddenError):
        await see(conduct.register, actor=author.actor, account_id=lincoln.id)
    assert (await see(acting.guide_of, lincoln.id)).version == 0


async def test_a_manager_changes_it_and_reads_who_accepted(
    client, see, seated, lincoln, maya, delegate_to
):
    """S-45: page, acceptance, register and CSV, from one browser."""
    await delegate_to(lincoln, maya, "manager")
    browser = await seated(maya, lincoln)
    form = f"/official/{lincoln.id}/guide"

    beside = await browser.get("/write")
    empty = await browser.submit(await browser.get(form), form, {"en": "", "es": " "})
    saved = await browser.submit(await browser.get(form), form, TEXTS)
    page = await browser.get(ACCOUNT)
    stopped = await browser.get(form)
    done = await browser.submit(page, f"{form}/accept")
    page = await browser.get(ACCOUNT)
    register = await browser.get(f"{form}/register")
    table = await browser.get(f"{form}/register.csv")

    assert "Never correct, mock or grade anybody in public" in beside.text
    assert empty.status == 422
    assert saved.status == done.status == 303
    assert stopped.status == 403
    assert "You accepted this." in page.text
    assert "Not yet" in register.text
    assert "@principal_ann" in register.text
    rows = list(csv.DictReader(io.StringIO(table.body)))
    assert [(row["person"], row["version"], bool(row["accepted_at"])) for row in rows] == [
        ("@principal_ann", "1", False),
        ("@principal_bo", "1", False),
        ("@maya", "1", True),
        ("@maya", "0", True),
        ("@principal_bo", "0", True),
        ("@principal_ann", "0", True),
    ]
    assert rows[2]["sha256"] == (await see(acting.guide_of, lincoln.id)).digest


async def test_an_old_page_does_not_accept_a_new_version(
    seated, lincoln, maya, delegate_to, renew
):
    """S-45: the page says that it changed, and shows what holds now."""
    await delegate_to(lincoln, maya)
    browser = await seated(maya, lincoln)
    await renew()
    page = await browser.get(ACCOUNT)
    await renew(en="Be brief.")

    answer = await browser.submit(page, f"/official/{lincoln.id}/guide/accept")

    assert answer.status == 422
    assert "Be brief." in answer.text


def test_a_guide_is_shown_in_the_readers_language():
    guide = Guide(1, 0, OF_THE_PLACE)

    assert guide.text("es-MX").startswith("Usted habla")
    assert guide.text("en").startswith("You speak")
    assert Guide(1, 1, {"es": "Breve."}).text("en") == "Breve."


def test_a_guide_needs_words_in_a_language_and_is_not_endless():
    assert checked({"en": " Be kind. ", "es": "", "xx": "?"}) == {"en": "Be kind."}
    for wrong in ({}, {"en": " "}, {"en": "x" * (MAX_GUIDE + 1)}):
        with pytest.raises(InvalidError):
            checked(wrong)


async def test_whoever_is_delegated_anew_is_asked(do, see, lincoln, maya):
    """S-45: before the first post, also by the guide of the place."""
    await do(
        officials.delegate,
        actor=None,
        account_id=lincoln.id,
        person_id=maya.account.id,
        role=DelegateRole.AUTHOR,
    )
    given = {"member_id": maya.actor.member_id, "account_id": lincoln.id}
    actor = await see(acting.actor_for, **given)

    with pytest.raises(ForbiddenError, match=ACCOUNT):
        await do(posts.publish, actor=actor, draft=Draft("News"))
