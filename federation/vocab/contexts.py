"""The `@context` of what we send: four well-known URLs, every other term spelled out.

A peer that runs a JSON-LD processor drops a document whose context it cannot load (Friendica
PR 15296), so extensions are inlined, and only those that a document uses.
"""

from collections.abc import Iterator, Mapping

ACTIVITYSTREAMS = "https://www.w3.org/ns/activitystreams"
SECURITY = "https://w3id.org/security/v1"
DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v1"
MULTIKEY = "https://w3id.org/security/multikey/v1"
PUBLIC = f"{ACTIVITYSTREAMS}#Public"

_PREFIXES: Mapping[str, str] = {
    "toot": "http://joinmastodon.org/ns#",
    # Without the slash before the hash: the form that Mastodon writes and everybody reads.
    "schema": "http://schema.org#",
    "ostatus": "http://ostatus.org#",
    "litepub": "http://litepub.social/ns#",
    "gts": "https://gotosocial.org/ns#",
    "misskey": "https://misskey-hub.net/ns#",
    "fedibird": "http://fedibird.com/ns#",
    "fep044f": "https://w3id.org/fep/044f#",
    "fep7aa9": "https://w3id.org/fep/7aa9#",
    "fep8a8e": "https://w3id.org/fep/8a8e/",
    "sc": "http://schema.org#",
    "mz": "https://joinmobilizon.org/ns#",
    "pt": "https://joinpeertube.org/ns#",
    "ical": "http://www.w3.org/2002/12/cal/ical#",
    "lemmy": "https://join-lemmy.org/ns#",
}

_TERMS: Mapping[str, object] = {
    "Hashtag": "as:Hashtag",
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
    "sensitive": "as:sensitive",
    "Emoji": "toot:Emoji",
    "attributionDomains": {"@id": "toot:attributionDomains", "@type": "@id"},
    "blurhash": "toot:blurhash",
    "discoverable": "toot:discoverable",
    "featured": {"@id": "toot:featured", "@type": "@id"},
    "featuredTags": {"@id": "toot:featuredTags", "@type": "@id"},
    "focalPoint": {"@container": "@list", "@id": "toot:focalPoint"},
    "indexable": "toot:indexable",
    "memorial": "toot:memorial",
    "showFeatured": "toot:showFeatured",
    "showMedia": "toot:showMedia",
    "showRepliesInMedia": "toot:showRepliesInMedia",
    "votersCount": "toot:votersCount",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "license": {"@id": "schema:license", "@type": "@id"},
    "creditText": "schema:creditText",
    "conversation": "ostatus:conversation",
    "directMessage": "litepub:directMessage",
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
    "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
    "_misskey_reaction": "misskey:_misskey_reaction",
    "canReply": {"@id": "gts:canReply", "@type": "@id"},
    "canLike": {"@id": "gts:canLike", "@type": "@id"},
    "canAnnounce": {"@id": "gts:canAnnounce", "@type": "@id"},
    "ReplyRequest": "gts:ReplyRequest",
    "ReplyAuthorization": "gts:ReplyAuthorization",
    "LikeRequest": "gts:LikeRequest",
    "LikeAuthorization": "gts:LikeAuthorization",
    "AnnounceRequest": "gts:AnnounceRequest",
    "AnnounceAuthorization": "gts:AnnounceAuthorization",
    "replyAuthorization": {"@id": "gts:replyAuthorization", "@type": "@id"},
    "approvedBy": {"@id": "gts:approvedBy", "@type": "@id"},
    "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
    "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
    # FEP-044f
    "QuoteRequest": "fep044f:QuoteRequest",
    "QuoteAuthorization": "fep044f:QuoteAuthorization",
    "quote": {"@id": "fep044f:quote", "@type": "@id"},
    "quoteAuthorization": {"@id": "fep044f:quoteAuthorization", "@type": "@id"},
    "quoteUri": "fedibird:quoteUri",
    "quoteUrl": "as:quoteUrl",
    "_misskey_quote": "misskey:_misskey_quote",
    # FEP-7aa9
    "FeaturedCollection": "fep7aa9:FeaturedCollection",
    "FeaturedItem": "fep7aa9:FeaturedItem",
    "FeatureRequest": "fep7aa9:FeatureRequest",
    "FeatureAuthorization": "fep7aa9:FeatureAuthorization",
    "canFeature": {"@id": "fep7aa9:canFeature", "@type": "@id"},
    "featuredCollections": {"@id": "fep7aa9:featuredCollections", "@type": "@id"},
    "featuredObject": {"@id": "fep7aa9:featuredObject", "@type": "@id"},
    "featuredObjectType": "fep7aa9:featuredObjectType",
    "featureAuthorization": {"@id": "fep7aa9:featureAuthorization", "@type": "@id"},
    "topic": {"@id": "fep7aa9:topic", "@type": "@id"},
    "searchableBy": {"@id": "fedibird:searchableBy", "@type": "@id"},
    # FEP-844e
    "implements": {
        "@id": "https://w3id.org/fep/844e/implements",
        "@type": "@id",
        "@container": "@list",
    },
    # FEP-2c59
    "webfinger": {
        "@id": "https://purl.archive.org/socialweb/webfinger#webfinger",
        "@type": "http://www.w3.org/2001/XMLSchema#string",
    },
    # FEP-8a8e, and what Mobilizon says in its place
    "attendees": {"@id": "fep8a8e:attendees", "@type": "@id"},
    "category": "fep8a8e:category",
    "displayEndTime": "fep8a8e:displayEndTime",
    "eventStatus": "fep8a8e:eventStatus",
    "externalParticipationUrl": {"@id": "fep8a8e:externalParticipationUrl", "@type": "@id"},
    "isBannerImage": "fep8a8e:isBannerImage",
    "joinMode": "fep8a8e:joinMode",
    "organizers": {"@id": "fep8a8e:organizers", "@type": "@id"},
    "timezone": "fep8a8e:timezone",
    "upcomingEvents": {"@id": "fep8a8e:upcomingEvents", "@type": "@id"},
    "PostalAddress": "sc:PostalAddress",
    "VirtualLocation": "sc:VirtualLocation",
    "address": {"@id": "sc:address", "@type": "@id"},
    "addressCountry": "sc:addressCountry",
    "addressLocality": "sc:addressLocality",
    "addressRegion": "sc:addressRegion",
    "inLanguage": "sc:inLanguage",
    "maximumAttendeeCapacity": "sc:maximumAttendeeCapacity",
    "postalCode": "sc:postalCode",
    "remainingAttendeeCapacity": "sc:remainingAttendeeCapacity",
    "streetAddress": "sc:streetAddress",
    "uuid": "sc:identifier",
    "anonymousParticipationEnabled": "mz:anonymousParticipationEnabled",
    "draft": "mz:draft",
    "isOnline": "mz:isOnline",
    "participantCount": "mz:participantCount",
    "participationMessage": "mz:participationMessage",
    "repliesModerationOption": "mz:repliesModerationOption",
    "commentsEnabled": "pt:commentsEnabled",
    "status": "ical:status",
    "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
    "removeData": "lemmy:removeData",
    "Lock": "lemmy:Lock",
}


def with_context(
    document: Mapping[str, object], *, to_prove: bool = False
) -> dict[str, object]:
    """Return the document with the `@context` it needs, always an array, in front.

    `to_prove`: it is going to carry a proof, whose terms it needs, too.
    """
    used = set(_words(document))
    context: list[object] = [ACTIVITYSTREAMS]
    if "publicKey" in used:
        context.append(SECURITY)
    if to_prove or "assertionMethod" in used:
        context.append(DATA_INTEGRITY)
    if "assertionMethod" in used:
        context.append(MULTIKEY)
    terms = {term: meaning for term, meaning in _TERMS.items() if term in used}
    if terms:
        prefixes = {_prefix(meaning) for meaning in terms.values()}
        context.append(
            {name: iri for name, iri in _PREFIXES.items() if name in prefixes} | terms
        )
    return {"@context": context, **document}


def _prefix(meaning: object) -> str:
    iri = meaning["@id"] if isinstance(meaning, dict) else meaning
    return str(iri).partition(":")[0]


def _words(value: object) -> Iterator[str]:
    """Yield every key and every `type` in the document."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            if key == "type" and isinstance(inner, str):
                yield inner
            elif key != "contentMap":
                yield from _words(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _words(inner)
