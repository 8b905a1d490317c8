"""Build the documents of our actors: from plain values to dicts ready for JSON. Pure."""

from datetime import datetime

from msgspec import Struct

from federation.vocab.build_parts import (
    EmojiOut,
    build_emoji,
    moment,
    searchers,
)
from federation.vocab.contexts import PUBLIC
from federation.vocab.policy import build_feature_policy
from fedi_k12.domain.approvals import Rule
from fedi_k12.domain.searching import Searchable

RFC_9421 = "https://datatracker.ietf.org/doc/html/rfc9421"
IMPLEMENTS = (
    {"href": RFC_9421, "name": "RFC-9421: HTTP Message Signatures"},
    {
        "href": f"{RFC_9421}#name-eddsa-using-curve-edwards25",
        "name": "RFC-9421 signatures using the Ed25519 algorithm",
    },
)
"""What this server can do that another has to know before it asks (FEP-844e)."""


class ImageOut(Struct, frozen=True):
    """A picture of a profile with its description."""

    url: str
    media_type: str
    alt: str = ""


class KeyOut(Struct, frozen=True):
    """A public key and its id: PEM for RSA, multibase for Ed25519."""

    uri: str
    value: str


class ActorOut(Struct, frozen=True):
    """An account of ours with everything its document says."""

    uri: str
    kind: str
    username: str
    webfinger: str
    """`user@domain` (FEP-2c59)."""
    url: str
    inbox: str
    outbox: str
    followers: str
    following: str
    shared_inbox: str
    published: datetime
    rsa_key: KeyOut | None
    ed25519_key: KeyOut | None
    former_keys: tuple[KeyOut, ...] = ()
    """Keys that proofs on their way were made with."""
    name: str = ""
    summary: str = ""
    featured: str | None = None
    featured_tags: str | None = None
    upcoming_events: str | None = None
    moderators: str | None = None
    """The list of who looks after it, for a group (FEP-1b12)."""
    restricted: bool = False
    """Only they begin posts in it."""
    updated: datetime | None = None
    locked: bool = False
    discoverable: bool = False
    indexable: bool = False
    searchable_by: Searchable = Searchable.SELF
    show_media: bool | None = None
    """Its page has a tab of pictures; None for an actor that has no such page."""
    show_media_replies: bool | None = None
    show_featured: bool | None = None
    memorial: bool = False
    icon: ImageOut | None = None
    image: ImageOut | None = None
    fields: tuple[tuple[str, str], ...] = ()
    emojis: tuple[EmojiOut, ...] = ()
    also_known_as: tuple[str, ...] = ()
    moved_to: str | None = None
    attribution_domains: tuple[str, ...] = ()
    featured_collections: str | None = None
    streams: tuple[str, ...] = ()
    """Further collections of what it says: digests."""
    featuring: Rule | None = None
    """Who may put it into collections (FEP-7aa9)."""
    endpoints: tuple[tuple[str, str], ...] = ()
    """Endpoints besides the shared inbox (section 4.1): name and address."""


def build_actor(actor: ActorOut) -> dict[str, object]:
    """Return the whole document of an actor."""
    document: dict[str, object] = {
        **build_stub(actor),
        "name": actor.name or actor.username,
        "summary": actor.summary,
        "url": actor.url,
        "webfinger": actor.webfinger,
        "outbox": actor.outbox,
        "followers": actor.followers,
        "following": actor.following,
        "featured": actor.featured,
        "featuredTags": actor.featured_tags,
        "featuredCollections": actor.featured_collections,
        "interactionPolicy": build_feature_policy(actor.featuring, author=actor.uri)
        if actor.featuring
        else None,
        "upcomingEvents": actor.upcoming_events,
        "streams": list(actor.streams) or None,
        "attributedTo": actor.moderators,
        "postingRestrictedToMods": actor.restricted if actor.moderators else None,
        "endpoints": {"sharedInbox": actor.shared_inbox, **dict(actor.endpoints)},
        # To the day: the hour somebody signed up at is nobody's business.
        "published": moment(actor.published.replace(hour=0, minute=0, second=0, microsecond=0)),
        "updated": moment(actor.updated) if actor.updated else None,
        "manuallyApprovesFollowers": actor.locked,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "searchableBy": searchers(
            actor.searchable_by, author=actor.uri, followers=actor.followers
        ),
        "showMedia": actor.show_media,
        "showRepliesInMedia": actor.show_media_replies,
        "showFeatured": actor.show_featured,
        "memorial": True if actor.memorial else None,
        "icon": _image(actor.icon),
        "image": _image(actor.image),
        "attachment": [
            {"type": "PropertyValue", "name": name, "value": value}
            for name, value in actor.fields
        ],
        "tag": [build_emoji(emoji) for emoji in actor.emojis],
        "alsoKnownAs": list(actor.also_known_as) or None,
        "movedTo": actor.moved_to,
        "attributionDomains": list(actor.attribution_domains) or None,
    }
    return {key: value for key, value in document.items() if value is not None}


def build_stub(actor: ActorOut) -> dict[str, object]:
    """Return what anybody may read of an actor without signing: enough to check its keys.

    Two servers that both ask for signatures could not begin to talk otherwise.
    """
    stub: dict[str, object] = {
        "id": actor.uri,
        "type": actor.kind,
        "preferredUsername": actor.username,
        "inbox": actor.inbox,
        "url": actor.url,
        "generator": {"type": "Application", "implements": [dict(one) for one in IMPLEMENTS]},
    }
    if actor.rsa_key:
        stub["publicKey"] = {
            "id": actor.rsa_key.uri,
            "owner": actor.uri,
            "publicKeyPem": actor.rsa_key.value,
        }
    if actor.ed25519_key:
        # FEP-521a
        stub["assertionMethod"] = [
            {
                "id": key.uri,
                "type": "Multikey",
                "controller": actor.uri,
                "publicKeyMultibase": key.value,
            }
            for key in (actor.ed25519_key, *actor.former_keys)
        ]
    return stub


def build_move(
    *, uri: str, actor_uri: str, target_uri: str, followers: str
) -> dict[str, object]:
    """Return the activity that tells followers where an account went (FEP-7628)."""
    return {
        "id": uri,
        "type": "Move",
        "actor": actor_uri,
        "object": actor_uri,
        "target": target_uri,
        "to": [followers],
    }


def build_farewell(uri: str) -> dict[str, object]:
    """Return the activity that says that an account is gone for good."""
    return {
        "id": f"{uri}#delete",
        "type": "Delete",
        "actor": uri,
        "object": uri,
        "to": [PUBLIC],
    }


def _image(image: ImageOut | None) -> dict[str, object] | None:
    if image is None:
        return None
    document: dict[str, object] = {
        "type": "Image",
        "mediaType": image.media_type,
        "url": image.url,
    }
    if image.alt:
        document["summary"] = image.alt
    return document
