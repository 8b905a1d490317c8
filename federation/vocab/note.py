"""Read posts: notes, articles, questions, and whatever else is shown as one."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from federation.vocab import values
from federation.vocab.event import parse_event
from federation.vocab.values import PUBLIC_NAMES, Json
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.events import EventDetails
from fedi_k12.domain.languages import normalise_language
from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.text import clean_line, tag_key
from fedi_k12.domain.urls import same_origin

KINDS = (
    "Note",
    "Article",
    "Page",
    "Question",
    "Event",
    "Video",
    "Audio",
    "Image",
    "ChatMessage",
)
MAX_MENTIONS, MAX_HASHTAGS, MAX_EMOJIS, MAX_ATTACHMENTS = 50, 32, 64, 16
MAX_TAGS = 200
MAX_OPTIONS, MAX_OPTION = 500, 2048
MAX_ALT = 10_000
MAX_LANGUAGES = 20
_SHORTCODE = re.compile(r":?([A-Za-z0-9_+-]{1,64}):?")
_BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,100}")
_SECONDS = re.compile(r"PT(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,5})(?:\.\d+)?S)?")
_MEDIA = {"Image": "image", "Video": "video", "Audio": "audio"}


@dataclass(frozen=True, slots=True)
class MentionIn:
    """Somebody a post names: `href` says who, `name` is decoration."""

    href: str
    name: str


@dataclass(frozen=True, slots=True)
class EmojiIn:
    """A custom emoji of the sender's server."""

    shortcode: str
    url: str
    id: str | None
    updated: datetime | None


@dataclass(frozen=True, slots=True)
class AttachmentIn:
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


@dataclass(frozen=True, slots=True)
class PollIn:
    """A question: (title, votes) in order (FEP-9967)."""

    options: tuple[tuple[str, int], ...]
    multiple: bool
    ends: datetime | None
    closed: datetime | None
    voters: int | None
    hidden: bool = False
    """It does not say how many chose what."""


@dataclass(frozen=True, slots=True)
class NoteIn:
    """What a post's document says. HTML in it is as it came."""

    id: str
    kind: str
    attributed_to: str
    content: str
    content_map: Mapping[str, str]
    language: str | None
    name: str
    summary: str
    sensitive: bool
    url: str | None
    published: datetime | None
    updated: datetime | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    in_reply_to: str | None
    context: str | None
    conversation: str | None
    quote: str | None
    mentions: tuple[MentionIn, ...]
    hashtags: tuple[tuple[str, str], ...]
    """(key, display) pairs."""
    emojis: tuple[EmojiIn, ...]
    attachments: tuple[AttachmentIn, ...]
    poll: PollIn | None
    is_vote: bool
    event: EventDetails | None = None


def parse_object(raw: object) -> NoteIn:
    """Return what a post's document says, or raise `InvalidError` naming what is wrong."""
    if not isinstance(raw, Mapping):
        raise InvalidError("An object is a JSON object.")
    object_id = values.remote_id(raw)
    kind = next((name for name in values.types(raw) if name in KINDS), "")
    if not kind:
        raise InvalidError("type: nothing that is shown as a post.")
    owner = _owner(raw, object_id)
    content_map = _map(raw.get("contentMap"))
    content = values.text(raw, "content")
    language = _language(raw, content, content_map)
    if not content and content_map:
        content = content_map.get(language or "") or next(iter(content_map.values()))
    name = values.text(raw, "name", limit=2048)
    summary = values.text(raw, "summary", limit=20_480)
    in_reply_to = _first_id(raw.get("inReplyTo"))
    return NoteIn(
        id=object_id,
        kind="Note" if kind == "ChatMessage" else kind,
        attributed_to=owner,
        content=content,
        content_map=content_map,
        language=language,
        name=name,
        summary=summary,
        sensitive=values.flag(raw, "sensitive", "as:sensitive"),
        url=values.link(raw.get("url")),
        published=values.moment(raw.get("published")),
        updated=values.moment(raw.get("updated")),
        to=values.ids(raw.get("to")),
        cc=values.ids(raw.get("cc")) + values.ids(raw.get("audience")),
        in_reply_to=in_reply_to,
        context=_first_id(raw.get("context")),
        conversation=values.text(raw, "conversation", limit=2048) or None,
        quote=_quote(raw),
        mentions=tuple(_mentions(raw.get("tag"))),
        hashtags=tuple(_hashtags(raw.get("tag")).items()),
        emojis=emojis_of(raw.get("tag")),
        attachments=tuple(_attachments(raw, kind)),
        poll=_poll(raw) if kind == "Question" else None,
        is_vote=kind == "Note"
        and bool(name)
        and in_reply_to is not None
        and not raw.get("content")
        and not raw.get("contentMap"),
        event=parse_event(raw) if kind == "Event" else None,
    )


def visibility_of(note: NoteIn, *, followers_uri: str | None) -> Visibility:
    """Return who may see a post by whom it is addressed to."""
    return visibility_of_addresses(note.to, note.cc, followers_uri=followers_uri)


def visibility_of_addresses(
    to: Collection[str], cc: Collection[str], *, followers_uri: str | None
) -> Visibility:
    """Return the visibility that these addresses mean.

    What we do not understand is for those it names and nobody else.
    """
    if PUBLIC_NAMES & set(to):
        return Visibility.PUBLIC
    if PUBLIC_NAMES & set(cc):
        return Visibility.UNLISTED
    if followers_uri and followers_uri in {*to, *cc}:
        return Visibility.FOLLOWERS
    return Visibility.DIRECT


def emojis_of(value: object) -> tuple[EmojiIn, ...]:
    """Return the custom emojis among an object's tags."""
    found = []
    for item in values.objects(value, limit=MAX_TAGS):
        names = values.types(item)
        match = _SHORTCODE.fullmatch(values.text(item, "name", limit=80))
        icon = item.get("icon")
        if match and ({"Emoji", "toot:Emoji"} & set(names)) and isinstance(icon, Mapping):
            url = values.link(icon.get("url")) or values.optional_url(icon.get("href"))
            if url:
                found.append(
                    EmojiIn(
                        match[1],
                        url,
                        values.optional_url(item.get("id")),
                        values.moment(item.get("updated")),
                    )
                )
    return tuple(found[:MAX_EMOJIS])


def _owner(raw: Json, object_id: str) -> str:
    """Return who wrote it: the first who is of the object's own server (FED-2, FED-22)."""
    for value in values.items(raw.get("attributedTo"), limit=10):
        owner = values.id_of(value)
        if same_origin(owner, object_id):
            return owner
    raise InvalidError("attributedTo: nobody of the server that the id is of.")


def _first_id(value: object) -> str | None:
    for item in values.items(value, limit=2):
        found = values.optional_url(values.id_of(item))
        if found:
            return found
    return None


def _map(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    found = {}
    for tag, words in list(value.items())[:MAX_LANGUAGES]:
        language = normalise_language(tag) if isinstance(tag, str) else None
        if language and isinstance(words, str):
            found[language] = words
    return found


def _language(raw: Json, content: str, content_map: Mapping[str, str]) -> str | None:
    for tag, words in content_map.items():
        if words == content:
            return tag
    if len(content_map) == 1:
        return next(iter(content_map))
    named = raw.get("language")
    if isinstance(named, Mapping):
        return normalise_language(values.text(named, "identifier", limit=40))
    return normalise_language(named) if isinstance(named, str) else None


def _quote(raw: Json) -> str | None:
    for name in ("quote", "_misskey_quote", "quoteUrl", "quoteUri"):
        found = _first_id(raw.get(name))
        if found:
            return found
    return None


def _mentions(value: object) -> list[MentionIn]:
    found: dict[str, MentionIn] = {}
    for item in values.objects(value, limit=MAX_TAGS):
        href = values.optional_url(values.id_of(item.get("href")))
        if href and "Mention" in values.types(item):
            found.setdefault(href, MentionIn(href, values.text(item, "name", limit=500)))
    return list(found.values())[:MAX_MENTIONS]


def _hashtags(value: object) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in values.objects(value, limit=MAX_TAGS):
        if {"Hashtag", "as:Hashtag"} & set(values.types(item)):
            display = clean_line(values.text(item, "name", limit=200), 100).lstrip("#")
            if display and " " not in display:
                found.setdefault(tag_key(display), display)
    return dict(list(found.items())[:MAX_HASHTAGS])


def _attachments(raw: Json, kind: str) -> list[AttachmentIn]:
    found = []
    for item in values.objects(raw.get("attachment"), limit=MAX_ATTACHMENTS):
        made = _attachment(item)
        if made is not None:
            found.append(made)
    if kind in _MEDIA:
        itself = _attachment({**raw, "type": kind})
        if itself is not None and all(itself.url != other.url for other in found):
            found.insert(0, itself)
    return found[:MAX_ATTACHMENTS]


def _attachment(item: Json) -> AttachmentIn | None:
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
        license_url=values.optional_url(item.get("license")),
    )


def _alt(item: Json) -> str:
    # Mobilizon calls the picture at the head of an event so; that describes nothing.
    first = "summary" if item.get("name") == "Banner" else "name"
    return values.text(item, first, "summary", limit=MAX_ALT)


def _file(item: Json) -> tuple[str | None, str]:
    """Return the address of the file itself: what is no page, the first there is."""
    media_type = values.text(item, "mediaType", limit=100).lower()
    for link in values.items(item.get("url"), limit=20):
        if isinstance(link, Mapping):
            found = values.optional_url(link.get("href"))
            kind = values.text(link, "mediaType", limit=100).lower()
            if found and kind.startswith(("image/", "video/", "audio/")):
                return found, kind
        elif isinstance(link, str):
            found = values.optional_url(link)
            if found:
                return found, media_type
    return values.optional_url(item.get("href")), media_type


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


def _poll(raw: Json) -> PollIn | None:
    multiple = "anyOf" in raw
    options: dict[str, int] = {}
    hidden = True
    for item in values.objects(raw.get("anyOf" if multiple else "oneOf"), limit=MAX_OPTIONS):
        replies = item.get("replies")
        votes = replies.get("totalItems") if isinstance(replies, Mapping) else None
        title = clean_line(values.text(item, "name", limit=MAX_OPTION), MAX_OPTION)
        if title:
            # Votes come by the words alone: the same words twice are one answer.
            options.setdefault(title, values.whole(votes) or 0)
            hidden = hidden and votes is None
    if not options:
        return None
    ends = values.moment(raw.get("endTime"))
    closed = values.moment(raw.get("closed"))
    if closed is None and raw.get("closed") is True:
        closed = ends
    return PollIn(
        tuple(options.items()),
        multiple,
        ends,
        closed,
        values.whole(raw.get("votersCount", raw.get("toot:votersCount"))),
        hidden,
    )
