"""Streams: who may open one, and what nonsense does to it."""

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from fedi_k12.services import apps
from tests.listening import EVENT_STREAMS, URL, heard, nothing_before, subscribed


@pytest.mark.parametrize("place", ["nowhere", "header", "query", "subprotocol"])
async def test_without_a_good_token_no_socket_opens(client, place):
    given = {
        "nowhere": {},
        "header": {"headers": {"Authorization": "Bearer made-up"}},
        "query": {"params": {"access_token": "made-up"}},
        "subprotocol": {"protocols": ("made-up",)},
    }[place]

    with pytest.raises(WSServerHandshakeError) as refused:
        await client.ws_connect(URL, **given)

    assert refused.value.status == 401


@pytest.mark.parametrize("place", ["header", "query", "subprotocol"])
async def test_a_token_is_taken_wherever_an_app_can_put_it(client, maya, call, place):
    given = {
        "header": {"headers": maya.headers},
        "query": {"params": {"access_token": maya.token, "stream": "user"}},
        "subprotocol": {"protocols": (maya.token,)},
    }[place]

    async with client.ws_connect(URL, **given) as ws:
        # Chromium closes a socket whose subprotocol is not the one it asked for.
        assert ws.protocol == (maya.token if place == "subprotocol" else None)
        if place != "query":
            await ws.send_json({"type": "subscribe", "stream": "user"})
        await subscribed(client, 1)
        await call(maya, "POST", "/api/v1/statuses", status="heard")
        assert (await heard(ws, "update"))["stream"] == ["user"]


async def test_a_token_of_an_app_alone_opens_no_stream(client, ctx, maya):
    app = await ctx.write(
        apps.register_app, name="x", redirect_uris=["a:b"], scopes="read", now=ctx.clock()
    )
    token = await ctx.write(
        apps.client_token,
        client_id=app.client_id,
        client_secret=app.client_secret,
        scopes="read",
        now=ctx.clock(),
    )

    answer = await client.get(f"{URL}/public", params={"access_token": token.access_token})

    assert answer.status == 401


@pytest.mark.parametrize(("path", "params"), EVENT_STREAMS, ids=[p for p, _ in EVENT_STREAMS])
async def test_events_need_a_token_with_the_streams_scope(client, make_member, path, params):
    wrong = "read:statuses" if path == "user/notification" else "read:notifications"
    member = await make_member("ben", scopes=wrong)

    none = await client.get(f"{URL}/{path}", params=params)
    other = await client.get(f"{URL}/{path}", params=params, headers=member.headers)

    assert none.status == 401
    assert other.status == 403
    assert (await other.json())["error"] == "This action is outside the authorized scopes"


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"stream": "everything"}, ("Unknown stream type", 400)),
        ({"stream": "hashtag"}, ("Missing tag name parameter", 400)),
        ({"stream": "list"}, ("Missing list name parameter", 400)),
        ({"stream": "list", "list": "12345"}, ("Record not found", 404)),
    ],
    ids=["unknown", "no tag", "no list", "nobody's list"],
)
async def test_a_stream_that_is_not_there_is_refused_and_the_socket_stays(
    client, listen, maya, call, said, answer
):
    async with listen(maya, "user") as ws:
        await ws.send_json({"type": "subscribe", **said})

        assert await ws.receive_json(timeout=5) == dict(
            zip(("error", "status"), answer, strict=True)
        )
        await nothing_before(ws, call, maya, "user")


async def test_somebody_elses_list_is_not_found(client, maya, tom, call):
    made = await call(tom, "POST", "/api/v1/lists", title="mine")

    answer = await client.get(f"{URL}/list", params={"list": made["id"]}, headers=maya.headers)

    assert answer.status == 404


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{", '{"type": 5}', '{"type": "subscribe", "stream": {}}', "[" * 3000],
)
async def test_nonsense_on_a_socket_does_no_harm(listen, maya, call, text):
    async with listen(maya, "user") as ws:
        await ws.send_str(text)
        await ws.send_bytes(b"\x00\xff")
        await call(maya, "POST", "/api/v1/statuses", status="still there")

        message = await ws.receive_json(timeout=5)
        if "error" in message:
            message = await ws.receive_json(timeout=5)
        assert message["event"] == "update"


async def test_a_message_that_is_too_long_ends_the_socket(listen, maya):
    async with listen(maya, "user") as ws:
        await ws.send_str("x" * 10_000)

        assert (await ws.receive(timeout=5)).type is WSMsgType.CLOSE
        assert ws.close_code == 1009


async def test_too_many_messages_end_the_socket(listen, maya):
    async with listen(maya, "user") as ws:
        for _ in range(300):
            await ws.send_str("{}")

        assert (await ws.receive(timeout=5)).type is WSMsgType.CLOSE
        assert ws.close_code == 1008


async def test_a_plain_request_without_a_stream_is_not_found(client, maya):
    assert (await client.get(URL, headers=maya.headers)).status == 404


async def test_health_is_ok(client):
    answer = await client.get(f"{URL}/health")

    assert (answer.status, await answer.text()) == (200, "OK")
