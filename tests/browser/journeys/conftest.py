"""A small district for journeys, and a window for whoever makes one, both ways."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from fedi_k12.domain.permissions import Role
from fedi_k12.services import site
from fedi_k12.services.keys import AccountKeys
from fedi_k12.services.site import SiteChanges
from tests.browser.town import Town, open_town
from tests.browser.windows import Window, Windows
from tests.chromium import CHROMIUM

collect_ignore_glob = [] if CHROMIUM else ["test_*.py"]
Sit = Callable[[str], Awaitable[Window]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def district(
    tmp_path_factory: pytest.TempPathFactory,
    template_store: str,
    account_keys: AccountKeys,
    password_hash: str,
) -> AsyncIterator[Town]:
    """A server with an owner, a moderator and two teachers, who all may be met again."""
    folder = tmp_path_factory.mktemp("district")
    async with open_town(folder, template_store, account_keys, password_hash) as town:
        await town.member("olga", "Olga Petrova", role=Role.OWNER)
        await town.member("mona", "Mona Haddad", role=Role.MODERATOR)
        await town.member("maya", "Maya Okafor")
        await town.member("ines", "Ines Marín")
        await town.do(
            site.save_site,
            actor=town.people["olga"].actor,
            changes=SiteChanges(rules=("Be kind.", "No names of students.")),
        )
        yield town


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Whether the browser runs scripts; every journey is made both ways."""
    return bool(request.param)


@pytest.fixture
def suffix(scripts: bool) -> str:
    """What parts the names of the two ways: the district is the same for both."""
    return "on" if scripts else "off"


@pytest_asyncio.fixture(loop_scope="session")
async def sit(browser: Browser, district: Town, scripts: bool) -> AsyncIterator[Sit]:
    """Return a function that sits somebody down at a browser of their own ("visitor": nobody).

    When the journey is over, no browser may have complained, nor asked another server.
    """
    windows, opened = Windows(browser, district), []

    async def at_a_browser(who: str) -> Window:
        window = await windows.new(who, java_script_enabled=scripts)
        window.page.set_default_timeout(6_000)
        opened.append(window)
        return window

    yield at_a_browser
    # Chromium notes the status of a form that was asked to be looked at again.
    troubles = [
        trouble
        for window in opened
        for trouble in window.troubles
        if "status of 422" not in trouble
    ]
    for window in opened:
        await window.page.context.close()
    assert troubles == []
