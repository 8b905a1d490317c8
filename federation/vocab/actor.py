"""Read the document of an actor."""

import re
from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from federation.vocab import values
from federation.vocab.note import EmojiIn, emojis_of
from federation.vocab.policy import feature_rule
from federation.vocab.values import Json
from fedi_k12.domain.approvals import Rule
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.urls import same_origin

KINDS = ("Person", "Group", "Organization", "Service", "Application")
MAX_KEYS = 10
MAX_MULTIBASE = 1500
"""An RSA key of 8192 bits has 1423 letters."""
MAX_FIELDS = 50
MAX_ALIASES = 32
MAX_IMPLEMENTS = 64
MAX_NAME, MAX_SUMMARY, MAX_FIELD = 2048, 20_480, 2047
_USERNAME = re.compile(r"[^\s@/:?#\x00-\x20\x7f]{1,2048}")


class KeyIn(Struct, frozen=True):
    """A public key as a document names it: one of `pem` and `multibase`."""

    id: str
    owner: str
    pem: str = ""
    multibase: str = ""
    asserts: bool = False
    """Listed under `assertionMethod`: it may make proofs (FEP-521a)."""


class ActorIn(Struct, frozen=True):
    """What an actor's document says. HTML in it is as it came."""

    id: str
    kind: str
    username: str
    inbox: str
    name: str
    summary: str
    url: str | None
    shared_inbox: str | None
    outbox: str | None
    followers: str | None
    following: str | None
    featured: str | None
    featured_tags: str | None
    icon_url: str | None
    icon_alt: str
    image_url: str | None
    image_alt: str
    locked: bool
    discoverable: bool
    indexable: bool
    memorial: bool
    suspended: bool
    keys: tuple[KeyIn, ...]
    also_known_as: tuple[str, ...]
    moved_to: str | None
    webfinger: str
    fields: tuple[tuple[str, str], ...]
    emojis: tuple[EmojiIn, ...]
    attribution_domains: tuple[str, ...]
    implements: tuple[str, ...]
    """What its server says it can do, by address (FEP-844e)."""
    published: datetime | None
    updated: datetime | None
    show_media: bool = True
    show_media_replies: bool = True
    show_featured: bool = True
    searchable_by: str = ""
    """Whom it lets find its posts by their words: `public`, `followers`, `self` or nothing."""
    moderators: str | None = None
    """Where a group lists who looks after it (FEP-1b12)."""
    restricted: bool = False
    """Only they begin posts in it."""
    featured_collections: str | None = None
    featuring: Rule | None = None
    """Who may put it into collections (FEP-7aa9)."""


def parse_actor(raw: object) -> ActorIn:
    """Return what an actor's document says, or raise `InvalidError` naming what is wrong.

    The inbox must be of the actor's own server, or somebody else would get what is meant for
    it; other addresses of elsewhere are as if they were not there (FED-12).
    """
    if not isinstance(raw, Mapping):
        raise InvalidError("An actor is a JSON object.")
    actor_id = values.remote_id(raw)
    kind = next((name for name in values.types(raw) if name in KINDS), "")
    if not kind:
        raise InvalidError("type: it is none of the kinds of actors.")
    inbox = values.id_of(raw.get("inbox"))
    if not same_origin(inbox, actor_id):
        raise InvalidError("inbox: it is missing, or of another server.")
    webfinger = values.text(raw, "webfinger", limit=2400).removeprefix("acct:")
    username = (
        values.text(raw, "preferredUsername", limit=MAX_NAME + 1) or webfinger.partition("@")[0]
    )
    if not _USERNAME.fullmatch(username):
        raise InvalidError("preferredUsername: it is missing, or no name.")
    icon_url, icon_alt = _image(raw.get("icon"))
    image_url, image_alt = _image(raw.get("image"))
    return ActorIn(
        id=actor_id,
        kind=kind,
        username=username,
        inbox=inbox,
        name=values.text(raw, "name", limit=MAX_NAME),
        summary=values.text(raw, "summary", limit=MAX_SUMMARY),
        url=values.link(raw.get("url")),
        shared_inbox=_own(_shared_inbox(raw), actor_id),
        outbox=_own(values.id_of(raw.get("outbox")), actor_id),
        followers=_own(values.id_of(raw.get("followers")), actor_id),
        following=_own(values.id_of(raw.get("following")), actor_id),
        featured=_own(values.id_of(raw.get("featured")), actor_id),
        featured_tags=_own(values.id_of(raw.get("featuredTags")), actor_id),
        icon_url=icon_url,
        icon_alt=icon_alt,
        image_url=image_url,
        image_alt=image_alt,
        locked=values.flag(raw, "manuallyApprovesFollowers"),
        discoverable=values.flag(raw, "discoverable", "toot:discoverable"),
        indexable=values.flag(raw, "indexable", "toot:indexable"),
        searchable_by=values.searchable_by(
            values.searchable_ids(raw), followers=values.id_of(raw.get("followers"))
        )
        or "",
        show_media=raw.get("showMedia") is not False,
        show_media_replies=raw.get("showRepliesInMedia") is not False,
        show_featured=raw.get("showFeatured") is not False,
        memorial=values.flag(raw, "memorial", "toot:memorial"),
        suspended=values.flag(raw, "suspended", "toot:suspended"),
        keys=tuple(_keys(raw, actor_id)),
        also_known_as=values.ids(raw.get("alsoKnownAs"), limit=MAX_ALIASES),
        moved_to=values.id_of(raw.get("movedTo")) or None,
        webfinger=webfinger,
        fields=tuple(_fields(raw.get("attachment"))),
        emojis=emojis_of(raw.get("tag")),
        attribution_domains=tuple(
            item
            for item in values.items(raw.get("attributionDomains"), limit=MAX_ALIASES)
            if isinstance(item, str) and len(item) < 256  # noqa: PLR2004 - as long as hosts get
        ),
        implements=_implements(raw),
        published=values.moment(raw.get("published")),
        updated=values.moment(raw.get("updated")),
        moderators=_own(_moderators(raw), actor_id) if kind == "Group" else None,
        restricted=values.flag(raw, "postingRestrictedToMods"),
        featured_collections=_own(values.id_of(raw.get("featuredCollections")), actor_id),
        featuring=feature_rule(
            raw,
            author=actor_id,
            followers=values.id_of(raw.get("followers")),
            following=values.id_of(raw.get("following")),
        ),
    )


def keys_in(raw: Json, owner: str) -> list[KeyIn]:
    """Return the keys in a document that `owner` is said to own."""
    return _keys(raw, owner)


def _keys(raw: Json, actor_id: str) -> list[KeyIn]:
    found: dict[tuple[str, bool], KeyIn] = {}
    for item in values.objects(raw.get("publicKey"), limit=MAX_KEYS):
        key_id = values.id_of(item)
        owner = values.id_of(item.get("owner")) or actor_id
        pem = values.text(item, "publicKeyPem", limit=16_384)
        if key_id and pem and owner == actor_id and same_origin(key_id, actor_id):
            found.setdefault((key_id, False), KeyIn(key_id, owner, pem=pem))
    for item in values.objects(raw.get("assertionMethod"), limit=MAX_KEYS):
        key_id = values.id_of(item)
        owner = values.id_of(item.get("controller"))
        multibase = values.text(item, "publicKeyMultibase", limit=MAX_MULTIBASE)
        if (
            "Multikey" in values.types(item)
            and key_id
            and multibase
            and owner == actor_id
            and same_origin(key_id, actor_id)
        ):
            key = KeyIn(key_id, owner, multibase=multibase, asserts=True)
            found.setdefault((key_id, True), key)
    return list(found.values())[:MAX_KEYS]


def _own(address: str, actor_id: str) -> str | None:
    return address if address and same_origin(address, actor_id) else None


def _shared_inbox(raw: Json) -> str:
    endpoints = raw.get("endpoints")
    if isinstance(endpoints, Mapping):
        return values.id_of(endpoints.get("sharedInbox"))
    return ""


def _moderators(raw: Json) -> str:
    """Return where the moderators are listed; Lemmy once said it in a word of its own."""
    for name in ("attributedTo", "moderators", "lemmy:moderators"):
        if not isinstance(raw.get(name), list) and (found := values.id_of(raw.get(name))):
            return found
    return ""


def _implements(raw: Json) -> tuple[str, ...]:
    found: list[str] = []
    for place in (raw, raw.get("generator")):
        if isinstance(place, Mapping):
            for item in values.items(place.get("implements"), limit=MAX_IMPLEMENTS):
                href = item.get("href") if isinstance(item, Mapping) else item
                if isinstance(href, str) and len(href) < MAX_NAME:
                    found.append(href)
    return tuple(dict.fromkeys(found))


def _image(value: object) -> tuple[str | None, str]:
    for item in values.items(value, limit=4):
        if isinstance(item, str):
            return values.optional_url(item), ""
        if isinstance(item, Mapping):
            url = values.link(item.get("url")) or values.optional_url(item.get("href"))
            if url:
                return url, values.text(item, "summary", "name", limit=1500)
    return None, ""


def _fields(value: object) -> list[tuple[str, str]]:
    rows = []
    for item in values.objects(value, limit=MAX_FIELDS):
        names = values.types(item)
        if "PropertyValue" in names or "schema:PropertyValue" in names:
            name = values.text(item, "name", limit=MAX_FIELD)
            found = values.text(item, "value", "schema:value", "sc:value", limit=MAX_FIELD)
            if name:
                rows.append((name, found))
    return rows
