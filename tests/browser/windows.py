"""Windows to the town: one browser, a context for whoever looks, and what it complained of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from fedi_k12.web.auth import SESSION_COOKIE
from tests.browser.pages import PEOPLE, Visit
from tests.browser.town import Town
from tests.conftest import PASSWORD

WIDE, NARROW, NARROWEST = 1280, 390, 320
HEIGHT = 800
THEMES: Mapping[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "contrast": "no-preference"},
    "dark": {"color_scheme": "dark", "contrast": "no-preference"},
    "more contrast": {"color_scheme": "light", "contrast": "more"},
    "dark more contrast": {"color_scheme": "dark", "contrast": "more"},
}
NO_PICTURE = ("/media/remote/", "/media/pictures/", "/media/emoji/")


@dataclass
class Window:
    """A page of a browser, with what the browser refused, or asked of others."""

    town: Town
    page: Page
    troubles: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Note complaints, errors of scripts and requests to others."""
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        # A picture that another server does not give is none here, and Chromium notes it.
        missing = "Failed to load resource" in message.text
        if not (missing and any(part in message.location["url"] for part in NO_PICTURE)):
            self.troubles.append(message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.town.url}/", "data:")):
            self.troubles.append(f"asked {request.url}")

    async def open(self, visit: Visit) -> None:
        """Open an address, and say so where the server answers something else than expected."""
        self.troubles.clear()
        answer = await self.page.goto(self.address(visit), wait_until="load")
        status = answer.status if answer is not None else 0
        landed = self.page.url.partition("?")[0].removeprefix(self.town.url)
        wanted = self.path(visit).partition("?")[0]
        if (status, landed) != (visit.status, wanted):
            raise AssertionError(f"{visit}: {status} at {landed}")
        if visit.status >= 400:
            # Chromium itself notes an answer that is a refusal.
            self.troubles[:] = [text for text in self.troubles if "status of 4" not in text]

    def path(self, visit: Visit) -> str:
        return visit.path.format(url=self.town.url, **self.town.places)

    def address(self, visit: Visit) -> str:
        return self.town.url + self.path(visit)


@dataclass
class Windows:
    """Opens windows; whoever looks again keeps their cookies and their cache."""

    browser: Browser
    town: Town
    _open: dict[tuple[Any, ...], Window] = field(default_factory=dict)

    async def of(self, who: str, *, width: int = WIDE, **chosen: Any) -> Window:
        """Return the window of one of `PEOPLE`, the same each time."""
        key = (who, *sorted(chosen.items()))
        if key not in self._open:
            self._open[key] = await self.new(who, **chosen)
        window = self._open[key]
        await window.page.set_viewport_size({"width": width, "height": HEIGHT})
        return window

    async def new(self, who: str, *, width: int = WIDE, **chosen: Any) -> Window:
        """Return a new window, signed in as whoever looks; to be closed by its context."""
        context = await self.browser.new_context(
            base_url=self.town.url,
            viewport={"width": width, "height": HEIGHT},
            **{"reduced_motion": "reduce", **chosen},
        )
        await self._sign_in(context, who)
        window = Window(self.town, await context.new_page())
        window.listen()
        return window

    async def _sign_in(self, context: BrowserContext, who: str) -> None:
        name = PEOPLE.get(who, who)
        if not name:
            return
        if who != "halfway":
            token = await self.town.session_of(name)
            await context.add_cookies(
                [{"name": SESSION_COOKIE, "value": token, "url": self.town.url}]
            )
            return
        page = await context.new_page()
        await page.goto("/auth/sign_in")
        await page.get_by_label("E-mail address or short name").fill(name)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("main").get_by_role("button", name="Sign in").click()
        await page.wait_for_url("**/auth/second")
        await page.close()
