"""Listening to streams: open ones, wait for what comes, see how they end."""

import asyncio
import json

from aiohttp import WSMsgType

from fedi_k12.api.hub import HUB

URL = "/api/v1/streaming"
EVENT_STREAMS = [
    ("user", {}),
    ("user/notification", {}),
    ("public", {}),
    ("public/local", {}),
    ("public/remote", {}),
    ("hashtag", {"tag": "maths"}),
    ("hashtag/local", {"tag": "maths"}),
    ("direct", {}),
]


def number_open(client):
    return sum(map(len, client.app[HUB]._index.values()))


async def subscribed(client, number):
    """Wait until the server knows of so many subscriptions."""
    async with asyncio.timeout(5):
        while number_open(client) != number:
            await asyncio.sleep(0.005)


async def heard(ws, event, *, within=5.0):
    """Return the next message, which has to be of this kind, with its payload read."""
    message = await ws.receive_json(timeout=within)
    assert message.get("event") == event, message
    if "payload" in message:
        assert isinstance(message["payload"], str)
    if message["event"] in {"update", "status.update", "notification"}:
        message["payload"] = json.loads(message["payload"])
    return message


async def nothing_before(ws, call, member, stream="public"):
    """Check that nothing came before what is posted now."""
    post = await call(member, "POST", "/api/v1/statuses", status="the end", visibility="public")
    message = await heard(ws, "update")
    assert message["payload"]["id"] == post["id"]
    assert message["stream"] == [stream]


async def cut_off(ws):
    """Return the code with which the server closed the socket."""
    message = await ws.receive(timeout=5)
    return message.type is WSMsgType.CLOSE and message.data
