"""People: handles, usernames, passwords, and the limits of a profile."""

import re
import unicodedata
from collections.abc import Collection
from enum import StrEnum

import idna
from msgspec import Struct

from fedi_k12.domain.errors import InvalidError

MAX_USERNAME = 30
MAX_DISPLAY_NAME = 60
MAX_NOTE = 2000
MAX_FIELDS = 8
MAX_FIELD_CHARACTERS = 255
MIN_PASSWORD = 15
"""Long and memorable beats short and odd (NIST SP 800-63B-4, 3.1.1.2)."""
MAX_PASSWORD = 256

_USERNAME = re.compile(r"[a-z0-9_]{1,30}")
_REMOTE_USERNAME = re.compile(r"[^\s@/:?#\x00-\x1f\x7f]{1,2048}")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?(:[0-9]{1,5})?")
_EMAIL = re.compile(r"[^\s@<>,;\"']{1,64}@[^\s@<>,;\"']{1,255}\.[^\s@.<>,;\"']{2,63}")
RESERVED = frozenset(
    {
        "about", "account", "accounts", "actor", "admin", "administrator", "api", "auth",
        "district", "everyone", "help", "inbox", "instance", "invite", "media", "members",
        "mod", "moderator", "moderators", "nodeinfo", "nobody", "oauth", "official",
        "outbox", "owner", "principal", "root", "security", "settings", "shared_inbox",
        "staff", "superintendent", "support", "system", "webfinger",
    }
)  # fmt: skip
"""Names that would read as the server, its staff or an office."""
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһԛԝ01",
    "aeopcyxijsdhqwol",
)


class AccountKind(StrEnum):
    """What an account is: the types of actors."""

    PERSON = "Person"
    GROUP = "Group"
    ORGANIZATION = "Organization"
    SERVICE = "Service"
    APPLICATION = "Application"


class Handle(Struct, frozen=True):
    """Who: `username`, and the `host` it lives on, None for this server."""

    username: str
    host: str | None

    def __str__(self) -> str:
        return f"@{self.username}" + (f"@{self.host}" if self.host else "")


def parse_handle(text: str, *, own_hosts: Collection[str]) -> Handle:
    """Return the handle that `@maya@lincoln.example` (and its usual variants) spells.

    Hosts come in ASCII and small letters. Raises `InvalidError` with a helpful sentence.
    """
    words = text.strip().removeprefix("acct:").removeprefix("@")
    username, at, host = words.partition("@")
    if not _REMOTE_USERNAME.fullmatch(username) or len(words) > 2400:  # noqa: PLR2004 - hard cap
        raise InvalidError(
            f"“{text[:80]}” is not a handle. One looks like @name@school.example."
        )
    if not at:
        return Handle(username, None)
    try:
        name = normalise_host(host)
    except InvalidError as error:
        raise InvalidError(
            f"“{text[:80]}” is not a handle. One looks like @name@school.example."
        ) from error
    return Handle(username, None if name in own_hosts else name)


def normalise_host(host: str) -> str:
    """Return a host (with its port, if it has one) in ASCII and small letters."""
    name, colon, port = host.strip().lower().partition(":")
    try:
        name = name if name.isascii() else idna.encode(name, uts46=True).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise InvalidError(f"{host!r} is not a host.") from error
    whole = name + colon + port
    if not _HOST.fullmatch(whole) or ".." in whole:
        raise InvalidError(f"{host!r} is not a host.")
    return whole


def check_username(text: str, *, office: bool = False) -> str:
    """Return a username for this server in small letters, or raise `InvalidError`.

    An `office` that administrators make may have a name that reads as one.
    """
    name = text.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise InvalidError(
            "A short name has small letters a to z, figures and _, at most 30 of them.",
            fields={"username": "must contain only letters, numbers and underscores"},
        )
    taken = name in RESERVED or any(looks_like(name, word) for word in RESERVED)
    if taken and not office:
        raise InvalidError(
            "That name is kept for the people who run this server. Choose another.",
            fields={"username": "is reserved"},
        )
    return name


def looks_like(one: str, other: str) -> bool:
    """Return whether two names could be taken for each other (after UTS 39's skeletons)."""
    return _skeleton(one) == _skeleton(other)


def check_password(text: str, *, username: str = "", email: str = "") -> str:
    """Return a password that is good enough, or raise `InvalidError` saying what to change."""
    if len(text) < MIN_PASSWORD:
        raise InvalidError(
            f"A password needs {MIN_PASSWORD} letters or more; four unrelated words are good.",
            fields={"password": f"is too short (minimum is {MIN_PASSWORD} characters)"},
        )
    if len(text) > MAX_PASSWORD:
        raise InvalidError(
            f"A password can have {MAX_PASSWORD} letters at most.",
            fields={"password": f"is too long (maximum is {MAX_PASSWORD} characters)"},
        )
    plain = text.casefold()
    if len(set(plain)) < 4 or plain in {username.casefold(), email.casefold()}:  # noqa: PLR2004 - "aaaa…"
        raise InvalidError(
            "That password is easy to guess. Four unrelated words are good.",
            fields={"password": "is too easy to guess"},
        )
    return text


def normalise_email(text: str) -> str:
    """Return an e-mail address as it is stored, or raise `InvalidError`."""
    address = text.strip()
    local, at, host = address.rpartition("@")
    try:
        domain = normalise_host(host) if at else ""
    except InvalidError:
        domain = ""
    if not domain or ":" in domain or not _EMAIL.fullmatch(f"{local}@{domain}"):
        raise InvalidError(
            "That does not look like an e-mail address. One looks like name@school.example.",
            fields={"email": "is invalid"},
        )
    return f"{local}@{domain}".lower()


def _skeleton(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return letters.translate(_LOOKALIKES).replace("_", "").replace("rn", "m").replace("vv", "w")
