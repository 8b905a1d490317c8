"""The one sanitiser: whatever HTML comes from elsewhere leaves here harmless.

An allow-list, parsed and rebuilt (Mastodon's sanitiser; FEP-b2b8 for articles). Nothing in it
depends on the sender being well-meaning, and it takes time in proportion to its input.
"""

import html
import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from fedi_k12.domain.late import Late

if TYPE_CHECKING:
    import nh3
else:
    nh3 = Late("nh3")

MAX_HTML = 262_144
"""Characters of HTML that are read; what follows is cut."""

MAX_TAG = 8192
"""Characters between < and >: a longer tag is an attack on whoever parses it (FED-65)."""

MAX_NESTING = 1000
"""Elements one in another: the parser takes time with the square of it (FED-65)."""

_NOTE_TAGS = frozenset({
    "p", "span", "br", "a", "del", "s", "pre", "code", "em", "strong", "b", "i", "u", "ul",
    "ol", "li", "blockquote", "ruby", "rt", "rp",
})  # fmt: skip
_ARTICLE_TAGS = _NOTE_TAGS | {
    "h2", "h3", "h4", "h5", "h6", "img", "figure", "figcaption", "table", "thead", "tbody",
    "tr", "th", "td", "caption", "details", "summary", "sub", "sup", "hr",
}  # fmt: skip
_OWN_ARTICLE_TAGS = _ARTICLE_TAGS - {"img"}
_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "class"},
    "span": {"class"},
    "p": {"class"},
    "ol": {"start", "reversed"},
    "li": {"value"},
    "img": {"src", "alt", "title", "width", "height"},
}
_CLASS = re.compile(
    r"(?:h|p|u|dt|e)-[a-z0-9-]+|mention|hashtag|ellipsis|invisible|quote-inline"
)
_HEADING = re.compile(r"<(/?)h[1-6]\b[^>]*>", re.IGNORECASE)
_ANCHOR = re.compile(r"<a\b([^>]*)>(.*?)</a>", re.DOTALL)
_HREF = re.compile(r'\bhref="([^"]*)"')
_LOOKS_LIKE_ADDRESS = re.compile(
    r"\s*(?:https?://)?(?:www\.)?((?:[\w-]+\.)+[^\W\d_]{2,})(?:[/:?#\s]|$)", re.IGNORECASE
)
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
_BLOCKS = re.compile(r"</(?:p|li|blockquote|pre|h[1-6]|tr|figure)>|<hr\b[^>]*>", re.IGNORECASE)
_BREAKS = re.compile(r"<br\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_CLOSE_THEMSELVES = {
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link",
    "meta", "option", "p", "param", "source", "td", "th", "tr", "track", "wbr",
}  # fmt: skip


def safe_html(text: str, *, kind: Literal["note", "article"] = "note") -> str:
    """Return remote HTML made safe. What the sanitiser cannot read becomes plain text."""
    source = _BIDI.sub("", text[:MAX_HTML]).replace("\x00", "")
    if _has_endless_tag(source) or _nests_endlessly(source):
        return html.escape(source[:MAX_TAG])
    cleaner = _cleaner(_ARTICLE_TAGS if kind == "article" else _NOTE_TAGS)
    if kind == "note":
        source = _HEADING.sub(_as_paragraph, source)
    try:
        return _honest_links(cleaner.clean(source))
    except Exception:  # noqa: BLE001 - FED-65: an exception here must not be a way to hurt
        return html.escape(_without_tags(source))


def own_html(text: str) -> str:
    """Return HTML that we rendered ourselves, held to the same list (with `rel="tag"`)."""
    return _cleaner(_NOTE_TAGS, own=True).clean(text)


def own_article_html(text: str) -> str:
    """Return the HTML of an article that we rendered ourselves: headings and tables, too."""
    return _cleaner(_OWN_ARTICLE_TAGS, own=True).clean(text)


def plain_text(text: str) -> str:
    """Return the words of safe HTML: paragraphs as blank lines, breaks as new lines."""
    spaced = _BREAKS.sub("\n", _BLOCKS.sub("\n\n", text[:MAX_HTML]))
    words = html.unescape(_without_tags(spaced))
    return re.sub(r"\n{3,}", "\n\n", words).strip()


def _has_endless_tag(text: str) -> bool:
    at = text.find("<")
    while at != -1:
        end = text.find(">", at)
        if end == -1:
            return len(text) - at > MAX_TAG
        if end - at > MAX_TAG:
            return True
        at = text.find("<", end)
    return False


def _nests_endlessly(text: str) -> bool:
    """Return whether more elements may be open at once than any text needs."""
    if text.count("<") <= MAX_NESTING:
        return False
    unclosed: Counter[str] = Counter()
    depth = 0
    for match in _TAG.finditer(text):
        name = match[2].lower()
        if match[1]:
            if unclosed[name]:
                unclosed[name] -= 1
                depth -= 1
        elif name not in _CLOSE_THEMSELVES:
            unclosed[name] += 1
            depth += 1
            if depth > MAX_NESTING:
                return True
    return False


def _as_paragraph(match: re.Match[str]) -> str:
    return "</strong></p>" if match[1] else "<p><strong>"


def _filter(tag: str, name: str, value: str) -> str | None:
    """Keep an attribute as it is, change it, or (None) drop it."""
    if name == "class":
        kept = [word for word in value.split() if _CLASS.fullmatch(word)]
        return " ".join(kept) or None
    if name == "href":
        return _without_userinfo(value)
    if name in {"width", "height", "start", "value"}:
        return value if value.isascii() and value.isdigit() and len(value) < 6 else None  # noqa: PLR2004 - digits
    if name == "dir":
        return value if value in {"ltr", "rtl", "auto"} else None
    if name == "lang":
        return value if re.fullmatch(r"[A-Za-z0-9-]{1,35}", value) else None
    if tag == "img" and name == "src":
        return value if value.startswith(("https://", "http://")) else None
    return value


def _without_userinfo(value: str) -> str | None:
    try:
        parts = urlsplit(value)
        if parts.scheme == "mailto":
            return value
        if parts.scheme not in {"http", "https"} or not parts.hostname or len(value) > 2048:  # noqa: PLR2004 - as long as addresses get
            return None
        if "@" in parts.netloc:
            return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    except ValueError:
        return None
    return value


def _honest_links(text: str) -> str:
    """Show the real host of a link whose words name another one (FED-96)."""
    return _ANCHOR.sub(_honest, text) if "<a" in text else text


def _honest(match: re.Match[str]) -> str:
    href = _HREF.search(match[1])
    if href is None:
        return match[0]
    words = html.unescape(_without_tags(match[2]))
    named = _LOOKS_LIKE_ADDRESS.match(words)
    try:
        host = (urlsplit(html.unescape(href[1])).hostname or "").lower()
    except ValueError:
        return match[0]
    if named is None or not host:
        return match[0]
    shown = named[1].lower().removeprefix("www.")
    if host.removeprefix("www.") == shown or words.rstrip().endswith(f"({host})"):
        return match[0]
    return f"<a{match[1]}>{match[2]} ({html.escape(host)})</a>"


def _without_tags(text: str) -> str:
    collector = _Words()
    collector.feed(text)
    collector.close()
    return "".join(collector.parts)


class _Words(HTMLParser):
    """Collects what is written between tags, escaped as it stood."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and tag in {"script", "style"}:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")


@cache
def _cleaner(tags: frozenset[str], *, own: bool = False) -> "nh3.Cleaner":
    attributes = {tag: set(names) for tag, names in _ATTRIBUTES.items() if tag in {"*", *tags}}
    if own:
        attributes["a"] = attributes["a"] | {"rel"}
    return nh3.Cleaner(
        tags=set(tags),
        clean_content_tags={"script", "style", "noscript", "template", "textarea", "title"},
        attributes=attributes,
        attribute_filter=_filter,
        link_rel=None if own else "nofollow noopener noreferrer",
        url_schemes={"http", "https", "mailto"},
        set_tag_attribute_values={} if own else {"a": {"target": "_blank"}},
        strip_comments=True,
    )
