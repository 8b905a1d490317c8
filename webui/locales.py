"""In which language pages are said."""

from aiohttp import web

LOCALES = {"en": "English", "es": "Español"}
"""The languages that pages can be said in, by tag (BCP 47), each named in itself."""
USUAL = "en"
_RIGHT_TO_LEFT = {"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"}
_MOST = 20


def locale_of(request: web.Request, chosen: str = "") -> str:
    """Return the tag of the language in which a page is said.

    What the member chose comes first, then what the browser asks for (RFC 9110, 12.5.4), each
    looked up as RFC 4647, 3.4 has it: `es-MX` gets `es` where there is no `es-MX`. A language
    that pages cannot be said in is passed over; what is left is `USUAL`.
    """
    return locale_for(chosen, *_asked_for(request.headers.get("Accept-Language", "")))


def locale_for(*wanted: str) -> str:
    """Return the first of the languages wanted that pages can be said in, or `USUAL`."""
    for tag in wanted:
        found = _looked_up(tag)
        if found:
            return found
    return USUAL


def direction_of(locale: str) -> str:
    """Return which way a language is written: `ltr` or `rtl`."""
    return "rtl" if locale.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"


def _asked_for(header: str) -> list[str]:
    """Return the tags that a browser asks for, the most wanted first."""
    found = []
    for part in header.split(",")[:_MOST]:
        tag, _, weight = part.partition(";")
        quality = _quality(weight.strip())
        if tag.strip() and quality > 0:
            found.append((quality, tag.strip()))
    found.sort(key=lambda pair: -pair[0])
    return [tag for _quality, tag in found]


def _quality(weight: str) -> float:
    name, _, value = weight.partition("=")
    if not weight:
        return 1.0
    try:
        return float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0


def _looked_up(wanted: str) -> str:
    known = {tag.lower(): tag for tag in LOCALES}
    parts = wanted.lower().split("-")
    for length in range(len(parts), 0, -1):
        if found := known.get("-".join(parts[:length])):
            return found
    return ""
