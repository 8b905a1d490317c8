"""Fixtures for what only a real browser knows: a server on a port of its own, and Chromium.

Without Chromium on the machine these tests are not collected; the head of the run says so.
"""

import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, async_playwright

import fedi_k12.opening
from fedi_k12.app import build_app
from fedi_k12.services.keys import AccountKeys
from fedi_k12.settings import Settings
from tests.browse import Client
from tests.conftest import PASSWORD

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for path in map(shutil.which, NAMES) if path), None)
collect_ignore_glob = [] if CHROMIUM else ["test_*.py"]


def pytest_report_header(config: pytest.Config) -> str:
    """Say whether pages are looked at with a real browser."""
    del config
    return f"browser: {CHROMIUM or 'none, so tests/browser is left out (install chromium)'}"


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def settings(tmp_path: Path, database_url: str, port: int) -> Settings:
    """The settings of a server that a browser on this machine can reach."""
    return Settings(
        domain=f"127.0.0.1:{port}",
        handle_domain=f"127.0.0.1:{port}",
        scheme="http",
        name="Home District",
        data_dir=tmp_path / "data",
        database_url=database_url,
        allow_private_networks=(ip_network("127.0.0.0/8"),),
        rate_limits=False,
    )


@pytest.fixture
async def client(
    aiohttp_client: Callable[..., Awaitable[Client]],
    settings: Settings,
    port: int,
    account_keys: AccountKeys,
    monkeypatch: pytest.MonkeyPatch,
) -> Client:
    """A client of a whole server that listens on `port`."""
    monkeypatch.setattr(fedi_k12.opening, "generate_keys", lambda: account_keys)
    return await aiohttp_client(TestServer(build_app(settings), port=port))


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


@pytest.fixture
def look(
    chromium: Browser, client: Client, settings: Settings
) -> Callable[..., Awaitable[tuple[Page, list[str]]]]:
    """Return a function that opens a window, signed in where a name is given.

    With it comes a list that fills with what the browser refused, or asked of others.
    """

    async def window(
        *, width: int = 1280, dark: bool = False, name: str = "", scripts: bool = False
    ) -> tuple[Page, list[str]]:
        context = await chromium.new_context(
            base_url=settings.base_url,
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        page = await context.new_page()
        troubles: list[str] = []
        page.on("console", lambda message: troubles.append(message.text))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(settings.base_url)
                else troubles.append(request.url)
            ),
        )
        if name:
            await page.goto("/auth/sign_in")
            await page.get_by_label("E-mail address or short name").fill(name)
            await page.get_by_label("Password").fill(PASSWORD)
            await page.get_by_role("main").get_by_role("button", name="Sign in").click()
            await page.wait_for_url("**/home")
        return page, troubles

    return window
