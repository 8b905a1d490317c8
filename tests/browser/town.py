"""A town to look at: one server whose store holds something of everything, for many tests.

Making it takes a few seconds, so it is made once a process. Tests that change something do so
as somebody of their own (`Town.member`), or where nobody else looks.
"""

import inspect
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import fedi_k12.opening
from fedi_k12.app import build_app
from fedi_k12.context import Context
from fedi_k12.domain.ids import hash_token
from fedi_k12.domain.permissions import Actor, Role
from fedi_k12.domain.posts import Draft, Visibility
from fedi_k12.services import acting, conduct, login, posts, receive, signup
from fedi_k12.services.keys import AccountKeys
from fedi_k12.services.received import ReceivedPost
from fedi_k12.services.received_accounts import ReceivedAccount, ReceivedKey, receive_account
from fedi_k12.settings import Settings
from fedi_k12.web.keys import CONTEXT
from storage.tables import AccountRow
from tests.conftest import FakeResolver, Member
from tests.databases import sqlite_url
from tests.serving import Serving


@dataclass
class Town:
    """A server, who lives there, and where to find what."""

    ctx: Context
    keys: AccountKeys
    password_hash: str
    resolver: FakeResolver
    """Knows the names of fake servers."""
    people: dict[str, Member] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    """What stands for the parameters of addresses: `{post}` in `/@maya/{post}`."""

    voices: dict[str, int] = field(default_factory=dict)
    """The official accounts that browsers of these people speak for."""

    @property
    def url(self) -> str:
        return self.ctx.settings.base_url

    async def do(self, fn: Callable[..., Awaitable[Any]], *args: Any, **given: Any) -> Any:
        """Run a service in one write, at this time."""
        usual = {"now": self.ctx.clock(), "addresses": self.ctx.addresses}
        wanted = inspect.signature(fn).parameters
        usual = {name: value for name, value in usual.items() if name in wanted}
        return await self.ctx.write(fn, *args, **{**usual, **given})

    async def see(self, fn: Callable[..., Awaitable[Any]], *args: Any, **given: Any) -> Any:
        """Run a service in one read."""
        async with self.ctx.read() as session:
            return await fn(session, *args, **given)

    async def member(
        self, name: str, shown: str = "", *, role: Role = Role.MEMBER, kind: str = "Person"
    ) -> Member:
        """Return a new member."""
        account = await self.do(
            signup.create_member,
            username=name,
            email=f"{name}@town.example",
            password_hash=self.password_hash,
            role=role,
            kind=kind,
            display_name=shown or name.title(),
            keys=self.keys,
        )
        found = await self.see(login.find_member, login=name)
        made = Member(Actor(account.id, found.member_id, role), account, "")
        self.people[name] = made
        return made

    async def accept_guide(self, name: str, account_id: int) -> None:
        """Let a member accept the guide by which one writes for an account."""
        given = {"member_id": self.people[name].actor.member_id, "account_id": account_id}
        actor = await self.see(acting.actor_for, **given)
        guide = await self.see(acting.guide_of, account_id)
        await self.do(conduct.accept, actor=actor, account_id=account_id, digest=guide.digest)

    async def session_of(self, name: str) -> str:
        """Return a cookie with which a browser is signed in."""
        token, _csrf = await self.do(
            login.open_session, member_id=self.people[name].actor.member_id, client="Chromium"
        )
        if (account_id := self.voices.get(name)) is not None:
            given = {"member_id": self.people[name].actor.member_id, "account_id": account_id}
            signed = await self.see(
                login.session_for, token_hash=hash_token(token), now=self.ctx.clock()
            )
            await self.do(acting.speak_as, session_id=signed.session_id, **given)
        return str(token)

    async def stranger(self, name: str, host: str, **changes: object) -> AccountRow:
        """Return an account of another server, as if it had been fetched."""
        base = f"http://{host}"
        uri = f"{base}/users/{name}"
        values: dict[str, object] = {
            "uri": uri,
            "url": f"{base}/@{name}",
            "kind": "Person",
            "username": name,
            "domain": host,
            "host": host,
            "handle_verified": True,
            "display_name": name.title(),
            "inbox": f"{uri}/inbox",
            "outbox": f"{uri}/outbox",
            "followers_uri": f"{uri}/followers",
            "published": datetime(2025, 1, 1, tzinfo=UTC),
            "keys": (ReceivedKey(f"{uri}#key", "rsa", self.keys.rsa.public_pem),),
            **changes,
        }
        return await self.do(receive_account, ReceivedAccount(**values))

    async def publish(self, who: str, text: str, **draft: Any) -> int:
        """Publish a post of a member, for everybody unless something else is said."""
        wanted = {"visibility": Visibility.PUBLIC, **draft}
        actor = self.people[who].actor
        return int(await self.do(posts.publish, actor=actor, draft=Draft(text, **wanted)))

    async def arrive(self, account: AccountRow, name: str, content: str, **parts: Any) -> int:
        """Take in a post of another server's account."""
        post = ReceivedPost(
            **{
                "uri": f"{account.uri}/posts/{name}",
                "url": f"{account.url}/{name}",
                "account_id": account.id,
                "visibility": Visibility.PUBLIC,
                "content": content,
                "published": self.ctx.clock(),
                "host": account.host,
                **parts,
            }
        )
        [number] = await self.do(receive.receive_posts, [post])
        return int(number)


@asynccontextmanager
async def open_town(
    folder: Path,
    template_store: str | None,
    keys: AccountKeys,
    password_hash: str,
    **chosen: Any,
) -> AsyncIterator[Town]:
    """Serve an empty town on a port of its own, in this process.

    Its store is a copy of `template_store` where there is one, which saves the migrations.
    """
    url = sqlite_url(folder)
    if template_store is not None:
        shutil.copy(template_store.partition("///")[2], url.partition("///")[2])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    translator = TestServer(_translator())
    await translator.start_server()
    settings = Settings(
        **{
            "domain": f"127.0.0.1:{port}",
            "handle_domain": f"127.0.0.1:{port}",
            "scheme": "http",
            "name": "Home District",
            "data_dir": folder / "data",
            "database_url": url,
            "allow_private_networks": (ip_network("127.0.0.0/8"),),
            "rate_limits": False,
            "registrations": "approval",
            "contact_email": "help@town.example",
            "smtp_url": "smtp://127.0.0.1:9",
            "translate_url": f"http://127.0.0.1:{translator.port}",
            **chosen,
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fedi_k12.opening, "generate_keys", lambda: keys)
        resolver = FakeResolver()
        app = build_app(settings, resolver=resolver)
        server = Serving(app, port=port)
        await server.start_server()
    try:
        yield Town(app[CONTEXT], keys, password_hash, resolver)
    finally:
        await server.close()
        await translator.close()


def _translator() -> web.Application:
    """A service as LibreTranslate is one, which knows a few words."""

    async def languages(request: web.Request) -> web.Response:
        del request
        return web.json_response(
            [{"code": code, "name": code, "targets": ["en", "es"]} for code in ("en", "es")]
        )

    async def translate(request: web.Request) -> web.Response:
        asked = (await request.json())["q"]
        texts = [text.replace("Mañana", "Tomorrow") for text in asked]
        found = [{"confidence": 90, "language": "es"} for _ in texts]
        return web.json_response({"translatedText": texts, "detectedLanguage": found})

    app = web.Application()
    app.router.add_get("/languages", languages)
    app.router.add_post("/translate", translate)
    return app
