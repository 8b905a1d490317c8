"""Read posts: notes, articles, questions, and whatever else is shown as one."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field

from federation.vocab import attachments, values
from federation.vocab.attachments import AttachmentIn, LinkIn
from federation.vocab.event import parse_event
from federation.vocab.parse import ACTIVITIES
from federation.vocab.policy import parse_policy
from federation.vocab.quote import quoted_in, stamp_of
from federation.vocab.values import PUBLIC_NAMES, Json
from fedi_k12.domain.approvals import Interaction, Policy
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
MAX_MENTIONS, MAX_HASHTAGS, MAX_EMOJIS = 50, 32, 64
MAX_TAGS = 200
MAX_OPTIONS, MAX_OPTION = 500, 2048
MAX_LANGUAGES = 20
_COMMENTS_CLOSED = 2
_SHORTCODE = re.compile(r":?([A-Za-z0-9_+-]{1,64}):?")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]{0,15}")
_NO_POSTS = frozenset(
    {
        "Person", "Group", "Organization", "Service", "Application",
        "Tombstone", "Collection", "OrderedCollection", "CollectionPage",
        "OrderedCollectionPage", "Link", "Mention", "Hashtag", "Emoji", "PropertyValue",
        "Place",
        "Profile", "Relationship", "Key", "Multikey", "Playlist", "PlaylistElement",
        "CacheFile", "WatchAction", "Story", "Member", "Todo", "TodoList", "Shelf", "Work",
        "Edition", "Author", "QuoteAuthorization", "LikeAuthorization", "ReplyAuthorization",
        "AnnounceAuthorization", "DataIntegrityProof",
    }
)  # fmt: skip
"""What has an id and perhaps a name, and still is nothing that somebody said."""


class MentionIn(Struct, frozen=True):
    """Somebody a post names: `href` says who, `name` is decoration."""

    href: str
    name: str


class EmojiIn(Struct, frozen=True):
    """A custom emoji of the sender's server."""

    shortcode: str
    url: str
    id: str | None
    updated: datetime | None


class PollIn(Struct, frozen=True):
    """A question: (title, votes) in order (FEP-9967)."""

    options: tuple[tuple[str, int], ...]
    multiple: bool
    ends: datetime | None
    closed: datetime | None
    voters: int | None
    hidden: bool = False
    """It does not say how many chose what."""


class NoteIn(Struct, frozen=True):
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
    """What it quotes; whether it may is another question."""
    mentions: tuple[MentionIn, ...]
    hashtags: tuple[tuple[str, str], ...]
    """(key, display) pairs."""
    emojis: tuple[EmojiIn, ...]
    attachments: tuple[AttachmentIn, ...]
    poll: PollIn | None
    is_vote: bool
    event: EventDetails | None = None
    links: tuple[LinkIn, ...] = ()
    """Pages that it is about."""
    cover: str | None = None
    cover_alt: str = ""
    excerpt: str = ""
    """How its author would have it shown where there is no room (FEP-b2b8's `preview`)."""
    media_type: str = ""
    """What `content` is written in where that is not HTML."""
    license_url: str | None = None
    live: bool = False
    """It is broadcast as it happens (PeerTube)."""
    searchable_by: tuple[str, ...] | None = None
    """Ids of those whom it lets find it by its words (FEP-268d)."""
    closed: bool = False
    """Its author wants no answers (Lemmy, PeerTube, Pixelfed)."""
    policy: Policy = field(default_factory=Policy)
    """Who may do what with it; accounts and collections are their ids."""
    quote_stamp: str | None = None
    reply_stamp: str | None = None


def is_post(raw: Json) -> bool:
    """Return whether an object is shown as a post; unknown kinds are if they say anything."""
    return bool(kind_of(raw))


def kind_of(raw: Json) -> str:
    """Return what kind of post an object is, "" for what is none."""
    names = values.types(raw)
    known = next((name for name in names if name in KINDS), "")
    if known:
        return known
    if not names or set(names) & (ACTIVITIES | _NO_POSTS):
        return ""
    says = values.text(raw, "name", "content") or raw.get("contentMap")
    return names[0] if says and _KIND.fullmatch(names[0]) else ""


def parse_object(raw: object) -> NoteIn:
    """Return what a post's document says, or raise `InvalidError` naming what is wrong."""
    if not isinstance(raw, Mapping):
        raise InvalidError("An object is a JSON object.")
    object_id = values.remote_id(raw)
    kind = kind_of(raw)
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
    shared = attachments.links(raw, kind, object_id)
    cover, cover_alt = attachments.picture(raw.get("image") or raw.get("icon"))
    preview = raw.get("preview")
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
        url=_page(raw, object_id, shared),
        published=values.moment(raw.get("published")),
        updated=values.moment(raw.get("updated")),
        to=values.ids(raw.get("to")),
        cc=values.ids(raw.get("cc")) + values.ids(raw.get("audience")),
        in_reply_to=in_reply_to,
        context=_first_id(raw.get("context")),
        conversation=values.text(raw, "conversation", limit=2048) or None,
        quote=quoted_in(raw),
        mentions=tuple(_mentions(raw.get("tag"))),
        hashtags=tuple(_hashtags(raw.get("tag")).items()),
        emojis=emojis_of(raw.get("tag")),
        attachments=attachments.attachments(raw, kind),
        poll=_poll(raw) if kind == "Question" else None,
        is_vote=kind == "Note"
        and bool(name)
        and in_reply_to is not None
        and not raw.get("content")
        and not raw.get("contentMap"),
        event=parse_event(raw) if kind == "Event" else None,
        links=shared,
        cover=cover,
        cover_alt=cover_alt,
        excerpt=values.text(preview, "content", "summary", limit=20_480)
        if isinstance(preview, Mapping)
        else "",
        media_type=values.text(raw, "mediaType", limit=100).lower(),
        license_url=attachments.licence(raw),
        searchable_by=values.searchable_ids(raw),
        live=values.flag(raw, "isLiveBroadcast"),
        closed=_is_closed(raw),
        policy=parse_policy(raw),
        quote_stamp=stamp_of(raw, Interaction.QUOTE),
        reply_stamp=stamp_of(raw, Interaction.REPLY),
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
    """Return who wrote it: a person before a group, of the object's own server (FED-2, FED-22).

    PeerTube names the account and the channel of a film.
    """
    named = list(values.items(raw.get("attributedTo"), limit=10))
    for value in sorted(named, key=_is_group):
        owner = values.id_of(value)
        if same_origin(owner, object_id):
            return owner
    raise InvalidError("attributedTo: nobody of the server that the id is of.")


def _is_group(value: object) -> bool:
    return isinstance(value, Mapping) and "Group" in values.types(value)


def _page(raw: Json, object_id: str, shared: Sequence[LinkIn]) -> str | None:
    """Return the address for people; a link post's `url` may be what it is about instead."""
    found = values.link(raw.get("url"))
    return None if found and any(link.url == found for link in shared) else found


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


def _is_closed(raw: Json) -> bool:
    """Return whether a post takes no answers, in the ways of before there were policies.

    PeerTube and Lemmy (`commentsEnabled`), PeerTube since 6.2 (`commentsPolicy`: 2 is closed),
    Mobilizon (`repliesModerationOption`), Pixelfed (`capabilities.reply`).
    """
    able = raw.get("capabilities")
    return (
        any(raw.get(name) is False for name in ("commentsEnabled", "pt:commentsEnabled"))
        or raw.get("commentsPolicy") == _COMMENTS_CLOSED
        or raw.get("repliesModerationOption") == "closed"
        or (isinstance(able, Mapping) and "reply" in able and able["reply"] is None)
    )


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
