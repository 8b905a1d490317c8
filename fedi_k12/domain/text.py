"""What members write: scanned for people, tags and links, counted, and rendered as HTML.

One scanner finds mentions, hashtags and addresses for everybody: what is announced as a
mention is exactly what is linked as one.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.markdown import long_markdown, short_markdown
from fedi_k12.domain.sanitise import own_article_html, own_html, plain_text, safe_html

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = [
    "ContentType",
    "MentionTarget",
    "Rendered",
    "Scanned",
    "clean_line",
    "clean_name",
    "content_type",
    "count_characters",
    "plain_text",
    "render",
    "safe_html",
    "scan",
    "short_text",
    "tag_key",
    "without_tracking",
]

ContentType = Literal["text/plain", "text/markdown"]

CHARACTERS_PER_URL = 23
"""What an address counts for, however long it is (Mastodon's rule)."""
MAX_MENTIONS, MAX_TAGS = 50, 32
MAX_COMBINING = 4
"""More marks on one letter than that are no language's spelling (FED-103)."""

_THING = re.compile(
    r"""
    (?P<url> (?<![\w/]) https?://[^\s<>"\u201c\u201d\u0000-\u001f]+ )
    | (?<![\w@/\-+]) @ (?P<user> [A-Za-z0-9_]+ (?:[A-Za-z0-9_.\-]* [A-Za-z0-9_]+)? )
      (?: @ (?P<host> [\w][\w.\-]* (?::\d{1,5})? ) )? (?![\w@])
    | (?<![\w&/\#]) [#\uff03] (?P<tag> [\w\u00b7\u200c]* [^\W\d_] [\w\u00b7\u200c]* )
    """,
    re.VERBOSE,
)
_TRAILING = ".,;:!?'\"\u2019\u2026*_~"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufff9-\uffff]")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
_INVISIBLE = re.compile(r"[\u200b\u2060-\u2064\u180e\u00ad]")
_TRACKING = re.compile(r"utm_.*|fbclid|gclid|dclid|msclkid|mc_eid|mc_cid|igshid|yclid|twclid")


class MentionTarget(Struct, frozen=True):
    """Whom a mention means: their page, their id, their username."""

    url: str
    uri: str
    username: str


class Rendered(Struct, frozen=True):
    """A text as HTML."""

    html: str


class Scanned(Struct, frozen=True):
    """What a text names: `user` or `user@host`, hashtags as written, addresses."""

    mentions: tuple[str, ...]
    hashtags: tuple[str, ...]
    urls: tuple[str, ...]


class _Found(Struct, frozen=True):
    """One thing in a text: where, of what kind, and what it says."""

    start: int
    end: int
    kind: Literal["url", "mention", "tag"]
    value: str


def content_type(text: str) -> ContentType:
    """Return a content type that members may write in, or raise `InvalidError`."""
    if text in {"", "text/plain"}:
        return "text/plain"
    if text == "text/markdown":
        return "text/markdown"
    raise InvalidError("Validation failed: Content type must be text/plain or text/markdown")


def scan(source: str, *, content_type: ContentType) -> Scanned:
    """Return what a text names, each once, in order; nothing inside code counts."""
    found = [thing for part in _readable(source, content_type) for thing in _things(part)]

    def of(kind: str) -> list[str]:
        return list(dict.fromkeys(thing.value for thing in found if thing.kind == kind))

    tags = {tag_key(tag): tag for tag in reversed(of("tag"))}
    return Scanned(
        tuple(of("mention")[:MAX_MENTIONS]),
        tuple(reversed(tags.values()))[:MAX_TAGS],
        tuple(of("url")),
    )


def render(
    source: str,
    *,
    content_type: ContentType,
    mentions: Mapping[str, MentionTarget],
    tag_url: Callable[[str], str],
    article: bool = False,
) -> Rendered:
    """Return a text as HTML with its mentions, hashtags and addresses linked.

    `mentions` maps what `scan` found to whom it means; names it lacks stay plain words.
    An `article` may have headings and tables.
    """

    def linked(text: str) -> str:
        return _linked(text, mentions, tag_url)

    if content_type == "text/markdown":
        markdown = long_markdown() if article else short_markdown()
        tokens = markdown.parse(source)
        for token in tokens:
            if token.type == "inline":
                token.children = list(_with_links(token.children or [], linked))
        clean = own_article_html if article else own_html
        return Rendered(clean(markdown.renderer.render(tokens, markdown.options, {})).strip())
    paragraphs = re.split(r"\n{2,}", source.replace("\r\n", "\n").strip("\n"))
    body = "".join(
        f"<p>{linked(paragraph).replace(chr(10), '<br>')}</p>"
        for paragraph in paragraphs
        if paragraph.strip()
    )
    return Rendered(own_html(body))


def tag_key(display: str) -> str:
    """Return the form in which hashtags are compared: NFKC, without case."""
    return unicodedata.normalize("NFKC", display.lstrip("#\uff03")).casefold()


def count_characters(text: str) -> int:
    """Return how long a text counts as: addresses 23, `@user@host` as `@user`."""
    total, at = 0, 0
    for thing in _things(text):
        total += _graphemes(text[at : thing.start])
        if thing.kind == "url":
            total += CHARACTERS_PER_URL
        elif thing.kind == "mention":
            total += 1 + len(thing.value.partition("@")[0])
        else:
            total += _graphemes(text[thing.start : thing.end])
        at = thing.end
    return total + _graphemes(text[at:])


def short_text(text: str, limit: int) -> str:
    """Return the beginning of a text, cut between words, with … where something is missing."""
    words = " ".join(text.split())
    if len(words) <= limit:
        return words
    cut = words[: limit - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > limit // 2 else cut).rstrip(".,;: ") + "…"


def clean_name(text: str, limit: int = 100) -> str:
    """Return a display name without what hides, reverses or towers over other text."""
    return clean_line(_INVISIBLE.sub("", text), limit)


def clean_line(text: str, limit: int) -> str:
    """Return a line of plain text: no controls, no piles of marks, at most `limit` long."""
    plain = _BIDI.sub("", _CONTROL.sub("", text[: limit * 20]))
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", plain):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MAX_COMBINING:
            kept.append(character)
    return " ".join("".join(kept).split())[:limit].strip()


def without_tracking(url: str) -> str:
    """Return an address without the parameters that only follow people around."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if not parts.query:
        return url
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not _TRACKING.fullmatch(name.lower())]
    if len(kept) == len(pairs):
        return url
    return parts._replace(query=urlencode(kept)).geturl()


def _things(text: str) -> Iterator[_Found]:
    for match in _THING.finditer(text):
        if match["url"] is not None:
            url = _trimmed(match["url"])
            if len(url) > len("https://"):
                yield _Found(match.start(), match.start() + len(url), "url", url)
        elif match["tag"] is not None:
            yield _Found(match.start(), match.end(), "tag", match["tag"])
        else:
            host = match["host"]
            if host is None:
                yield _Found(match.start(), match.end(), "mention", match["user"])
                continue
            trimmed = host.rstrip(".-_")
            end = match.end() - (len(host) - len(trimmed))
            yield _Found(match.start(), end, "mention", f"{match['user']}@{trimmed.lower()}")


def _trimmed(url: str) -> str:
    """Return an address without the punctuation of the sentence it stands in."""
    while url:
        last = url[-1]
        closes = {")": "(", "]": "[", "}": "{"}
        if last in _TRAILING or (last in closes and url.count(last) > url.count(closes[last])):
            url = url[:-1]
        else:
            break
    return url


def _readable(source: str, kind: ContentType) -> Iterator[str]:
    """Return the parts of a text in which things are looked for."""
    if kind == "text/plain":
        yield source
        return
    for token in short_markdown().parse(source):
        depth = 0
        for child in token.children or []:
            depth += child.nesting if child.type.startswith("link_") else 0
            if child.type == "text" and depth == 0:
                yield child.content


def _with_links(tokens: "list[Token]", linked: Callable[[str], str]) -> "Iterator[Token]":
    from markdown_it.token import Token as Part

    depth = 0
    for token in tokens:
        if token.type.startswith("link_"):
            depth += token.nesting
        if token.type == "text" and depth == 0:
            made = Part("html_inline", "", 0)
            made.content = linked(token.content)
            yield made
        elif token.type == "image":
            made = Part("text", "", 0)
            made.content = token.content
            yield made
        else:
            yield token


def _linked(
    text: str, mentions: Mapping[str, MentionTarget], tag_url: Callable[[str], str]
) -> str:
    parts: list[str] = []
    at = 0
    for thing in _things(text):
        parts.append(html.escape(text[at : thing.start], quote=False))
        words = html.escape(text[thing.start : thing.end], quote=False)
        parts.append(_link(thing, words, mentions, tag_url))
        at = thing.end
    parts.append(html.escape(text[at:], quote=False))
    return "".join(parts)


def _link(
    thing: _Found,
    words: str,
    mentions: Mapping[str, MentionTarget],
    tag_url: Callable[[str], str],
) -> str:
    if thing.kind == "url":
        href = without_tracking(thing.value)
        return (
            f'<a href="{html.escape(href)}" rel="nofollow noopener noreferrer">'
            f"{html.escape(href, quote=False)}</a>"
        )
    if thing.kind == "tag":
        href = html.escape(tag_url(thing.value))
        word = html.escape(thing.value, quote=False)
        return f'<a href="{href}" class="mention hashtag" rel="tag">#<span>{word}</span></a>'
    target = mentions.get(thing.value)
    if target is None:
        return words
    return (
        f'<span class="h-card"><a href="{html.escape(target.url)}" class="u-url mention">'
        f"@<span>{html.escape(target.username, quote=False)}</span></a></span>"
    )


def _graphemes(text: str) -> int:
    """Return how many characters a person would count (near UAX 29)."""
    total = 0
    joined = flag = False
    for character in text:
        code = ord(character)
        extends = (
            unicodedata.category(character) in {"Mn", "Me", "Mc"}
            or 0xFE00 <= code <= 0xFE0F  # noqa: PLR2004 - variation selectors
            or 0x1F3FB <= code <= 0x1F3FF  # noqa: PLR2004 - skin tones
        )
        if code == 0x200D:  # noqa: PLR2004 - zero width joiner
            joined = True
            continue
        regional = 0x1F1E6 <= code <= 0x1F1FF  # noqa: PLR2004 - halves of flags
        if not (extends or joined or (regional and flag)):
            total += 1
        flag = regional and not flag
        joined = False
    return total
