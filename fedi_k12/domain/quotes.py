"""The line that stands in a post for servers that show no quotes: taken out, put in."""

import re
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import urlsplit

QUOTE_LINE = "quote-inline"
_LAST_LINE = re.compile(
    r'(?:<br>\s*)*(?:<p>\s*)?(?:RE|QT|QP|RN):\s*<a\b[^>]*?href="([^"]+)"[^>]*>[^<>]{0,500}'
    r"(?:<span[^>]*>[^<>]*</span>){0,4}[^<>]{0,500}</a>\s*(</p>)?\s*$",
    re.IGNORECASE,
)
_EMPTY = re.compile(r"<p>(?:\s|<br>)*</p>")


def without_quote_line(html: str, quoted_uri: str) -> str:
    """Return safe HTML without the "RE: address" that is shown as a quote anyhow.

    What its class marks as one goes; of others only a last line that leads to the host of what
    is quoted.
    """
    if QUOTE_LINE in html:
        remover = _Remover()
        remover.feed(html)
        remover.close()
        return _EMPTY.sub("", "".join(remover.parts))
    match = _LAST_LINE.search(html[-4096:])
    if match is None or _host(unescape(match[1])) != _host(quoted_uri):
        return html
    kept = html[: len(html) - len(match[0])]
    closing = "</p>" if match[2] and not match[0].lstrip().startswith("<p") else ""
    return _EMPTY.sub("", kept + closing)


def with_quote_line(html: str, address: str) -> str:
    """Return HTML with the line for apps and servers that show no quotes."""
    shown = escape(address)
    return (
        f'<p class="{QUOTE_LINE}">RE: <a href="{shown}" rel="nofollow noopener noreferrer" '
        f'target="_blank">{shown}</a></p>{html}'
    )


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower().removeprefix("www.")
    except ValueError:
        return ""


class _Remover(HTMLParser):
    """Writes safe HTML again, without the elements that are a quote's line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        marked = QUOTE_LINE in (dict(attrs).get("class") or "").split()
        if self._depth or marked:
            self._depth += tag not in {"br", "img", "hr"}
            return
        self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if self._depth:
            self._depth -= 1
        else:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._depth:
            self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")
