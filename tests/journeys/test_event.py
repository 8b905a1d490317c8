"""An event at one district, guests from another, over TLS: full, changed, called off.

Row 1.15 "RSVP".
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from mastodon import Mastodon

from tests.live import Districts, seen

pytestmark = pytest.mark.timeout(180)
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
    with districts.names_known():
        try:
            found = {}
            for server, names in (
                (districts.lincoln, ("maya",)),
                (districts.riverside, ("priya", "joon")),
            ):
                server.start()
                for name in names:
                    found[name] = Person(districts, server.domain, server.member(name))
            yield found
        finally:
            districts.lincoln.stop()
            districts.riverside.stop()


def test_an_event_fills_changes_and_is_called_off(people):
    maya, priya, joon = people["maya"], people["priya"], people["joon"]
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

    there = seen(lambda: priya.event(held["uri"]), within=10)
    assert (there["title"], there["places"], there["capacity"]) == (
        "Maths night",
        [{"name": "Gym"}],
        1,
    )
    assert priya.ask("POST", f"/{there['id']}/join")["state"] == "asked"
    seen(lambda: priya.event(held["uri"])["state"] == "going", within=10)
    assert priya.told("event_accepted")
    assert maya.told("event_join")

    joon.ask("POST", f"/{there['id']}/join")
    seen(lambda: len(maya.app.notifications(types=["event_join"])) >= 2, within=10)
    assert joon.event(held["uri"])["state"] == "asked"
    assert maya.ask("GET", f"/{held['id']}")["places_left"] == 0

    priya.ask("POST", f"/{there['id']}/leave")
    seen(lambda: joon.event(held["uri"])["state"] == "going", within=10)

    maya.ask("PUT", f"/{held['id']}", json={**said, "place": {"name": "Library"}})
    seen(lambda: joon.event(held["uri"])["places"] == [{"name": "Library"}], within=10)
    assert joon.told("event_changed")
    maya.ask("PUT", f"/{held['id']}", json={**said, "status": "cancelled"})
    seen(lambda: joon.told("event_cancelled"), within=10)
    assert joon.event(held["uri"])["status"] == "cancelled"
