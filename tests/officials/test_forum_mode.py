"""Whether others are heard under what an official account says: two people change it (R-43)."""

import json

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from fedi_k12.domain.approvals import Choices
from fedi_k12.domain.charters import ForumMode
from fedi_k12.domain.errors import ForbiddenError, InvalidError
from fedi_k12.services import charters, forum_mode, posts, views
from storage.tables import ForumChangeRow, PostRow, RecordRow
from tests.charters import charter_draft
from tests.remote import ACTIVITY


@pytest.fixture
async def manager(lincoln, maya, delegate_to):
    return await delegate_to(lincoln, maya, "manager")


@pytest.fixture
async def second(lincoln, tom, delegate_to):
    return await delegate_to(lincoln, tom, "manager")


@pytest.fixture
def close(do, lincoln, manager, second):
    """Return a function that lets two people close the forum."""

    async def run(mode=ForumMode.ANNOUNCEMENTS):
        given = {"account_id": lincoln.id}
        await do(forum_mode.ask, actor=manager.actor, mode=mode, **given)
        await do(forum_mode.approve, actor=second.actor, **given)

    return run


async def test_a_change_needs_two_people_and_is_told_in_public(
    ctx, client, do, see, lincoln, manager, second
):
    """R-43: not by one person alone, not even past the service; then in log and records."""
    given = {"account_id": lincoln.id}
    await do(forum_mode.ask, actor=manager.actor, mode=ForumMode.ANNOUNCEMENTS, **given)
    with pytest.raises(ForbiddenError, match="Another person"):
        await do(forum_mode.approve, actor=manager.actor, **given)

    async def past_the_service(session):
        await session.execute(
            update(ForumChangeRow).values(approved_by=ForumChangeRow.asked_by)
        )

    with pytest.raises(IntegrityError):
        await ctx.write(past_the_service)
    assert await see(forum_mode.of, account_id=lincoln.id) is ForumMode.LIMITED

    await do(forum_mode.approve, actor=second.actor, **given)

    assert await see(forum_mode.of, account_id=lincoln.id) is ForumMode.ANNOUNCEMENTS
    assert (await see(charters.of, account_id=lincoln.id)).forum is ForumMode.ANNOUNCEMENTS
    (line,) = await (await client.get("/about/moderation-log.json")).json()
    assert (line["act"], line["acted_on"]) == ("announcements only", "lincoln")
    async with ctx.read() as session:
        kinds = set(await session.scalars(select(RecordRow.kind)))
    assert {"forum mode asked for", "forum mode changed"} <= kinds
    with pytest.raises(InvalidError, match="Nothing waits"):
        await do(forum_mode.approve, actor=second.actor, **given)


async def test_a_charter_alone_changes_nothing(ctx, do, see, lincoln, manager):
    """R-43: a new version that names another mode asks for it."""
    draft = charter_draft(ctx.clock(), forum=ForumMode.ANNOUNCEMENTS)

    made = await do(charters.adopt, actor=manager.actor, account_id=lincoln.id, draft=draft)

    assert made.forum is ForumMode.LIMITED
    waits = await see(forum_mode.waiting, actor=manager.actor, account_id=lincoln.id)
    assert (waits.mode, waits.own) == (ForumMode.ANNOUNCEMENTS, True)
    await do(forum_mode.withdraw, actor=manager.actor, account_id=lincoln.id)
    assert await see(forum_mode.waiting, actor=manager.actor, account_id=lincoln.id) is None


@pytest.mark.parametrize("role", ["responder", "author", "approver", None])
async def test_who_does_not_manage_changes_nothing(do, lincoln, make_member, delegate_to, role):
    person = await make_member("pat")
    who = await delegate_to(lincoln, person, role) if role else person
    with pytest.raises(ForbiddenError):
        await do(
            forum_mode.ask,
            actor=who.actor,
            account_id=lincoln.id,
            mode=ForumMode.ANNOUNCEMENTS,
        )


async def test_announcements_take_no_answers_on_any_way(
    ctx, client, seated, publish, close, manager, tom, make_member, remote, send
):
    """R-43: closed for other servers, refused here with a sentence, archived, not shown."""
    before = await publish(manager, "What do you think?")
    await close()
    notice = await publish(manager, "School is closed")
    rita = await make_member("rita")

    document = await client.get(
        notice.uri.removeprefix("https://home.example"), headers={"Accept": ACTIVITY}
    )
    policy = json.loads(await document.text())["interactionPolicy"]["canReply"]
    assert policy["automaticApproval"] == [manager.account.uri]
    answer = await client.post(
        "/api/v1/statuses",
        json={"status": "Why?", "in_reply_to_id": str(notice.id)},
        headers={"Authorization": f"Bearer {rita.token}"},
    )
    assert answer.status == 403
    page = await (await seated(rita)).get(f"/@lincoln/{notice.id}")
    assert "announces only" in page.main.text
    assert not page.root.find("form", action="/posts")

    ren = remote.actor("ren")
    note = ren.note("1", "<p>Why?</p>", inReplyTo=notice.uri)
    assert await send(ren, ren.activity("Create", note)) == 202
    found = await client.get(f"/api/v1/statuses/{notice.id}/context")
    assert (await found.json())["descendants"] == []
    async with ctx.read() as session:
        assert note["id"] in set(await session.scalars(select(RecordRow.object_id)))
    # Forward only: what was said before is answered as before.
    answer = await client.post(
        "/api/v1/statuses",
        json={"status": "I like it", "in_reply_to_id": str(before.id)},
        headers={"Authorization": f"Bearer {rita.token}"},
    )
    assert answer.status == 200


async def test_a_forum_shows_its_rules_and_hears_everybody(
    client, ctx, do, see, seated, publish, manager, make_member, remote, send
):
    """R-43: the rules stand at the box, and no choice for one post closes it."""
    notice = await publish(manager, "What do you think?", choices=Choices(reply="nobody"))
    rita = await make_member("rita")
    page = await (await seated(rita)).get(f"/@lincoln/{notice.id}")
    assert page.root.find("a", href="/about/forum-rules")
    assert page.root.find("form", action="/posts")
    with pytest.raises(InvalidError, match="whole account"):
        await do(
            posts.set_policy,
            actor=manager.actor,
            post_id=notice.id,
            choices=Choices(reply="nobody"),
        )
    ren = remote.actor("ren")
    note = ren.note("1", "<p>A good idea</p>", inReplyTo=notice.uri)
    await send(ren, ren.activity("Create", note))
    async with ctx.read() as session:
        row = await session.scalar(select(PostRow).where(PostRow.uri == note["id"]))
    assert "A good idea" in (await see(views.post_view, row.id, viewer=None)).content


async def test_two_managers_change_it_on_the_page(
    client, seated, lincoln, manager, second, maya, tom
):
    """R-43: asked for by one and approved by the other."""
    place = f"/official/{lincoln.id}/forum"
    first, other = await seated(maya, lincoln), await seated(tom, lincoln)
    await first.submit(await first.get(place), place)
    page = await first.get(place)
    assert not page.root.find("form", action=f"{place}/approve")
    page = await other.submit(await other.get(place), f"{place}/approve")
    assert "Announcements only" in (await other.follow(page)).main.text
