"""The other servers: actors by the thousand, what they say of themselves, and their inboxes."""

import asyncio
import json
import ssl
from dataclasses import dataclass, field
from itertools import count
from typing import cast
from urllib.parse import urlsplit

from federation.sig.cavage import sign
from federation.sig.keys import load_private
from fedi_k12.context import utc_now
from tests.bench.load import Place
from tests.remote import ACTIVITY, KEYS, Actor

HOSTS = 50


@dataclass
class Stranger(Actor):
    """An actor of one of the other servers."""

    scheme: str = "http"

    @property
    def uri(self) -> str:
        return f"{self.scheme}://{self.host}/users/{self.name}"

    def document(self, **changes: object) -> dict[str, object]:
        document = super().document(**changes)
        document["url"] = f"{self.scheme}://{self.host}/@{self.name}"
        document["endpoints"] = {"sharedInbox": f"{self.scheme}://{self.host}/inbox"}
        document["indexable"] = document["discoverable"] = True
        if self.name.startswith("fan"):
            del document["endpoints"]
        return document


@dataclass
class Far:
    """Other servers, all in this process and on one port; what is sent there is counted.

    `names` makes the name of a host out of its own, such as `{}.localhost:8443`.
    """

    names: str
    scheme: str = "http"
    delay: float = 0.0
    """Seconds that each inbox takes to answer."""
    taken: int = 0
    wanted: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    follows: list[dict[str, object]] = field(default_factory=list)
    """Follows that were sent here and wait for their Accept."""

    def author(self, at: int) -> Stranger:
        """Return one of the authors, a few on each host."""
        return Stranger(
            self.names.format(f"host{at % HOSTS}"), f"author{at}", KEYS, self.scheme
        )

    def fan(self, at: int) -> Stranger:
        """Return one of those who follow, each on a host of their own."""
        return Stranger(self.names.format(f"fan{at}"), f"fan{at}", KEYS, self.scheme)

    def stranger(self, at: int) -> Stranger:
        """Return somebody whom nobody has heard of."""
        return Stranger(self.names.format(f"host{at % HOSTS}"), f"new{at}", KEYS, self.scheme)

    async def listen(self, port: int, context: ssl.SSLContext | None = None) -> asyncio.Server:
        """Serve documents and inboxes on a port."""
        return await asyncio.get_running_loop().create_server(
            lambda: Line(self), "127.0.0.1", port, ssl=context, backlog=4096
        )

    def expect(self, number: int) -> asyncio.Event:
        """Return what is set once so many more deliveries have come."""
        self.wanted, self.enough = self.taken + number, asyncio.Event()
        return self.enough

    def took(self, body: bytes, host: str) -> None:
        """Count a delivery to a host."""
        del host
        self.taken += 1
        if self.taken >= self.wanted:
            self.enough.set()
        if b'"Follow"' in body:
            self.follows.append(json.loads(body))

    def page(self, path: str, host: str) -> bytes:
        """Return what there is under a path, `b""` for nothing."""
        if path.startswith("/.well-known/webfinger"):
            name = path.partition("acct:")[2].partition("acct%3A")[0]
            name = (name or path.partition("acct%3A")[2]).partition("@")[0].partition("%40")[0]
            actor = Stranger(host, name, KEYS, self.scheme)
            link = {"rel": "self", "type": ACTIVITY, "href": actor.uri}
            return json.dumps({"subject": f"acct:{name}@{host}", "links": [link]}).encode()
        parts = path.split("/")
        if len(parts) == 3 and parts[1] == "users":
            return json.dumps(Stranger(host, parts[2], KEYS, self.scheme).document()).encode()
        return b""


class Line(asyncio.Protocol):
    """A connection to one of the other servers."""

    def __init__(self, far: Far) -> None:
        self._far, self._came = far, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"\x16") and not self._came:
            # Who begins with TLS, where it is not spoken, is to hear so at once.
            self._transport.abort()
            return
        self._came += data
        while (end := self._came.find(b"\r\n\r\n")) >= 0:
            head = self._came[:end].decode("latin-1")
            fields = dict(
                line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line
            )
            size = int(fields.get("content-length", 0))
            if len(self._came) < end + 4 + size:
                return
            body = self._came[end + 4 : end + 4 + size]
            self._came = self._came[end + 4 + size :]
            method, path = head.split(" ", 2)[:2]
            if method == "POST":
                self._far.took(body, fields["host"])
                answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
            else:
                page = self._far.page(
                    urlsplit(path)._replace(fragment="").geturl(), fields["host"]
                )
                status = b"200 OK" if page else b"404 Not Found"
                kind = b"application/jrd+json" if "webfinger" in path else ACTIVITY.encode()
                answer = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (
                    status,
                    kind,
                    len(page),
                    page,
                )
            if self._far.delay and method == "POST":
                asyncio.get_running_loop().call_later(self._far.delay, self._say, answer)
            else:
                self._say(answer)

    def hang_up(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _say(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


_PRIVATE = load_private(KEYS.private_pem)
_numbers = count(1)


def signed(
    place: Place, actor: Stranger, path: str, activity: dict[str, object] | None
) -> bytes:
    """Return a request to `place` that the actor signed: a POST of an activity, or a GET."""
    method, body = (
        ("GET", None) if activity is None else ("POST", json.dumps(activity).encode())
    )
    headers = sign(
        private_key=_PRIVATE, key_id=actor.key_id, method=method, host=place.host, target=path,
        body=body, now=utc_now(),
    )  # fmt: skip
    headers |= {"Accept": ACTIVITY} if body is None else {"Content-Type": ACTIVITY}
    return place.request(method, path, headers=headers, body=body or b"")


def created(actor: Stranger) -> dict[str, object]:
    """Return the Create of a new public note, with a hashtag."""
    number = f"bench{next(_numbers)}-{utc_now():%H%M%S%f}"
    href = f"{actor.scheme}://{actor.host}/tags/maths"
    note = actor.note(
        number,
        f"<p>Note {number} about <a href='{href}'>#maths</a> and what we did today.</p>",
        tag=[{"type": "Hashtag", "name": "#maths", "href": href}],
        url=f"{actor.scheme}://{actor.host}/@{actor.name}/{number}",
    )
    return actor.create(note, number)


def follow(actor: Stranger, target: str) -> dict[str, object]:
    """Return a Follow of somebody."""
    return actor.activity("Follow", target, f"bench{next(_numbers)}", to=[target])


def accept(follow: dict[str, object]) -> tuple[Stranger, dict[str, object]]:
    """Return who was asked to be followed, and their Accept."""
    uri = urlsplit(str(follow["object"]))
    actor = Stranger(uri.netloc, uri.path.rpartition("/")[2], KEYS, uri.scheme)
    return actor, actor.activity("Accept", follow, f"bench{next(_numbers)}")
