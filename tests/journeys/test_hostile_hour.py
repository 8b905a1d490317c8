"""An hour of hostility in a minute: 10,000 bad requests, and 1,000 good ones among them.

The bad ones are of forty kinds, each an input that broke other servers. They come with limits
on, over real sockets, at a real server. None of the good ones may be lost, and memory has to
end where it began.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fedi_k12.context import utc_now
from tests.live import Live, free_port, seen
from tests.remote import ACTIVITY, OTHER_KEYS, Actor, Remote, signed_headers

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
BAD, GOOD = 10_000, 1_000
WARM_UP = 1_000
AT_ONCE = 24
GROWTH = 1.2
"""Memory may end so much above where it began."""
FRIENDS = 20
DEEP = b"[" * 5000 + b"]" * 5000


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    port = free_port("127.0.0.1")
    server = Live(
        tmp_path / "server",
        domain=f"localhost:{port}",
        port=port,
        environment={"FEDI_K12_RATE_LIMITS": "on"},
    )
    yield server
    server.stop()


class Bad:
    """A request that must come to nothing."""

    def __init__(self, evil: Actor, good: Actor, maya: str, live: Live) -> None:
        self.evil, self.good, self.maya, self.live = evil, good, maya, live
        self.number = 0

    def kinds(self) -> dict[str, Callable[[str], tuple[dict[str, str], bytes]]]:
        """Return, by case, what makes its headers and body."""
        evil, good, maya = self.evil, self.good, self.maya
        note, act = evil.note, evil.activity
        me = [{"type": "Mention", "href": maya, "name": "@maya"}]
        foreign = f"{good.uri}/posts/secret"

        def signed(made: Any, **how: Any) -> tuple[dict[str, str], bytes]:
            body = made if isinstance(made, bytes) else json.dumps(made).encode()
            moment = utc_now() + how.pop("late", timedelta(0))
            path = how.pop("path", "/inbox")
            headers = signed_headers(
                how.pop("by", evil), body, host=self.live.domain, path=path, now=moment, **how
            )
            return headers, body

        def changed(name: str, value: str | None, **how: Any) -> tuple[dict[str, str], bytes]:
            headers, body = signed(act("Create", note("h", tag=me)), **how)
            headers = {key: text for key, text in headers.items() if key != name}
            return (headers if value is None else {**headers, name: value}), body

        def create(n: str, **parts: object) -> Any:
            return act("Create", note(n, **parts), n)

        return {
            "FED-1": lambda n: signed(act("Create", good.note(n, tag=me), n)),
            "FED-2": lambda n: signed(create(n, attributedTo=good.uri, tag=me)),
            "FED-3": lambda n: signed(good.activity("Create", good.note(n, tag=me), n)),
            "FED-6": lambda n: signed(act("Create", note(n) | {"id": f"http://a\\@b/{n}"}, n)),
            "FED-16": lambda n: signed(create(n, id="")),
            "FED-17": lambda n: signed(create(n, id=f"{maya}/statuses/{n}", tag=me)),
            "FED-18": lambda n: signed(b'{"id":"x","id":"y","type":"Create","actor":"z"}'),
            "FED-19": lambda n: signed(
                {"@graph": [create(n)], "@included": [], "@reverse": {}}
            ),
            "FED-22": lambda n: signed(create(n, attributedTo=[good.uri], tag=me)),
            "FED-23": lambda n: ({}, json.dumps(create(n)).encode()),
            "FED-23b": lambda n: changed("Signature", 'keyId="a",keyId="b",signature="=="'),
            "FED-24": lambda n: changed("Digest", None),
            "FED-25": lambda n: (signed(create(n))[0], json.dumps(create(n + "x")).encode()),
            "FED-26": lambda n: signed(create(n), path="/users/maya/inbox"),
            "FED-27": lambda n: signed(create(n), late=timedelta(hours=-2)),
            "FED-27b": lambda n: changed("Date", "Thu, 99 Foo 9999 00:00:00 GMT"),
            "FED-28": lambda n: signed(create(n), keys=OTHER_KEYS),
            "FED-29": lambda n: signed(create(n), key_id=good.key_id),
            "FED-30": lambda n: signed(create(n), key_id="http://10.0.0.1/users/x#main-key"),
            "FED-31": lambda n: signed(create(n), key_id=f"{evil.uri}x{n}#main-key"),
            "FED-34": lambda n: signed(create(n), key_id="data:text/plain,x"),
            "FED-38": lambda n: (
                {"Signature-Input": 'a=("@method";req);created=1', "Signature": "a=:eA==:"},
                json.dumps(create(n)).encode(),
            ),
            "FED-40": lambda n: changed("Content-Encoding", "gzip"),
            "FED-56": lambda n: (
                signed(b'{"a":"' + b"x" * 1_100_000 + b'"}')
                if n.endswith("00")
                else signed(b'{"a":1')
            ),
            "FED-57": lambda n: signed(b'{"object":' + DEEP + b"}"),
            "FED-58": lambda n: signed(b'{"id":NaN,"type":"Create","actor":1e400}'),
            "FED-58b": lambda n: signed(b"\xff\xfe{\x00}"),
            "FED-59": lambda n: signed(
                act("Create", {"id": 5, "type": {}, "to": {}, "tag": 7}, n)
            ),
            "FED-60": lambda n: signed(create(n, published="99999-01-01", updated=0)),
            "FED-61": lambda n: signed(create(n, tag=[{"type": "Mention", "href": "x"}] * 500)),
            "FED-63": lambda n: signed(create(n, inReplyTo=f"{evil.uri}/posts/{n}")),
            "FED-64": lambda n: signed(act("Create", act("Create", create(n), n), n)),
            "FED-65": lambda n: signed(create(n, text="<a " * 3000 + "<div>" * 3000)),
            "FED-67": lambda n: signed(create(n, url="javascript:alert(1)", inReplyTo="//x")),
            "FED-68": lambda n: signed(act("Update", good.note("1", "<p>Mine now</p>"), n)),
            "FED-69": lambda n: signed(act("Delete", foreign, n)),
            "FED-69b": lambda n: signed(act("Delete", good.uri, n)),
            "FED-71": lambda n: signed(act("Undo", good.activity("Follow", maya), n)),
            "FED-71b": lambda n: signed(act("Accept", f"{maya}#follows/{n}", n)),
            "FED-73": lambda n: signed(act("Move", good.uri, n, target=evil.uri)),
            "FED-78": lambda n: signed(act("Flag", [f"{good.uri}/posts/{n}"] * 900, n)),
            "FED-80": lambda n: signed(act("Add", foreign, n, target=f"{maya}/followers")),
            "FED-108": lambda n: signed(act("Delete", f"{evil.uri}/posts/never-{n}", n)),
        }


async def send(
    session: aiohttp.ClientSession, live: Live, headers: dict[str, str], body: bytes
) -> int:
    try:
        async with session.post(
            f"http://{live.domain}/inbox",
            data=body,
            headers={"Content-Type": ACTIVITY, **headers},
        ) as answer:
            await answer.read()
            return answer.status
    except (aiohttp.ClientError, OSError):
        return 0


async def good_one(session: aiohttp.ClientSession, live: Live, friend: Actor, n: int) -> None:
    """Send a post as a real server does: again and again until it is taken."""
    note = friend.note(f"good-{n}", f"<p>Lesson {n}</p>")
    body = json.dumps(friend.create(note, str(n))).encode()
    for wait in (0.2, 0.5, 1, 2, 4, 8, 8, 8):
        headers = signed_headers(friend, body, host=live.domain, path="/inbox", now=utc_now())
        status = await send(session, live, headers, body)
        if status == 202:
            return
        assert status in {0, 429, 503}, f"a good post was refused for good: {status}"
        await asyncio.sleep(wait)
    raise AssertionError("a good post was not taken")


def memory(live: Live) -> int:
    """Return the server's resident memory in bytes, of all its processes."""
    found = 0
    for pid in live.pids:
        status = Path(f"/proc/{pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
        found += int(line.split()[1]) * 1024
    return found


async def follow_all(
    session: aiohttp.ClientSession, live: Live, token: str, friends: list[Actor]
) -> None:
    """Let maya follow everybody, and everybody accept."""
    headers = {"Authorization": f"Bearer {token}"}
    for friend in friends:
        async with session.get(
            f"http://{live.domain}/api/v2/search",
            params={"q": friend.uri, "resolve": "true"},
            headers=headers,
        ) as answer:
            (account,) = (await answer.json())["accounts"]
        async with session.post(
            f"http://{live.domain}/api/v1/accounts/{account['id']}/follow", headers=headers
        ) as answer:
            assert answer.status == 200, await answer.text()
        follow = {
            "type": "Follow",
            "actor": f"http://{live.domain}/users/maya",
            "object": friend.uri,
        }
        body = json.dumps(friend.activity("Accept", follow, "f")).encode()
        signed = signed_headers(friend, body, host=live.domain, path="/inbox", now=utc_now())
        assert await send(session, live, signed, body) == 202
    seen(
        lambda: live.rows("SELECT count(*) FROM follow WHERE accepted")[0][0] == len(friends),
        within=20,
    )


async def test_no_good_post_is_lost_and_no_memory_either(live, capsys):
    evil_server, good_server = Remote(""), Remote("")
    for server in (evil_server, good_server):
        server.host = f"localhost:{await server.start()}"
    evil = evil_server.actor("eve")
    friends = [good_server.actor(f"friend{number}") for number in range(FRIENDS)]
    live.start()
    token = await asyncio.to_thread(live.member, "maya")
    maya = f"http://{live.domain}/users/maya"
    bad = Bad(evil, friends[0], maya, live)
    kinds = list(bad.kinds().items())
    chance = random.Random(1)  # noqa: S311 - the same mixture every time
    answers: Counter[int] = Counter()
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=AT_ONCE, force_close=True)
    ) as session:
        await follow_all(session, live, token, friends)
        gate = asyncio.Semaphore(AT_ONCE)

        async def strike(number: int) -> None:
            async with gate:
                _case, make = kinds[number % len(kinds)]
                headers, body = make(f"n{number}")
                answers[await send(session, live, headers, body)] += 1

        async def bring(number: int) -> None:
            async with gate:
                await good_one(session, live, friends[number % FRIENDS], number)

        await asyncio.gather(*(strike(number) for number in range(WARM_UP)))
        await asyncio.sleep(2)
        began = memory(live)
        work = [strike(WARM_UP + number) for number in range(BAD)]
        work += [bring(number) for number in range(GOOD)]
        chance.shuffle(work)
        await asyncio.gather(*work)

        seen(
            lambda: (
                live.rows("SELECT count(*) FROM job WHERE lane = 'inbox' AND state < 2")
                == [(0,)]
            ),
            within=120,
        )
        await asyncio.sleep(2)
        ended = memory(live)

    with capsys.disabled():
        print(
            f"\n{BAD} bad, {GOOD} good; answers to the bad: {dict(sorted(answers.items()))}; "
            f"memory {began / 1e6:.0f} MB, then {ended / 1e6:.0f} MB"
        )
    arrived = {uri for (uri,) in live.rows("SELECT uri FROM post WHERE NOT local")}
    lost = [
        n for n in range(GOOD) if f"{friends[n % FRIENDS].uri}/posts/good-{n}" not in arrived
    ]
    assert lost == []
    assert ended <= began * GROWTH
    assert not [status for status in answers if status >= 500 and status != 503]
    assert "unforeseen error" not in live.log
    traces = [line for line in live.log.splitlines() if "Traceback" in line]
    assert traces[:1] == [], traces[0][:3000]
    for server in (evil_server, good_server):
        await server.stop()
