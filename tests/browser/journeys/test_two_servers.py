"""Between two servers: somebody follows and answers a teacher of another, from their own."""

import re
import time
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Request, expect

from tests.browser.windows import HEIGHT, WIDE
from tests.live import PASSWORD, Districts, Live

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
MAYA, PRIYA = "https://lincoln.test", "https://riverside.test"
PATIENCE = 30.0
"""Seconds in which one server has told the other, on a machine that does much else."""


@pytest.fixture(scope="module")
def districts(
    tmp_path_factory: pytest.TempPathFactory, names: dict[str, tuple[str, int]]
) -> Iterator[Districts]:
    """Maya's district and Priya's, each a process of its own, with TLS."""
    both = Districts(tmp_path_factory.mktemp("districts"), names)
    servers: tuple[tuple[Live, str], ...] = ((both.lincoln, "maya"), (both.riverside, "priya"))
    try:
        for server, name in servers:
            server.start()
            for suffix in ("on", "off"):
                server.member(f"{name}_{suffix}")
        yield both
    finally:
        for server, _ in servers:
            server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def pages(
    browser: Browser, districts: Districts, scripts: bool
) -> AsyncIterator[list[Page]]:
    """Two people's browsers. Nothing they open may ask another server than its own."""
    del districts
    troubles: list[str] = []

    def said(message: ConsoleMessage) -> None:
        # Chromium notes the status of a form that was asked to be looked at again.
        if "status of 422" not in message.text:
            troubles.append(message.text)

    def asked(request: Request) -> None:
        its_own = urlsplit(request.url).netloc == urlsplit(request.frame.url).netloc
        if not (request.is_navigation_request() or its_own or request.url.startswith("data:")):
            troubles.append(f"{request.frame.url} asked {request.url}")

    opened = []
    for _ in range(2):
        context = await browser.new_context(
            viewport={"width": WIDE, "height": HEIGHT},
            reduced_motion="reduce",
            java_script_enabled=scripts,
            # The authority is thrown away after the test, and Chromium does not know it.
            ignore_https_errors=True,
        )
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", said)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", asked)
        opened.append(page)
    yield opened
    for page in opened:
        await page.context.close()
    assert troubles == []


async def sign_in(page: Page, name: str) -> None:
    await page.get_by_label("E-mail address or short name").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()


async def comes(page: Page, what: Locator) -> None:
    """Load a page anew, as people do, until what another server tells about is on it."""
    ends = time.monotonic() + PATIENCE
    while not await what.count():
        assert time.monotonic() < ends, await page.get_by_role("main").inner_text()
        await page.reload()
    await expect(what.first).to_be_visible()


async def lead_on(page: Page, handle: str, button: str) -> None:
    """Go on at one's own server with what a page of another shows."""
    away = page.locator('form[action="/away"]').last
    if not await away.is_visible():
        await page.get_by_text("your own server").first.click()
    await away.get_by_label("Your handle there").fill(handle)
    await away.get_by_role("button", name=button).click()
    await page.get_by_role("link", name="Go on to riverside.test").click()


async def test_a_follow_and_an_answer_go_from_one_server_to_another(pages, suffix):
    maya, priya = pages
    await maya.goto(f"{MAYA}/auth/sign_in")
    await sign_in(maya, f"maya_{suffix}")
    await maya.get_by_label("Your post").fill(f"Who has a kiln to lend, {suffix}?")
    await maya.get_by_label("Who can read it").select_option("public")
    await maya.get_by_role("button", name="Post", exact=True).click()
    await expect(maya.get_by_role("status").filter(has_text="For everybody?")).to_be_visible()
    await maya.get_by_role("button", name="Post", exact=True).click()
    await maya.wait_for_url(f"**/@maya_{suffix}/*")
    post = maya.url

    # Priya has no account there. Her handle is all that is asked for, and her own server then
    # asks who she is, and whether she means it.
    await priya.goto(f"{MAYA}/@maya_{suffix}")
    await expect(priya.get_by_role("button", name="Follow", exact=True)).to_have_count(0)
    await lead_on(priya, f"@priya_{suffix}@riverside.test", "Follow from there")
    await sign_in(priya, f"priya_{suffix}")
    await expect(priya.get_by_role("heading", level=1)).to_have_text("Follow this account?")
    await expect(priya.get_by_role("main")).to_contain_text(f"@maya_{suffix}@lincoln.test")
    await priya.get_by_role("main").get_by_role("button", name="Follow").click()
    await priya.get_by_role("link", name="Look at it here").click()
    await priya.wait_for_url(f"{PRIYA}/@maya_{suffix}@lincoln.test")
    await comes(priya, priya.get_by_role("button", name="No longer follow"))

    # She answers what she reads over there, and writes it at home.
    await priya.goto(post)
    await lead_on(priya, f"priya_{suffix}@riverside.test", "Answer from there")
    await priya.wait_for_url(re.compile(f"{PRIYA}/@maya_{suffix}@lincoln.test/[0-9]+"))
    await priya.get_by_role("textbox", name="Reply").press_sequentially("We have, in room 12.")
    await priya.get_by_role("button", name="Reply", exact=True).click()
    await expect(priya.get_by_role("status").filter(has_text="For everybody?")).to_be_visible()
    await priya.get_by_role("button", name="Post", exact=True).click()
    await priya.wait_for_url(f"{PRIYA}/@priya_{suffix}/*")

    # Maya finds her follower and the answer, and so does whoever reads the thread there.
    await maya.goto(f"{MAYA}/notifications")
    answer = maya.get_by_role("article").filter(has_text="We have, in room 12.")
    await comes(maya, answer)
    await expect(answer.get_by_role("link", name=f"priya_{suffix}").first).to_be_visible()
    await maya.goto(f"{MAYA}/@maya_{suffix}/followers")
    await expect(maya.get_by_role("main")).to_contain_text(f"@priya_{suffix}@riverside.test")
    await priya.goto(post)
    thread = priya.get_by_role("article").filter(has_text="We have, in room 12.")
    await expect(thread).to_contain_text(f"@priya_{suffix}@riverside.test")

    # What Maya writes next stands at Priya's home, and where it went is told to Maya.
    await maya.goto(f"{MAYA}/write")
    await maya.get_by_label("Your post").fill(f"I come on Monday, {suffix}.")
    await maya.get_by_role("button", name="Post", exact=True).click()
    await maya.wait_for_url(f"**/@maya_{suffix}/*")
    await priya.goto(f"{PRIYA}/home")
    await comes(priya, priya.get_by_role("article").filter(has_text=f"Monday, {suffix}."))
    own = maya.get_by_role("article").filter(has_text=f"Monday, {suffix}.").first
    await own.get_by_text("More", exact=True).click()
    await own.get_by_role("link", name="Where it went").click()
    await expect(maya.get_by_role("main")).to_contain_text("riverside.test")
