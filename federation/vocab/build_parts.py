"""Build the small parts of documents: pictures, emojis, moments. Pure."""

from datetime import UTC, datetime

from msgspec import Struct

from federation.vocab.contexts import PUBLIC
from fedi_k12.domain.searching import Searchable

_MEDIA_TYPES = {"image": "Image", "gifv": "Video", "video": "Video", "audio": "Audio"}


class EmojiOut(Struct, frozen=True):
    """A custom emoji of ours."""

    shortcode: str
    url: str
    media_type: str = "image/png"
    id: str | None = None
    updated: datetime | None = None


class AttachmentOut(Struct, frozen=True):
    """A picture, film or sound."""

    kind: str
    url: str
    media_type: str
    alt: str = ""
    width: int | None = None
    height: int | None = None
    blurhash: str | None = None
    focus: tuple[float, float] = (0.0, 0.0)
    duration: float | None = None
    license_url: str | None = None
    credit: str = ""
    poster: str = ""
    """The picture that stands for a film or sound."""


def moment(at: datetime) -> str:
    """Return a time as ActivityStreams writes it, to the second unless there is more to say."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return text.removesuffix(".000") + "Z"


def build_attachment(item: AttachmentOut) -> dict[str, object]:
    """Return an attachment with its alt text, size and blurhash."""
    document: dict[str, object] = {
        "type": _MEDIA_TYPES.get(item.kind, "Document"),
        "mediaType": item.media_type,
        "url": item.url,
        "name": item.alt or None,
        "width": item.width,
        "height": item.height,
        "blurhash": item.blurhash,
        "focalPoint": list(item.focus) if item.focus != (0.0, 0.0) else None,
        "duration": f"PT{item.duration:g}S" if item.duration else None,
        "license": item.license_url,
        "creditText": item.credit or None,
        "icon": {"type": "Image", "url": item.poster} if item.poster else None,
    }
    return {key: value for key, value in document.items() if value is not None}


def build_emoji(emoji: EmojiOut) -> dict[str, object]:
    """Return a custom emoji for a `tag`."""
    document: dict[str, object] = {
        "id": emoji.id,
        "type": "Emoji",
        "name": f":{emoji.shortcode}:",
        "icon": {"type": "Image", "mediaType": emoji.media_type, "url": emoji.url},
        "updated": moment(emoji.updated) if emoji.updated else None,
    }
    return {key: value for key, value in document.items() if value is not None}


def searchers(level: Searchable, *, author: str, followers: str) -> list[str]:
    """Return whom something may be found by, as `searchableBy` names them (FEP-268d)."""
    return [
        {
            Searchable.PUBLIC: PUBLIC,
            Searchable.FOLLOWERS: followers,
            Searchable.SELF: author,
        }[level]
    ]
