"""Fixtures for what only a real browser knows: a server on a port of its own, and Chromium.

Without Chromium on the machine these tests are not collected; the head of the run says so.
"""

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

import fedi_k12.opening
from fedi_k12.app import build_app
from fedi_k12.services.keys import AccountKeys
from fedi_k12.settings import Settings
from tests.browse import Client
from tests.browser import axe
from tests.browser.town import Town, open_town
from tests.browser.town_life import fill
from tests.browser.windows import Windows
from tests.chromium import ARGUMENTS, CHROMIUM
from tests.conftest import PASSWORD
from tests.live import free_places
from tests.serving import Serving

collect_ignore_glob = [] if CHROMIUM else ["test_*.py"]
collect_ignore = [] if axe.NPM else ["test_every_page_seen.py"]
REPORTS = Path(os.environ.get("REPORTS", "build/reports"))
"""Where reports of a run are written to."""


def pytest_report_header(config: pytest.Config) -> str:
    """Say whether pages are looked at with a real browser."""
    del config
    npm = "" if axe.NPM else ", no npm, so accessibility is left out (install nodejs and npm)"
    return (
        f"browser: {CHROMIUM or 'none, so tests/browser is left out (install chromium)'}{npm}"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how heavy each page is, as it was weighed in this run."""
    weighed = {
        figures[0]: figures[1:]
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, figures in getattr(report, "user_properties", ())
        if name == "figures"
    }
    if not weighed:
        return
    terminalreporter.section("pages, cold, on loopback")
    line = "{:>9} {:>9} {:>7} {:>9}  {}".format
    terminalreporter.write_line(line("bytes", "requests", "shift", "paint ms", "page"))
    for page, (size, requests, shift, paint) in sorted(
        weighed.items(), key=lambda one: -one[1][0]
    ):
        terminalreporter.write_line(
            line(f"{size:.0f}", requests, f"{shift:.3f}", f"{paint:.0f}", page)
        )


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
    return await aiohttp_client(Serving(build_app(settings), port=port))


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def town(
    tmp_path_factory: pytest.TempPathFactory,
    template_store: str,
    account_keys: AccountKeys,
    password_hash: str,
) -> AsyncIterator[Town]:
    """A server with something of everything, the same for all tests of a process."""
    folder = tmp_path_factory.mktemp("town")
    async with open_town(folder, template_store, account_keys, password_hash) as town:
        await fill(town)
        yield town


@pytest.fixture(scope="session")
def names() -> dict[str, tuple[str, int]]:
    """The names that the browser knows besides those of the machine, and where they lead."""
    return free_places()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(names: dict[str, tuple[str, int]]) -> AsyncIterator[Browser]:
    """Chromium, the same for all tests of a process."""
    rules = ",".join(f"MAP {name} {host}:{port}" for name, (host, port) in names.items())
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[*ARGUMENTS, f"--host-resolver-rules={rules}"],
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def windows(browser: Browser, town: Town) -> Windows:
    """Windows to the town, for whoever looks."""
    return Windows(browser, town)


@pytest.fixture(scope="session")
def axe_source(tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe.install(tmp_path_factory.mktemp("axe"))


@pytest.fixture(scope="session")
def accessibility(worker_id: str) -> Iterator[axe.Report]:
    """The report of a run, written when it ends (one for each worker)."""
    report = axe.Report()
    yield report
    ending = "" if worker_id == "master" else f"-{worker_id}"
    report.write(REPORTS, f"accessibility{ending}")
