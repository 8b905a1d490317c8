"""A newcomer: from the invitation in a letter to the first post."""

import pytest
from playwright.async_api import expect

from fedi_k12.services import signup
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


async def test_an_invitation_leads_to_a_first_post(district, sit, suffix):
    code = await district.do(
        signup.create_invite, actor=district.people["olga"].actor, note="For the spring"
    )
    name = f"nia_{suffix}"
    page = (await sit("visitor")).page

    # The link of the invitation says who invites, and shows the rules before anything is sent.
    await page.goto(f"/invite/{code}")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Olga Petrova")
    await expect(page.get_by_role("main")).to_contain_text("No names of students.")
    await page.get_by_label("Your name, as colleagues know you").fill("Nia Adeyemi")
    await page.get_by_label("A short name for your address").fill(name)
    await page.get_by_label("Work e-mail").fill(f"{name}@district.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("I have read them").check()
    await page.get_by_role("button", name="Become a member").click()
    await page.wait_for_url("**/home")

    # The rules can be read again, and the way to one's own profile is short.
    await page.get_by_role("contentinfo").get_by_role("link", name="Rules", exact=True).click()
    await expect(page.get_by_role("main")).to_contain_text("Be kind.")
    await page.goto("/home")
    await page.get_by_role("navigation").get_by_role("link", name="Settings").click()
    await page.get_by_role("textbox", name="About you").fill("Grade 2. New here.")
    await page.get_by_role("textbox", name="School").fill("Alder Elementary")
    await page.get_by_role("button", name="Save").click()
    await page.wait_for_url("**/settings?saved*")
    await page.get_by_role("banner").get_by_role("link", name="Nia Adeyemi").click()
    await expect(page.get_by_role("main")).to_contain_text("Alder Elementary")

    # Somebody to read: found by name, followed on their page.
    await page.get_by_role("searchbox", name="Find people, schools and posts").fill("maya")
    await page.get_by_role("search").get_by_role("button", name="Find").click()
    await page.get_by_role("main").get_by_role("link", name="Maya Okafor").click()
    await page.get_by_role("button", name="Follow").click()
    await expect(page.get_by_role("button", name="No longer follow")).to_be_visible()
    await district.publish("maya", f"Welcome to everybody new, {suffix}")
    await page.get_by_role("banner").get_by_role("link", name="Home District").click()
    await expect(page.get_by_role("main")).to_contain_text(f"everybody new, {suffix}")

    # A first post for everybody is asked about once (H14), and then is out.
    await page.get_by_label("Your post").fill("Hello, I am Nia.")
    await page.get_by_label("Who can read it").select_option("public")
    await page.get_by_role("button", name="Post", exact=True).click()
    await expect(page.get_by_role("status").filter(has_text="For everybody?")).to_be_visible()
    await page.get_by_role("button", name="Post", exact=True).click()
    await page.wait_for_url(f"**/@{name}/*")
    await expect(page.get_by_role("main")).to_contain_text("Hello, I am Nia.")
    elsewhere = (await sit("visitor")).page
    await elsewhere.goto(f"/@{name}")
    await expect(elsewhere.get_by_role("main")).to_contain_text("Hello, I am Nia.")
