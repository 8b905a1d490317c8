"""A collection between two districts, over TLS: asked, agreed, read there, left for good.

Row 1.9 "Featured collections".
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.live import Districts, seen

pytestmark = pytest.mark.timeout(180)


class Member:
    """Somebody at one of the districts, with an app."""

    def __init__(self, districts: Districts, domain: str, token: str) -> None:
        self.base = f"https://{domain}"
        self.session = districts.session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, **given: Any) -> Any:
        answer = self.session.request(method, f"{self.base}/api/v1/{path}", **given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def find(self, handle: str) -> Any:
        """Return an account as this member's district knows it."""
        asked = {"q": handle, "resolve": "true"}
        answer = self.session.get(f"{self.base}/api/v2/search", params=asked)
        return answer.json()["accounts"][0]

    def states(self, path: str) -> list[str]:
        """Return how the accounts in a collection stand."""
        return [one["state"] for one in self.ask("GET", path)["collection"]["items"]]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Member]]:
    districts = Districts(tmp_path_factory.mktemp("collections"))
    servers = (districts.lincoln, districts.riverside)
    with districts.names_known():
        try:
            found = []
            for server, name in zip(servers, ("maya", "priya"), strict=True):
                server.start()
                found.append(Member(districts, server.domain, server.member(name)))
            yield found
        finally:
            for server in servers:
                server.stop()


def test_a_collection_is_agreed_to_read_at_the_other_district_and_left(people):
    maya, priya = people
    priya.ask("PATCH", "accounts/update_credentials", json={"discoverable": True})
    there = maya.find("@priya@riverside.test")
    assert there["feature_approval"]["current_user"] == "automatic"
    maker = priya.find("@maya@lincoln.test")
    priya.ask("POST", f"accounts/{maker['id']}/follow")
    relation = {"params": {"id[]": maker["id"]}}
    seen(
        lambda: priya.ask("GET", "accounts/relationships", **relation)[0]["following"],
        within=15,
    )

    asked = {"name": "Fractions", "account_ids": [there["id"]]}
    made = maya.ask("POST", "collections", json=asked)["collection"]
    here = f"collections/{made['id']}"
    seen(lambda: maya.states(here) == ["accepted"], within=20)

    told = seen(
        lambda: priya.ask("GET", "notifications?types[]=added_to_collection"), within=15
    )
    copy = told[0]["collection"]
    assert (copy["uri"], copy["local"], copy["name"]) == (made["uri"], False, "Fractions")
    path = f"collections/{copy['id']}"
    seen(lambda: priya.states(path) == ["accepted"], within=15)
    listed = priya.ask("GET", f"accounts/{maker['id']}/collections")["collections"]
    assert [one["uri"] for one in listed] == [made["uri"]]

    maya.ask("PATCH", here, json={"name": "Fair shares"})
    seen(lambda: priya.ask("GET", path)["collection"]["name"] == "Fair shares", within=15)

    item = priya.ask("GET", path)["collection"]["items"][0]["id"]
    priya.ask("POST", f"{path}/items/{item}/revoke")
    seen(lambda: maya.states(here) == [], within=15)
    assert priya.states(path) == []

    maya.ask("DELETE", here)
    answer = f"{priya.base}/api/v1/{path}"
    seen(lambda: priya.session.get(answer).status_code == 404, within=15)
