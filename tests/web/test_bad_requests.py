"""What is no request, or half of one, costs little and leaves one quiet line."""

import asyncio
import logging

import pytest
import structlog
from sqlalchemy import event, update
from sqlalchemy.engine import Engine

from fedi_k12.domain.ids import hash_token
from storage.tables import TokenRow
from tests.conftest import HOST

PREFERENCES = "/api/v1/preferences"


@pytest.fixture
def connect(client):
    """Return a function that opens a connection and sends bytes over it."""

    async def send(data):
        reader, writer = await asyncio.open_connection(client.server.host, client.server.port)
        writer.write(data)
        await writer.drain()
        return reader, writer

    return send


@pytest.fixture
def asked():
    """The statements that were sent to the store."""
    found = []

    def note(_connection, _cursor, statement, *_more):
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("size", ["Content-Length: 400", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/inbox", "application/activity+json"),
        ("/api/v2/media", "multipart/form-data; boundary=xyz"),
        ("/auth/sign_in", "application/x-www-form-urlencoded"),
    ],
    ids=["a letter", "a picture", "a form"],
)
async def test_who_hangs_up_in_the_middle_of_a_body_is_no_fault_of_ours(
    connect, maya, caplog, path, kind, size
):
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: {kind}\r\n{size}\r\n"
    head += f"Authorization: Bearer {maya.token}\r\n\r\n"
    half = b"--xyz\r\n" if "xyz" in kind else b'{"a":'
    if "chunked" in size:
        half = b"64\r\n" + half
    with structlog.testing.capture_logs() as lines:
        _reader, writer = await connect(
            head.encode() + (b"64\r\n" if "k" in size else b"") + half
        )
        await asyncio.sleep(0.05)
        writer.close()
        async with asyncio.timeout(5):
            while not lines:
                await asyncio.sleep(0.01)

    assert [(line["event"], line["status"]) for line in lines] == [(f"POST {path}", 499)]
    assert lines[0]["log_level"] == "info"
    assert caplog.records == []


async def test_what_is_no_http_is_one_line_without_where_it_was_read(connect, caplog):
    caplog.set_level(logging.INFO)

    reader, writer = await connect(b"GET / HTTP/9\r\n\r\n")
    assert (await reader.readline()).split()[1] == b"400"
    writer.close()

    (record,) = [one for one in caplog.records if one.name == "aiohttp.server"]
    assert record.getMessage().startswith("no HTTP: ")
    assert (record.levelname, record.exc_info) == ("INFO", None)


async def test_a_token_that_there_is_not_is_looked_up_once_until_there_is(
    client, ctx, maya, asked
):
    async def ask():
        given = {"Authorization": "Bearer guessed"}
        return (await client.get(PREFERENCES, headers=given)).status

    async def become(token):
        values = {"hash": hash_token(token)}
        await ctx.write(_change, update(TokenRow).values(values).where(TokenRow.id > 0))

    assert await ask() == 401
    before = len(asked)
    assert await ask() == 401
    assert len(asked) == before

    await become("guessed")
    assert await ask() == 200
    await become("another")
    assert await ask() == 401


async def _change(session, statement):
    await session.execute(statement)
