"""Read single values out of other servers' JSON: tolerant in form, strict in meaning.

Everywhere a value or a list of values, a text or an object with an id; what has the wrong
type is as if it were not there (FED-59).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.urls import parse_remote_url

Json = Mapping[str, object]

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
PUBLIC_NAMES = frozenset({PUBLIC, "as:Public", "Public"})
MAX_RECIPIENTS = 1000
_DATE = re.compile(r"(\.\d{6})\d+")


def text(raw: Json, *names: str, limit: int = 262_144) -> str:
    """Return the first of these properties that is a text, cut to `limit`; else ""."""
    for name in names:
        value = raw.get(name)
        if isinstance(value, str) and value:
            return value[:limit]
    return ""


def flag(raw: Json, *names: str) -> bool:
    """Return whether the first of these properties that is there is true."""
    for name in names:
        value = raw.get(name)
        if isinstance(value, bool):
            return value
    return False


def number(value: object, *, low: float, high: float) -> float | None:
    """Return a number within bounds, or None (FED-101)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if low <= value <= high else None


def whole(value: object, *, low: int = 0, high: int = 1_000_000_000) -> int | None:
    """Return a whole number within bounds, or None."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if low <= value <= high else None


def items(value: object, *, limit: int) -> Iterator[object]:
    """Yield the value, or each value of a list, up to `limit`."""
    if isinstance(value, list):
        yield from value[:limit]
    elif value is not None:
        yield value


def objects(value: object, *, limit: int) -> Iterator[Json]:
    """Yield each JSON object of a value or list."""
    for item in items(value, limit=limit):
        if isinstance(item, Mapping):
            yield item


def id_of(value: object) -> str:
    """Return the id that a text or an object with an id names; "" for neither."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) else ""


def ids(value: object, *, limit: int = MAX_RECIPIENTS) -> tuple[str, ...]:
    """Return the ids in a value or list, each once."""
    return tuple(
        dict.fromkeys(found for item in items(value, limit=limit) if (found := id_of(item)))
    )


def types(raw: Json) -> tuple[str, ...]:
    """Return the types of an object, without the prefix of their vocabulary."""
    return tuple(
        item.removeprefix("as:")
        for item in items(raw.get("type"), limit=8)
        if isinstance(item, str)
    )


def remote_id(value: object) -> str:
    """Return a well-formed http(s) id, or raise `InvalidError`."""
    found = id_of(value)
    parse_remote_url(found)
    if "#" in found and not found.split("#", 1)[1]:
        raise InvalidError("An id with an empty fragment.")
    return found


def optional_url(value: object) -> str | None:
    """Return a well-formed http(s) address, or None."""
    if isinstance(value, str):
        try:
            parse_remote_url(value)
        except InvalidError:
            return None
        return value
    return None


def link(value: object) -> str | None:
    """Return the address for people in a `url`: a text, a Link, or a list of either.

    HTML pages come before other media types.
    """
    fallback = None
    for item in items(value, limit=20):
        if isinstance(item, Mapping):
            found = optional_url(item.get("href")) or optional_url(item.get("url"))
            if found and item.get("mediaType") == "text/html":
                return found
        else:
            found = optional_url(item)
        fallback = fallback or found
    return fallback


def moment(value: object) -> datetime | None:
    """Return a time in UTC, or None for what is none (FED-60)."""
    if not isinstance(value, str) or not 4 <= len(value) <= 40:  # noqa: PLR2004 - as dates are
        return None
    try:
        at = datetime.fromisoformat(_DATE.sub(r"\1", value))
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if 1970 <= at.year <= 9000 else None  # noqa: PLR2004 - what our stores can hold


def searchable_ids(raw: Json) -> tuple[str, ...] | None:
    """Return whom an object lets find it by its words (FEP-268d), None where it is silent."""
    for name in ("searchableBy", "fedibird:searchableBy"):
        if name in raw:
            return ids(raw.get(name), limit=20)
    return None


def searchable_by(named: tuple[str, ...] | None, *, followers: str | None) -> str | None:
    """Return whom these ids mean: `public`, `followers` or `self`; None where none were said.

    `followers` is the collection of the author's followers. What is not understood is nobody.
    """
    if named is None:
        return None
    if PUBLIC_NAMES & set(named):
        return "public"
    return "followers" if followers and followers in named else "self"
