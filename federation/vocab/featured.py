"""Read and build collections of accounts that somebody recommends (FEP-7aa9). Pure."""

from datetime import datetime
from html import escape

from msgspec import Struct

from federation.vocab import values
from federation.vocab.actor import KINDS as ACTORS
from federation.vocab.build_featured import build_hashtag
from federation.vocab.build_parts import moment
from federation.vocab.values import Json
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.urls import same_origin

KIND, ITEM = "FeaturedCollection", "FeaturedItem"
STAMP = "FeatureAuthorization"
MAX_ITEMS_ELSEWHERE = 50
"""So many of another server are looked at: each may be an actor and a stamp to fetch."""
MAX_NAME_ELSEWHERE, MAX_SUMMARY_ELSEWHERE = 256, 2048


class FeaturedItemOut(Struct, frozen=True):
    """Somebody in a collection of ours, with the id of their stamp."""

    uri: str
    account_uri: str
    kind: str
    stamp: str | None
    published: datetime


class FeaturedCollectionOut(Struct, frozen=True):
    """A collection of ours with everything its document says."""

    uri: str
    url: str
    owner_uri: str
    name: str
    description: str
    language: str | None
    sensitive: bool
    discoverable: bool
    published: datetime
    updated: datetime
    tag: tuple[str, str] | None = None
    """The hashtag that it is about, as it was written, and its page."""
    items: tuple[FeaturedItemOut, ...] = ()


def build_item(item: FeaturedItemOut) -> dict[str, object]:
    """Return somebody's place in a collection."""
    document: dict[str, object] = {
        "id": item.uri,
        "type": ITEM,
        "featuredObject": item.account_uri,
        "featuredObjectType": item.kind,
        "published": moment(item.published),
    }
    if item.stamp:
        document["featureAuthorization"] = item.stamp
    return document


def build_featured_collection(collection: FeaturedCollectionOut) -> dict[str, object]:
    """Return the whole document of a collection; its summary is HTML, as everywhere."""
    summary = escape(collection.description, quote=False)
    document: dict[str, object] = {
        "id": collection.uri,
        "type": KIND,
        "attributedTo": collection.owner_uri,
        "url": collection.url,
        "name": collection.name,
        "summary": summary,
        "sensitive": collection.sensitive,
        "discoverable": collection.discoverable,
        "published": moment(collection.published),
        "updated": moment(collection.updated),
        "totalItems": len(collection.items),
        "orderedItems": [build_item(item) for item in collection.items],
    }
    if collection.language and summary:
        document["summaryMap"] = {collection.language: summary}
    if collection.tag:
        document["topic"] = build_hashtag(*collection.tag)
    return document


class FeaturedItemIn(Struct, frozen=True):
    """Somebody in a collection elsewhere, and where their word is; nothing of it is proven."""

    uri: str
    account_uri: str
    stamp: str | None


class FeaturedCollectionIn(Struct, frozen=True):
    """What a collection's document says. HTML in it is as it came."""

    id: str
    owner_uri: str
    name: str
    summary: str
    language: str | None
    tag: str
    sensitive: bool
    discoverable: bool
    url: str | None
    published: datetime | None
    updated: datetime | None
    items: tuple[FeaturedItemIn, ...]
    first: str | None
    """Where its first page is, for one that is in pages."""


def parse_featured_collection(raw: Json) -> FeaturedCollectionIn:
    """Return what a collection's document says; raise `InvalidError` where it is none.

    It is its owner's only on its owner's own server.
    """
    uri = values.remote_id(raw)
    owner = values.id_of(raw.get("attributedTo"))
    if KIND not in values.types(raw):
        raise InvalidError("type: it is no FeaturedCollection.")
    if not owner or not same_origin(owner, uri):
        raise InvalidError("attributedTo: it is missing, or of another server.")
    language, summary = _summary(raw)
    topic = next(values.objects(raw.get("topic"), limit=1), {})
    return FeaturedCollectionIn(
        id=uri,
        owner_uri=owner,
        name=values.text(raw, "name", limit=MAX_NAME_ELSEWHERE),
        summary=summary,
        language=language,
        tag=values.text(topic, "name", limit=200).lstrip("#"),
        sensitive=values.flag(raw, "sensitive"),
        # Said to be hidden, or not said at all: FEP-7aa9 takes silence for yes.
        discoverable=raw.get("discoverable") is not False,
        url=values.link(raw.get("url")),
        published=values.moment(raw.get("published")),
        updated=values.moment(raw.get("updated")),
        items=items_in(raw.get("orderedItems"), uri),
        first=values.optional_url(values.id_of(raw.get("first"))),
    )


def items_in(value: object, collection_uri: str) -> tuple[FeaturedItemIn, ...]:
    """Return the accounts among the items of a collection, each once.

    An item is of the collection's own server; what else is listed is as if it were not there.
    """
    found: dict[str, FeaturedItemIn] = {}
    for item in values.objects(value, limit=MAX_ITEMS_ELSEWHERE):
        uri = values.id_of(item)
        account = values.optional_url(values.id_of(item.get("featuredObject")))
        kind = values.text(item, "featuredObjectType", limit=200)
        if (
            uri
            and account
            and (not kind or kind in ACTORS)
            and same_origin(uri, collection_uri)
            and ITEM in values.types(item)
        ):
            stamp = values.optional_url(values.id_of(item.get("featureAuthorization")))
            found.setdefault(account, FeaturedItemIn(uri, account, stamp))
    return tuple(found.values())


def _summary(raw: Json) -> tuple[str | None, str]:
    by_language = raw.get("summaryMap")
    if isinstance(by_language, dict):
        for language, summary in by_language.items():
            if isinstance(language, str) and isinstance(summary, str):
                return language[:35], summary[:MAX_SUMMARY_ELSEWHERE]
    return None, values.text(raw, "summary", limit=MAX_SUMMARY_ELSEWHERE)
