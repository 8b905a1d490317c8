"""Events as an iCalendar file (RFC 5545): nothing in it can end its line (FED-104)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from fedi_k12.domain.events import EventView, Status

MAX_OCTETS = 75
_STATUSES = {
    Status.CANCELLED: "CANCELLED",
    Status.TENTATIVE: "TENTATIVE",
    Status.POSTPONED: "TENTATIVE",
}


def calendar(
    events: Iterable[tuple[EventView, str, str]], *, name: str, host: str, now: datetime
) -> bytes:
    """Return (event, description in plain words, organiser) triples as a calendar."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//fedi-k12//events//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(name)}",
    ]
    for event, words, organiser in events:
        lines += _event(event, words, organiser, host, now)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in folded(line)).encode()


def escaped(text: str) -> str:
    """Return a text as a value: line breaks, commas and semicolons are written out."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    text = "\n".join(text.splitlines()).replace("\n", "\\n")
    return "".join(letter for letter in text if letter.isprintable() or letter == "\t")


def folded(line: str) -> Iterator[str]:
    """Yield a line in parts of at most 75 octets, never within a letter."""
    part, room = "", MAX_OCTETS
    for letter in line:
        size = len(letter.encode())
        if size > room:
            yield part
            part, room = " ", MAX_OCTETS - 1
        part += letter
        room -= size
    yield part


def _event(
    event: EventView, words: str, organiser: str, host: str, now: datetime
) -> Iterator[str]:
    details = event.details
    form = "%Y%m%dT%H%M%S" if details.floating else "%Y%m%dT%H%M%SZ"
    yield "BEGIN:VEVENT"
    yield f"UID:{event.post_id}@{host}"
    yield f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART:{details.starts_at.astimezone(UTC).strftime(form)}"
    if details.show_end:
        yield f"DTEND:{details.ends_at.astimezone(UTC).strftime(form)}"
    yield f"SUMMARY:{escaped(event.title)}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"STATUS:{_STATUSES.get(details.status, 'CONFIRMED')}"
    if details.where:
        yield f"LOCATION:{escaped(details.where)}"
    first = next((p for p in details.places if p.latitude is not None), None)
    if first is not None and first.longitude is not None:
        yield f"GEO:{first.latitude};{first.longitude}"
    if words or organiser:
        yield f"DESCRIPTION:{escaped(f'{words}{chr(10) * 2}{organiser}'.strip())}"
    yield f"URL:{_uri(event.url)}"
    yield "END:VEVENT"


def _uri(url: str) -> str:
    return "".join(letter for letter in url if letter.isprintable() and letter != " ")
