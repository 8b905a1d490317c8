"""Other servers' pictures that stand in texts: named after their address, served from here.

A reader's browser never asks another server. The name is made of the address alone, so that
whoever shows a text need not look anything up.
"""

import hashlib
import html
import re
from collections.abc import Callable, Mapping

PICTURES = "/media/pictures/"
MAX_PICTURES = 100
"""So many pictures of one text are shown; of the others their description is."""
_IMG = re.compile(r'<img((?:\s+[\w-]+="[^"]*")*)\s*/?>')
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_EMOJI_OR_TAG = re.compile(
    r"(<[a-zA-Z/][^\"'>]*(?:\"[^\"]*\"[^\"'>]*)*>)|:([A-Za-z0-9_+-]{1,64})(?=:):"
)
_OURS = re.compile(rf'(<img\b(?:\s+[\w-]+="[^"]*")*?\s+src=")({re.escape(PICTURES)}[^"]*")')


def picture_key(url: str) -> str:
    """Return the name under which another server's picture is served from here."""
    return hashlib.sha256(url.encode()).hexdigest()[:40]


def picture_path(url: str) -> str:
    """Return where another server's picture is served from here, without our host."""
    return f"{PICTURES}{picture_key(url)}"


def with_our_pictures(text: str) -> tuple[str, tuple[str, ...]]:
    """Return safe HTML with its pictures led through here, and their addresses."""
    found: dict[str, None] = {}

    def led(match: re.Match[str]) -> str:
        values = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(match[1])}
        url, alt = values.get("src", ""), values.get("alt", "")
        if not url or (url not in found and len(found) >= MAX_PICTURES):
            return html.escape(alt)
        found[url] = None
        return _img(picture_path(url), values)

    return (_IMG.sub(led, text), tuple(found)) if "<img" in text else (text, ())


def with_pictures(text: str, find: Callable[[str], tuple[str, str] | None]) -> str:
    """Return HTML whose pictures `find` knows, by what their `src` says: (address, alt text).

    One that it does not know becomes its description.
    """

    def led(match: re.Match[str]) -> str:
        values = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(match[1])}
        known = find(values.get("src", ""))
        if known is None:
            return html.escape(values.get("alt", ""))
        return _img(known[0], {**values, "alt": values.get("alt") or known[1]})

    return _IMG.sub(led, text) if "<img" in text else text


def with_emojis(text: str, emojis: Mapping[str, str]) -> str:
    """Return HTML with `:shortcode:` outside of tags as the picture at its address."""
    if not emojis or ":" not in text:
        return text

    def drawn(match: re.Match[str]) -> str:
        if match[1] is not None or match[2] not in emojis:
            return match[0]
        src = html.escape(emojis[match[2]])
        name = html.escape(match[2])
        return (
            f'<img class="emoji" src="{src}" alt=":{name}:" title=":{name}:" '
            'width="20" height="20" loading="lazy">'
        )

    return _EMOJI_OR_TAG.sub(drawn, text)


def absolute_pictures(text: str, base_url: str) -> str:
    """Return HTML whose pictures say our host, for readers elsewhere: apps."""
    return _OURS.sub(rf"\1{base_url}\2", text) if PICTURES in text else text


def _img(src: str, values: dict[str, str]) -> str:
    kept = "".join(
        f' {name}="{html.escape(values[name])}"'
        for name in ("title", "width", "height")
        if values.get(name)
    )
    alt = html.escape(values.get("alt", ""))
    return f'<img src="{html.escape(src)}" alt="{alt}"{kept} loading="lazy">'
