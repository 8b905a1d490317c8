"""Pages that posts lead to, in short: which link, what its page says, and who wrote it.

Read with bounded patterns out of the first part of the page: no parser that a page could keep
busy, and no HTML of it is ever shown.
"""

import html
import re
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urljoin

from msgspec import Struct

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.people import normalise_host
from fedi_k12.domain.text import clean_line
from fedi_k12.domain.urls import MAX_URL_LENGTH, host_of, parse_remote_url

MAX_HEAD = 262_144
"""Characters of a page that are read."""
MAX_TITLE, MAX_DESCRIPTION, MAX_NAME = 300, 500, 200
_LINK = re.compile(r"<a\b([^>]{1,5000})>")
_NO_PAGE = frozenset({"mention", "hashtag", "u-url", "tag"})
_HASHTAG = re.compile(r"#(?:<span>)?[^\W\d]\w{0,199}(?:</span>)?</a>")
"""What stands in a link to a hashtag: `#1` is a number."""
_TAG = re.compile(r"<(meta|link)\b([^<>]{1,5000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-zA-Z:-]{1,40})\s{0,5}=\s{0,5}(?:\"([^\"]*)\"|'([^']*)')")
_TITLE = re.compile(r"<title\b[^<>]{0,500}>([^<]{1,2000})", re.IGNORECASE)
_LANGUAGE = re.compile(r"<html\b[^<>]{0,500}?\blang=[\"']?([A-Za-z-]{2,35})", re.IGNORECASE)
_OEMBED = "application/json+oembed"


class PageHead(Struct, frozen=True):
    """What a page says of itself: plain words and addresses, nothing believed."""

    title: str = ""
    description: str = ""
    image: str | None = None
    image_alt: str = ""
    site: str = ""
    author: str = ""
    creator: str = ""
    """The handle under `fediverse:creator`: a claim until the account agrees."""
    language: str | None = None
    oembed: str | None = None
    """Where it is described once more (https://oembed.com)."""


def links(content: str) -> Iterator[str]:
    """Yield the addresses in safe HTML that lead to pages: no mentions, no hashtags.

    Not every server says of a hashtag that it is one: a link of which no more is read is.
    """
    for match in _LINK.finditer(content):
        values = _attributes(match[1])
        words = {*values.get("class", "").split(), *values.get("rel", "").split()}
        url = values.get("href", "")
        if words & _NO_PAGE or _HASHTAG.match(content, match.end()):
            continue
        if len(url) <= MAX_URL_LENGTH:
            yield url


def first_link(content: str, *, own_hosts: Collection[str]) -> str | None:
    """Return the first address in safe HTML that leads to a page of another server."""
    for url in links(content):
        try:
            host = host_of(url)
        except InvalidError:
            continue
        if host not in own_hosts:
            return url.partition("#")[0]
    return None


def read_head(page: str, *, base: str) -> PageHead:
    """Return what the beginning of a page says of itself; `base` is its address."""
    page = page[:MAX_HEAD]
    said: dict[str, str] = {}
    oembed = None
    for match in _TAG.finditer(page):
        values = _attributes(match[2])
        if match[1].lower() == "link":
            if values.get("type", "").lower() == _OEMBED and oembed is None:
                oembed = _address(values.get("href", ""), base)
            continue
        name = (values.get("property") or values.get("name") or "").lower()
        if name and values.get("content"):
            said.setdefault(name, values["content"])
    title = _TITLE.search(page)
    language = _LANGUAGE.search(page[:5000])

    def line(most: int, *names: str) -> str:
        found = next((said[name] for name in names if said.get(name)), "")
        return clean_line(found, most)

    return PageHead(
        title=line(MAX_TITLE, "og:title", "twitter:title")
        or clean_line(html.unescape(title[1]) if title else "", MAX_TITLE),
        description=line(
            MAX_DESCRIPTION, "og:description", "description", "twitter:description"
        ),
        image=_address(said.get("og:image", "") or said.get("og:image:url", ""), base),
        image_alt=line(1500, "og:image:alt", "twitter:image:alt"),
        site=line(MAX_NAME, "og:site_name"),
        author=line(MAX_NAME, "author", "article:author"),
        creator=line(MAX_NAME, "fediverse:creator"),
        language=language[1].lower() if language else None,
        oembed=oembed,
    )


def read_oembed(document: Mapping[str, object], *, base: str) -> PageHead:
    """Return what an oEmbed answer says; its `html` is never looked at (CVE-2023-36459)."""

    def text(name: str, most: int) -> str:
        value = document.get(name)
        return clean_line(value, most) if isinstance(value, str) else ""

    return PageHead(
        title=text("title", MAX_TITLE),
        image=_address(text("thumbnail_url", MAX_URL_LENGTH), base),
        site=text("provider_name", MAX_NAME),
        author=text("author_name", MAX_NAME),
    )


def may_be_named(host: str, domains: Collection[str]) -> bool:
    """Return whether pages of a host may name an account that lists these domains.

    The domain itself or what is below it, compared as DNS does (IDN in ASCII): `x.example`
    holds for `blog.x.example`, and neither for `notx.example` nor `x.example.evil`.
    """
    try:
        name = normalise_host(host.partition(":")[0])
    except InvalidError:
        return False
    for domain in domains:
        try:
            wanted = normalise_host(str(domain))
        except InvalidError:
            continue
        if name == wanted or name.endswith(f".{wanted}"):
            return True
    return False


def _attributes(text: str) -> dict[str, str]:
    return {
        name.lower(): html.unescape(one or other)
        for name, one, other in _ATTRIBUTE.findall(text)
    }


def _address(text: str, base: str) -> str | None:
    try:
        found = urljoin(base, text.strip()) if text.strip() else ""
        return str(parse_remote_url(found)) if found else None
    except (InvalidError, ValueError):
        return None
