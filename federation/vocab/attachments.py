"""Read what a post carries: pictures, films, sounds, links, its cover (FEP-1311)."""

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from federation.vocab import values
from federation.vocab.values import Json
from fedi_k12.domain.licences import MAX_CREDIT
from fedi_k12.domain.text import clean_line
from fedi_k12.domain.urls import host_of

MAX_ATTACHMENTS = 16
MAX_ALT = 10_000
MAX_LINKS = 4
BEST_HEIGHT = 720
"""Of a film in several sizes the largest up to this is shown: enough for a classroom."""
_BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,100}")
_SECONDS = re.compile(r"PT(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,5})(?:\.\d+)?S)?")
_MEDIA = {"Image": "image", "Video": "video", "Audio": "audio"}
_LICENCES = {
    "1": "https://creativecommons.org/licenses/by/4.0/",
    "2": "https://creativecommons.org/licenses/by-sa/4.0/",
    "3": "https://creativecommons.org/licenses/by-nd/4.0/",
    "4": "https://creativecommons.org/licenses/by-nc/4.0/",
    "5": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    "6": "https://creativecommons.org/licenses/by-nc-nd/4.0/",
    "7": "https://creativecommons.org/publicdomain/zero/1.0/",
}
"""PeerTube's numbers."""


class AttachmentIn(Struct, frozen=True):
    """A picture, film or sound as its document describes it."""

    kind: str
    url: str
    media_type: str
    alt: str
    width: int | None
    height: int | None
    blurhash: str | None
    focus: tuple[float, float]
    duration: float | None
    license_url: str | None
    credit: str = ""
    """Who made it, in words."""
    poster: str | None = None
    """The picture that stands for a film or sound."""


class LinkIn(Struct, frozen=True):
    """A page that a post is about, as its author shows it (FEP-8967): a claim."""

    url: str
    title: str = ""
    description: str = ""
    image: str | None = None


def attachments(raw: Json, kind: str) -> tuple[AttachmentIn, ...]:
    """Return the files that an object carries; a film is its own first."""
    found = []
    for item in values.objects(raw.get("attachment"), limit=MAX_ATTACHMENTS):
        made = attachment(item)
        if made is not None:
            found.append(made)
    if kind in _MEDIA:
        itself = attachment({**raw, "type": kind})
        if itself is not None and all(itself.url != other.url for other in found):
            found.insert(0, itself)
    return tuple(found[:MAX_ATTACHMENTS])


def attachment(item: Json) -> AttachmentIn | None:
    """Return one file, None for what is none."""
    url, media_type = _file(item)
    if url is None:
        return None
    kind = next((_MEDIA[name] for name in values.types(item) if name in _MEDIA), "")
    if not kind:
        if "Document" not in values.types(item):
            return None
        kind = media_type.partition("/")[0]
        kind = kind if kind in {"image", "video", "audio"} else "unknown"
    blurhash = values.text(item, "blurhash", "toot:blurhash", limit=101)
    return AttachmentIn(
        kind=kind,
        url=url,
        media_type=media_type,
        alt=_alt(item),
        width=values.whole(item.get("width"), low=1, high=100_000),
        height=values.whole(item.get("height"), low=1, high=100_000),
        blurhash=blurhash if _BLURHASH.fullmatch(blurhash) else None,
        focus=_focus(item.get("focalPoint")),
        duration=_duration(item.get("duration")),
        license_url=licence(item),
        credit=_credit(item),
        poster=picture(item.get("icon"))[0] if kind != "image" else None,
    )


def _credit(item: Json) -> str:
    """Return who is named as its maker: in words, or somebody without a page of their own."""
    said = values.text(item, "creditText", "schema:creditText", limit=MAX_CREDIT)
    makers = values.objects(item.get("attributedTo"), limit=5)
    names = [values.text(maker, "name", limit=MAX_CREDIT) for maker in makers]
    return clean_line(said or ", ".join(name for name in names if name), MAX_CREDIT)


def _alt(item: Json) -> str:
    # Mobilizon calls the picture at the head of an event so; that describes nothing.
    first = "summary" if item.get("name") == "Banner" else "name"
    return values.text(item, first, "summary", limit=MAX_ALT)


def links(raw: Json, kind: str, object_id: str) -> tuple[LinkIn, ...]:
    """Return the pages that an object is about: attached links, or a link post's address."""
    found: dict[str, LinkIn] = {}
    for item in values.objects(raw.get("attachment"), limit=MAX_ATTACHMENTS):
        made = _link(item)
        if made is not None:
            found.setdefault(made.url, made)
    shared = values.link(raw.get("url"))
    if kind == "Page" and not found and shared and host_of(shared) != host_of(object_id):
        # Old link posts name what they are about where others name their own page.
        found[shared] = LinkIn(shared)
    return tuple(found.values())[:MAX_LINKS]


def picture(value: object) -> tuple[str | None, str]:
    """Return the address and the description of the largest picture among some."""
    best: tuple[int, str, str] | None = None
    for item in values.items(value, limit=10):
        if isinstance(item, str):
            url, alt, width = values.optional_url(item), "", 0
        elif isinstance(item, Mapping):
            url = values.link(item.get("url")) or values.optional_url(item.get("href"))
            alt = values.text(item, "name", "summary", limit=MAX_ALT)
            width = values.whole(item.get("width"), low=0, high=100_000) or 0
        else:
            continue
        if url and (best is None or width > best[0]):
            best = (width, url, alt)
    return (best[1], best[2]) if best else (None, "")


def licence(raw: Json) -> str | None:
    """Return the address of the licence that an object is under."""
    for name in ("license", "schema:license"):
        value = raw.get(name)
        found = values.optional_url(value) or values.optional_url(values.id_of(value))
        if found:
            return found
    named = raw.get("licence")
    if isinstance(named, Mapping):
        number = named.get("identifier")
        return _LICENCES.get(number) if isinstance(number, str) else None
    return None


def _link(item: Json) -> LinkIn | None:
    names = values.types(item)
    if not {"Link", "Page"} & set(names):
        return None
    if values.text(item, "mediaType", limit=100).startswith(("image/", "video/", "audio/")):
        return None
    url = values.optional_url(item.get("href")) or values.link(item.get("url"))
    if url is None:
        return None
    preview = item.get("preview")
    about: Json = preview if isinstance(preview, Mapping) else item
    image, _alt = picture(about.get("image") or about.get("icon") or about.get("attachment"))
    return LinkIn(
        url,
        values.text(about, "name", limit=500) or values.text(item, "name", limit=500),
        values.text(about, "summary", limit=2000),
        image,
    )


def _file(item: Json) -> tuple[str | None, str]:
    """Return the address of the file itself: what is no page, in the size that fits."""
    media_type = values.text(item, "mediaType", limit=100).lower()
    sizes: list[tuple[int, str, str]] = []
    for link in _links_to_files(item.get("url")):
        found = values.optional_url(link.get("href"))
        kind = values.text(link, "mediaType", limit=100).lower()
        if found and kind.startswith(("image/", "video/", "audio/")):
            height = values.whole(link.get("height"), low=0, high=100_000) or 0
            sizes.append((height, found, kind))
    if sizes:
        fitting = [size for size in sizes if size[0] <= BEST_HEIGHT]
        best = max(fitting, key=lambda size: size[0]) if fitting else min(sizes)
        return best[1], best[2]
    for address in values.items(item.get("url"), limit=20):
        found = values.optional_url(address)
        if found:
            return found, media_type
    return values.optional_url(item.get("href")), media_type


def _links_to_files(value: object) -> Iterator[Json]:
    """Yield the links of a `url`, and those that a stream's playlist lists."""
    for link in values.objects(value, limit=20):
        yield link
        yield from values.objects(link.get("tag"), limit=20)


def _focus(value: object) -> tuple[float, float]:
    if isinstance(value, list) and len(value) == 2:  # noqa: PLR2004 - x and y
        x, y = (values.number(part, low=-1, high=1) for part in value)
        return x or 0.0, y or 0.0
    return 0.0, 0.0


def _duration(value: object) -> float | None:
    if isinstance(value, str) and len(value) < 40:  # noqa: PLR2004 - as durations are
        match = _SECONDS.fullmatch(value)
        if match:
            hours, minutes, seconds = (int(part or 0) for part in match.groups())
            return float(hours * 3600 + minutes * 60 + seconds)
        return None
    return values.number(value, low=0, high=1_000_000)
