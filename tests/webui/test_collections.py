"""Collections on the pages: made, shared, followed whole, and left."""

import pytest
from sqlalchemy import update

from storage.tables import AccountRow


async def sent(browser, page, action, **changes):
    """Send a form of a page; return where it leads, or the page that says what is wrong."""
    answer = await browser.submit(page, action, changes)
    return await browser.follow(answer) if answer.status == 303 else answer


@pytest.fixture
async def findable(ctx, tom):
    async def change(session):
        await session.execute(
            update(AccountRow).where(AccountRow.id == tom.account.id).values(discoverable=True)
        )

    await ctx.write(change)


@pytest.fixture
async def made(at_maya, findable):
    """The address of a collection of Maya's with Tom in it."""
    page = await at_maya.get("/collections/new")
    page = await sent(at_maya, page, "/collections/new", name="Grade 5 science", listed="1")
    path = page.url.removesuffix("/edit")
    page = await sent(at_maya, page, f"{path}/people", handle="@tom")
    assert "Tom" in page.main.text
    return path


async def test_a_newcomer_follows_everybody_at_once(made, seated, make_member, visitor):
    ann = await make_member("ann")
    at_ann = await seated(ann)

    page = await at_ann.get(made)
    assert "Follow the one you do not follow yet" in page.main.text
    page = await sent(at_ann, page, f"{made}/follow")

    assert "You follow everybody here, or asked to." in page.main.text
    page = await visitor.get(made)
    assert "Tom" in page.main.text
    assert page.main.find("form") == []
    assert "Grade 5 science" in (await visitor.get("/@maya")).main.text


async def test_who_is_in_one_is_told_and_goes(made, at_tom, at_maya):
    page = await at_tom.get("/notifications")
    assert "Maya put you into a collection" in page.main.text

    page = await at_tom.get(made)
    page = await sent(at_tom, page, f"{made}/leave")
    assert "Nobody is in it yet" in page.main.text

    page = await at_maya.get(f"{made}/edit")
    page = await sent(at_maya, page, f"{made}/people", handle="@tom")
    assert page.status == 403
    assert "does not want to be put into collections" in page.main.text


async def test_it_is_changed_and_deleted_by_its_maker_alone(made, at_maya, at_tom):
    assert (await at_tom.get(f"{made}/edit")).status == 403
    page = await at_maya.get(f"{made}/edit")
    page = await sent(at_maya, page, f"{made}/edit", name="x" * 50)
    assert page.status == 422
    page = await sent(at_maya, page, f"{made}/edit", name="Science", listed="")
    assert "Science" in page.main.text
    page = await at_maya.get(f"{made}/edit")
    page = await sent(at_maya, page, f"{made}/people", handle="@nobody")
    assert page.status in {404, 422}
    [item] = [one["action"] for one in page.main.find("form") if "/out" in one["action"]]
    page = await sent(at_maya, page, item)
    page = await sent(at_maya, page, f"{made}/delete")
    assert (await at_maya.get(made)).status == 404
