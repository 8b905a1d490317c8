"""One app that is connected to a stream: what waits to be sent to it, and how it ends."""

import asyncio
from collections import deque

import msgspec
from msgspec import Struct, field

from fedi_k12.domain.permissions import Actor
from fedi_k12.domain.streams import Stream, Subscription

MAX_WAITING = 256
MAX_WAITING_BYTES = 1_048_576
"""An app that reads more slowly than this is let go: it connects anew and asks what it missed.

Frames are shared between all who get the same, so that this bounds what a slow one can hold.
"""

_encode = msgspec.json.Encoder().encode


class Message:
    """Something to tell apps, encoded once for all who know the stream by the same words."""

    def __init__(self, event: str, payload: bytes | None = None) -> None:
        self.event = event
        self._payload = payload
        self._frames: dict[tuple[str, ...], bytes] = {}
        self._sent_event: bytes | None = None

    def frame(self, label: tuple[str, ...]) -> bytes:
        """Return the WebSocket message: JSON, with the payload as a string inside."""
        if label not in self._frames:
            said: dict[str, object] = {"stream": label, "event": self.event}
            if self._payload is not None:
                said["payload"] = self._payload.decode()
            self._frames[label] = _encode(said)
        return self._frames[label]

    def sent_event(self) -> bytes:
        """Return the server-sent event (HTML, 9.2.5); the payload has no line break."""
        if self._sent_event is None:
            # Without data an event would be dropped by the browser.
            data = self._payload if self._payload is not None else b"undefined"
            self._sent_event = b"event: %s\ndata: %s\n\n" % (self.event.encode(), data)
        return self._sent_event


class Connection(Struct, eq=False):
    """An open socket or answer. Whoever has news puts it here and never waits."""

    actor: Actor
    token_id: int
    scopes: frozenset[str]
    address: str
    transport: asyncio.BaseTransport | None
    socket: bool
    """A WebSocket; a stream of server-sent events otherwise."""
    subscriptions: dict[Stream, Subscription] = field(default_factory=dict)
    ended: str = ""
    """Why nothing more is sent: `slow`, `revoked`, `leaving`, `closed`."""
    _waiting: deque[bytes] = field(default_factory=deque)
    _size: int = 0
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, message: Message, stream: Stream) -> None:
        """Have a message sent; an app that does not keep up is cut off instead."""
        subscribed = self.subscriptions.get(stream)
        if self.ended or subscribed is None:
            return
        data = message.frame(subscribed.label) if self.socket else message.sent_event()
        self.put_bytes(data)

    def put_bytes(self, data: bytes) -> None:
        """Have these bytes sent as they are."""
        if len(self._waiting) >= MAX_WAITING or self._size + len(data) > MAX_WAITING_BYTES:
            self.end("slow")
            return
        self._waiting.append(data)
        self._size += len(data)
        self._wake.set()

    async def take(self) -> list[bytes]:
        """Wait for what is to be sent; nothing once the connection has ended."""
        await self._wake.wait()
        self._wake.clear()
        taken = list(self._waiting)
        self._waiting.clear()
        self._size = 0
        return [] if self.ended else taken

    def end(self, reason: str) -> None:
        """Send nothing more, forget what waits, and let go of who does not listen."""
        if self.ended:
            return
        self.ended = reason
        self._waiting.clear()
        self._size = 0
        self._wake.set()
        if reason == "slow":
            self.abort()
        elif reason != "closed":
            # Whoever does not read their goodbye is not waited for.
            asyncio.get_running_loop().call_later(2.0, self.abort)

    def abort(self) -> None:
        """Drop the line, with what the system still holds for it."""
        if isinstance(self.transport, asyncio.Transport | asyncio.WriteTransport):
            self.transport.abort()
        elif self.transport is not None:
            self.transport.close()

    @property
    def gone(self) -> bool:
        """Whether the other side has hung up."""
        return self.transport is None or self.transport.is_closing()
