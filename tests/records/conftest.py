"""A school's official account, somebody who speaks for it, and what was kept of them."""

import json

import pytest
from sqlalchemy import text

from fedi_k12.domain.permissions import Role
from fedi_k12.domain.posts import Draft
from fedi_k12.services import login, posts, records_chain
from fedi_k12.web.auth import SESSION_COOKIE
from fedi_k12.worker import run_until_idle
from storage import records
from storage.db import open_engine
from tests.browse import Browser
from tests.databases import POSTGRESQL


@pytest.fixture
async def school(lincoln, maya, delegate_to):
    """The official account of a school, and Maya, one of its managers, as she acts for it."""
    return await delegate_to(lincoln, maya, "manager")


@pytest.fixture
async def start(ctx, school):
    """The number of the last record of how the account was made."""
    async with ctx.read() as session:
        return (await records.last(session))[0]


@pytest.fixture
def speaking(school):
    """Maya, acting for the school."""
    return school.actor


@pytest.fixture
def kept(ctx, start):
    """Return a function that returns the records since, the oldest first."""

    async def run():
        async with ctx.read() as session:
            return [one async for one in records.walk(session, after=start)]

    return run


@pytest.fixture
def say(ctx, clock):
    """Return a function that publishes a post and lets it go out; returns its number."""

    async def run(actor, words="School opens at nine.", **parts):
        post_id = await ctx.write(
            posts.publish,
            actor=actor,
            draft=Draft(words, **parts),
            addresses=ctx.addresses,
            now=ctx.clock(),
        )
        clock.advance(minutes=5)  # what an official account says is held for a while
        await run_until_idle(ctx)
        return post_id

    return run


@pytest.fixture
def verified(ctx):
    """Return a function that checks the chain."""

    async def run(**given):
        async with ctx.read() as session:
            return await records_chain.verify(session, **given)

    return run


@pytest.fixture
def tamper(ctx):
    """Return a function that does what nobody may do to the store, past its guards."""

    async def run(*statements, guarded=False):
        engine = open_engine(ctx.settings.database_url, writer=True)
        try:
            async with engine.begin() as connection:
                if not guarded:
                    await _open_the_safe(connection)
                for statement in statements:
                    await connection.execute(text(statement))
        finally:
            await engine.dispose()

    return run


async def _open_the_safe(connection):
    if POSTGRESQL:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        return
    await connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    found = await connection.execute(
        text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'record%'")
    )
    for (name,) in found.all():
        await connection.execute(text(f"DROP TRIGGER {name}"))


@pytest.fixture
def said():
    """Return a function that reads the bytes of a record as JSON."""

    def run(one):
        return json.loads(one.body)

    return run


@pytest.fixture
def seated(client, ctx):
    """Return a function that gives the browser of a member who is signed in."""

    async def run(member):
        browser = Browser(client)
        token, _csrf = await ctx.write(
            login.open_session,
            member_id=member.actor.member_id,
            client="Tests",
            now=ctx.clock(),
        )
        browser.cookies[SESSION_COOKIE] = token
        return browser

    return run


@pytest.fixture
async def olga(make_member):
    """An administrator."""
    return await make_member("olga", role=Role.ADMIN)


@pytest.fixture
async def at_olga(seated, olga):
    """The browser of an administrator."""
    return await seated(olga)
