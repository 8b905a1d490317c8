"""Pages that show what another server sent to hurt: nothing runs, nothing is pushed aside."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from fedi_k12.services.keys import AccountKeys
from tests.browser import hostile_town, walls
from tests.browser.pages import Visit, seen_by
from tests.browser.town import open_town
from tests.browser.windows import NARROWEST, WIDE, Windows
from tests.remote import Remote

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]
VISITS = [
    *seen_by("visitor", "/", "/@maya", "/@maya/{own}", "/local", "/events"),
    *seen_by(
        "maya",
        "/home",
        "/notifications",
        "/{mallory}",
        "/@maya/{own}",
        "/{mallory}/{scripts}",
        "/{mallory}/{word}",
        "/{mallory}/{table}",
        "/{mallory}/{films}",
        "/{mallory}/{poll}",
        "/{mallory}/{event}",
        "/report?post={word}",
        "/posts/{scripts}/emoji",
        "/write?reply_to={word}",
        "/write?quote={table}",
        "/lists/of/{account_z}",
    ),
    *seen_by("mona", "/moderation", "/moderation/members/{account_z}"),
    *seen_by("olga", "/moderation/servers/{host}", "/moderation/emoji?post={scripts}"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hostile(
    browser, tmp_path_factory, template_store, account_keys: AccountKeys, password_hash
) -> AsyncIterator[Windows]:
    """Windows to the town that is attacked."""
    folder = tmp_path_factory.mktemp("hostile")
    remote = Remote(hostile_town.HOST)
    async with open_town(folder, template_store, account_keys, password_hash) as town:
        await hostile_town.attack(town, remote)
        yield Windows(browser, town)
        await remote.stop()


@pytest.mark.parametrize("visit", VISITS, ids=str)
async def test_nothing_runs_and_nothing_leaves_its_box(hostile, visit: Visit):
    window = await hostile.of(visit.who, width=WIDE)
    page = window.page
    await window.open(visit)
    wrong = await walls.wider(page) + await walls.out_of_box(page)
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for width in (WIDE, NARROWEST):
        await page.set_viewport_size({"width": width, "height": 800})
        wrong += await walls.wider(page) + await walls.out_of_box(page)

    assert await page.evaluate("document.documentElement.dataset.ran") is None
    assert await page.locator("script:not([src]), style, iframe, base").count() == 0
    assert "\n".join([*wrong, *window.troubles]) == ""


@pytest.mark.parametrize("path", ["/", "/about", "/@maya", "/@maya/{own}", "/local", "/help"])
async def test_whoever_only_reads_gets_no_cookie(hostile, path):
    window = await hostile.new("visitor")
    await window.open(Visit("visitor", path))

    assert await window.page.context.cookies() == []
    await window.page.context.close()


async def test_nothing_unsafe_is_let_run(hostile):
    for visit in VISITS:
        window = await hostile.of(visit.who)
        answer = await window.page.context.request.get(window.address(visit))
        policy = answer.headers["content-security-policy"]

        assert "unsafe" not in policy, visit
        assert "default-src 'none'" in policy, visit
