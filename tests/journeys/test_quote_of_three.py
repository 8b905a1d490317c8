"""A quote over three districts, over TLS: asked for, seen by a third, withdrawn everywhere.

Row 1.11 "Authorised quotes out". Row 1.11 "Authorised quotes in".
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.live import Districts, seen

pytestmark = pytest.mark.timeout(240)


class Member:
    """Somebody at one of the districts, with an app."""

    def __init__(self, districts: Districts, domain: str, token: str) -> None:
        self.base = f"https://{domain}"
        self.session = districts.session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, **given: Any) -> Any:
        answer = self.session.request(method, f"{self.base}/api/{path}", **given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def say(self, text: str, **parts: str) -> Any:
        asked = {"status": text, "visibility": "public", **parts}
        return self.ask("POST", "v1/statuses", json=asked)

    def find(self, words: str, kind: str = "statuses") -> Any:
        asked = {"q": words, "resolve": "true"}
        return self.ask("GET", "v2/search", params=asked)[kind][0]

    def home(self, uri: str) -> Any:
        """Return a post of the home timeline by its id, None for one that is not there."""
        posts = self.ask("GET", "v1/timelines/home")
        return next((post for post in posts if post["uri"] == uri), None)

    def quote(self, uri: str) -> Any:
        """Return the quote of a post in the home timeline."""
        post = self.home(uri)
        return post["quote"] if post else None

    def is_shown(self, uri: str, quoted: str) -> bool:
        """Return whether the quote of a post is shown, with what it quotes."""
        quote = self.quote(uri)
        shown = quote and quote["state"] == "accepted" and quote["quoted_status"]
        return bool(shown) and shown["uri"] == quoted


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Member]]:
    districts = Districts(tmp_path_factory.mktemp("quotes"))
    with districts.three() as servers:
        found = []
        for server, name in zip(servers, ("maya", "priya", "sam"), strict=True):
            found.append(Member(districts, server.domain, server.member(name)))
        yield found


def test_a_quote_is_asked_for_seen_by_a_third_and_withdrawn_everywhere(people):
    maya, priya, sam = people
    account = sam.find("@maya@lincoln.test", "accounts")
    sam.ask("POST", f"v1/accounts/{account['id']}/follow")
    relation = {"params": {"id[]": account["id"]}}
    seen(
        lambda: sam.ask("GET", "v1/accounts/relationships", **relation)[0]["following"],
        within=15,
    )
    said = priya.say("Fractions are fair shares", quote_approval_policy="public")

    there = maya.find(said["uri"])
    assert there["quote_approval"]["current_user"] == "automatic"
    quote = maya.say("I tried it with clay", quoted_status_id=there["id"])

    seen(lambda: maya.is_shown(quote["uri"], said["uri"]), within=20)
    seen(lambda: sam.is_shown(quote["uri"], said["uri"]), within=20)
    told = seen(lambda: priya.ask("GET", "v1/notifications?types[]=quote"), within=15)
    assert told[0]["status"]["uri"] == quote["uri"]
    at_priya = told[0]["status"]["id"]

    priya.ask("POST", f"v1/statuses/{said['id']}/quotes/{at_priya}/revoke")

    for somebody in (maya, sam):
        seen(lambda who=somebody: not who.is_shown(quote["uri"], said["uri"]), within=20)
        assert somebody.quote(quote["uri"]) is None or not somebody.quote(quote["uri"]).get(
            "quoted_status"
        )
    assert maya.quote(quote["uri"])["state"] == "revoked"
    assert priya.ask("GET", f"v1/statuses/{said['id']}")["quotes_count"] == 0
