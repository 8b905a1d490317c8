"""The one outbound HTTP client: nothing this server asks for goes out any other way.

It reaches public addresses over TLS on port 443, and nothing else: the address that is really
dialled is checked, on every hop, after the name was resolved once. Bodies, headers, redirects
and time are capped. Networks that the operator allows (development, tests) are exempt from
the rules about addresses, ports and TLS, not from the caps.
"""

import asyncio
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Literal

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from fedi_k12.domain.errors import InvalidError, UnavailableError
from fedi_k12.domain.troubles import Troubles
from fedi_k12.domain.urls import parse_remote_url
from fedi_k12.guard_answers import Answer, FetchError, Stream, in_words
from fedi_k12.guard_lanes import Lane, lane_now
from fedi_k12.guard_names import GuardedResolver, Names

__all__ = ["Answer", "FetchError", "GuardedClient", "Stream", "is_public"]

MAX_DOCUMENT_BYTES = 1_048_576
MAX_REDIRECTS = 3
MAX_HEADER_BYTES = 16_384
CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 5.0, 10.0, 30.0
CONNECTIONS_PER_HOST = 4

PIECE_BYTES = 65_536

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Sign = Callable[[str, URL], Awaitable[Mapping[str, str]]]

_RESERVED_V4 = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_RESERVED_V6 = tuple(
    ip_network(text)
    for text in (
        "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32",
        "2001:10::/28", "2001:20::/28", "2001:db8::/32", "2002::/16", "3fff::/20", "fc00::/7",
        "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
_LOCAL_ENDINGS = (
    ".localhost",
    ".local",
    ".internal",
    ".onion",
    ".test",
    ".invalid",
    ".example",
)
_REDIRECTS = {301, 302, 303, 307, 308}


def is_public(address: Address) -> bool:
    """Return whether an address is one of the public internet (FED-41, FED-42)."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _RESERVED_V4)
    if address.scope_id is not None:
        return False
    return not any(address in network for network in _RESERVED_V6)


class GuardedClient:
    """Makes every outbound request of this server."""

    def __init__(
        self,
        *,
        user_agent: str,
        allowed_networks: Sequence[Network] = (),
        ca_file: Path | None = None,
        own_hosts: frozenset[str] = frozenset(),
        resolve: Mapping[str, str] | None = None,
        resolver: AbstractResolver | None = None,
        troubles: Troubles | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._allowed = tuple(allowed_networks)
        self._own_hosts = own_hosts
        self._resolver = GuardedResolver(
            resolver, resolve or {}, self._admit, Names(troubles or Troubles())
        )
        self._ca_file = ca_file
        self._sessions: dict[Lane, aiohttp.ClientSession] = {}
        self.check_host: Callable[[str], Awaitable[None]] | None = None
        """Asked with the host on every hop; raises for a host we do not talk to."""

    async def open(self) -> None:
        """Make the connections' pools, one for each lane."""
        self._sessions = {lane: self._opened() for lane in Lane}

    def _opened(self) -> aiohttp.ClientSession:
        pool = aiohttp.TCPConnector(
            limit=0,
            limit_per_host=CONNECTIONS_PER_HOST,
            keepalive_timeout=60,
            ssl=_trusting(self._ca_file),
            resolver=self._resolver,
            use_dns_cache=False,
        )
        return aiohttp.ClientSession(
            connector=pool,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            headers={"User-Agent": self._user_agent},
            skip_auto_headers=("Accept-Encoding",),
        )

    async def close(self) -> None:
        """Close all connections."""
        for session in self._sessions.values():
            await session.close()
        self._sessions = {}

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Return the addresses that would be dialled for a host; raise `FetchError`."""
        if (literal := _literal(host)) is not None:
            if not self._admits(literal):
                raise FetchError(
                    "That address is not a public one.", reason="address", permanent=True
                )
            return (str(literal),)
        try:
            async with asyncio.timeout(READ_SECONDS):
                found = await self._resolver.resolve(host)
        except TimeoutError as error:
            raise FetchError(f"Looking {host} up took too long.", reason="dns") from error
        except OSError as error:
            raise FetchError(f"{host} is a name that leads nowhere.", reason="dns") from error
        return tuple(dict.fromkeys(item["host"] for item in found))

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        sign: Sign | None = None,
        max_bytes: int = MAX_DOCUMENT_BYTES,
        total: float = TOTAL_SECONDS,
        max_redirects: int = MAX_REDIRECTS,
    ) -> Answer:
        """Return what `url` answers, after redirects; raise `FetchError`.

        `sign(method, url)` gives the signature headers afresh for every hop.
        """
        try:
            async with asyncio.timeout(total):
                return await self._follow(url, headers or {}, sign, max_bytes, max_redirects)
        except TimeoutError as error:
            raise FetchError("The other server took too long.", reason="timeout") from error

    @asynccontextmanager
    async def stream(
        self, url: str, *, headers: Mapping[str, str], max_bytes: int
    ) -> AsyncIterator[Stream]:
        """Yield what `url` answers, after redirects, to be read piece by piece.

        Never compressed, and cut off after `max_bytes`; raises `FetchError`, while the pieces
        are read too.
        """
        session = self._session()
        sent = {**headers, "Accept-Encoding": "identity"}
        target, hops = await self._vetted(url), 0
        while True:
            with in_words(target):
                async with session.get(
                    target, headers=sent, allow_redirects=False, timeout=_patience()
                ) as response:
                    self._check_peer(target, response)
                    place = response.headers.get("Location")
                    if response.status not in _REDIRECTS or place is None:
                        pieces = _pieces(response, max_bytes)
                        yield Stream(response.status, response.headers, pieces)
                        return
            hops += 1
            if hops > MAX_REDIRECTS:
                raise FetchError(
                    "The other server redirects too often.", reason="redirect", permanent=True
                )
            target = await self._next(target, place)

    async def post(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str],
        max_bytes: int = 65_536,
        total: float = TOTAL_SECONDS,
    ) -> Answer:
        """Send `body` and return the answer; redirects are not followed (FED-55)."""
        try:
            async with asyncio.timeout(total):
                target = await self._vetted(url)
                return await self._send("POST", target, dict(headers), body, max_bytes)
        except TimeoutError as error:
            raise FetchError("The other server took too long.", reason="timeout") from error

    async def post_to_service(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str],
        max_bytes: int = 65_536,
        total: float = TOTAL_SECONDS,
    ) -> Answer:
        """Send `body` to a service that a member's app chose, such as one for push messages.

        As `post`, but for what staff decided about servers to federate with: a service is
        none.
        """
        try:
            async with asyncio.timeout(total):
                target = self._shaped(url)
                return await self._send("POST", target, dict(headers), body, max_bytes)
        except TimeoutError as error:
            raise FetchError("The other server took too long.", reason="timeout") from error

    async def _follow(
        self,
        url: str,
        headers: Mapping[str, str],
        sign: Sign | None,
        max_bytes: int,
        max_redirects: int,
    ) -> Answer:
        seen: set[str] = set()
        target = await self._vetted(url)
        while True:
            if str(target) in seen or len(seen) > max_redirects:
                raise FetchError(
                    "The other server redirects too often.", reason="redirect", permanent=True
                )
            seen.add(str(target))
            signed = await sign("GET", target) if sign is not None else {}
            answer = await self._send("GET", target, {**headers, **signed}, None, max_bytes)
            place = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or place is None:
                return answer
            target = await self._next(target, place)

    async def _next(self, before: URL, place: str) -> URL:
        """Return where a redirect leads; raise `FetchError` where that is not gone to."""
        try:
            joined = str(before.join(URL(place, encoded=True)))
        except ValueError as error:
            raise FetchError(
                "The other server redirects nowhere.", reason="redirect", permanent=True
            ) from error
        target = await self._vetted(joined)
        if before.scheme == "https" and target.scheme != "https":
            raise FetchError(
                "The other server redirects to plain http.", reason="scheme", permanent=True
            )
        return target

    async def _vetted(self, url: str) -> URL:
        """Return the address to ask, having checked all that can be known before dialling."""
        target = self._shaped(url)
        if self.check_host is not None:
            await self.check_host(target.raw_authority)
        return target

    def _shaped(self, url: str) -> URL:
        """Return an address that may be dialled by what it looks like."""
        try:
            target = parse_remote_url(url)
        except InvalidError as error:
            raise FetchError(str(error), reason="url", permanent=True) from error
        host = (target.raw_host or "").lower()
        if target.raw_authority.lower() in self._own_hosts:
            raise FetchError("That is this server itself.", reason="own_host", permanent=True)
        literal = _literal(host)
        if literal is not None and not self._admits(literal):
            raise FetchError(
                "That address is not a public one.", reason="address", permanent=True
            )
        if not self._allowed:
            _refuse_unusual(target, host, literal)
        return target

    def _admits(self, address: Address) -> bool:
        return is_public(address) or self._is_allowed(address)

    def _is_allowed(self, address: Address) -> bool:
        return any(
            address in network
            for network in self._allowed
            if network.version == address.version
        )

    def _admit(self, host: str, found: list[ResolveResult]) -> list[ResolveResult]:
        """Return which of the resolved addresses may be dialled; raise if none."""
        kept = [item for item in found if self._admits(ip_address(item["host"]))]
        if not kept:
            raise FetchError(
                f"{host} does not have a public address.", reason="address", permanent=True
            )
        return kept

    def _session(self) -> aiohttp.ClientSession:
        if not self._sessions:
            raise UnavailableError("The server is shutting down.")
        return self._sessions[lane_now()]

    async def _send(
        self,
        method: str,
        url: URL,
        headers: dict[str, str],
        body: bytes | None,
        max_bytes: int,
    ) -> Answer:
        session = self._session()
        headers.setdefault("Accept-Encoding", "gzip")
        with in_words(url):
            async with session.request(
                method,
                url,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=_patience(),
            ) as response:
                self._check_peer(url, response)
                if response.status in _REDIRECTS:
                    data = b""
                else:
                    data = await _read(response, max_bytes)
                kept = CIMultiDictProxy(CIMultiDict(response.headers))
                return Answer(response.status, kept, data, str(url))

    def _check_peer(self, url: URL, response: aiohttp.ClientResponse) -> None:
        """Check the address really dialled; plain http and odd ports only where allowed."""
        connection = response.connection
        transport = connection.transport if connection is not None else None
        peer = transport.get_extra_info("peername") if transport is not None else None
        if peer is None:
            # The answer was complete at once, so the connection is back in its pool; it was
            # opened by the guarded resolver, or to a literal that was checked above.
            return
        address = ip_address(str(peer[0]).partition("%")[0])
        if self._is_allowed(address):
            return
        if not is_public(address):
            raise FetchError("That address is not a public one.", reason="address")
        _refuse_unusual(url, (url.raw_host or "").lower(), _literal(url.raw_host or ""))


def _patience() -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS
    )


async def _pieces(response: aiohttp.ClientResponse, max_bytes: int) -> AsyncIterator[bytes]:
    left = max_bytes
    async for piece in response.content.iter_chunked(PIECE_BYTES):
        yield piece[:left]
        left -= len(piece)
        if left <= 0:
            return


@cache
def _trusting(ca_file: Path | None) -> ssl.SSLContext | Literal[True]:
    """Return what TLS trusts: the authorities of the machine (slow to read) and of one file.

    True stands for the machine's alone, which aiohttp has read already: they are 1 MB. Python
    speaks nothing older than TLS 1.2 where it is not told to.
    """
    if ca_file is None:
        return True
    context = ssl.create_default_context()
    context.load_verify_locations(ca_file)
    return context


@lru_cache(maxsize=8192)
def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        pass
    # Numbers that libraries and systems read as addresses in their own ways (FED-43).
    if all(part and _is_number(part) for part in host.split(".")):
        try:
            return ip_address(socket.inet_aton(host))
        except OSError:
            return ip_address("0.0.0.0")  # noqa: S104 - an address that is always refused
    return None


def _is_number(text: str) -> bool:
    return text.isdigit() or (
        text.startswith("0x") and all(c in "0123456789abcdef" for c in text[2:])
    )


def _refuse_unusual(url: URL, host: str, literal: Address | None) -> None:
    if url.scheme != "https":
        raise FetchError("Only https is asked.", reason="scheme", permanent=True)
    if url.port != 443:  # noqa: PLR2004 - the port of https
        raise FetchError("Only port 443 is asked.", reason="port", permanent=True)
    if literal is not None or "." not in host or host.endswith(_LOCAL_ENDINGS):
        raise FetchError(
            "That is not the name of a server on the internet.",
            reason="address",
            permanent=True,
        )


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """Return the decoded body; stop as soon as it is too large, whatever its length says."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "x-gzip", ""}:
        raise FetchError("The other server encodes as nobody asked.", reason="encoding")
    decoder = zlib.decompressobj(16 + zlib.MAX_WBITS) if "gzip" in encoding else None
    parts: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(65_536):
        left = chunk
        while left:
            if decoder is None:
                part, left = left, b""
            else:
                try:
                    part = decoder.decompress(left, max_bytes + 1 - size)
                except zlib.error as error:
                    raise FetchError(
                        "The other server's answer is damaged.", reason="encoding"
                    ) from error
                left = decoder.unconsumed_tail
            size += len(part)
            if size > max_bytes:
                raise FetchError(
                    "The other server's answer is too large.", reason="size", permanent=True
                )
            parts.append(part)
    return b"".join(parts)
