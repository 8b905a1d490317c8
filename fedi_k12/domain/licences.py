"""Licences of materials: those that members choose from, and how people call them."""

import re
from collections.abc import Mapping

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.text import clean_line
from fedi_k12.domain.urls import parse_remote_url

MAX_CREDIT = 300
_CC = "https://creativecommons.org"
LICENCES: Mapping[str, tuple[str, str]] = {
    f"{_CC}/licenses/by/4.0/": ("CC BY 4.0", "Use it freely, and name who made it"),
    f"{_CC}/licenses/by-sa/4.0/": ("CC BY-SA 4.0", "The same, and pass it on the same way"),
    f"{_CC}/licenses/by-nc/4.0/": ("CC BY-NC 4.0", "Name who made it, and do not sell it"),
    f"{_CC}/licenses/by-nc-sa/4.0/": (
        "CC BY-NC-SA 4.0",
        "Do not sell it, and pass it on the same way",
    ),
    f"{_CC}/licenses/by-nd/4.0/": ("CC BY-ND 4.0", "Name who made it, and do not change it"),
    f"{_CC}/licenses/by-nc-nd/4.0/": (
        "CC BY-NC-ND 4.0",
        "Do not sell it, and do not change it",
    ),
    f"{_CC}/publicdomain/zero/1.0/": ("CC0 1.0", "Use it as if it were your own"),
    f"{_CC}/publicdomain/mark/1.0/": ("Public domain", "Nobody owns it any more"),
}
"""What is offered, by address: its name and what it lets others do."""
_KNOWN = re.compile(r"https?://creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/([\d.]+)")
_WORDS = re.compile(r"(?:cc[ -]?)?(by(?:-nc)?(?:-sa|-nd)?|zero|0)(?:[ -]4\.0|[ -]1\.0)?")


def licence_url(text: str) -> str | None:
    """Return the address of a licence that somebody names, None for "".

    An address, or a name such as `CC BY-SA 4.0`. Raises `InvalidError` for what is neither.
    """
    wanted = text.strip()
    if not wanted:
        return None
    match = _WORDS.fullmatch(wanted.lower())
    if match is not None:
        word = match[1]
        kind = "publicdomain/zero/1.0" if word in {"zero", "0"} else f"licenses/{word}/4.0"
        return f"{_CC}/{kind}/"
    try:
        parse_remote_url(wanted)
    except InvalidError as error:
        raise InvalidError(
            "Validation failed: License is neither an address nor the name of a licence",
            fields={"license": "is neither an address nor the name of a licence"},
        ) from error
    return wanted


def licence_name(url: str) -> str:
    """Return how people call a licence; its address where it is not a known one."""
    match = _KNOWN.match(url)
    if match is None:
        return url
    if match[1] == "publicdomain":
        return "CC0" if match[2] == "zero" else "Public domain"
    return f"CC {match[2].upper()} {match[3]}"


def credit_line(text: str) -> str:
    """Return who made something, as one line of plain words."""
    return clean_line(text, MAX_CREDIT)
