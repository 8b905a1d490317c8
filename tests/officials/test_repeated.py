"""What several people say in the same words stands once, and is all there (R-47)."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from fedi_k12.domain.desk import CaseState
from fedi_k12.services import desk, desk_queue, desk_views, filters
from fedi_k12.services.filters import FilterChanges, KeywordChange
from tests.browse import Browser

BUS = "Please keep the late bus for the children of the north side"


@pytest.fixture
async def manager(lincoln, tom, delegate_to):
    return await delegate_to(lincoln, tom, "manager")


@pytest.fixture
async def notice(publish, manager):
    """What the school says, and is answered."""
    return await publish(manager, "No late bus from May on")


@contextmanager
def counted():
    """Note which statements go to the store."""
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


async def test_repeats_stand_under_the_first_in_the_thread_and_at_the_desk(
    client, do, see, seated, publish, arrive, make_remote, notice, manager, maya, tom,
    lincoln, make_member,
):  # fmt: skip
    """R-47: here and elsewhere, by any number of authors, each still to be reached."""
    people = [await make_remote(f"p{number}") for number in range(5)]
    first = await publish(maya, BUS, in_reply_to_id=notice.id)
    parts = {"in_reply_to_uri": notice.uri}
    said = [
        await arrive(one, content=f"<p>{BUS.upper()}!{'' if at else ' please'}</p>", **parts)
        for at, one in enumerate(people)
    ]
    other = await publish(tom, "Which bus?", in_reply_to_id=notice.id)
    spoken = await publish(await make_member("kim"), BUS, in_reply_to_id=notice.id)
    await publish(maya, "Thank you, Kim", in_reply_to_id=spoken.id)

    page = await Browser(client).get(f"/@lincoln/{notice.id}")

    assert "5 more say the same" in page.main.text
    (folded,) = [one for one in page.root.find("details") if "more say" in one.text]
    assert [one["id"] for one in folded.find("article")] == [f"p{number}" for number in said]
    # Whoever was answered stands for themselves, and one's own answer does.
    kept = {one["id"] for one in page.root.find("article") if one not in folded.all()}
    assert {f"p{first.id}", f"p{other.id}", f"p{spoken.id}"} <= kept
    context = await (await client.get(f"/api/v1/statuses/{notice.id}/context")).json()
    assert len(context["descendants"]) == 9
    aside = await publish(maya, "I have a bus")
    await arrive(people[0], "aside", content="<p>Mine, too</p>", in_reply_to_uri=aside.uri)
    await arrive(people[1], "aside", content="<p>Mine, too</p>", in_reply_to_uri=aside.uri)
    page = await Browser(client).get(f"/@maya/{aside.id}")
    assert "say the same" not in page.main.text

    found, more = await see(desk_views.page, actor=manager.actor)
    assert [(one.handle, len(one.same)) for one in found] == [("maya", 6), ("tom", 0)]
    assert not more
    # Whoever is to answer one of them has it on the list.
    await do(
        desk.assign,
        actor=manager.actor,
        case_id=found[0].same[2].id,
        member_id=manager.actor.member_id,
    )
    with counted() as few:
        found, _more = await see(desk_views.page, actor=manager.actor)
    assert [len(one.same) for one in found] == [5, 0, 0]
    assert {one.state for one in found} == {CaseState.WAITING, CaseState.ASSIGNED}
    more_people = [await make_remote(f"q{number}") for number in range(40)]
    for at, one in enumerate(more_people):
        await arrive(one, content=f"<p>{BUS if at % 2 else f'Number {at}'}</p>", **parts)
    with counted() as many:
        found, more = await see(desk_views.page, actor=manager.actor)
    assert (len(found), more, len(found[0].same)) == (23, False, 25)
    assert len(many) == len(few)
    page = await (await seated(tom, lincoln)).get("/desk")
    assert "25 more ask the same" in page.main.text
    assert page.root.find("a", href=f"/desk/{found[0].same[-1].id}")


async def test_repeats_in_the_queue_are_shown_together(
    client, do, see, seated, arrive, make_remote, notice, manager, tom, lincoln
):
    """R-46, R-47: one step for all of them, or one at a time."""
    changes = FilterChanges(
        title="Buses", contexts=("home",), keywords=(KeywordChange("late bus"),)
    )
    await do(filters.create, actor=manager.actor, changes=changes)
    for number in range(4):
        one = await make_remote(f"p{number}")
        await arrive(one, content=f"<p>{BUS}</p>", in_reply_to_uri=notice.uri)
    last = await arrive(one, "2", content="<p>A late bus</p>", in_reply_to_uri=notice.uri)
    found, more = await see(desk_queue.page, actor=manager.actor)
    assert ([len(one.same) for one in found], more) == ([3, 0], False)
    rest, _more = await see(desk_queue.page, actor=manager.actor, after=found[0].post.id)
    assert [one.post.id for one in rest] == [last]

    browser = await seated(tom, lincoln)
    page = await browser.get("/desk/queue")
    assert "3 more say the same" in page.main.text
    (form,) = [one for one in page.root.find("form") if "Show all of them" in one.text]
    page = await browser.submit(page, form["action"], {"same": "1"})

    found, _more = await see(desk_queue.page, actor=manager.actor)
    assert [one.post.id for one in found] == [last]
    context = await (await client.get(f"/api/v1/statuses/{notice.id}/context")).json()
    assert len(context["descendants"]) == 4
