"""Read and build quotes and stamps (FEP-044f), and the forms of quotes before it.

A stamp is the word of a post's author that somebody may quote or answer it: a document on the
author's own server that names both posts.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from federation.vocab import values
from federation.vocab.values import Json
from fedi_k12.domain.approvals import Interaction

MISSKEY = "https://misskey-hub.net/ns#_misskey_quote"
LINK_TYPE = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
_NAMES = ("quote", "_misskey_quote", "quoteUrl", "quoteUri")
_MAX_TAGS = 200
REQUESTS: Mapping[str, Interaction] = {
    "QuoteRequest": Interaction.QUOTE,
    "ReplyRequest": Interaction.REPLY,
    "LikeRequest": Interaction.FAVOURITE,
    "AnnounceRequest": Interaction.BOOST,
}
FEATURE = "feature"
"""To put an account into a collection (FEP-7aa9): asked and stamped in the same way."""
STAMPS: Mapping[str, str] = {
    Interaction.QUOTE: "QuoteAuthorization",
    Interaction.REPLY: "ReplyAuthorization",
    Interaction.FAVOURITE: "LikeAuthorization",
    Interaction.BOOST: "AnnounceAuthorization",
    FEATURE: "FeatureAuthorization",
}
REQUEST_OF: Mapping[str, str] = {
    **{kind: name for name, kind in REQUESTS.items()},
    FEATURE: "FeatureRequest",
}


def quoted_in(raw: Json) -> str | None:
    """Return the id of what a post quotes, in the first form that says it.

    `quote` (FEP-044f), `_misskey_quote`, `quoteUrl`, `quoteUri`, then a Link tag (FEP-e232),
    one that says it is a quote before one that does not.
    """
    for name in _NAMES:
        for value in values.items(raw.get(name), limit=2):
            found = values.optional_url(values.id_of(value))
            if found:
                return found
    links = [item for item in values.objects(raw.get("tag"), limit=_MAX_TAGS) if _is_link(item)]
    links.sort(key=lambda item: MISSKEY not in values.ids(item.get("rel")))
    return next((str(item["href"]) for item in links), None)


def stamp_of(raw: Json, interaction: Interaction) -> str | None:
    """Return the id of the stamp that a post carries: of what it quotes, or what it answers."""
    if interaction is Interaction.QUOTE:
        return values.optional_url(values.id_of(raw.get("quoteAuthorization")))
    for name in ("replyAuthorization", "approvedBy"):
        found = values.optional_url(values.id_of(raw.get(name)))
        if found:
            return found
    return None


def vouches(
    stamp: Json,
    *,
    author: str,
    interaction_uri: str,
    target_uri: str,
    kind: str = Interaction.QUOTE,
) -> bool:
    """Return whether a stamp is for this use of this target, by this author (FED-111).

    Only a stamp that names its target by the author's own id needs not say whose it is: so
    Mastodon writes those of collections.
    """
    by = values.id_of(stamp.get("attributedTo"))
    return (
        STAMPS[kind] in values.types(stamp)
        and (by == author or (not by and kind == FEATURE and target_uri == author))
        and values.id_of(stamp.get("interactingObject")) == interaction_uri
        and values.id_of(stamp.get("interactionTarget")) == target_uri
    )


def build_stamp(
    kind: str, *, uri: str, author_uri: str, interaction_uri: str, target_uri: str
) -> dict[str, object]:
    """Return the stamp of an author of ours."""
    return {
        "id": uri,
        "type": STAMPS[kind],
        "attributedTo": author_uri,
        "interactingObject": interaction_uri,
        "interactionTarget": target_uri,
    }


def build_request(
    kind: str,
    *,
    uri: str,
    actor_uri: str,
    target_uri: str,
    author_uri: str,
    instrument: object,
) -> dict[str, object]:
    """Return the question to somebody whether their post, or they, may be used so."""
    return {
        "id": uri,
        "type": REQUEST_OF[kind],
        "actor": actor_uri,
        "object": target_uri,
        "instrument": instrument,
        "to": [author_uri],
    }


def build_verdict(
    answer: Literal["Accept", "Reject"],
    kind: str,
    *,
    uri: str,
    actor_uri: str,
    asker_uri: str,
    request_uri: str | None,
    interaction_uri: str,
    target_uri: str,
    stamp_uri: str | None,
) -> dict[str, object]:
    """Return the answer to such a question; without one it is about the post itself."""
    asked: object = interaction_uri
    if request_uri:
        asked = {
            "id": request_uri,
            "type": REQUEST_OF[kind],
            "actor": asker_uri,
            "object": target_uri,
            "instrument": interaction_uri,
        }
    activity: dict[str, object] = {
        "id": uri,
        "type": answer,
        "actor": actor_uri,
        "object": asked,
        "to": [asker_uri],
    }
    if not request_uri:
        activity["target"] = target_uri
    if stamp_uri:
        activity["result"] = stamp_uri
    return activity


def build_revocation(
    *, stamp: Mapping[str, object], actor_uri: str, to: list[str], cc: list[str]
) -> dict[str, object]:
    """Return the Delete of a stamp, which it carries so that others know what it was for."""
    return {
        "id": f"{stamp['id']}#delete",
        "type": "Delete",
        "actor": actor_uri,
        "to": to,
        "cc": cc,
        "object": dict(stamp),
    }


class QuoteOut(Struct, frozen=True):
    """What a post of ours quotes; `page` is its address for people."""

    uri: str
    page: str
    stamp: str | None = None
    is_shown: bool = True
    """False where its author said no: then it is nothing but a link."""


def quote_parts(quote: QuoteOut | None) -> dict[str, object]:
    """Return what a post says of what it quotes, in every form that is read somewhere."""
    if quote is None or not quote.is_shown:
        return {}
    parts: dict[str, object] = dict.fromkeys(_NAMES, quote.uri)
    if quote.stamp:
        parts["quoteAuthorization"] = quote.stamp
    return parts


def quote_tags(quote: QuoteOut | None) -> list[dict[str, object]]:
    """Return the Link tag of a quote (FEP-e232), none without one."""
    if quote is None or not quote.is_shown:
        return []
    return [
        {
            "type": "Link",
            "mediaType": LINK_TYPE,
            "rel": MISSKEY,
            "href": quote.uri,
            "name": f"RE: {quote.page}",
        }
    ]


def _is_link(item: Json) -> bool:
    kind = values.text(item, "mediaType", limit=200).replace(" ", "").lower()
    fits = kind == "application/activity+json" or kind == LINK_TYPE.replace(" ", "").lower()
    return (
        fits
        and "Link" in values.types(item)
        and values.optional_url(item.get("href")) is not None
    )
