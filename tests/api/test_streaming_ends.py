"""Streams as server-sent events, and how streams end."""

import asyncio
import json
from contextlib import suppress

import pytest
from aiohttp import WSMsgType
from sqlalchemy import update

from fedi_k12.api import connections, hub, streaming
from fedi_k12.api.hub import HUB
from fedi_k12.app import build_app
from fedi_k12.domain import streams
from fedi_k12.domain.errors import TooManyError
from fedi_k12.domain.ids import hash_token, new_id
from fedi_k12.services import apps, entry, moderation
from fedi_k12.web.keys import CONTEXT
from storage.tables import IpBlockRow, TokenRow
from tests.conftest import HOST
from tests.databases import POSTGRESQL
from tests.listening import EVENT_STREAMS, URL, cut_off, heard, number_open, subscribed

# Server-sent events


@pytest.mark.parametrize(("path", "params"), EVENT_STREAMS, ids=[p for p, _ in EVENT_STREAMS])
async def test_every_stream_opens_as_events(client, maya, path, params):
    async with client.get(f"{URL}/{path}", params=params, headers=maya.headers) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        assert (await answer.content.readline()).startswith(b":")


async def test_events_carry_posts_edits_and_deletions(client, maya, call):
    async with client.get(f"{URL}/user", headers=maya.headers) as answer:
        await subscribed(client, 1)
        post = await call(maya, "POST", "/api/v1/statuses", status="one\ntwo")
        await call(maya, "DELETE", f"/api/v1/statuses/{post['id']}")

        event, data = await next_event(answer)
        assert (event, json.loads(data)["id"]) == ("update", post["id"])
        assert await next_event(answer) == ("delete", post["id"])


async def next_event(answer):
    """Return the next event and its data, as a browser's EventSource reads them."""
    event, data = "", ""
    async with asyncio.timeout(5):
        while line := (await answer.content.readline()).decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            event = value if name == "event" else event
            data = value if name == "data" else data
    return (event, data) if event else await next_event(answer)


async def test_a_quiet_stream_of_events_is_kept_alive(client, maya, monkeypatch):
    monkeypatch.setattr(streaming, "THUMP_SECONDS", 0.05)
    async with client.get(f"{URL}/public", headers=maya.headers) as answer:
        await answer.content.readline()

        assert await answer.content.readline() == b":thump\n"


# How it ends


async def test_a_revoked_token_is_cut_off_at_once(client, listen, ctx, maya):
    """FED-82."""
    app = await ctx.write(
        apps.register_app, name="x", redirect_uris=["a:b"], scopes="read", now=ctx.clock()
    )
    await ctx.write(move_token, app_id=app.id, token=maya.token)
    async with listen(maya, "user") as ws:
        await ctx.write(
            apps.revoke,
            client_id=app.client_id,
            client_secret=app.client_secret,
            token=maya.token,
            now=ctx.clock(),
        )

        assert await cut_off(ws) == 1008
        await subscribed(client, 0)


async def move_token(session, *, app_id, token):
    await session.execute(
        update(TokenRow).where(TokenRow.hash == hash_token(token)).values(app_id=app_id)
    )


async def test_a_suspended_member_is_cut_off_at_once(client, listen, ctx, maya, tom):
    """FED-82."""
    async with (
        listen(maya, "user") as ws,
        listen(tom, "user"),
        client.get(f"{URL}/user", headers=maya.headers) as events,
    ):
        await subscribed(client, 3)
        await ctx.write(
            moderation.suspend_account,
            actor=None,
            account_id=maya.actor.account_id,
            reason="",
            now=ctx.clock(),
        )

        assert await cut_off(ws) == 1008
        async with asyncio.timeout(5):
            await events.content.read()
        await subscribed(client, 1)


async def test_access_that_ended_without_a_word_is_noticed_soon(
    client, listen, ctx, maya, monkeypatch
):
    """Another process on SQLite cannot tell: the command line, for instance."""
    monkeypatch.setattr(hub, "RECHECK", 0.05)
    client.app[HUB]._tasks[1].cancel()
    client.app[HUB]._tasks[1] = asyncio.create_task(client.app[HUB]._recheck())

    async def quietly(session):
        await session.execute(update(TokenRow).values(revoked_at=ctx.clock()))

    async with listen(maya, "user") as ws:
        await ctx.write(quietly)

        assert await cut_off(ws) == 1008


async def shut(ctx, mod, network, severity="no_access"):
    decided = {"network": network, "severity": severity, "now": ctx.clock()}
    await ctx.write(entry.block_network, actor=mod.actor, **decided)


async def test_who_listens_from_a_network_that_is_shut_out_is_cut_off_at_once(
    client, listen, ctx, mod, maya
):
    far = connections.Connection(maya.actor, 1, frozenset(), "192.0.2.7", Line(), True)
    client.app[HUB].admit(far, limited=False)
    async with (
        listen(maya, "user") as ws,
        client.ws_connect(URL, headers=maya.headers) as silent,
        client.get(f"{URL}/user", headers=maya.headers) as events,
    ):
        await subscribed(client, 2)
        await shut(ctx, mod, "127.0.0.0/8", severity="sign_up_block")
        await shut(ctx, mod, "192.0.2.0/24")
        async with asyncio.timeout(5):
            while not far.ended:
                await asyncio.sleep(0.005)
        assert far.ended == "shut out"
        assert number_open(client) == 2
        await shut(ctx, mod, "127.0.0.1")

        assert await cut_off(ws) == 1008
        assert await cut_off(silent) == 1008
        async with asyncio.timeout(5):
            await events.content.read()
        await subscribed(client, 0)


async def test_a_network_that_was_shut_out_without_a_word_is_noticed_soon(
    client, listen, ctx, maya, monkeypatch
):
    monkeypatch.setattr(hub, "RECHECK", 0.05)
    client.app[HUB]._tasks[1].cancel()
    client.app[HUB]._tasks[1] = asyncio.create_task(client.app[HUB]._recheck())

    async def quietly(session):
        row = {"network": "127.0.0.0/8", "severity": "no_access", "created_at": ctx.clock()}
        session.add(IpBlockRow(id=new_id(), **row))

    async with listen(maya, "user") as ws:
        await ctx.write(quietly)

        assert await cut_off(ws) == 1008


async def test_who_comes_while_it_is_asked_who_may_stay_stays(client, maya, monkeypatch):
    monkeypatch.setattr(hub, "RECHECK", 0.01)
    late = connections.Connection(maya.actor, 2, frozenset(), "::1", Line(), True)
    early = connections.Connection(maya.actor, 1, frozenset(), "::1", Line(), True)
    asked = apps.still_good

    async def slowly(session, held):
        good = await asked(session, held)
        client.app[HUB].admit(late, limited=False)
        return good

    monkeypatch.setattr(apps, "still_good", slowly)
    client.app[HUB].admit(early, limited=False)
    checking = asyncio.create_task(client.app[HUB]._recheck())
    async with asyncio.timeout(5):
        while not early.ended:
            await asyncio.sleep(0.005)
    checking.cancel()

    assert (early.ended, late.ended) == ("revoked", "")


async def test_a_slow_reader_is_let_go_and_slows_nobody(client, listen, maya, tom):
    async with listen(maya, "public") as quick:
        ws = await client.ws_connect(URL, params={"stream": "public"}, headers=tom.headers)
        await subscribed(client, 2)
        slow = next(
            one for one in client.app[HUB]._open if one.actor.account_id == tom.actor.account_id
        )
        ws._response.connection.transport.pause_reading()
        message = connections.Message("update", b'"' + b"x" * 100_000 + b'"')
        held = []
        for number in range(200):
            client.app[HUB]._send(
                message, streams.Stream("public"), {maya.actor.account_id, tom.actor.account_id}
            )
            assert (await quick.receive(timeout=5)).type is WSMsgType.TEXT, number
            held.append(slow._size)
            if slow.ended:
                break

        assert slow.ended == "slow"
        assert max(held) <= connections.MAX_WAITING_BYTES
        await subscribed(client, 1)
        await ws.close()


async def test_one_token_may_not_open_endless_streams(client, maya, settings):
    limited = client.app[HUB]
    made = [
        connections.Connection(maya.actor, 1, frozenset(), "::1", Line(), True)
        for _ in range(hub.MAX_PER_TOKEN + 1)
    ]
    for one in made[:-1]:
        limited.admit(one, limited=True)

    with pytest.raises(TooManyError):
        limited.admit(made[-1], limited=True)

    made[0].transport.closing = True
    limited.admit(made[-1], limited=True)
    for one in made:
        limited.let_go(one)


class Line(asyncio.Transport):
    closing = False

    def is_closing(self):
        return self.closing

    def abort(self):
        self.closing = True


async def test_a_stopping_server_says_goodbye(client, listen, maya):
    async with (
        listen(maya, "user") as ws,
        client.get(f"{URL}/user", headers=maya.headers) as events,
    ):
        await subscribed(client, 2)

        await client.app.shutdown()

        assert await cut_off(ws) == 1001
        async with asyncio.timeout(5):
            await events.content.read()
        late = await client.get(f"{URL}/user", headers=maya.headers)
        assert late.status == 503
        assert late.headers["Retry-After"]


async def test_a_client_that_hangs_up_is_forgotten(client, listen, maya):
    async with listen(maya, "user"):
        pass

    await subscribed(client, 0)
    assert not client.app[HUB]._open


@pytest.fixture
async def elsewhere(aiohttp_client, settings, client, clock):
    """A client of another process on the same store."""
    del client
    return await aiohttp_client(build_app(settings, clock=clock), headers={"Host": HOST})


async def test_news_of_another_process_comes_too(client, elsewhere, ask, maya):
    if not POSTGRESQL:
        # There SQLite is for one process.
        return
    async with elsewhere.ws_connect(URL, headers=maya.headers, params={"stream": "user"}) as ws:
        await subscribed(elsewhere, 1)
        async with asyncio.timeout(10):
            while True:
                # Until the line between them is up, which nobody waits for.
                post = (await ask(maya, "POST", "/api/v1/statuses", status="over there"))[1]
                with suppress(TimeoutError):
                    message = await ws.receive_json(timeout=0.5)
                    break
        assert message["event"] == "update"

        await ask(maya, "DELETE", f"/api/v1/statuses/{post['id']}")
        assert (await heard(ws, "delete"))["payload"] == post["id"]


async def test_another_process_cuts_off_who_is_shut_out(client, elsewhere, ctx, mod, maya):
    if not POSTGRESQL:
        return
    async with elsewhere.ws_connect(URL, headers=maya.headers, params={"stream": "user"}) as ws:
        await subscribed(elsewhere, 1)
        # Not by asking again: by the line between the two, once it is up.
        elsewhere.app[HUB]._tasks[1].cancel()
        message = None
        async with asyncio.timeout(10):
            for bits in range(8, 33):
                await shut(ctx, mod, f"127.0.0.1/{bits}")
                with suppress(TimeoutError):
                    message = await ws.receive(timeout=0.5)
                    break
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1008)


async def test_another_process_does_a_job_at_once(client, elsewhere, ctx, ask, maya):
    if not POSTGRESQL:
        return
    wake = elsewhere.app[CONTEXT].signals.event("jobs:default")
    async with asyncio.timeout(10):
        while not wake.is_set():
            await ask(maya, "POST", "/api/v1/statuses", status="a job")
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), 0.5)
