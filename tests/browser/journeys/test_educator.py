"""An educator's day: read, answer, pass on, write, ask, keep together, and write a letter."""

from itertools import count

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from fedi_k12.cli import demo_pictures
from fedi_k12.services import follows

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]
_NUMBERS = count(1)


@pytest_asyncio.fixture(loop_scope="session")
async def tom(district, suffix):
    """A teacher who follows Maya, and has something of hers to read."""
    name = f"tom_{next(_NUMBERS)}"
    made = await district.member(name, "Tom Lindqvist")
    await district.do(
        follows.follow,
        actor=made.actor,
        target_id=district.people["maya"].account.id,
    )
    await district.publish("maya", f"Paper strips beat every app #clay{suffix}")
    return name


async def main_says(page: Page, text: str) -> None:
    await expect(page.get_by_role("main")).to_contain_text(text)


async def test_the_morning_reading_and_answering(district, sit, tom, suffix):
    page = (await sit(tom)).page
    await page.goto("/home")
    await main_says(page, "Paper strips beat every app")

    # Recommend and pass on, without leaving the place where one reads.
    post = page.get_by_role("article").filter(has_text="Paper strips").first
    await post.get_by_role("button", name="Recommend").click()
    await expect(post.get_by_role("button", name="Recommended")).to_be_visible()
    assert page.url.partition("#")[0].endswith("/home")
    await post.get_by_role("button", name="Pass on").click()
    await expect(post.get_by_role("button", name="Passed on")).to_be_visible()

    # Answer in place: the box stands under the thread, and names whom it answers.
    await post.get_by_role("link", name="Reply to Maya Okafor").click()
    await page.get_by_role("textbox", name="Reply").press_sequentially("With scissors?")
    await page.get_by_role("button", name="Reply", exact=True).click()

    # A first public post is asked about once (H14), with all that was typed.
    await expect(page.get_by_role("status").filter(has_text="For everybody?")).to_be_visible()
    await page.get_by_role("button", name="Post", exact=True).click()
    await page.wait_for_url(f"**/@{tom}/*")
    await main_says(page, "With scissors?")
    await main_says(page, "@maya")

    # Maya is told, and finds the answer in her thread.
    maya = (await sit("maya")).page
    await maya.goto("/notifications")
    told = maya.get_by_role("article").filter(has_text="With scissors?").first
    await expect(told.get_by_role("link", name="Tom Lindqvist").first).to_be_visible()
    await told.get_by_role("link", name="Reply to Tom Lindqvist").click()
    await main_says(maya, "Paper strips beat every app")


async def test_the_afternoon_writing(sit, tom):
    page = (await sit(tom)).page
    await page.goto("/write")
    await page.get_by_label("Your post").fill("Our garden, in rain")
    picture = {
        "name": "rain.png",
        "mimeType": "image/png",
        "buffer": demo_pictures.draw("rain"),
    }
    await page.get_by_label("Add a picture, a film or a sound").first.set_input_files(picture)
    await page.get_by_role("button", name="Post", exact=True).click()

    # Nobody is kept from posting: the description is asked for once, and the picture stays.
    alone = page.get_by_label("Describe the picture for someone who cannot see it")
    await alone.fill("Rain on three garden beds.")
    await page.get_by_role("button", name="Post", exact=True).click()
    await page.wait_for_url(f"**/@{tom}/*")
    await expect(page.get_by_role("img", name="Rain on three garden beds.")).to_be_visible()

    await page.goto("/write")
    await page.get_by_label("Your post").fill("What do we plant first?")
    await page.get_by_text("Let readers choose between answers").click()
    await page.get_by_label("Answers, one on each line").fill("Beans\nPumpkins")
    await page.get_by_role("button", name="Post", exact=True).click()
    await page.wait_for_url(f"**/@{tom}/*")

    # Ines answers; nobody learns what she chose, but that somebody did.
    ines = (await sit("ines")).page
    await ines.goto(page.url)
    await ines.get_by_label("Beans").check()
    await ines.get_by_role("button", name="Answer", exact=True).click()
    await main_says(ines, "your answer")
    await page.reload()
    await main_says(page, "Beans · nearly everybody")


async def test_the_evening_finding_keeping_and_a_letter(district, sit, tom, suffix):
    page = (await sit(tom)).page
    await page.goto("/home")
    await page.get_by_role("searchbox", name="Find people, schools and posts").fill(
        f"#clay{suffix}"
    )
    await page.get_by_role("search").get_by_role("button", name="Find").click()
    await page.get_by_role("main").get_by_role("link", name=f"#clay{suffix}").first.click()
    await page.wait_for_url(f"**/tags/clay{suffix}")
    await main_says(page, "Paper strips beat every app")

    await page.goto("/lists")
    await page.get_by_label("Name").fill("Fractions")
    await page.get_by_role("button", name="Make it").click()
    await page.get_by_label("Their handle").fill("maya")
    await page.get_by_role("button", name="Put on the list").click()
    await expect(page.get_by_role("button", name="Take off Maya Okafor")).to_be_visible()
    await page.goto("/lists")
    await page.get_by_role("main").get_by_role("link", name="Fractions").click()
    await main_says(page, "Paper strips beat every app")

    await page.goto("/letters")
    await page.get_by_role("link", name="Write a letter").click()
    await page.get_by_label("Your post").fill(f"@ines Can we talk on Monday, {suffix}?")
    await expect(page.get_by_label("Only people I name")).to_be_checked()
    await page.get_by_role("button", name="Post", exact=True).click()
    await main_says(page, f"talk on Monday, {suffix}?")

    ines = (await sit("ines")).page
    await ines.goto("/home")
    await ines.get_by_role("navigation").get_by_role("link", name="Letters").click()
    await main_says(ines, f"talk on Monday, {suffix}?")
    letter = ines.get_by_role("article").filter(has_text=f"Monday, {suffix}?")
    await letter.get_by_role("link", name="Monday").first.click()
    await ines.get_by_role("textbox", name="Reply").press_sequentially("Yes, at eight.")
    await ines.get_by_role("button", name="Reply", exact=True).click()
    await page.goto("/letters")
    await main_says(page, "Yes, at eight.")
    visitor = (await sit("visitor")).page
    await visitor.goto("/local")
    assert "Monday" not in await visitor.locator("main").inner_text()
