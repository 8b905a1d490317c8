"""How heavy every page is with all that belongs to it, for who opens it for the first time.

The table that the run ends with says how many bytes came over the wire, in how many requests,
how much of the page moved while it came (cumulative layout shift), and after how many
milliseconds something stood there. The budget is what humane design asks of public pages (H18);
members' pages keep it, too.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.browser.pages import visits
from tests.browser.windows import NARROW, Window

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]
BYTES, REQUESTS = 100_000, 20
_WATCH = """
  window.moved = 0;
  new PerformanceObserver(list => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.moved += one.value;
  }).observe({ type: "layout-shift", buffered: true });
"""
_READ = """() => new Promise(done => requestAnimationFrame(() => setTimeout(() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  done([window.moved, paint ? paint.startTime : 0]);
}, 0)))"""


@dataclass
class Scales:
    """What came over the wire to a window, and whether something is still on its way."""

    size: float = 0
    requests: int = 0
    coming: set[str] = field(default_factory=set)
    all_here: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self, window: Window) -> None:
        devtools = await window.page.context.new_cdp_session(window.page)
        await devtools.send("Network.enable")
        devtools.on("Network.requestWillBeSent", self._asked)
        devtools.on("Network.loadingFinished", self._came)
        devtools.on("Network.loadingFailed", self._came)

    def _asked(self, event: dict[str, Any]) -> None:
        self.coming.add(event["requestId"])
        self.all_here.clear()

    def _came(self, event: dict[str, Any]) -> None:
        self.coming.discard(event["requestId"])
        self.size += event.get("encodedDataLength", 0)
        self.requests += 1
        if not self.coming:
            self.all_here.set()


@pytest.mark.parametrize(
    "visit", [one for one in visits() if not one.path.endswith("/embed")], ids=str
)
async def test_it_is_light_and_stands_still(windows, record_property, visit):
    window = await windows.new(visit.who, width=NARROW)
    await window.page.add_init_script(_WATCH)
    scales = Scales()
    await scales.watch(window)
    await window.open(visit)
    await scales.all_here.wait()
    moved, painted = await window.page.evaluate(_READ)
    await window.page.context.close()
    figures = (str(visit), scales.size, scales.requests, moved, painted)
    record_property("figures", figures)

    assert scales.size <= BYTES
    assert scales.requests <= REQUESTS
    assert round(moved, 3) == 0
