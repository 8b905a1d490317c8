"""A visitor, who has no account here: reads, asks for help, answers from their own server."""

import pytest
from playwright.async_api import expect

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


async def test_somebody_from_outside_reads_and_answers_from_their_own_server(
    district, sit, suffix
):
    text = f"The spring fair is on Friday, {suffix}"
    await district.publish("maya", text)
    page = (await sit("visitor")).page

    await page.goto("/")
    await expect(page.get_by_role("main")).to_contain_text(text)
    assert await page.context.cookies() == []
    await page.get_by_role("main").get_by_role("link", name="Maya Okafor").first.click()
    await page.wait_for_url("**/@maya")

    # The page of a person names its feed, and a feed reader can read it.
    feed = page.locator('link[rel="alternate"][type="application/atom+xml"]')
    answer = await page.request.get(await feed.get_attribute("href"))
    assert (answer.status, answer.headers["content-type"][:20]) == (200, "application/atom+xml")
    assert text in await answer.text()

    post = page.get_by_role("article").filter(has_text=text)
    await post.get_by_role("link").first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("A post and its replies")

    # Help is one step away from every page, and says how one takes part.
    await page.get_by_role("contentinfo").get_by_role("link", name="Help").click()
    await page.locator('a[href="/help/families"]').first.click()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.go_back()
    await page.go_back()

    # "Answer from your own server": one's handle is all that is asked for.
    away = page.locator('form[action="/away"]').last
    if not await away.is_visible():
        await page.get_by_text("your own server").first.click()
    await away.get_by_label("Your handle there").fill("not a handle")
    await away.get_by_role("button", name="Answer from there").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_label("Your handle there").last).to_have_value("not a handle")
