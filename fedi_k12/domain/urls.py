"""Addresses of other servers: one strict parser, and what it means to be of one origin."""

import re
from functools import lru_cache
from ipaddress import ip_address

import idna
from yarl import URL

from fedi_k12.domain.errors import InvalidError

MAX_URL_LENGTH = 2048
_DEFAULT_PORTS = {"https": 443, "http": 80}
_SHAPE = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#]+)(?P<rest>[/?#].*)?", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\\u0080-\u00a0\u2028\u2029\ufeff]")

Origin = tuple[str, str, int]
"""Scheme, host in ASCII letters, port."""


@lru_cache(maxsize=8192)
def parse_remote_url(text: str) -> URL:
    """Return an http(s) address with its host in ASCII, or raise `InvalidError` (FED-6).

    The path is kept byte for byte: some servers' ids hold `//`, `:` and odd escapes in it.
    """
    if len(text) > MAX_URL_LENGTH:
        raise InvalidError("The address is too long.")
    if _FORBIDDEN.search(text):
        raise InvalidError("The address holds characters that no address has.")
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise InvalidError("The address does not begin with https:// and a host.")
    scheme, authority = shape["scheme"].lower(), shape["host"]
    if "@" in authority or "%" in authority:
        raise InvalidError("The address hides what its host is.")
    host, port = _split_port(authority)
    name = _host(host)
    shown = f"[{name}]" if ":" in name else name
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        shown += f":{port}"
    try:
        return URL(f"{scheme}://{shown}{shape['rest'] or '/'}", encoded=True)
    except ValueError as error:
        raise InvalidError("The address cannot be read.") from error


def origin(text: str) -> Origin:
    """Return (scheme, host, port) of an address, or raise `InvalidError`."""
    url = parse_remote_url(text)
    return url.scheme, url.raw_host or "", url.port or _DEFAULT_PORTS[url.scheme]


def same_origin(one: str, other: str) -> bool:
    """Return whether two ids are of one server, so that one may speak for the other."""
    try:
        return origin(one) == origin(other)
    except InvalidError:
        return False


def host_of(text: str) -> str:
    """Return the host of an address, with its port where unusual, or raise `InvalidError`."""
    return parse_remote_url(text).raw_authority


def _split_port(authority: str) -> tuple[str, int | None]:
    if authority.startswith("["):
        host, bracket, rest = authority[1:].partition("]")
        if not bracket or ":" not in host or (rest and not rest.startswith(":")):
            raise InvalidError("The address cannot be read.")
        port = rest.removeprefix(":")
    else:
        host, _, port = authority.partition(":")
    if not port:
        if authority.endswith(":"):
            raise InvalidError("The address cannot be read.")
        return host, None
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):  # noqa: PLR2004 - ports
        raise InvalidError("The port of the address cannot be.")
    return host, int(port)


def _host(host: str) -> str:
    if ":" in host:
        try:
            return str(ip_address(host))
        except ValueError as error:
            raise InvalidError("The host of the address cannot be.") from error
    try:
        name = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise InvalidError("The host of the address cannot be.") from error
    labels = name.split(".")
    if not name or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004 - RFC 1035
        raise InvalidError("The host of the address cannot be.")
    return name
