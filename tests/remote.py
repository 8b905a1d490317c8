"""A fake server of the fediverse on loopback: it has actors and posts, and takes deliveries."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from federation.sig.cavage import sign
from federation.sig.keys import load_private
from fedi_k12.context import utc_now

ACTIVITY = "application/activity+json"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


@dataclass(frozen=True)
class Keys:
    private_pem: str
    public_pem: str


def make_keys(bits: int = 2048) -> Keys:
    key = generate_private_key(65537, bits)
    return Keys(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    )


KEYS = make_keys()
OTHER_KEYS = make_keys()


@dataclass
class Actor:
    """An actor of the fake server."""

    host: str
    name: str
    keys: Keys = KEYS

    @property
    def uri(self) -> str:
        return f"http://{self.host}/users/{self.name}"

    @property
    def key_id(self) -> str:
        return f"{self.uri}#main-key"

    def document(self, **changes: object) -> dict[str, Any]:
        document: dict[str, Any] = {
            "@context": [
                "https://www.w3.org/ns/activitystreams",
                "https://w3id.org/security/v1",
            ],
            "id": self.uri,
            "type": "Person",
            "preferredUsername": self.name,
            "name": self.name.title(),
            "inbox": f"{self.uri}/inbox",
            "outbox": f"{self.uri}/outbox",
            "followers": f"{self.uri}/followers",
            "endpoints": {"sharedInbox": f"http://{self.host}/inbox"},
            "url": f"http://{self.host}/@{self.name}",
            "publicKey": {
                "id": self.key_id,
                "owner": self.uri,
                "publicKeyPem": self.keys.public_pem,
            },
        }
        document.update(changes)
        return {key: value for key, value in document.items() if value is not None}

    def note(
        self, number: str = "1", text: str = "<p>Hello</p>", **changes: object
    ) -> dict[str, Any]:
        note: dict[str, Any] = {
            "id": f"{self.uri}/posts/{number}",
            "type": "Note",
            "attributedTo": self.uri,
            "content": text,
            "published": utc_now().isoformat().replace("+00:00", "Z"),
            "to": [PUBLIC],
            "cc": [f"{self.uri}/followers"],
        }
        note.update(changes)
        return {key: value for key, value in note.items() if value is not None}

    def activity(
        self, kind: str, thing: object, number: str = "1", **changes: object
    ) -> dict[str, Any]:
        activity: dict[str, Any] = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{self.uri}/activities/{kind.lower()}-{number}",
            "type": kind,
            "actor": self.uri,
            "object": thing,
        }
        activity.update(changes)
        return {key: value for key, value in activity.items() if value is not None}

    def create(self, note: dict[str, Any], number: str = "1") -> dict[str, Any]:
        return self.activity("Create", note, number, to=note.get("to"), cc=note.get("cc"))


@dataclass
class Delivered:
    """A request that an inbox of the fake server got."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Remote:
    """The fake server: what it shows, and what it was sent."""

    host: str
    documents: dict[str, Any] = field(default_factory=dict)
    """By path: a document, or (status, content type, bytes)."""
    asked: list[str] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    """The Signature headers of what was asked, "" where there was none."""
    delivered: list[Delivered] = field(default_factory=list)
    inbox_status: int = 202
    inbox_headers: dict[str, str] = field(default_factory=dict)
    webfinger: Callable[[str], Any] | None = None
    takes: Callable[[web.Request], bool] | None = None
    """Which requests are signed in a way that this server knows; others get `refuses`."""
    refuses: int = 401
    server: TestServer | None = None

    def actor(self, name: str, *, keys: Keys = KEYS, **changes: object) -> Actor:
        """Return an actor whose document the server shows."""
        actor = Actor(self.host, name, keys)
        self.show(actor.document(**changes))
        return actor

    def show(self, document: dict[str, Any], path: str | None = None) -> None:
        """Show a document where its id says."""
        if path is None:
            path = document["id"].removeprefix(f"http://{self.host}")
        self.documents[path] = document

    def types(self) -> list[str]:
        """Return the types of what was delivered, in order."""
        return [item.body["type"] for item in self.delivered]

    async def start(self) -> int:
        """Start listening; return the port."""
        app = web.Application()
        app.router.add_get("/.well-known/webfinger", self._finger)
        app.router.add_post("/{tail:.*}", self._inbox)
        app.router.add_get("/{tail:.*}", self._get)
        self.server = TestServer(app)
        await self.server.start_server()
        assert self.server.port is not None
        return self.server.port

    async def stop(self) -> None:
        assert self.server is not None
        await self.server.close()

    async def _finger(self, request: web.Request) -> web.Response:
        resource = request.query.get("resource", "")
        self.asked.append(f"webfinger {resource}")
        if self.webfinger is not None:
            found = self.webfinger(resource)
            if isinstance(found, web.Response):
                return found
            return web.json_response(found, content_type="application/jrd+json")
        name = resource.removeprefix("acct:").partition("@")[0]
        if f"/users/{name}" not in self.documents:
            return web.Response(status=404)
        return web.json_response(
            {
                "subject": f"acct:{name}@{self.host}",
                "links": [
                    {
                        "rel": "self",
                        "type": ACTIVITY,
                        "href": f"http://{self.host}/users/{name}",
                    }
                ],
            },
            content_type="application/jrd+json",
        )

    async def _get(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        if self.takes is not None and not self.takes(request):
            return web.Response(status=self.refuses)
        self.signatures.append(request.headers.get("Signature", ""))
        found = self.documents.get(request.path_qs) or self.documents.get(request.path)
        if found is None:
            return web.Response(status=404)
        if isinstance(found, tuple):
            status, kind, body = found
            headers = {"Location": kind} if 300 <= status < 400 else {"Content-Type": kind}
            return web.Response(status=status, headers=headers, body=body)
        return web.Response(body=json.dumps(found).encode(), content_type=ACTIVITY)

    async def _inbox(self, request: web.Request) -> web.Response:
        self.delivered.append(
            Delivered(request.path, dict(request.headers), json.loads(await request.read()))
        )
        if self.takes is not None and not self.takes(request):
            return web.Response(status=self.refuses)
        return web.Response(status=self.inbox_status, headers=self.inbox_headers)


def newer_only(request: web.Request) -> bool:
    """Return whether a request is signed the way of RFC 9421."""
    return "Signature-Input" in request.headers


def older_only(request: web.Request) -> bool:
    """Return whether a request is signed the way of draft-cavage."""
    return not newer_only(request) and "Signature" in request.headers


def signed_headers(
    actor: Actor,
    body: bytes | None,
    *,
    host: str,
    path: str,
    now: datetime,
    method: str = "POST",
    keys: Keys | None = None,
    key_id: str | None = None,
) -> dict[str, str]:
    """Return the headers of a request signed by an actor."""
    return sign(
        private_key=load_private((keys or actor.keys).private_pem),
        key_id=key_id or actor.key_id,
        method=method,
        host=host,
        target=path,
        body=body,
        now=now,
    )
