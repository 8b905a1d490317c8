"""Asking as an app does, listening, and counting what the store is asked for it."""

import re
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from fedi_k12.domain.permissions import Role
from fedi_k12.web.keys import CONTEXT
from tests.listening import URL, number_open, subscribed


@pytest.fixture
def ask(client):
    """Return a function that asks as somebody: (status, what was said)."""

    async def run(member, method, path, **body):
        given = {"json": body} if body else {}
        headers = member.headers if member is not None else {}
        answer = await client.request(method, path, headers=headers, **given)
        return answer.status, await answer.json()

    return run


@pytest.fixture
def leaf(client):
    """Return a function that reads all pages of a list, by its Link headers."""

    async def run(member, path):
        pages = []
        while path:
            answer = await client.get(path, headers=member.headers)
            assert answer.status == 200, await answer.text()
            pages.append(await answer.json())
            found = re.search(
                r'<https?://[^/]*([^>]*)>; rel="next"', answer.headers.get("Link", "")
            )
            path = found[1] if found else ""
        return pages

    return run


@pytest.fixture
def queries(client):
    """Return a function that asks for a page and counts the queries of it."""

    async def run(member, path):
        # What is read once and kept for a while is read before anything is counted.
        await (await client.get(path, headers=member.headers)).read()
        # Not what is kept only until the next thing is written.
        client.app[CONTEXT].changes.anything()
        asked = []

        def note(_connection, _cursor, statement, *_rest):
            # When a token was last used is written down now and then, whatever is asked.
            if statement.startswith("SELECT"):
                asked.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            answer = await client.get(path, headers=member.headers)
            found = await answer.json()
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        assert answer.status == 200, found
        return len(asked), found

    return run


@pytest.fixture
def call(ask):
    """Return a function that asks for what has to work, and returns what was said."""

    async def run(member, method, path, **body):
        status, said = await ask(member, method, path, **body)
        assert status < 300, said
        return said

    return run


@pytest.fixture
async def mod(make_member):
    """A moderator, whose app may do what moderators do."""
    return await make_member("vera", role=Role.MODERATOR, scopes="read admin:read admin:write")


@pytest.fixture
def listen(client):
    """Return a context in which a member's WebSocket is open and subscribed."""

    @asynccontextmanager
    async def opened(member, *streams, **more):
        async with client.ws_connect(URL, headers=member.headers) as ws:
            before = number_open(client)
            for stream in streams:
                await ws.send_json({"type": "subscribe", "stream": stream, **more})
            await subscribed(client, before + len(streams))
            yield ws

    return opened
