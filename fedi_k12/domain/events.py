"""What an event is: when and where, who may come, and what a wish to come is answered with."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct, field
from msgspec.structs import asdict

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.text import clean_line
from fedi_k12.domain.urls import parse_remote_url

MAX_TITLE = 200
MAX_PLACE = 300
MAX_MESSAGE = 500
MAX_CAPACITY = 100_000
MAX_PLACES = 10
MAX_LENGTH = timedelta(days=366)
OPEN_END = timedelta(hours=3)
"""So long an event is taken to last whose end nobody says."""
CATEGORIES: Mapping[str, str] = {
    "MEETING": "Meeting",
    "WORKSHOPS_SKILL_SHARING": "Workshop or training",
    "FAMILY_EDUCATION": "For families",
    "LEARNING": "Learning",
    "COMMUNITY": "Community",
    "NETWORKING": "Getting to know one another",
    "BOOK_CLUBS": "Book club",
    "SCIENCE_TECH": "Science and technology",
    "LANGUAGE_CULTURE": "Language and culture",
    "ARTS": "Arts",
    "MUSIC": "Music",
    "THEATRE": "Theatre",
    "SPORTS": "Sports",
    "OUTDOORS_ADVENTURE": "Outdoors",
    "FESTIVALS": "Festival",
}
"""Those of FEP-8a8e's categories that schools need, as people say them."""


class Status(StrEnum):
    """What has become of an event."""

    SCHEDULED = "scheduled"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    RESCHEDULED = "rescheduled"
    MOVED_ONLINE = "moved_online"


class JoinMode(StrEnum):
    """How one says that one is coming."""

    NONE = "none"
    EXTERNAL = "external"
    FREE = "free"
    RESTRICTED = "restricted"


class Attending(StrEnum):
    """How it stands between an account and an event."""

    INVITED = "invited"
    ASKED = "asked"
    """Waits for the organiser, here or elsewhere."""
    WAITING = "waiting"
    """The event is full; the next free place goes to who waits longest."""
    GOING = "going"
    MAYBE = "maybe"
    DECLINED = "declined"
    """By the guest."""
    REFUSED = "refused"
    """By the organiser."""
    IGNORED = "ignored"
    """The organiser's server does not take answers."""


ANSWERED = frozenset({Attending.ASKED, Attending.WAITING, Attending.GOING, Attending.MAYBE})
"""Those who said that they want to come, or might."""


class Place(Struct, frozen=True):
    """Where one goes to."""

    name: str = ""
    street: str = ""
    locality: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    latitude: float | None = None
    longitude: float | None = None

    @property
    def address(self) -> str:
        """The postal address on one line."""
        town = " ".join(part for part in (self.postal_code, self.locality) if part)
        return ", ".join(
            part for part in (self.street, town, self.region, self.country) if part
        )

    @property
    def line(self) -> str:
        """Name and address on one line."""
        return ", ".join(part for part in (self.name, self.address) if part)

    def as_json(self) -> dict[str, object]:
        """Return what there is to say, for the store."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None)}


class EventDetails(Struct, frozen=True):
    """Everything that makes a post an event."""

    starts_at: datetime
    ends_at: datetime
    """Always said; where `show_end` is false it is only a guess."""
    show_end: bool = True
    time_zone: str = ""
    """By its IANA name; empty where nobody said."""
    zone_assumed: bool = False
    """The time came without offset and zone, and was taken for UTC."""
    floating: bool = False
    """The time is that of the place, wherever one reads it."""
    status: Status = Status.SCHEDULED
    join_mode: JoinMode = JoinMode.FREE
    join_url: str = ""
    """Where one registers, if elsewhere: https or mailto."""
    capacity: int | None = None
    waitlist: bool = False
    places: tuple[Place, ...] = ()
    online_urls: tuple[str, ...] = ()
    website: str = ""
    categories: tuple[str, ...] = ()
    organizers: tuple[str, ...] | None = ()
    """Ids and links; None where they are withheld on purpose."""
    answerers: tuple[str, ...] = ()
    """Ids of those who may answer wishes to come, all of the event's own server."""
    remaining: int | None = None
    """Free places, as the organiser's server counts them."""
    participants: int | None = None
    """Guests, as the organiser's server counts them."""

    @property
    def where(self) -> str:
        """The places on one line."""
        words = [place.line for place in self.places if place.line]
        return "; ".join([*words, *(["online"] if self.online_urls else [])])


class EventDraft(Struct, frozen=True):
    """An event as somebody wants to hold it; the zone says how to show its times."""

    title: str
    starts_at: datetime
    ends_at: datetime | None = None
    time_zone: str = "UTC"
    status: Status = Status.SCHEDULED
    join_mode: JoinMode = JoinMode.FREE
    join_url: str = ""
    capacity: int | None = None
    waitlist: bool = True
    place: Place = field(default_factory=Place)
    online_url: str = ""
    category: str = ""
    remind: bool = False
    """A reminder is posted the day before."""


class EventView(Struct, frozen=True):
    """An event as one viewer sees it; `own` is how it stands with the viewer."""

    post_id: int
    title: str
    url: str
    local: bool
    details: EventDetails
    going: int
    organised_by_viewer: bool = False
    own: Attending | None = None
    sequence: int = 0
    remind: bool = False

    @property
    def places_left(self) -> int | None:
        """Free places, None where there is no end of them or nobody says."""
        if not self.local:
            return self.details.remaining
        capacity = self.details.capacity
        return None if capacity is None else max(0, capacity - self.going)


class Guest(Struct, frozen=True):
    """Somebody on the organiser's list."""

    id: int
    account: AccountView
    state: Attending
    message: str
    created_at: datetime


class Wish(Struct, frozen=True):
    """That somebody wants to come, and how it was said."""

    uri: str | None = None
    asked_by: str = "Join"
    message: str = ""
    maybe: bool = False


class Verdict(Struct, frozen=True):
    """What a wish to come is answered with; `state` is None where it is not taken at all."""

    state: Attending | None
    why: str = ""


def answer_to_wish(event: EventDetails, *, going: int, now: datetime) -> Verdict:
    """Return what becomes of somebody who wants to come."""
    if event.status is Status.CANCELLED:
        return Verdict(Attending.REFUSED, "This event was cancelled.")
    if event.ends_at < now:
        return Verdict(Attending.REFUSED, "This event is over.")
    match event.join_mode:
        case JoinMode.NONE:
            return Verdict(None, "One need not say that one comes to this event.")
        case JoinMode.EXTERNAL:
            return Verdict(None, "One registers for this event at another place.")
        case JoinMode.RESTRICTED:
            return Verdict(Attending.ASKED)
        case JoinMode.FREE:
            return answer_to_guest(event, going=going)


def answer_to_guest(event: EventDetails, *, going: int) -> Verdict:
    """Return what becomes of somebody whom nobody else needs to let in."""
    if has_room(event, going=going):
        return Verdict(Attending.GOING)
    if event.waitlist:
        return Verdict(Attending.WAITING)
    return Verdict(Attending.REFUSED, "This event is full.")


def has_room(event: EventDetails, *, going: int) -> bool:
    """Return whether there is a free place."""
    return event.capacity is None or going < event.capacity


def checked(draft: EventDraft, *, now: datetime, begun: bool = False) -> EventDetails:
    """Return the details of an event to be held; raises `InvalidError` by field.

    `begun`: it is there already and may have started.
    """
    title = draft.title.strip()
    if not title or clean_line(title, MAX_TITLE) == "":
        raise _wrong("title", "Give the event a name.")
    if len(title) > MAX_TITLE:
        raise _wrong("title", f"A name has at most {MAX_TITLE} characters.")
    if zone_named(draft.time_zone) is None:
        raise _wrong("time_zone", "That is no time zone. One looks like America/Chicago.")
    ends_at = draft.ends_at or draft.starts_at + OPEN_END
    if ends_at <= draft.starts_at:
        raise _wrong("ends", "An event ends after it begins.")
    if ends_at - draft.starts_at > MAX_LENGTH:
        raise _wrong("ends", "An event lasts a year at the longest.")
    if not begun and ends_at < now:
        raise _wrong("starts", "That is over already.")
    if draft.capacity is not None and not 1 <= draft.capacity <= MAX_CAPACITY:
        raise _wrong("capacity", f"There is room for 1 to {MAX_CAPACITY} people.")
    if draft.join_mode is JoinMode.EXTERNAL and not is_link(draft.join_url):
        raise _wrong("join_url", "Say where one registers: https://… or mailto:…")
    if draft.online_url and not is_link(draft.online_url, mail=False):
        raise _wrong("online_url", "An address on the web begins with https://")
    if draft.category and draft.category not in CATEGORIES:
        raise _wrong("category", "Choose one of the kinds.")
    place = _clean(draft.place)
    return EventDetails(
        starts_at=draft.starts_at.astimezone(UTC),
        ends_at=ends_at.astimezone(UTC),
        show_end=draft.ends_at is not None,
        time_zone=draft.time_zone,
        status=draft.status,
        join_mode=draft.join_mode,
        join_url=draft.join_url if draft.join_mode is JoinMode.EXTERNAL else "",
        capacity=draft.capacity,
        waitlist=draft.waitlist,
        places=(place,) if place.line else (),
        online_urls=(draft.online_url,) if draft.online_url else (),
        categories=(draft.category,) if draft.category else (),
    )


def differs(one: EventDetails, other: EventDetails) -> bool:
    """Return whether guests have to be told: another time or place, or called off."""
    told = ("starts_at", "ends_at", "show_end", "status", "places", "online_urls")
    return any(getattr(one, name) != getattr(other, name) for name in told)


def is_link(text: str, *, mail: bool = True) -> bool:
    """Return whether a text is an address that one may be led to."""
    if mail and text.startswith("mailto:"):
        name, at, host = text.removeprefix("mailto:").partition("@")
        well = text.isascii() and text.isprintable() and " " not in text
        return bool(name and at and "." in host) and well and len(text) <= 320  # noqa: PLR2004 - RFC 5321
    try:
        parse_remote_url(text)
    except InvalidError:
        return False
    return True


def zone_named(name: str) -> ZoneInfo | None:
    """Return a time zone by its IANA name, None for what is none."""
    if not name or len(name) > 64 or name.startswith(("/", ".")):  # noqa: PLR2004 - names are short
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def at_wall(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the moment when a clock on the wall of a zone shows this.

    Raises `InvalidError` for a time that is left out when clocks are put forward; of one that
    comes twice it is the first.
    """
    at = datetime.combine(day, clock, tzinfo=zone)
    try:
        back = at.astimezone(UTC).astimezone(zone)
    except OverflowError as error:
        raise InvalidError("Nobody can plan for that year.") from error
    if back.replace(tzinfo=None) != at.replace(tzinfo=None):
        raise InvalidError("Clocks are put forward then: that time of day does not exist.")
    return at.astimezone(UTC)


def when_words(event: EventDetails, zone: ZoneInfo | None = None) -> str:
    """Return when an event is, as people say it, in `zone` or the event's own."""
    own = zone_named(event.time_zone) or ZoneInfo("UTC")
    place = own if event.floating else zone or own
    starts, ends = event.starts_at.astimezone(place), event.ends_at.astimezone(place)
    words = f"{_day(starts)}, {_clock(starts)}"
    if event.show_end:
        same = starts.date() == ends.date()
        words += f" to {_clock(ends)}" if same else f" to {_day(ends)}, {_clock(ends)}"
    if event.floating:
        return words
    return f"{words} ({zone_words(place)})"


def zone_words(zone: ZoneInfo) -> str:
    """Return how people call the time of a zone: New York time."""
    name = zone.key
    if name in {"UTC", "Etc/UTC", "GMT"}:
        return "UTC"
    return f"{name.rpartition('/')[2].replace('_', ' ')} time"


def summary_line(event: EventDetails) -> str:
    """Return when and where on one line, for servers that show no events."""
    words = when_words(event)
    told = {
        Status.CANCELLED: "Cancelled: ",
        Status.POSTPONED: "Postponed: ",
        Status.TENTATIVE: "Not yet certain: ",
    }.get(event.status, "")
    return f"{told}{words}" + (f", {event.where}" if event.where else "")


def place_of(stored: Mapping[str, object]) -> Place:
    """Return a place as `Place.as_json` put it."""

    def text(name: str) -> str:
        value = stored.get(name)
        return value if isinstance(value, str) else ""

    def degrees(name: str) -> float | None:
        value = stored.get(name)
        return float(value) if isinstance(value, int | float) else None

    return Place(
        name=text("name"),
        street=text("street"),
        locality=text("locality"),
        region=text("region"),
        postal_code=text("postal_code"),
        country=text("country"),
        latitude=degrees("latitude"),
        longitude=degrees("longitude"),
    )


def _clean(place: Place) -> Place:
    line = clean_line
    return Place(
        name=line(place.name, MAX_PLACE),
        street=line(place.street, MAX_PLACE),
        locality=line(place.locality, MAX_PLACE),
        region=line(place.region, MAX_PLACE),
        postal_code=line(place.postal_code, 20),
        country=line(place.country, 100),
        latitude=place.latitude,
        longitude=place.longitude,
    )


def _day(at: datetime) -> str:
    return f"{at:%A} {at.day} {at:%B} {at.year}"


def _clock(at: datetime) -> str:
    return f"{at.hour % 12 or 12}:{at.minute:02d} {'am' if at.hour < 12 else 'pm'}"  # noqa: PLR2004 - noon


def _wrong(name: str, sentence: str) -> InvalidError:
    return InvalidError(sentence, fields={name: sentence})
