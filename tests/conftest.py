"""Fixtures: a whole server on a fresh database, its members, and a clock that can be moved.

`TEST_DATABASE=postgresql` runs everything on PostgreSQL; SQLite otherwise.
"""

import asyncio
import io
import json
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy.ext.asyncio import AsyncSession

import fedi_k12.opening
from federation import objects
from federation.vocab.check import faults_of
from fedi_k12.app import build_app
from fedi_k12.context import Context
from fedi_k12.domain.delegates import DelegateRole, Delegation
from fedi_k12.domain.permissions import Actor, Role
from fedi_k12.services import (
    acting,
    apps,
    charters,
    conduct,
    login,
    officials,
    signup,
)
from fedi_k12.services.keys import AccountKeys, generate_keys
from fedi_k12.services.received_accounts import ReceivedAccount, ReceivedKey, receive_account
from fedi_k12.settings import Settings
from fedi_k12.web.keys import CONTEXT
from fedi_k12.worker import run_until_idle
from storage import accounts, migrate
from storage.tables import AccountRow
from tests import statements
from tests.answers import Answers
from tests.charters import charter_draft
from tests.choosing import Files, to_run
from tests.databases import POSTGRESQL, PostgresServer, migrated, sqlite_url
from tests.outside import Clock, FakeResolver
from tests.remote import ACTIVITY, Remote, signed_headers
from tests.remote import Actor as Remoteling
from tests.serving import Serving
from tests.thrift import (
    errors_in_plain_words,
    forget_application,
    look_through_tests_only,
    no_fear_of_power_cuts,
    routes_put_up_once,
    statements_compiled_once,
)

hypothesis_settings.register_profile(
    "ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("ci")

# Processes of their own choose their own store, and words and roles are read from none: once is
# enough for them.
collect_ignore = (
    ["journeys", "clients", "browser", "cli"]
    + [f"webui/test_{name}.py" for name in ("words", "spanish", "humane")]
    + ["officials/test_matrix.py"]
    if POSTGRESQL
    else []
)

HOST = "home.example"
PASSWORD = "correct horse battery staple"

App = web.Application
Client = TestClient[web.Request, App]


@dataclass(frozen=True)
class Member:
    """Somebody who signs in, with a token for the client API."""

    actor: Actor
    account: AccountRow
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture(scope="session", autouse=True)
def thrift() -> Iterator[None]:
    """Compile each statement and put up each route once, and wait for no disk."""
    with (
        statements_compiled_once(),
        routes_put_up_once(),
        no_fear_of_power_cuts(),
        errors_in_plain_words(),
    ):
        yield


@pytest.fixture(scope="session")
def account_keys() -> AccountKeys:
    """One pair of key pairs for everybody: making them is what takes long."""
    return generate_keys()


@pytest.fixture(scope="session")
def password_hash() -> str:
    return login.hash_password(PASSWORD)


@pytest.fixture(scope="session")
def postgres() -> PostgresServer | None:
    return PostgresServer() if POSTGRESQL else None


@pytest.fixture(scope="session")
def template_store(postgres: PostgresServer | None) -> Iterator[str]:
    """A migrated, empty store: on SQLite each test gets a copy, on PostgreSQL it is emptied."""
    if postgres is None:
        yield sqlite_url(migrated().parent)
        return
    asyncio.run(postgres.hurry())
    url = asyncio.run(postgres.create())
    asyncio.run(migrate.upgrade(url))
    yield url
    asyncio.run(postgres.drop(url))


@pytest.fixture(scope="session")
def sweep(template_store: str, postgres: PostgresServer | None) -> Iterator[Callable[[], None]]:
    """Take every row out of the PostgreSQL store, by a connection that stays open.

    A new one would read about a hundred tables and their indexes each time.
    """
    if postgres is None:
        yield lambda: None
        return
    with asyncio.Runner() as runner:
        connection = runner.run(postgres.sweeper(template_store))
        yield lambda: runner.run(connection.execute("SELECT pg_temp.sweep()"))
        runner.run(connection.close())


@pytest.fixture
def database_url(
    tmp_path: Path,
    template_store: str,
    postgres: PostgresServer | None,
    sweep: Callable[[], None],
) -> Iterator[str]:
    """The address of this test's own store."""
    if postgres is None:
        url = sqlite_url(tmp_path)
        shutil.copy(template_store.partition("///")[2], url.partition("///")[2])
        yield url
        return
    yield template_store
    sweep()


@pytest.fixture(autouse=True)
def every_document_follows_its_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold whatever is sent or shown in any test against the schema that is published of it."""
    encode = objects._encode

    def checked(document: Any) -> bytes:
        body = encode(document)
        faults = faults_of(json.loads(body))
        assert not faults, f"{document.get('type')} {document.get('id')}: {faults}"
        return body

    monkeypatch.setattr(objects, "_encode", checked)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def resolver() -> FakeResolver:
    return FakeResolver()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """The settings of the server under test, `https://home.example`."""
    return Settings(
        domain=HOST,
        handle_domain=HOST,
        scheme="https",
        name="Home District",
        data_dir=tmp_path / "data",
        database_url=database_url,
        allow_private_networks=(ip_network("127.0.0.0/8"),),
        rate_limits=False,
        hold_seconds=0,
    )


@pytest.fixture
async def client(
    aiohttp_client: Callable[..., Awaitable[Client]],
    settings: Settings,
    resolver: FakeResolver,
    clock: Clock,
    account_keys: AccountKeys,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Client]:
    """A client of a whole server; jobs run when a test calls `run_until_idle(ctx)`."""
    monkeypatch.setattr(fedi_k12.opening, "generate_keys", lambda: account_keys)
    app = build_app(settings, resolver=resolver, clock=clock)
    answers = Answers()
    app.on_response_prepare.append(answers.look)
    yield await aiohttp_client(Serving(app), headers={"Host": HOST})
    forget_application()
    assert not answers.faults, "not as described: " + "; ".join(answers.faults[:5])


@pytest.fixture
def ctx(client: Client) -> Context:
    return client.app[CONTEXT]


MakeMember = Callable[..., Awaitable[Member]]
MakeRemote = Callable[..., Awaitable[AccountRow]]


@pytest.fixture
def make_member(ctx: Context, account_keys: AccountKeys, password_hash: str) -> MakeMember:
    """Return a function that makes a member with an account and a token."""

    async def make(
        username: str,
        *,
        role: Role = Role.MEMBER,
        kind: str = "Person",
        scopes: str = "read write follow push",
        display_name: str = "",
    ) -> Member:
        account = await ctx.write(
            signup.create_member,
            username=username,
            email=f"{username}@home.example",
            password_hash=password_hash,
            role=role,
            kind=kind,
            display_name=display_name or username.title(),
            keys=account_keys,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        token = await ctx.write(
            apps.create_token,
            username=username,
            scopes=scopes,
            app_name="Tests",
            now=ctx.clock(),
        )
        async with ctx.read() as session:
            member = await login.find_member(session, login=username)
        assert member is not None
        return Member(Actor(account.id, member.member_id, role), account, token)

    return make


@pytest.fixture
def delegate_to(ctx: Context) -> Callable[..., Awaitable[Member]]:
    """Return a function that lets a member act for an account: the member, as they act."""

    async def let(
        account: AccountRow, member: Member, role: str = "author", *, probationary: bool = False
    ) -> Member:
        await ctx.write(
            officials.delegate,
            actor=None,
            account_id=account.id,
            person_id=member.account.id,
            role=DelegateRole(role),
            probationary=probationary,
            now=ctx.clock(),
        )
        await ctx.write(accept_guide, account=account, member=member, now=ctx.clock())
        issued = await ctx.write(acting_token, member=member, account=account, now=ctx.clock())
        delegation = Delegation(DelegateRole(role), probationary)
        actor = Actor(account.id, member.actor.member_id, Role.MEMBER, delegation)
        return Member(actor, account, issued)

    return let


async def accept_guide(
    session: AsyncSession, *, member: Member, account: AccountRow, now: datetime
) -> None:
    """Let a member accept the guide by which one writes for an account (S-45)."""
    actor = await acting.actor_for(
        session, member_id=member.actor.member_id or 0, account_id=account.id
    )
    guide = await acting.guide_of(session, account.id)
    given = {"account_id": account.id, "digest": guide.digest, "now": now}
    await conduct.accept(session, actor=actor, **given)


async def acting_token(
    session: AsyncSession, *, member: Member, account: AccountRow, now: datetime
) -> str:
    """Return a token by which a member acts for an account."""
    app = await apps.register_app(
        session, name="Tests", redirect_uris=[apps.OUT_OF_BAND], scopes="read write", now=now
    )
    issued = await apps.token_of_app(
        session,
        app_id=app.id,
        member_id=member.actor.member_id or 0,
        account_id=account.id,
        scopes=frozenset({"read", "write", "follow", "push"}),
        now=now,
    )
    return issued.access_token


@pytest.fixture
async def lincoln(
    ctx: Context,
    account_keys: AccountKeys,
    make_member: MakeMember,
    delegate_to: Callable[..., Awaitable[Member]],
) -> AccountRow:
    """The official account of a school, with the two managers it needs.

    Whoever acts for it publishes alone: what a second person decides has tests of its own.
    """
    account = await ctx.write(
        officials.make,
        actor=None,
        username="lincoln",
        display_name="Lincoln Elementary",
        keys=account_keys,
        addresses=ctx.addresses,
        now=ctx.clock(),
    )
    await ctx.write(
        charters.adopt,
        actor=None,
        account_id=account.id,
        draft=charter_draft(ctx.clock()),
        now=ctx.clock(),
    )
    for name in ("principal_ann", "principal_bo"):
        await delegate_to(account, await make_member(name), "manager")
    return account


@pytest.fixture
async def maya(make_member: MakeMember) -> Member:
    return await make_member("maya")


@pytest.fixture
async def tom(make_member: MakeMember) -> Member:
    return await make_member("tom")


@pytest.fixture
def make_remote(ctx: Context, account_keys: AccountKeys) -> MakeRemote:
    """Return a function that makes an account of another server, as if it had been fetched."""

    async def make(
        username: str, host: str = "remote.example", **changes: object
    ) -> AccountRow:
        base = f"http://{host}"
        uri = f"{base}/users/{username}"
        values: dict[str, object] = {
            "uri": uri,
            "url": f"{base}/@{username}",
            "kind": "Person",
            "username": username,
            "domain": host,
            "host": host,
            "handle_verified": True,
            "display_name": username.title(),
            "inbox": f"{uri}/inbox",
            "shared_inbox": f"{base}/inbox",
            "outbox": f"{uri}/outbox",
            "followers_uri": f"{uri}/followers",
            "following_uri": f"{uri}/following",
            "published": datetime(2025, 1, 1, tzinfo=UTC),
            "keys": (ReceivedKey(f"{uri}#main-key", "rsa", account_keys.rsa.public_pem),),
        }
        values.update(changes)
        received = ReceivedAccount(**values)
        return await ctx.write(receive_account, received, now=ctx.clock())

    return make


@pytest.fixture
async def make_server(
    resolver: FakeResolver,
) -> AsyncIterator[Callable[[str], Awaitable[Remote]]]:
    """Return a function that starts a fake server of the fediverse under a host name."""
    started: list[Remote] = []

    async def make(host: str) -> Remote:
        remote = Remote(host)
        resolver.ports[host] = await remote.start()
        started.append(remote)
        return remote

    yield make
    for remote in started:
        await remote.stop()


@pytest.fixture
async def remote(make_server: Callable[[str], Awaitable[Remote]]) -> Remote:
    """A fake server, `http://remote.example`."""
    return await make_server("remote.example")


@pytest.fixture
def send(client: Client, ctx: Context) -> Callable[..., Awaitable[int]]:
    """Return a function that posts an activity to an inbox here, signed by its actor."""

    async def post(
        actor: Remoteling,
        activity: dict[str, Any] | bytes,
        *,
        path: str = "/inbox",
        process: bool = True,
        **signing: Any,
    ) -> int:
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        headers = signed_headers(actor, body, host=HOST, path=path, now=ctx.clock(), **signing)
        answer = await client.post(
            path, data=io.BytesIO(body), headers={**headers, "Content-Type": ACTIVITY}
        )
        await answer.read()
        if process:
            await run_until_idle(ctx)
        return answer.status

    return post


@pytest.fixture
async def account_by_uri(ctx: Context) -> Callable[[str], Awaitable[AccountRow | None]]:
    """Return a function that looks an account up."""

    async def look(uri: str) -> AccountRow | None:
        async with ctx.read() as session:
            return await accounts.by_uri(session, uri)

    return look


def pytest_configure(config: pytest.Config) -> None:
    """Keep the machine's own settings out of the tests; note what they send if asked to."""
    if statements.WISH == "note":
        config.pluginmanager.register(statements.Notes())
    for name in [name for name in os.environ if name.startswith("FEDI_K12_")]:
        del os.environ[name]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Load all tests, and leave what was loaded out of every search for garbage."""
    with look_through_tests_only():
        return (yield)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose what is run on PostgreSQL."""
    kept = to_run(items)
    config.hook.pytest_deselected(items=list(set(items) - set(kept)))
    items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Files | None:
    """Cut the longest files where each file belongs to one process."""
    return Files(config, log) if config.getoption("dist") == "loadfile" else None
