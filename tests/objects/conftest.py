"""Fixtures for what posts are made of: a followed peer, a post as apps and pages show it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from federation.learn import fetch_account
from fedi_k12.services import follows, login
from fedi_k12.web.auth import SESSION_COOKIE
from fedi_k12.worker import run_until_idle
from storage import posts
from storage.tables import FollowRow
from tests.browse import Browser
from tests.remote import ACTIVITY


@pytest.fixture
async def at_maya(client, ctx, maya) -> Browser:
    """Maya's browser."""
    browser = Browser(client)
    token, _csrf = await ctx.write(
        login.open_session, member_id=maya.actor.member_id, client="Tests", now=ctx.clock()
    )
    browser.cookies[SESSION_COOKIE] = token
    return browser


@pytest.fixture
def befriend(ctx, maya, send) -> Callable[..., Awaitable[Any]]:
    """Return a function that lets maya follow an actor of a fake server, accepted."""

    async def follow(actor) -> Any:
        row = await fetch_account(ctx, actor.uri)
        await ctx.write(
            follows.follow,
            actor=maya.actor,
            target_id=row.id,
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        async with ctx.read() as session:
            uri = await session.scalar(
                select(FollowRow.uri).where(FollowRow.target_id == row.id)
            )
        await send(actor, actor.activity("Accept", uri, number="friend"))
        await run_until_idle(ctx)
        return row

    return follow


@pytest.fixture
async def ren(remote, befriend):
    """An actor of another server that maya follows."""
    actor = remote.actor("ren")
    await befriend(actor)
    remote.delivered.clear()
    return actor


@pytest.fixture
def post_row(ctx) -> Callable[[str], Awaitable[Any]]:
    """Return a function that looks a post up by its id."""

    async def look(uri: str) -> Any:
        async with ctx.read() as session:
            return await posts.by_uri(session, uri)

    return look


@pytest.fixture
def status(client, maya, post_row) -> Callable[..., Awaitable[Any]]:
    """Return a function that gives a post as maya's app shows it."""

    async def ask(uri: str, **headers: str) -> Any:
        row = await post_row(uri)
        assert row is not None, f"{uri} is not here"
        answer = await client.get(
            f"/api/v1/statuses/{row.id}", headers={**maya.headers, **headers}
        )
        assert answer.status == 200
        return await answer.json()

    return ask


@pytest.fixture
def home(client, maya) -> Callable[[], Awaitable[Any]]:
    """Return a function that gives maya's home timeline as apps read it."""

    async def ask() -> Any:
        answer = await client.get("/api/v1/timelines/home", headers=maya.headers)
        return await answer.json()

    return ask


@pytest.fixture
def page(at_maya, post_row) -> Callable[..., Awaitable[Any]]:
    """Return a function that opens the page of a post in maya's browser."""

    async def look(uri: str, query: str = "") -> Any:
        row = await post_row(uri)
        assert row is not None, f"{uri} is not here"
        shown = await at_maya.get(f"/@ren@remote.example/{row.id}{query}")
        assert shown.status == 200
        return shown

    return look


@pytest.fixture
def document(client, ctx, remote) -> Callable[..., Awaitable[Any]]:
    """Return a function that fetches a document from here as another server does."""
    from tests.remote import signed_headers

    reader = remote.actor("reader")

    async def fetch(uri: str) -> Any:
        path = uri.removeprefix("https://home.example")
        headers = signed_headers(
            reader, None, host="home.example", path=path, now=ctx.clock(), method="GET"
        )
        answer = await client.get(path, headers={**headers, "Accept": ACTIVITY})
        assert answer.status == 200, await answer.text()
        return await answer.json()

    return fetch
