"""Lists on the pages: made, filled, read, and seen by nobody else."""

import pytest

from fedi_k12.services import follows


async def sent(browser, page, action, **changes):
    """Send a form of a page; return where it leads, or the page that says what is wrong."""
    answer = await browser.submit(page, action, changes)
    return await browser.follow(answer) if answer.status == 303 else answer


def ticks(page):
    return {
        box["value"]: "checked" in box.attributes
        for box in page.main.find("input", name="list")
    }


@pytest.fixture
async def followed(ctx, maya, tom):
    await ctx.write(
        follows.follow,
        actor=maya.actor,
        target_id=tom.account.id,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )


@pytest.fixture
async def made(at_maya, followed):
    """The address of a list of Maya's with Tom on it."""
    page = await sent(at_maya, await at_maya.get("/lists"), "/lists", title="Science")
    path = page.url.removesuffix("/edit")
    page = await sent(at_maya, page, f"{path}/people", handle="@tom")
    assert "Tom" in page.main.text
    return path


async def test_a_list_shows_what_the_people_on_it_write(made, at_maya, publish, tom, maya):
    await publish(tom, "Clay holds water")
    await publish(maya, "So does a cup")

    page = await at_maya.get(made)

    assert "Clay holds water" in page.main.text
    assert "So does a cup" not in page.main.text
    assert "Science" in (await at_maya.get("/lists")).main.text


async def test_a_list_that_stands_apart_keeps_home_free(made, at_maya, publish, tom):
    await publish(tom, "Clay holds water")
    page = await at_maya.get(f"{made}/edit")

    await sent(at_maya, page, f"{made}/edit", exclusive="1")

    assert "Clay holds water" not in (await at_maya.get("/home")).main.text
    assert "Clay holds water" in (await at_maya.get(made)).main.text
    assert "not on Home" in (await at_maya.get("/lists")).main.text


async def test_a_list_is_nobody_elses_to_see(made, at_tom, visitor):
    for path in (made, f"{made}/edit"):
        assert (await at_tom.get(path)).status == 404
        assert (await visitor.get(path)).location.startswith("/auth/sign_in")
    page = await at_tom.get("/lists")
    assert "No lists yet" in page.main.text
    csrf = page.root.find("input", name="csrf")[0]["value"]
    for action in ("/edit", "/people", "/delete"):
        answer = await at_tom.post(made + action, {"csrf": csrf, "title": "Mine"})
        assert answer.status == 404


async def test_a_name_is_needed_and_what_was_typed_is_kept(made, at_maya):
    page = await sent(at_maya, await at_maya.get("/lists"), "/lists", title=" ")
    assert page.status == 422
    page = await at_maya.get(f"{made}/edit")
    page = await sent(at_maya, page, f"{made}/edit", title="x" * 300)
    assert page.status == 422
    assert "x" * 300 in str(page.main.find("input", name="title")[0].attributes)


@pytest.mark.parametrize("handle", ["@ann", "@nobody", "", "@tom"])
async def test_only_people_one_follows_are_put_on_and_only_once(
    made, at_maya, make_member, handle
):
    await make_member("ann")

    page = await sent(
        at_maya, await at_maya.get(f"{made}/edit"), f"{made}/people", handle=handle
    )

    assert page.status in {404, 422}
    assert page.title.startswith("Error:")


async def test_somebody_is_put_on_lists_and_taken_off_from_their_own_page(made, at_maya, tom):
    await sent(at_maya, await at_maya.get("/lists"), "/lists", title="Potters")
    page = await at_maya.get("/@tom")
    path = f"/lists/of/{tom.account.id}"
    assert page.main.find("a", href=path) != []

    page = await at_maya.get(path)
    boxes = {
        box["value"]: "checked" in box.attributes
        for box in page.main.find("input", name="list")
    }
    assert sorted(boxes.values()) == [False, True]
    [other] = [number for number, ticked in boxes.items() if not ticked]
    await sent(at_maya, page, path, list=other)

    page = await at_maya.get(path)
    boxes = {
        box["value"]: "checked" in box.attributes
        for box in page.main.find("input", name="list")
    }
    assert [number for number, ticked in boxes.items() if ticked] == [other]


async def test_whom_one_does_not_follow_is_on_no_list(at_maya, make_member):
    ann = await make_member("ann")

    assert (
        "You do not follow them" in (await at_maya.get(f"/lists/of/{ann.account.id}")).main.text
    )
    assert (await at_maya.get("/lists/of/1")).status == 404


async def test_somebody_is_taken_off_and_the_list_deleted(made, at_maya, tom):
    page = await at_maya.get(f"{made}/edit")
    page = await sent(at_maya, page, f"{made}/people/{tom.account.id}/out")
    assert "Who is on it" not in page.main.text

    page = await sent(at_maya, page, f"{made}/delete")

    assert page.url == "/lists"
    assert (await at_maya.get(made)).status == 404
