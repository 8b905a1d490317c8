"""Main journeys with a keyboard alone, and pages as people change them for themselves."""

import re

import pytest
import pytest_asyncio

from tests.browser import walls
from tests.browser.pages import Visit, seen_by
from tests.browser.windows import NARROW, WIDE, Window
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]
MOST_STOPS = 120
BUSY = seen_by("member", "/home", "/@maya/{post}", "/write", "/settings", "/notifications")
_FOCUSED = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  const label = at.labels?.[0]?.innerText ?? "";
  const said = at.getAttribute("aria-label") || label || at.innerText || at.value || "";
  const seen = ["radio", "checkbox"].includes(at.type) ? at.closest("label") ?? at : at;
  const box = seen.getBoundingClientRect();
  const top = document.elementFromPoint(
    box.x + Math.min(box.width / 2, 40), box.y + Math.min(box.height / 2, 20));
  const free = top && (seen.contains(top) || top.contains(seen));
  return {
    said: said.trim(), href: at.getAttribute("href") ?? "", name: at.name ?? "",
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    shown: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
    covered: free ? "" : top?.outerHTML ?? "nothing",
    html: at.outerHTML.slice(0, 120),
  };
}"""


_DRAWN = """() => new Promise(done =>
  requestAnimationFrame(() => requestAnimationFrame(done)))"""


async def tab_to(window: Window, wanted: str) -> None:
    """Press Tab until something of that name is reached; every stop on the way can be seen."""
    for _stop in range(MOST_STOPS):
        await window.page.keyboard.press("Tab")
        # What is focused is moved into sight with the next picture.
        await window.page.evaluate(_DRAWN)
        at = await window.page.evaluate(_FOCUSED)
        assert at["ring"], f"no ring: {at['html']}"
        assert at["shown"], f"out of sight: {at['html']}"
        assert not at["covered"], f"{at['html']} is covered by {at['covered'][:99]}"
        if wanted in (at["said"], at["href"], at["name"]) or at["said"].startswith(wanted):
            return
    raise AssertionError(f"{wanted} is not reached with the keyboard")


@pytest_asyncio.fixture(loop_scope="session")
async def kay(windows, town) -> Window:
    """A window in which nobody is signed in yet, and a member who will be."""
    if "kay" not in town.people:
        await town.member("kay", "Kay Ito")
    window = await windows.new("visitor")
    yield window
    await window.page.context.close()


async def sign_in(window: Window) -> None:
    page = window.page
    await page.goto("/")
    await tab_to(window, "Sign in")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/auth/sign_in")
    await tab_to(window, "login")
    await page.keyboard.type("kay")
    await tab_to(window, "password")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/home")


@pytest.mark.parametrize("width", [WIDE, NARROW])
async def test_a_day_with_the_keyboard_alone(kay, town, width):
    """Sign in, write, answer, change a setting, report: no step needs a pointer."""
    page = kay.page
    await page.set_viewport_size({"width": width, "height": 800})
    await sign_in(kay)

    await page.goto("/write")
    await tab_to(kay, "text")
    await page.keyboard.type("Written without a mouse")
    await tab_to(kay, "Post")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/@kay/*")
    assert "Written without a mouse" in await page.locator("main").inner_text()

    await page.goto(f"/@maya/{town.places['post']}")
    await page.keyboard.press("Tab")
    assert (await page.evaluate(_FOCUSED))["said"] == "Skip to the page"
    await page.keyboard.press("Enter")
    await tab_to(kay, "Reply")
    await page.keyboard.press("Enter")
    await tab_to(kay, "text")
    await page.keyboard.press("End")
    await page.keyboard.type(" And answered without one")
    await tab_to(kay, "Reply")
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile("/@kay/|/posts$"))
    if page.url.endswith("/posts"):
        # Once one is asked whether a first public post is meant for everybody (H14).
        await tab_to(kay, "Post")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/@kay/*")

    await page.goto("/settings")
    await tab_to(kay, "display_name")
    await page.keyboard.press("End")
    await page.keyboard.type("!")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/settings?saved*")

    await page.goto(f"/report?post={town.places['post']}")
    await tab_to(kay, "comment")
    await page.keyboard.type("Too much clay")
    await tab_to(kay, "Send")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/report")
    assert await page.locator(".error, [role=alert]").count() == 0


async def test_the_first_key_leads_past_the_navigation(windows):
    for who, path in (("visitor", "/"), ("member", "/home")):
        window = await windows.of(who)
        await window.open(Visit(who, path))
        await window.page.keyboard.press("Tab")
        at = await window.page.evaluate(_FOCUSED)
        await window.page.keyboard.press("Enter")

        assert (at["said"], at["ring"], at["shown"]) == ("Skip to the page", True, True)
        assert window.page.url.endswith("#main")
        assert await window.page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("visit", BUSY, ids=str)
async def test_four_times_as_large_it_still_fits(windows, visit):
    """1280 by 1024 px at 400 % (WCAG 2.2's 1.4.10): the bar of the thumb covers nothing."""
    window = await windows.of(visit.who)
    await window.page.set_viewport_size({"width": 320, "height": 256})
    await window.open(visit)

    assert await walls.wider(window.page) == []
    fixed = "getComputedStyle(document.querySelector('.shell > .nav')).position"
    assert await window.page.evaluate(fixed) != "fixed"


@pytest.mark.parametrize("visit", BUSY, ids=str)
async def test_nothing_moves_for_who_wants_nothing_to_move(windows, visit):
    window = await windows.of(visit.who)
    await window.open(visit)
    moving = await window.page.evaluate(
        """() => [...document.querySelectorAll("*")].filter(element => {
          const style = getComputedStyle(element);
          return [style.transitionDuration, style.animationDuration].some(
            text => text.split(", ").some(one => parseFloat(one) > 0));
        }).map(element => element.outerHTML.slice(0, 80))"""
    )

    assert moving == []


@pytest.mark.parametrize("visit", BUSY, ids=str)
async def test_in_forced_colours_controls_have_edges_and_focus_is_seen(windows, visit):
    window = await windows.of(visit.who, forced_colors="active")
    await window.open(visit)
    bare = await window.page.evaluate(
        """() => [...document.querySelectorAll("main :is(.btn, .act, input, select, textarea)")]
          .filter(element => element.checkVisibility() && element.type !== "hidden")
          .filter(element => !["checkbox", "radio", "file"].includes(element.type))
          .filter(element => parseFloat(getComputedStyle(element).borderBlockEndWidth) < 1)
          .map(element => element.outerHTML.slice(0, 100))"""
    )
    await window.page.keyboard.press("Tab")
    at = await window.page.evaluate(_FOCUSED)

    assert bare == []
    assert at["ring"]
    assert await walls.wider(window.page) == []
