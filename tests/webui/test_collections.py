"""Collections on the pages: made, shared, followed whole, and left."""

from xml.etree.ElementTree import fromstring

import pytest
from sqlalchemy import update

from fedi_k12.domain.posts import Visibility
from fedi_k12.services import collections, collections_elsewhere
from fedi_k12.services.collections_elsewhere import ReceivedCollection
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


async def test_who_was_asked_elsewhere_is_shown_to_the_maker_alone(
    made, at_maya, visitor, make_remote
):
    policy = {"automatic": ["public"], "manual": []}
    await make_remote("ren", feature_policy=policy)

    page = await at_maya.get(f"{made}/edit")
    page = await sent(at_maya, page, f"{made}/people", handle="@ren@remote.example")

    assert "Asked, and not shown to others until they agree." in page.main.text
    assert "Ren" not in (await visitor.get(made)).main.text


async def test_a_collection_of_another_server_leads_there(ctx, at_maya, make_remote):
    ren = await make_remote("ren")
    received = ReceivedCollection(
        uri=f"{ren.uri}/packs/1", account_id=ren.id, name="<i>Art</i>", description="x",
        tag="", language=None, sensitive=False, discoverable=True,
        url="http://remote.example/c/1", published=None, updated=None, items=[],
    )  # fmt: skip
    await ctx.write(collections_elsewhere.receive, received, now=ctx.clock())
    async with ctx.read() as session:
        [view] = await collections.made_by(session, account_id=ren.id, viewer=None, limit=1)

    page = await at_maya.get(view.path)

    assert "<i>Art</i>" in page.main.text
    assert page.main.find("a", href="http://remote.example/c/1")


async def test_a_feed_tells_what_its_people_say_to_everybody(
    made, visitor, client, publish, maya, tom
):
    await publish(tom, "Clay from the river.", visibility=Visibility.PUBLIC)
    await publish(tom, "For those who follow.", visibility=Visibility.FOLLOWERS)
    await publish(tom, "Quietly.", visibility=Visibility.UNLISTED)
    await publish(maya, "Not in it.", visibility=Visibility.PUBLIC)
    page = await visitor.get(made)
    places = [link["href"] for link in page.root.find("link", rel="alternate")]

    for place in (f"{made}.atom", f"{made}.rss"):
        assert place in places
        answer = await client.get(place)
        feed = fromstring(await answer.text())  # noqa: S314 - our own
        told = " ".join(feed.itertext())
        assert answer.content_type in {"application/atom+xml", "application/rss+xml"}
        assert "Grade 5 science" in told
        assert "Clay from the river." in told
        for kept in ("For those who follow.", "Quietly.", "Not in it."):
            assert kept not in told
    assert (await client.get("/collections/1.atom")).status == 404


async def test_who_leaves_is_no_longer_in_the_feed(made, at_tom, client, publish, tom):
    await publish(tom, "Clay from the river.", visibility=Visibility.PUBLIC)
    page = await at_tom.get(made)
    await sent(at_tom, page, f"{made}/leave")

    assert "Clay" not in await (await client.get(f"{made}.atom")).text()
