"""What is typed stays in the window until it is sent, where scripts run."""

import pytest

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def page(look, maya):
    del maya
    found, _troubles = await look(name="maya", scripts=True)
    return found


async def kept(page) -> int:
    return await page.evaluate(
        "() => Object.keys(sessionStorage).filter(name => name.startsWith('kept ')).length"
    )


async def test_a_reload_costs_nothing(page):
    await page.goto("/write")
    assert not await page.locator("[data-kept]").is_visible()
    await page.get_by_label("Your post").fill("Three paragraphs.")
    await page.reload()

    assert await page.get_by_label("Your post").input_value() == "Three paragraphs."
    assert await page.locator("[data-kept]").is_visible()


async def test_without_a_connection_the_form_stays_and_says_so(page):
    await page.goto("/write")
    await page.get_by_label("Your post").fill("Three paragraphs.")
    assert not await page.locator("[data-offline]").is_visible()
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Post", exact=True).click()

    assert await page.locator("[data-offline]").is_visible()
    assert await page.get_by_label("Your post").input_value() == "Three paragraphs."

    await page.context.set_offline(False)
    await page.get_by_role("button", name="Post", exact=True).click()
    await page.wait_for_url("**/@maya/*")
    assert "Three paragraphs." in await page.inner_text("main")


async def test_what_the_server_did_not_get_is_there_when_one_comes_back(page):
    await page.goto("/home")
    await page.get_by_label("Your post").fill("Three paragraphs.")
    await page.route("**/posts", lambda route: route.abort())
    await page.get_by_role("button", name="Post", exact=True).click()
    await page.unroute("**/posts")
    await page.goto("/home")

    assert await page.get_by_label("Your post").input_value() == "Three paragraphs."


async def test_what_was_posted_is_not_offered_again(page):
    await page.goto("/write")
    await page.get_by_label("Your post").fill("Done.")
    await page.get_by_role("button", name="Post", exact=True).click()
    await page.wait_for_url("**/@maya/*")

    assert await kept(page) == 0
    await page.goto("/write")
    assert await page.get_by_label("Your post").input_value() == ""


async def test_a_draft_is_on_the_server_and_no_longer_in_the_window(page):
    await page.goto("/write")
    await page.get_by_label("Your post").fill("Begun.")
    await page.get_by_role("button", name="Keep as a draft").click()
    await page.wait_for_url("**/drafts?kept")

    assert await kept(page) == 0


async def test_whoever_signs_out_leaves_nothing_behind(page):
    await page.goto("/write")
    await page.get_by_label("Your post").fill("Mine.")
    assert await kept(page) == 1
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/")

    assert await kept(page) == 0
