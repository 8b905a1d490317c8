"""Words that an official account looks at first let answers wait, and drop none (R-46)."""

import pytest
from sqlalchemy import select

from fedi_k12.domain.errors import InvalidError, NotFoundError
from fedi_k12.domain.posts import Visibility
from fedi_k12.services import desk_queue, filters, views
from fedi_k12.services.filters import FilterChanges, KeywordChange
from fedi_k12.services.receive import receive_posts
from fedi_k12.services.received import ReceivedPost
from fedi_k12.worker import run_until_idle
from storage.tables import PostRow, RecordRow


@pytest.fixture
async def manager(lincoln, tom, delegate_to):
    return await delegate_to(lincoln, tom, "manager")


@pytest.fixture
async def notice(publish, manager):
    """What the school says, and is answered."""
    return await publish(manager, "School begins at eight")


@pytest.fixture
async def looked_at(do, manager):
    """The filter of the account: as strict as a filter can be."""
    changes = FilterChanges(
        title="Sales",
        contexts=("home", "thread"),
        action="hide",
        keywords=(KeywordChange("pills", whole_word=True),),
    )
    return await do(filters.create, actor=manager.actor, changes=changes)


@pytest.fixture
def under(client, notice):
    """Return a function that gives what is read under the notice, by id."""

    async def run(member=None):
        headers = {"Authorization": f"Bearer {member.token}"} if member else {}
        found = await client.get(f"/api/v1/statuses/{notice.id}/context", headers=headers)
        return [one["id"] for one in (await found.json())["descendants"]]

    return run


async def test_words_of_a_filter_let_answers_wait_and_nothing_is_left_out(
    ctx, clock, do, see, publish, arrive, make_remote, under, notice, manager, maya, looked_at
):
    """R-46: from here and elsewhere, shown by the team, or by itself after the hours set."""
    ren = await make_remote("ren")
    fine = await publish(maya, "Which bus?", in_reply_to_id=notice.id)
    near = await publish(maya, "She swallows spills", in_reply_to_id=notice.id)
    here = await publish(maya, "Buy PILLS!", in_reply_to_id=notice.id)
    far = await arrive(ren, "far", content="<p>My <b>pills</b></p>", in_reply_to_uri=notice.uri)
    aside = await publish(maya, "Pills, under nobody's post")

    assert await under() == [str(fine.id), str(near.id)]
    assert (await see(views.post_view, aside.id, viewer=None)).waiting == ""
    found, _more = await see(desk_queue.page, actor=manager.actor)
    assert [(one.post.id, one.cause, one.detail) for one in found] == [
        (here.id, "filter", "pills"),
        (far, "filter", "pills"),
    ]
    assert {(one.until - one.queued_at).total_seconds() for one in found} == {24 * 3600}
    # The team reads all of it: what would be left out for others is folded for them.
    assert len(await under(manager)) == 4
    held = await see(filters.active, actor=manager.actor, context="thread", now=clock())
    assert [one.action for one in held] == ["warn"]

    await do(desk_queue.show, actor=manager.actor, post_id=far)
    assert await under() == [str(one) for one in (fine.id, near.id, far)]
    with pytest.raises(InvalidError, match="from 1 to 72"):
        await do(desk_queue.set_hours, actor=manager.actor, hours=73)
    await do(desk_queue.set_hours, actor=manager.actor, hours=2)
    later = await publish(maya, "pills", in_reply_to_id=notice.id)
    clock.advance(hours=2)
    await run_until_idle(ctx)
    assert str(later.id) in await under()
    assert str(here.id) not in await under()
    clock.advance(hours=22)
    await run_until_idle(ctx)

    assert len(await under()) == 5
    with pytest.raises(NotFoundError):
        await do(desk_queue.show, actor=manager.actor, post_id=here.id)
    async with ctx.read() as session:
        kinds = set(await session.scalars(select(RecordRow.kind)))
    assert {"answer waits", "queued answer: shown", "queued answer: itself"} <= kinds


async def test_an_answer_that_came_before_what_it_answers_waits_from_then_on(
    ctx, do, see, publish, arrive, make_remote, under, notice, manager, looked_at
):
    """R-46, R-48: by its words or by its author, and what came along with what it answers."""
    ren = await make_remote("ren")
    base = f"{ren.uri}/posts"
    low = await arrive(ren, "low", content="<p>pills</p>", in_reply_to_uri=f"{base}/mid")
    deep = await arrive(ren, "deep", content="<p>More pills</p>", in_reply_to_uri=f"{base}/low")
    assert (await see(views.post_view, deep, viewer=None)).waiting == ""

    mid = await arrive(ren, "mid", content="<p>Hello</p>", in_reply_to_uri=notice.uri)

    assert await under() == [str(mid)]
    found, _more = await see(desk_queue.page, actor=manager.actor)
    assert {one.post.id for one in found} == {low, deep}
    async with ctx.read() as session:
        assert (await session.get(PostRow, mid)).replies_count == 0
    await do(desk_queue.show, actor=manager.actor, post_id=low)
    async with ctx.read() as session:
        assert (await session.get(PostRow, mid)).replies_count == 1

    together = [
        ReceivedPost(
            uri=f"{base}/{name}",
            account_id=ren.id,
            visibility=Visibility.PUBLIC,
            content=f"<p>{name} pills</p>" if name == "second" else "<p>First</p>",
            published=ctx.clock(),
            in_reply_to_uri=above,
        )
        for name, above in (("second", f"{base}/first"), ("first", notice.uri))
    ]
    _second, first = await do(receive_posts, together)
    assert await under() == [str(one) for one in (mid, low, first)]


async def test_only_managers_change_how_long_words_hold_an_answer_back(
    seated, publish, lincoln, tom, make_member, delegate_to, manager, notice, maya, looked_at
):
    """R-46: the age of the queue and the time are on the page of the desk."""
    other = await make_member("olive")
    await delegate_to(lincoln, other, "responder")
    await publish(maya, "pills", in_reply_to_id=notice.id)
    first, second = await seated(tom, lincoln), await seated(other, lincoln)

    page = await second.get("/desk/queue")
    assert "It says “pills”" in page.main.text
    assert "The oldest came" in page.main.text
    assert "Shown by itself after 24 hours" in page.main.text
    assert not page.root.find("form", action="/desk/queue/hours")
    page = await first.get("/settings/filters")
    assert "leave nothing out" in page.main.text
    page = await first.get("/desk/queue")
    page = await first.submit(page, "/desk/queue/hours", {"hours": "0"})
    assert (page.status, "Choose from 1 to 72 hours" in page.text) == (422, True)
    page = await first.follow(await first.submit(page, "/desk/queue/hours", {"hours": "48"}))
    (field,) = page.root.find("input", id="f-hours")
    assert field.attributes["value"] == "48"
