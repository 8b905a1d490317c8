"""An event at one district, guests from two others, over TLS: full, changed, called off.

Row 1.15 "RSVP".
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from mastodon import Mastodon

from tests.live import Districts, seen

pytestmark = pytest.mark.timeout(180)
SECONDS = 60.0
EVENTS = "/api/fedi/v1/events"


class Person:
    """Somebody at their server, with our own endpoints."""

    def __init__(self, districts: Districts, domain: str, token: str) -> None:
        self.base = f"https://{domain}"
        self.session = districts.session()
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.app = Mastodon(access_token=token, api_base_url=self.base, session=self.session)

    def ask(self, method: str, path: str, **given):
        answer = self.session.request(method, f"{self.base}{EVENTS}{path}", **given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def event(self, uri: str):
        """Return the event as this person's server has it."""
        found = self.app.search_v2(uri, resolve=True)["statuses"]
        return self.ask("GET", f"/{found[0]['id']}") if found else None

    def told(self, kind: str) -> bool:
        asked = self.session.get(
            f"{self.base}/api/v1/notifications", params={"types[]": kind}
        ).json()
        return any(one["type"] == kind for one in asked)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Person]]:
    districts = Districts(tmp_path_factory.mktemp("districts"))
    names = (("maya",), ("priya", "joon"), ("sam",))
    with districts.three() as servers:
        yield {
            name: Person(districts, server.domain, server.member(name))
            for server, here in zip(servers, names, strict=True)
            for name in here
        }


def test_an_event_fills_changes_and_is_called_off(people):
    maya, priya, joon, sam = (people[name] for name in ("maya", "priya", "joon", "sam"))
    starts = datetime.now(UTC) + timedelta(days=4)
    said = {
        "title": "Maths night",
        "text": "Bring scissors",
        "starts_at": starts.isoformat(),
        "time_zone": "America/Chicago",
        "capacity": 1,
        "waitlist": True,
        "place": {"name": "Gym"},
    }
    held = maya.ask("POST", "", json=said)

    there = seen(lambda: priya.event(held["uri"]), within=SECONDS)
    assert (there["title"], there["places"], there["capacity"]) == (
        "Maths night",
        [{"name": "Gym"}],
        1,
    )
    assert priya.ask("POST", f"/{there['id']}/join")["state"] == "asked"
    seen(lambda: priya.event(held["uri"])["state"] == "going", within=SECONDS)
    assert priya.told("event_accepted")
    assert maya.told("event_join")

    joon.ask("POST", f"/{there['id']}/join")
    seen(lambda: len(maya.app.notifications(types=["event_join"])) >= 2, within=SECONDS)
    assert joon.event(held["uri"])["state"] == "asked"
    assert maya.ask("GET", f"/{held['id']}")["places_left"] == 0
    at_harbor = seen(lambda: sam.event(held["uri"]), within=SECONDS)
    sam.ask("POST", f"/{at_harbor['id']}/join")
    seen(lambda: len(maya.app.notifications(types=["event_join"])) >= 3, within=SECONDS)

    priya.ask("POST", f"/{there['id']}/leave")
    seen(lambda: joon.event(held["uri"])["state"] == "going", within=SECONDS)

    assert sam.event(held["uri"])["state"] == "asked"

    larger = {**said, "place": {"name": "Library"}, "capacity": 2}
    maya.ask("PUT", f"/{held['id']}", json=larger)
    seen(lambda: sam.event(held["uri"])["state"] == "going", within=SECONDS)
    for guest in (joon, sam):
        seen(
            lambda who=guest: who.event(held["uri"])["places"] == [{"name": "Library"}],
            within=SECONDS,
        )
    seen(lambda: joon.told("event_changed"), within=SECONDS)
    maya.ask("PUT", f"/{held['id']}", json={**larger, "status": "cancelled"})
    for guest in (joon, sam):
        seen(lambda who=guest: who.told("event_cancelled"), within=SECONDS)
        assert guest.event(held["uri"])["status"] == "cancelled"
