"""An alert as a document of the Common Alerting Protocol, version 1.2 (OASIS, July 2010)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from fedi_k12.domain.alerts import AlertView, Level, heading, word_of

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
register_namespace("cap", CAP)


class _Meaning(NamedTuple):
    response: str
    urgency: str
    severity: str
    certainty: str


_MEANINGS: Mapping[Level, _Meaning] = {
    Level.HOLD: _Meaning("Shelter", "Immediate", "Minor", "Observed"),
    Level.SECURE: _Meaning("Shelter", "Immediate", "Moderate", "Likely"),
    Level.LOCKDOWN: _Meaning("Shelter", "Immediate", "Extreme", "Observed"),
    Level.EVACUATE: _Meaning("Evacuate", "Immediate", "Severe", "Observed"),
    Level.SHELTER: _Meaning("Shelter", "Immediate", "Severe", "Observed"),
    Level.CLOSED: _Meaning("Avoid", "Expected", "Minor", "Observed"),
    Level.INFORMATION: _Meaning("Monitor", "Unknown", "Unknown", "Unknown"),
    Level.ALL_CLEAR: _Meaning("AllClear", "Past", "Minor", "Observed"),
}


def cap_of(one: AlertView, others: Mapping[int, AlertView], base_url: str, place: str) -> str:
    """Return an alert as CAP; `others` are those that it may follow, by id.

    An update, and "all clear", refer to the alert before (3.2.1, `references`).
    """
    root = Element(f"{{{CAP}}}alert")
    former = others.get(one.follows_id or 0)
    _say(root, "identifier", _identifier(one, base_url))
    _say(root, "sender", _sender(base_url))
    _say(root, "sent", _moment(one.raised_at))
    _say(root, "status", "Exercise" if one.drill else "Actual")
    _say(root, "msgType", "Update" if one.follows_id is not None else "Alert")
    _say(root, "scope", "Public")
    if one.drill:
        _say(root, "note", "DRILL. This is an exercise.")
    if former is not None:
        sent = _moment(former.raised_at)
        _say(root, "references", f"{_sender(base_url)},{_identifier(former, base_url)},{sent}")
    meaning = _MEANINGS[one.level]
    for tag, words in one.texts.items():
        info = _say(root, "info")
        _say(info, "language", tag)
        _say(info, "category", "Safety")
        _say(info, "event", word_of(one.level, tag))
        _say(info, "responseType", meaning.response)
        _say(info, "urgency", meaning.urgency)
        _say(info, "severity", meaning.severity)
        _say(info, "certainty", meaning.certainty)
        _say(info, "effective", _moment(one.starts_at))
        _say(info, "expires", _moment(one.over_at or one.ends_at))
        _say(info, "senderName", place)
        _say(info, "headline", heading(one.level, one.area, tag, drill=one.drill))
        _say(info, "description", words)
        _say(info, "web", f"{base_url}/alerts")
        _say(_say(info, "area"), "areaDesc", one.area)
    return tostring(root, encoding="unicode")


def _say(parent: Element, name: str, text: str = "") -> Element:
    made = SubElement(parent, f"{{{CAP}}}{name}")
    made.text = text.translate(_NOT_XML) or None
    return made


_NOT_XML = {
    **{number: None for number in range(0x20) if number not in (0x9, 0xA, 0xD)},
    **dict.fromkeys((0xFFFE, 0xFFFF)),
}


def _identifier(one: AlertView, base_url: str) -> str:
    """Return the name of an alert: without spaces, commas, `<` and `&` (3.2.1)."""
    return f"{_sender(base_url)}-{one.id}"


def _sender(base_url: str) -> str:
    return urlsplit(base_url).netloc


def _moment(at: datetime) -> str:
    """Return a time as CAP writes it: no Z, and UTC as -00:00 (3.3.2)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")
