"""Send many requests over kept connections, and say how long each took."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter
from typing import cast
from urllib.parse import urlsplit

PATIENCE = 60.0
"""Seconds after which a load that does not end is given up."""


@dataclass(frozen=True)
class Place:
    """Where a server listens, and the name it is called by there."""

    address: str
    port: int
    host: str
    tls: bool = False

    @classmethod
    def of(cls, url: str) -> "Place":
        """Return the place behind `https://name[:port]`."""
        parts = urlsplit(url)
        tls = parts.scheme == "https"
        return cls(
            parts.hostname or "", parts.port or (443 if tls else 80), parts.netloc, tls=tls
        )

    def context(self) -> ssl.SSLContext | None:
        """Return how TLS is spoken there: the certificate of a bench proves nothing."""
        if not self.tls:
            return None
        # Not the usual one: to read all that it believes takes longer than to shake hands.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    def get(self, path: str, **headers: str) -> bytes:
        """Return a GET as it goes over the wire."""
        return self.request("GET", path, headers={"Host": self.host, **headers})

    def request(
        self, method: str, path: str, *, headers: dict[str, str], body: bytes = b""
    ) -> bytes:
        """Return a request as it goes over the wire."""
        lines = [f"{method} {path} HTTP/1.1"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body or method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Result:
    """What a load came to."""

    seconds: float = 0.0
    took: list[float] = field(default_factory=list)
    """Seconds from sending a request to the last byte of its answer."""
    statuses: Counter[int] = field(default_factory=Counter)
    size: int = 0
    """Bytes of the last answer's body."""

    @property
    def each_second(self) -> float:
        """How many were answered in a second."""
        return len(self.took) / self.seconds if self.seconds else 0.0

    def refused(self) -> dict[int, int]:
        """Return how many answers were no success, by status."""
        return {status: n for status, n in self.statuses.items() if status // 100 != 2}


class _Lane(asyncio.Protocol):
    """One kept connection: the next request goes out when the last was answered."""

    def __init__(
        self,
        requests: Iterator[bytes],
        result: Result,
        until: float,
        moments: Iterator[float] | None = None,
    ) -> None:
        self._requests, self._result, self._until = requests, result, until
        self._moments = moments
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._head = b""
        self._missing = -1
        self._chunked = False
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def _next(self) -> None:
        now = perf_counter()
        request = next(self._requests, None) if now < self._until else None
        if request is None:
            self._transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        due = next(self._moments) if self._moments is not None else now
        if due > now:
            asyncio.get_running_loop().call_later(due - now, self._send, request, due)
        else:
            self._send(request, due)

    def _send(self, request: bytes, due: float) -> None:
        # Whoever had to wait for a connection waited, too.
        self._began = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head, data = self._head[:end].lower(), self._head[end + 4 :]
            self._head = b""
            self._result.statuses[int(head[9:12])] += 1
            at = head.find(b"content-length:")
            self._chunked = at < 0 and b"transfer-encoding: chunked" in head
            size = int(head[at + 15 :].split(b"\r", 1)[0]) if at >= 0 else 0
            self._missing = self._result.size = size
        if self._chunked:
            if not data.endswith(b"0\r\n\r\n"):
                return
        else:
            self._missing -= len(data)
            if self._missing > 0:
                return
        self._missing = -1
        self._result.took.append(perf_counter() - self._began)
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionResetError("The server hung up."))


async def fire(
    place: Place,
    requests: Iterable[bytes],
    *,
    connections: int,
    seconds: float = PATIENCE,
    rate: float | None = None,
) -> Result:
    """Send requests over so many connections, until none is left or it is time.

    At a `rate`, so many are due in a second, however long others take; without, each
    connection sends the next one when it has the answer to the last.
    """
    result, context = Result(), place.context()
    loop, source, began = asyncio.get_running_loop(), iter(requests), perf_counter()
    moments = (began + at / rate for at in count()) if rate else None
    lanes = []
    for _ in range(connections):
        _transport, lane = await loop.create_connection(
            lambda: _Lane(source, result, began + seconds, moments),
            place.address,
            place.port,
            ssl=context,
        )
        lanes.append(lane)
    await asyncio.wait_for(asyncio.gather(*(lane.done for lane in lanes)), seconds + PATIENCE)
    result.seconds = perf_counter() - began
    return result
