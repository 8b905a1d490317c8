"""A power cut loses nothing: what was answered 202 takes effect once, what is owed arrives."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fedi_k12.context import utc_now
from tests.live import Live, free_port, seen
from tests.remote import ACTIVITY, Actor, Remote, signed_headers

pytestmark = [
    pytest.mark.timeout(240),
    # Connections whose other end was killed have nobody left to close them.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
LETTERS = 500
INBOXES = 200


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    port = free_port("127.0.0.1")
    server = Live(tmp_path / "server", domain=f"localhost:{port}", port=port)
    yield server
    server.stop()


def letters(actor: Actor, maya: str) -> list[dict[str, Any]]:
    """Return notes that name maya, each with something of its own."""
    mention = [{"type": "Mention", "href": maya, "name": "@maya"}]
    return [
        actor.create(actor.note(str(number), f"<p>{number}</p>", tag=mention), str(number))
        for number in range(LETTERS)
    ]


async def post(session: aiohttp.ClientSession, live: Live, actor: Actor, letter: Any) -> int:
    body = json.dumps(letter).encode()
    headers = signed_headers(actor, body, host=live.domain, path="/inbox", now=utc_now())
    try:
        async with session.post(
            f"http://{live.domain}/inbox",
            data=body,
            headers={**headers, "Content-Type": ACTIVITY},
        ) as answer:
            return answer.status
    except (aiohttp.ClientError, OSError):
        return 0


async def test_every_letter_answered_202_takes_effect_once(live):
    remote = Remote("")
    port = await remote.start()
    remote.host = f"localhost:{port}"
    ren = remote.actor("ren")
    live.start()
    token = await asyncio.to_thread(live.member, "maya")
    maya = f"http://{live.domain}/users/maya"
    answered: list[str] = []
    async with aiohttp.ClientSession() as session:
        assert await post(session, live, ren, ren.activity("Follow", maya)) == 202
        queue = letters(ren, maya)
        gate = asyncio.Semaphore(16)

        async def send(letter: dict[str, Any]) -> None:
            async with gate:
                if await post(session, live, ren, letter) == 202:
                    answered.append(letter["object"]["id"])
                    if len(answered) == LETTERS // 2:
                        live.kill()

        await asyncio.gather(*(send(letter) for letter in queue))
        assert LETTERS // 2 <= len(answered) < LETTERS

        live.start()

        def taken_in() -> Counter[str]:
            found = live.rows("SELECT uri FROM post WHERE NOT local")
            return Counter(uri for (uri,) in found)

        seen(lambda: set(answered) <= set(taken_in()), within=20)
        assert set(taken_in().values()) == {1}
        told = await _notifications(session, live, token)
        assert Counter(told) == Counter(set(told))
        assert set(answered) <= set(told)
        again = [letter for letter in queue if letter["object"]["id"] in set(answered[:20])]
        for letter in again:
            assert await post(session, live, ren, letter) == 202
        assert set(taken_in().values()) == {1}
    assert remote.server is not None
    await _close(remote.server)


async def _notifications(session: aiohttp.ClientSession, live: Live, token: str) -> list[str]:
    """Return the ids of all posts that maya was told of."""
    found: list[str] = []
    url: str | None = f"http://{live.domain}/api/v1/notifications?types[]=mention&limit=80"
    while url:
        async with session.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
            page = await answer.json()
            found += [one["status"]["uri"] for one in page]
            following = answer.links.get("next")
            url = str(following["url"]) if following and page else None
    return found


class Crowd:
    """Many actors with an inbox each, on one fake server of many names."""

    def __init__(self) -> None:
        self.took: Counter[str] = Counter()
        self.port = 0

    async def start(self) -> TestServer:
        app = web.Application()
        app.router.add_post("/users/{name}/inbox", self._inbox)
        app.router.add_get("/users/{name}", self._actor)
        app.router.add_get("/.well-known/webfinger", self._finger)
        server = TestServer(app)
        await server.start_server()
        self.port = server.port or 0
        return server

    def actor(self, number: int) -> Actor:
        return Actor(f"school{number}.localhost:{self.port}", "ren")

    async def _inbox(self, request: web.Request) -> web.Response:
        letter = await request.json()
        await asyncio.sleep(0.05)
        if letter["type"] == "Create":
            self.took[request.host] += 1
        return web.Response(status=202)

    async def _actor(self, request: web.Request) -> web.Response:
        document = Actor(request.host, "ren").document(endpoints=None)
        return web.json_response(document, content_type=ACTIVITY)

    async def _finger(self, request: web.Request) -> web.Response:
        link = {
            "rel": "self",
            "type": ACTIVITY,
            "href": f"http://{request.host}/users/ren",
        }
        return web.json_response(
            {"subject": f"acct:ren@{request.host}", "links": [link]},
            content_type="application/jrd+json",
        )


async def test_every_inbox_gets_what_it_is_owed(live):
    crowd = Crowd()
    server = await crowd.start()
    await asyncio.to_thread(live.start)
    token = await asyncio.to_thread(live.member, "maya")
    maya = f"http://{live.domain}/users/maya"
    async with aiohttp.ClientSession() as session:
        actors = [crowd.actor(number) for number in range(INBOXES)]
        gate = asyncio.Semaphore(8)

        async def follow(actor: Actor) -> None:
            async with gate:
                assert await post(session, live, actor, actor.activity("Follow", maya)) == 202

        await asyncio.gather(*(follow(actor) for actor in actors))

        def followers() -> int:
            return int(live.rows("SELECT count(*) FROM follow")[0][0])

        await _until(lambda: followers() == INBOXES, within=30)
        async with session.post(
            f"http://{live.domain}/api/v1/statuses",
            json={"status": "to everybody", "visibility": "public"},
            headers={"Authorization": f"Bearer {token}"},
        ) as answer:
            assert answer.status == 200
        await _until(lambda: len(crowd.took) >= INBOXES // 4, within=30)

        live.kill()
        before = len(crowd.took)
        await asyncio.to_thread(live.start)

        await _until(lambda: len(crowd.took) == INBOXES, within=60)
        assert before < INBOXES
        assert set(crowd.took) == {actor.host for actor in actors}
    await _close(server)


async def _close(server: TestServer) -> None:
    """End a fake server, and give its connections the moment that they take to close."""
    await server.close()
    await asyncio.sleep(0.25)


async def _until(look: Any, *, within: float) -> None:
    ends = monotonic() + within
    while not look():
        assert monotonic() < ends, "not in time"
        await asyncio.sleep(0.05)
