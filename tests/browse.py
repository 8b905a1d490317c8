"""A browser for the tests: keeps cookies, reads pages, fills in forms. No scripts, as ours."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from aiohttp import FormData, web
from aiohttp.test_utils import TestClient

Client = TestClient[web.Request, web.Application]
_VOID = {"meta", "link", "input", "img", "br", "hr", "source", "wbr", "path", "circle"}
_SKIPPED = {"script", "style", "head", "svg"}


@dataclass
class Element:
    """An element of a page, with what is in it."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name, "")

    def all(self) -> Iterator["Element"]:
        """Return this element and every one within it, in the order of the page."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.all()

    def find(self, tag: str, /, **wanted: str) -> list["Element"]:
        """Return the elements of this name with these attributes (`class_` for class)."""
        asked = {key.rstrip("_").replace("_", "-"): value for key, value in wanted.items()}
        return [
            element
            for element in self.all()
            if element.name == tag
            and all(
                value in element[key].split() if key == "class" else element[key] == value
                for key, value in asked.items()
            )
        ]

    @property
    def text(self) -> str:
        """The words in it, as a reader meets them."""
        words = " ".join(
            child if isinstance(child, str) else child.text
            for child in self.children
            if isinstance(child, str) or child.name not in _SKIPPED
        )
        return " ".join(words.split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("page")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, {n: v or "" for n, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        names = [element.name for element in self._open]
        if tag in names:
            at = len(names) - 1 - names[::-1].index(tag)
            del self._open[max(at, 1) :]

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def read_html(text: str) -> Element:
    """Return a page as a tree."""
    reader = _Reader()
    reader.feed(text)
    return reader.root


@dataclass
class Page:
    """What a server answered to a browser."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: str
    root: Element

    @property
    def text(self) -> str:
        """The words of the page."""
        return self.root.text

    @property
    def title(self) -> str:
        return self.root.find("title")[0].text

    @property
    def main(self) -> Element:
        return self.root.find("main")[0]

    @property
    def location(self) -> str:
        """Where the answer leads."""
        return self.headers.get("Location", "")

    def form(self, action: str) -> Element:
        """Return the form that is sent to `action`."""
        found = [form for form in self.root.find("form") if form["action"] == action]
        assert found, f"no form goes to {action}"
        return found[0]


def filled_in(form: Element) -> dict[str, str]:
    """Return what a browser would send of a form as it stands."""
    values: dict[str, str] = {}
    for control in form.all():
        name = control["name"]
        if not name:
            continue
        if control.name == "input":
            kind = control["type"] or "text"
            ticked = "checked" in control.attributes
            if kind not in {"file", "submit"} and (kind not in {"checkbox", "radio"} or ticked):
                values[name] = control["value"]
        elif control.name == "textarea":
            values[name] = "".join(c for c in control.children if isinstance(c, str))
        elif control.name == "select":
            options = control.find("option")
            chosen = [o for o in options if "selected" in o.attributes] or options[:1]
            values[name] = chosen[0]["value"] if chosen else ""
    return values


class Browser:
    """Somebody at a browser."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.cookies: dict[str, str] = {}

    async def get(self, path: str, **headers: str) -> Page:
        """Open an address; redirects are not followed."""
        return await self._ask("GET", path, headers=headers)

    async def follow(self, page: Page) -> Page:
        """Open where an answer leads."""
        assert page.status in {302, 303}, (page.status, page.text[:300])
        return await self.get(page.location)

    async def post(self, path: str, data: dict[str, str] | FormData | None = None) -> Page:
        """Send a form, just as it is given."""
        return await self._ask("POST", path, data=data)

    async def submit(
        self,
        page: Page,
        action: str,
        changes: Mapping[str, str] | None = None,
        *,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Page:
        """Fill in the form that goes to `action` and send it."""
        form = page.form(action)
        values = {**filled_in(form), **(changes or {})}
        assert form["method"] == "post"
        if not files:
            return await self.post(action, values)
        assert form["enctype"] == "multipart/form-data"
        data = FormData()
        for name, value in values.items():
            data.add_field(name, value)
        for name, (filename, content, kind) in files.items():
            data.add_field(name, content, filename=filename, content_type=kind)
        return await self.post(action, data)

    async def sign_in(self, name: str, password: str, *, next_: str = "") -> Page:
        """Sign in through the page."""
        page = await self.get("/auth/sign_in" + (f"?next={next_}" if next_ else ""))
        return await self.submit(page, "/auth/sign_in", {"login": name, "password": password})

    async def _ask(self, method: str, path: str, **more: Any) -> Page:
        headers = {
            "Accept": "text/html,application/xhtml+xml",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **more.pop("headers", {}),
        }
        answer = await self._client.request(
            method, path, headers=headers, allow_redirects=False, **more
        )
        for name, cookie in answer.cookies.items():
            if cookie.value:
                self.cookies[name] = cookie.value
            else:
                self.cookies.pop(name, None)
        body = await answer.text() if "text" in answer.content_type else ""
        return Page(answer.status, path, answer.headers, body, read_html(body))
