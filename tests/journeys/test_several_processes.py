"""Two `serve` and two `worker` on one PostgreSQL: what one does holds at the other at once.

Each thing is done at one process and looked for at the other, which has answered the same
question before and would gladly answer it as it did then.
"""

import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from PIL import Image

from tests.buckets import BUCKET, BucketServer
from tests.live import Live, free_port, seen
from tests.several import SEVERAL

pytestmark = pytest.mark.timeout(240)

WITHIN = 1.0
"""Seconds after which what one process did holds at all others (issue 7)."""


@dataclass
class Process:
    """One of the two `serve`, asked past the proxy, or the proxy."""

    place: str
    domain: str

    def ask(self, method: str, path: str, token: str, /, **form: Any) -> requests.Response:
        return requests.request(
            method,
            f"http://{self.place}{path}",
            headers={"Host": self.domain, "Authorization": f"Bearer {token}"},
            json=form or None,
            timeout=20,
        )

    def get(self, path: str, token: str) -> Any:
        answer = self.ask("GET", path, token)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        return answer.json()

    def send(self, path: str, token: str, /, **form: Any) -> Any:
        answer = self.ask("POST", path, token, **form)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        return answer.json()

    def home(self, token: str) -> dict[str, str]:
        """Return what the posts at home say, by id."""
        return {one["id"]: one["content"] for one in self.get("/api/v1/timelines/home", token)}


class Listening(threading.Thread):
    """Somebody who listens to a stream at one process."""

    def __init__(self, process: Process, token: str) -> None:
        super().__init__(daemon=True)
        self.heard: list[tuple[str, Any]] = []
        self.over = False
        self._answer = requests.get(
            f"http://{process.place}/api/v1/streaming/user",
            headers={"Host": process.domain, "Authorization": f"Bearer {token}"},
            stream=True,
            timeout=60,
        )
        assert self._answer.status_code == 200
        self._lines = self._answer.iter_lines(chunk_size=1)
        next(self._lines)
        self.start()

    def run(self) -> None:
        event = ""
        for line in self._lines:
            name, _, value = line.decode().partition(": ")
            if name == "event":
                event = value
            elif name == "data":
                self.heard.append((event, value))
        self.over = True

    def ids(self, event: str) -> set[str]:
        """Return the ids of what was told as such an event."""
        return {
            data if event == "delete" else json.loads(data)["id"]
            for name, data in self.heard
            if name == event
        }


@dataclass
class Scene:
    live: Live
    one: Process
    other: Process
    proxy: Process
    maya: str
    tom: str
    """Tokens: maya follows tom."""
    ids: dict[str, str]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    port = free_port("127.0.0.1")
    bucket = BucketServer()
    live = Live(
        tmp_path_factory.mktemp("several") / "server",
        domain=f"localhost:{port}",
        port=port,
        environment={**bucket.environment, "FEDI_K12_MEDIA_URL": f"s3://{BUCKET}/district"},
        arrangement=SEVERAL,
    )
    try:
        live.start()
        assert live.several is not None
        maya, tom = live.members("maya", "tom")
        one, other = (Process(place, live.domain) for place in live.several.places)
        proxy = Process(f"127.0.0.1:{port}", live.domain)
        ids = {
            name: proxy.get("/api/v1/accounts/verify_credentials", token)["id"]
            for name, token in (("maya", maya), ("tom", tom))
        }
        proxy.send(f"/api/v1/accounts/{ids['tom']}/follow", maya)
        yield Scene(live, one, other, proxy, maya, tom, ids)
    finally:
        live.stop()
        bucket.stop()


def test_a_post_its_edit_and_its_end_are_seen_at_the_other_process(scene):
    scene.other.home(scene.maya)
    stream = Listening(scene.other, scene.maya)

    post = scene.one.send("/api/v1/statuses", scene.tom, status="Bees at noon")["id"]
    seen(lambda: "Bees" in scene.other.home(scene.maya).get(post, ""), within=WITHIN)
    seen(lambda: post in stream.ids("update"), within=WITHIN)

    edited = scene.one.ask("PUT", f"/api/v1/statuses/{post}", scene.tom, status="Wasps at one")
    assert edited.status_code == 200
    seen(lambda: "Wasps" in scene.other.home(scene.maya)[post], within=WITHIN)
    seen(lambda: post in stream.ids("status.update"), within=WITHIN)

    assert scene.one.ask("DELETE", f"/api/v1/statuses/{post}", scene.tom).status_code == 200
    seen(lambda: post not in scene.other.home(scene.maya), within=WITHIN)
    seen(lambda: post in stream.ids("delete"), within=WITHIN)
    path = f"/api/v1/statuses/{post}"
    assert scene.other.ask("GET", path, scene.maya).status_code == 404


def test_a_picture_given_to_one_process_is_shown_by_the_other(scene):
    """Media are in a bucket of an S3-compatible server; a worker makes the picture safe."""
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(picture, "PNG")
    given = requests.post(
        f"http://{scene.one.place}/api/v2/media",
        headers={"Host": scene.live.domain, "Authorization": f"Bearer {scene.maya}"},
        files={"file": ("teal.png", picture.getvalue(), "image/png")},
        timeout=20,
    )
    assert given.status_code in {200, 202}, given.text
    media = given.json()["id"]

    path = f"/api/v1/media/{media}"
    seen(lambda: scene.other.ask("GET", path, scene.maya).status_code == 200, within=10)

    address = urlsplit(scene.other.get(path, scene.maya)["url"])
    shown = scene.other.ask("GET", f"{address.path}?{address.query}", scene.maya)
    assert shown.status_code == 200
    assert Image.open(io.BytesIO(shown.content)).size == (64, 48)


def test_a_block_holds_at_the_other_process(scene):
    post = scene.one.send("/api/v1/statuses", scene.tom, status="Can you read this?")["id"]
    path = f"/api/v1/statuses/{post}"
    seen(lambda: post in scene.other.home(scene.maya), within=WITHIN)
    assert scene.other.ask("GET", path, scene.maya).status_code == 200

    scene.one.send(f"/api/v1/accounts/{scene.ids['maya']}/block", scene.tom)

    seen(lambda: post not in scene.other.home(scene.maya), within=WITHIN)
    seen(
        lambda: scene.other.ask("GET", path, scene.maya).status_code == 404,
        within=WITHIN,
    )
    scene.one.send(f"/api/v1/accounts/{scene.ids['maya']}/unblock", scene.tom)
    scene.one.send(f"/api/v1/accounts/{scene.ids['tom']}/follow", scene.maya)


def test_a_token_taken_back_is_refused_at_the_other_process(scene):
    app = scene.one.send(
        "/api/v1/apps", "", client_name="A", redirect_uris="urn:ietf:wg:oauth:2.0:oob"
    )
    token = scene.live.ok("token", "create", "maya")
    # An app takes back its own alone: the newest token is let be one of this app's.
    scene.live.rows(
        "UPDATE token SET app_id = $1 WHERE id = (SELECT max(id) FROM token) RETURNING id",
        int(app["id"]),
    )
    path = "/api/v1/accounts/verify_credentials"
    assert scene.other.ask("GET", path, token).status_code == 200
    stream = Listening(scene.other, token)

    gone = scene.one.ask(
        "POST",
        "/oauth/revoke",
        "",
        client_id=app["client_id"],
        client_secret=app["client_secret"],
        token=token,
    )

    assert gone.status_code == 200, gone.text
    seen(lambda: scene.other.ask("GET", path, token).status_code == 401, within=WITHIN)
    seen(lambda: stream.over, within=WITHIN)


def test_what_a_killed_worker_had_taken_another_does(scene):
    assert scene.live.several is not None
    victim = scene.live.several.working[0]
    [(number,)] = scene.live.rows(
        "SELECT l.objid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
        " WHERE l.locktype = 'advisory' AND a.application_name = $1",
        f"fedi-k12 {victim.pid} line",
    )
    # As it leaves a job that it has begun: for hours nobody else may have it.
    scene.live.rows(
        "INSERT INTO job (id, lane, kind, payload, state, attempts, due_at, created_at,"
        " locked_until, worker) VALUES (7, 'default', 'SweepStore', '{}', 1, 1, now(), now(),"
        " now() + interval '2 hours', $1) RETURNING id",
        number,
    )

    scene.live.several.lose(victim)

    assert scene.live.rows("SELECT state FROM job WHERE id = 7") == [(1,)]
    seen(lambda: not scene.live.rows("SELECT id FROM job WHERE id = 7"), within=20, every=0.5)
