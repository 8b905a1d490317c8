"""Read what makes a post an event: FEP-8a8e, and the dialects of its relatives.

Mobilizon, Gancio, WordPress, Hubzilla and Friendica each say some of it in their own way.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from federation.vocab import values
from federation.vocab.values import Json
from fedi_k12.domain.events import (
    MAX_CAPACITY,
    MAX_PLACE,
    MAX_PLACES,
    OPEN_END,
    EventDetails,
    JoinMode,
    Place,
    Status,
    is_link,
    zone_named,
)
from fedi_k12.domain.text import clean_line
from fedi_k12.domain.urls import same_origin

MAX_ORGANIZERS, MAX_CATEGORIES = 20, 5
_STATUSES = {
    "eventscheduled": Status.SCHEDULED,
    "eventcancelled": Status.CANCELLED,
    "eventpostponed": Status.POSTPONED,
    "eventrescheduled": Status.RESCHEDULED,
    "eventmovedonline": Status.MOVED_ONLINE,
    "eventtentative": Status.TENTATIVE,
    "confirmed": Status.SCHEDULED,
    "tentative": Status.TENTATIVE,
    "cancelled": Status.CANCELLED,
}
_JOIN_MODES = {
    "free": JoinMode.FREE,
    "restricted": JoinMode.RESTRICTED,
    "invite": JoinMode.RESTRICTED,
    "external": JoinMode.EXTERNAL,
    "none": JoinMode.NONE,
}


def parse_event(raw: Json) -> EventDetails | None:
    """Return what an Event says besides its words, None for one that does not say when."""
    zone = zone_named(values.text(raw, "timezone", "mz:timezone", limit=64))
    starts, offset = _moment(raw.get("startTime"), zone)
    if starts is None:
        return None
    ends, _offset = _moment(raw.get("endTime"), zone)
    show_end = ends is not None and raw.get("displayEndTime") is not False
    if ends is None or ends < starts:
        ends, show_end = starts + OPEN_END, False
    join_mode, join_url = _joining(raw)
    places, online = _locations(raw.get("location"))
    attendees = raw.get("attendees")
    counted = attendees.get("totalItems") if isinstance(attendees, Mapping) else None
    organizers = _organizers(raw)
    return EventDetails(
        starts_at=starts,
        ends_at=ends,
        show_end=show_end,
        time_zone=zone.key if zone is not None else "",
        zone_assumed=not offset and zone is None,
        floating=raw.get("dfrn:adjust", raw.get("adjust")) is False,
        status=_status(raw),
        join_mode=join_mode,
        join_url=join_url,
        capacity=values.whole(raw.get("maximumAttendeeCapacity"), low=1, high=MAX_CAPACITY),
        places=places,
        online_urls=online,
        website=_website(raw.get("attachment")),
        categories=_categories(raw.get("category")),
        organizers=organizers,
        answerers=_answerers(raw, organizers or ()),
        remaining=values.whole(raw.get("remainingAttendeeCapacity")),
        participants=values.whole(raw.get("participantCount", counted)),
    )


def _moment(value: object, zone: ZoneInfo | None) -> tuple[datetime | None, bool]:
    """Return a time, and whether it came with its offset; without one it is the zone's."""
    at = values.moment(value)
    if at is None or not isinstance(value, str):
        return None, False
    try:
        naive = datetime.fromisoformat(value[:40])
    except ValueError:
        return at, True
    if naive.tzinfo is not None:
        return at, True
    return (naive.replace(tzinfo=zone).astimezone(UTC) if zone else at), False


def _status(raw: Json) -> Status:
    for name in ("eventStatus", "ical:status", "status"):
        value = raw.get(name)
        if isinstance(value, Mapping):
            value = value.get("id")
        if isinstance(value, str) and len(value) < 100:  # noqa: PLR2004 - a word, or an address of one
            word = value.replace("#", "/").replace(":", "/").rpartition("/")[2].lower()
            if word in _STATUSES:
                return _STATUSES[word]
    return Status.SCHEDULED


def _joining(raw: Json) -> tuple[JoinMode, str]:
    word = values.text(raw, "joinMode", "mz:joinMode", limit=200).rpartition("/")[2]
    mode = _JOIN_MODES.get(word.lower(), JoinMode.FREE)
    url = values.text(raw, "externalParticipationUrl", limit=2048)
    if mode is not JoinMode.EXTERNAL:
        return mode, ""
    return (mode, url) if is_link(url) else (JoinMode.NONE, "")


def _locations(value: object) -> tuple[tuple[Place, ...], tuple[str, ...]]:
    places: list[Place] = []
    online: list[str] = []
    for item in values.items(value, limit=MAX_PLACES):
        if isinstance(item, str):
            url = values.optional_url(item)
            if url:
                online.append(url)
            else:
                places.append(Place(name=clean_line(item[:MAX_PLACE], MAX_PLACE)))
        elif isinstance(item, Mapping):
            kinds = {kind.rpartition(":")[2] for kind in values.types(item)}
            url = values.link(item.get("url"))
            if "VirtualLocation" in kinds:
                online += [url] if url else []
            else:
                places.append(_place(item))
    return tuple(place for place in places if place.line), tuple(dict.fromkeys(online))


def _place(item: Json) -> Place:
    def line(source: Json, *names: str, limit: int = MAX_PLACE) -> str:
        return clean_line(values.text(source, *names, limit=1000), limit)

    address = item.get("address")
    parts: Json = address if isinstance(address, Mapping) else {}
    street = address if isinstance(address, str) else ""
    name = line(item, "name")
    return Place(
        name=name,
        street=clean_line(street[:1000], MAX_PLACE) or line(parts, "streetAddress"),
        locality=line(parts, "addressLocality"),
        region=line(parts, "addressRegion"),
        postal_code=line(parts, "postalCode", limit=20),
        country=line(parts, "addressCountry", limit=100),
        latitude=values.number(item.get("latitude"), low=-90, high=90),
        longitude=values.number(item.get("longitude"), low=-180, high=180),
    )


def _website(attachments: object) -> str:
    for item in values.objects(attachments, limit=20):
        if "Link" in values.types(item) and item.get("mediaType", "text/html") == "text/html":
            found = values.optional_url(item.get("href"))
            if found:
                return found
    return ""


def _categories(value: object) -> tuple[str, ...]:
    found = []
    for item in values.items(value, limit=MAX_CATEGORIES):
        if isinstance(item, str):
            word = clean_line(item[:100], 60).upper().replace(" ", "_")
            found += [word] if word else []
    return tuple(dict.fromkeys(found))


def _organizers(raw: Json) -> tuple[str, ...] | None:
    """Return who holds the event; None where that is withheld: then nobody guesses."""
    if "organizers" not in raw:
        who = [*values.ids(raw.get("attributedTo"), limit=10)]
        return tuple(uri for uri in who if values.optional_url(uri))
    found = tuple(dict.fromkeys(_named(raw["organizers"])))[:MAX_ORGANIZERS]
    return found or None


def _named(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        first = value.get("first")
        page = first if isinstance(first, Mapping) else value
        value = next(
            (
                source[name]
                for source in (value, page)
                for name in ("items", "orderedItems")
                if name in source
            ),
            None,
        )
    for item in values.items(value, limit=MAX_ORGANIZERS):
        found = values.id_of(item) or (
            values.id_of(item.get("href")) if isinstance(item, Mapping) else ""
        )
        if values.optional_url(found):
            yield found


def _answerers(raw: Json, organizers: tuple[str, ...]) -> tuple[str, ...]:
    """Return who may let guests in: whoever the event names, of its own server (FED-110)."""
    named = [
        *values.ids(raw.get("attributedTo"), limit=10),
        *values.ids(raw.get("actor"), limit=2),
        *organizers,
    ]
    own = values.id_of(raw)
    return tuple(dict.fromkeys(uri for uri in named if same_origin(uri, own)))[:MAX_ORGANIZERS]
