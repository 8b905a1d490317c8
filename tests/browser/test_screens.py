"""A day at the pages without scripts."""

import pytest

pytestmark = pytest.mark.timeout(120)


async def test_a_morning_without_scripts(look, maya, tom):
    """Sign in, write, be answered, answer, and go: everything with forms alone."""
    page, _troubles = await look(name="maya", width=390)
    await page.get_by_label("Your post").fill("What did the clay teach you?")
    await page.get_by_label("Who can read it").select_option("public")
    await page.get_by_role("button", name="Post", exact=True).click()
    # Of a first public post it is asked whether that is meant (H14).
    await page.get_by_role("heading", name="For everybody?").wait_for()
    await page.get_by_role("button", name="Post", exact=True).click()
    await page.wait_for_url("**/@maya/*")
    where = page.url

    other, _troubles = await look(name="tom")
    await other.goto(where)
    await other.get_by_role("button", name="Recommend", exact=True).click()
    await other.locator("#f-text").fill("@maya One cuts, the other chooses.")
    await other.locator("#reply").get_by_role("button", name="Reply").click()
    await other.get_by_role("heading", name="For everybody?").wait_for()
    await other.get_by_role("button", name="Post", exact=True).click()
    await other.wait_for_url("**/@tom/*")

    await page.goto("/notifications")
    words = await page.get_by_role("main").inner_text()
    await page.goto(where)
    thread = await page.get_by_role("main").inner_text()
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/")

    # Of likes a day says one line (H10).
    assert "1 recommendation" in words
    assert "One cuts, the other chooses." in words
    assert "One cuts, the other chooses." in thread
    assert await page.get_by_role("link", name="Sign in").count() >= 1
