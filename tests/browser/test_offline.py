"""Without a connection a calm page stands in, for whoever keeps this place among their apps."""

import pytest

import webui.assets
import webui.pages
from fedi_k12.web.auth import SESSION_COOKIE

pytestmark = pytest.mark.timeout(120)
# Chromium draws windows of apps only where there is a desktop: here the page is told it is one.
INSTALLED = """{
  const real = globalThis.matchMedia.bind(globalThis);
  globalThis.matchMedia = query => query.includes("display-mode: standalone")
    ? { matches: true } : real(query);
}"""
WORKS = """() => navigator.serviceWorker.ready.then(
  () => navigator.serviceWorker.controller !== null)"""
REPLACED = """async before => {
  for (;;) {
    const names = await caches.keys();
    if (names.length === 1 && names[0] !== before) return;
    await new Promise(go => setTimeout(go, 20));
  }
}"""
CACHED = """async () => {
  const found = {};
  for (const name of await caches.keys()) {
    const requests = await (await caches.open(name)).keys();
    found[name] = requests.map(request => new URL(request.url).pathname).sort();
  }
  return found;
}"""


@pytest.fixture
async def page(look, maya):
    """A window of the app that Maya installed, with the worker at work."""
    del maya
    found, _troubles = await look(name="maya", scripts=True)
    await found.add_init_script(INSTALLED)
    await found.goto("/home")
    await found.evaluate(WORKS)
    await found.wait_for_function("() => navigator.serviceWorker.controller !== null")
    yield found
    await found.context.set_offline(False)


async def test_without_a_connection_one_is_told_and_sees_what_was_kept(page):
    await page.goto("/write")
    await page.get_by_label("Your post").fill("Three paragraphs.")
    await page.context.set_offline(True)
    await page.goto("/notifications")

    main = page.get_by_role("main")
    assert await main.get_by_role("heading", level=1).inner_text() == "You are offline"
    assert await main.get_by_text("Three paragraphs.").is_visible()
    assert page.url.endswith("/notifications")
    ground = "getComputedStyle(document.querySelector('.sheet')).paddingInlineStart"
    assert await page.evaluate(ground) != "0px"

    await page.context.set_offline(False)
    await page.reload()
    assert await main.get_by_role("heading", level=1).inner_text() == "Notifications"
    await page.goto("/write")
    assert await page.get_by_label("Your post").input_value() == "Three paragraphs."


async def test_no_page_of_a_member_and_no_answer_to_an_app_is_kept(page):
    for path in ("/home", "/settings", "/@maya", "/api/v2/instance"):
        await page.goto(path)
    await page.goto("/home")
    [kept] = (await page.evaluate(CACHED)).values()

    assert kept == sorted(
        [
            webui.pages.asset("style.css"),
            webui.pages.asset("page.js"),
            "/accent.css",
            "/icon.png",
            "/offline",
        ]
    )
    shown = "async () => (await (await caches.match('/offline')).text()).includes('Maya')"
    assert not await page.evaluate(shown)


async def test_new_files_take_the_place_of_what_was_kept(page, monkeypatch):
    [before] = (await page.evaluate(CACHED)).items()
    real, first = webui.pages.static, webui.pages.asset("page.js")

    def changed(name: str) -> bytes:
        return real(name) + (b"\n// newer\n" if name == "page.js" else b"")

    webui.pages.asset.cache_clear()
    for module in (webui.pages, webui.assets):
        monkeypatch.setattr(module, "static", changed)
    monkeypatch.setattr(webui.assets, "takes_gzip", lambda _request: False)
    try:
        await page.evaluate("() => navigator.serviceWorker.ready.then(one => one.update())")
        await page.evaluate(REPLACED, before[0])
        [after] = (await page.evaluate(CACHED)).items()
        assert webui.pages.asset("page.js") in after[1]
    finally:
        webui.pages.asset.cache_clear()
    assert first in before[1]
    assert first not in after[1]


async def test_who_uses_a_browser_gets_no_worker(look, maya):
    del maya
    page, _troubles = await look(name="maya", scripts=True)
    await page.goto("/home")

    registered = "() => navigator.serviceWorker.getRegistrations().then(all => all.length)"
    assert await page.evaluate(registered) == 0


async def test_the_page_and_the_worker_are_the_same_for_everybody(client):
    worker = await client.get("/worker.js")
    assert worker.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert worker.headers["Cache-Control"] == "no-cache"
    page = await client.get("/offline")
    assert SESSION_COOKIE not in page.cookies
    assert "You are offline" in await page.text()
