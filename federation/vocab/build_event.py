"""Build the documents about events: FEP-8a8e, with what Mobilizon reads in its place. Pure."""

from collections.abc import Mapping
from typing import Literal
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from msgspec import Struct

from federation.vocab.build import NoteOut, build_note, count_collection
from fedi_k12.domain.events import (
    EventDetails,
    JoinMode,
    Place,
    Status,
    summary_line,
    zone_named,
)

Answer = Literal["Accept", "Reject", "Ignore"]

_STATUSES = {
    Status.SCHEDULED: ("EventScheduled", "CONFIRMED"),
    Status.RESCHEDULED: ("EventRescheduled", "CONFIRMED"),
    Status.MOVED_ONLINE: ("EventMovedOnline", "CONFIRMED"),
    Status.TENTATIVE: ("EventTentative", "TENTATIVE"),
    Status.POSTPONED: ("EventPostponed", "TENTATIVE"),
    Status.CANCELLED: ("EventCancelled", "CANCELLED"),
}
"""How FEP-8a8e and iCalendar (so Mobilizon) call what has become of an event."""


class EventOut(Struct, frozen=True):
    """What an event of ours says besides the words of its post."""

    title: str
    details: EventDetails
    going: int
    attendees_uri: str
    calendar_url: str


def build_event(note: NoteOut, event: EventOut) -> dict[str, object]:
    """Return an event of ours as an Event."""
    details = event.details
    status, fallback = _STATUSES[details.status]
    document = build_note(note)
    attachments = document["attachment"]
    pictures = list(attachments) if isinstance(attachments, list) else []
    document |= {
        "type": "Event",
        "name": event.title,
        "uuid": str(uuid5(NAMESPACE_URL, note.uri)),
        "actor": note.author_uri,
        "organizers": {"type": "Collection", "totalItems": 1, "items": [note.author_uri]},
        "summary": note.summary or summary_line(details),
        "mediaType": "text/html",
        **_times(details),
        "location": _locations(details),
        "eventStatus": status,
        "status": fallback,
        "ical:status": fallback,
        "joinMode": details.join_mode.value,
        "attendees": count_collection(event.attendees_uri, event.going),
        "participantCount": event.going,
        "anonymousParticipationEnabled": False,
        "commentsEnabled": True,
        "repliesModerationOption": "allow_all",
        "isOnline": bool(details.online_urls) and not details.places,
        "draft": False,
        "category": _one_or_many(details.categories),
        "inLanguage": note.language,
        "image": pictures[0] if pictures else None,
        "attachment": [*_with_banner(pictures), *_links(details, event.calendar_url)],
    }
    if "updated" not in document:
        document["updated"] = document["published"]
    if details.join_mode is JoinMode.EXTERNAL:
        document["externalParticipationUrl"] = details.join_url
    if details.capacity is not None:
        document["maximumAttendeeCapacity"] = details.capacity
        document["remainingAttendeeCapacity"] = max(0, details.capacity - event.going)
    return {name: value for name, value in document.items() if value is not None}


def build_join(
    *, uri: str, actor_uri: str, event_uri: str, organiser_uri: str, message: str = ""
) -> dict[str, object]:
    """Return the wish to come to an event: for the organiser's eyes alone (FED-94)."""
    join: dict[str, object] = {
        "id": uri,
        "type": "Join",
        "actor": actor_uri,
        "object": event_uri,
        "to": [organiser_uri],
    }
    if message:
        join["participationMessage"] = message
    return join


def build_leave(
    *, uri: str, actor_uri: str, event_uri: str, organiser_uri: str
) -> dict[str, object]:
    """Return that somebody does not come to an event after all."""
    return {
        "id": uri,
        "type": "Leave",
        "actor": actor_uri,
        "object": event_uri,
        "to": [organiser_uri],
    }


def build_invite(
    *, uri: str, actor_uri: str, event_uri: str, guest_uri: str
) -> dict[str, object]:
    """Return the invitation of one person to an event."""
    return {
        "id": uri,
        "type": "Invite",
        "actor": actor_uri,
        "object": event_uri,
        "target": guest_uri,
        "to": [guest_uri],
    }


def build_event_answer(
    kind: Answer,
    *,
    uri: str,
    actor_uri: str,
    guest_uri: str,
    asked: Mapping[str, str],
) -> dict[str, object]:
    """Return the answer to a wish to come; `asked` is its id, type and event.

    An Accept or Reject carries the wish, an Ignore names it, as FEP-8a8e wants.
    """
    wish: dict[str, object] = {
        "id": asked["id"],
        "type": asked["type"],
        "actor": guest_uri,
        "object": asked["object"],
    }
    return {
        "id": uri,
        "type": kind,
        "actor": actor_uri,
        "object": asked["id"] if kind == "Ignore" else wish,
        "to": [guest_uri],
    }


def build_invite_answer(
    kind: Literal["Accept", "Reject"],
    *,
    uri: str,
    actor_uri: str,
    invite_uri: str,
    organiser_uri: str,
) -> dict[str, object]:
    """Return the answer to an invitation."""
    return {
        "id": uri,
        "type": kind,
        "actor": actor_uri,
        "object": invite_uri,
        "to": [organiser_uri],
    }


def _times(details: EventDetails) -> dict[str, object]:
    zone = zone_named(details.time_zone) or ZoneInfo("UTC")
    return {
        "startTime": details.starts_at.astimezone(zone).isoformat(timespec="seconds"),
        "endTime": details.ends_at.astimezone(zone).isoformat(timespec="seconds"),
        "displayEndTime": details.show_end,
        "timezone": zone.key,
    }


def _locations(details: EventDetails) -> object:
    found: list[dict[str, object]] = [_place(place) for place in details.places]
    found += [
        {"type": "VirtualLocation", "name": "Online", "url": url} for url in details.online_urls
    ]
    return _one_or_many(found)


def _place(place: Place) -> dict[str, object]:
    address = {
        "streetAddress": place.street,
        "addressLocality": place.locality,
        "addressRegion": place.region,
        "postalCode": place.postal_code,
        "addressCountry": place.country,
    }
    said = {name: value for name, value in address.items() if value}
    document: dict[str, object] = {"type": "Place", "name": place.name or place.address}
    if said:
        document["address"] = {"type": "PostalAddress", **said}
    if place.latitude is not None and place.longitude is not None:
        document["latitude"], document["longitude"] = place.latitude, place.longitude
    return document


def _with_banner(pictures: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return the pictures, the first marked as the banner in both ways that are read."""
    if not pictures or pictures[0].get("type") != "Image":
        return pictures
    # Mobilizon knows its banner by this name; Mastodon reads a description in `summary` first.
    banner = {**pictures[0], "name": "Banner", "isBannerImage": True}
    if pictures[0].get("name"):
        banner["summary"] = pictures[0]["name"]
    return [banner, *pictures[1:]]


def _links(details: EventDetails, calendar_url: str) -> list[dict[str, object]]:
    online = details.website or next(iter(details.online_urls), "")
    found: list[dict[str, object]] = []
    if online:
        found.append(
            {"type": "Link", "href": online, "mediaType": "text/html", "name": "Website"}
        )
    found.append(
        {
            "type": "Link",
            "href": calendar_url,
            "mediaType": "text/calendar",
            "name": "iCalendar",
        }
    )
    return found


def _one_or_many(found: object) -> object:
    if not isinstance(found, list | tuple) or not found:
        return None
    return found[0] if len(found) == 1 else list(found)
