"""Every page as a browser shows it: accessible to axe-core, no wider than the screen, quiet.

The pages are those of the router (`tests/browser/pages.py`). Each is opened once, and looked at
in each theme and width; what was found stands in a report as well (`REPORTS`).
"""

import pytest

from tests.browser import axe, walls
from tests.browser.pages import visits
from tests.browser.windows import NARROW, NARROWEST, THEMES, WIDE

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]


@pytest.mark.parametrize("visit", visits(), ids=str)
async def test_it_keeps_the_walls(windows, axe_source, accessibility, visit):
    # A page for other sites' frames lets nothing run, not even what looks at it.
    frame = {"bypass_csp": True} if visit.path.endswith("/embed") else {}
    window = await windows.of(visit.who, width=WIDE, **frame)
    page, wrong = window.page, []
    await page.emulate_media(**THEMES["light"])
    await window.open(visit)
    await page.evaluate(axe_source)
    for width in (WIDE, NARROW):
        await page.set_viewport_size({"width": width, "height": 800})
        wrong += await walls.wider(page)
        for theme, media in THEMES.items():
            await page.emulate_media(**media)
            found = await axe.look(page, colours=theme != "light")
            wrong += accessibility.add(str(visit), f"{theme}, {width} px", found)
            wrong += await walls.pale(page)
        await page.emulate_media(**THEMES["light"])
    wrong += await walls.small(page)
    await page.set_viewport_size({"width": NARROWEST, "height": 800})
    wrong += await walls.wider(page)
    await page.evaluate("document.documentElement.dir = 'rtl'")
    for width in (NARROWEST, WIDE):
        await page.set_viewport_size({"width": width, "height": 800})
        wrong += [f"right to left: {one}" for one in await walls.wider(page)]

    assert "\n".join([*wrong, *window.troubles]) == ""
