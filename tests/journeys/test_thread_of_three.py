"""A thread of thirty replies over three districts is whole at each of them.

Row 1.13 "Backfill". Nobody follows anybody: each server was told of what concerns it, knows a
part of the thread, and finds the rest when somebody looks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from mastodon import Mastodon

from tests.live import Districts, seen

pytestmark = pytest.mark.timeout(240)

REPLIES = 30
WHOLE_SECONDS = 30.0


@dataclass
class Somebody:
    """A member at one of the districts."""

    client: Mastodon
    base: str
    session: requests.Session
    known: dict[str, Any] = field(default_factory=dict)

    def find(self, uri: str) -> Any:
        """Return a post of the thread as this member's server has it, asked for if need be."""
        if uri not in self.known:
            [self.known[uri]] = self.client.search_v2(uri, resolve=True)["statuses"]
        return self.known[uri]

    def say(self, text: str, answers: str | None = None) -> str:
        """Publish a post; return its id."""
        parent = self.find(answers)["id"] if answers else None
        # Nobody knows anybody here: whoever wants to hear from strangers at once says so.
        asked = {"status": text, "visibility": "public", "reply_approval_policy": "public"}
        post = self.session.post(
            f"{self.base}/api/v1/statuses",
            json=asked | ({"in_reply_to_id": str(parent)} if parent else {}),
            headers={"Authorization": f"Bearer {self.client.access_token}"},
        ).json()
        self.known[post["uri"]] = post
        return str(post["uri"])

    def has(self, uri: str) -> bool:
        """Return whether this member's server knows a post."""
        return bool(self.client.search_v2(uri, resolve=False)["statuses"])

    def look(self, uri: str) -> requests.Response:
        """Open the thread of a post, as an app does."""
        return self.session.get(
            f"{self.base}/api/v1/statuses/{self.find(uri)['id']}/context",
            headers={"Authorization": f"Bearer {self.client.access_token}"},
        )


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Somebody]]:
    districts = Districts(tmp_path_factory.mktemp("three"))
    with districts.three() as servers:
        found = []
        for server, name in zip(servers, ("maya", "priya", "sam"), strict=True):
            client = Mastodon(
                access_token=server.member(name),
                api_base_url=f"https://{server.domain}",
                session=districts.session(),
            )
            found.append(Somebody(client, f"https://{server.domain}", districts.session()))
        yield found


def test_a_thread_of_three_is_whole_at_each(people):
    root = people[0].say("What did you build this week?")
    uris, parents = [root], {root: None}
    for number in range(REPLIES):
        # Every third answers what was said last; the others go back: a tree over all three.
        answered = uris[-1] if number % 3 == 0 else uris[number // 2]
        uri = people[number % 3].say(f"Reply {number}", answers=answered)
        # Whom it answers is told of it; nobody else is.
        told = next(one for one in people if answered.startswith(one.base))
        seen(lambda told=told, uri=uri: told.has(uri), within=WHOLE_SECONDS)
        parents[uri] = answered
        uris.append(uri)
    assert all(any(not one.has(uri) for uri in uris) for one in people)

    for somebody in people:
        first = somebody.look(root)
        assert first.status_code == 200

        def whole(somebody: Somebody = somebody) -> Any:
            context = somebody.look(root).json()
            found = {post["uri"] for post in context["descendants"]}
            return context if found == set(uris[1:]) else None

        context = seen(whole, within=WHOLE_SECONDS)
        numbers = {post["id"]: post["uri"] for post in context["descendants"]}
        numbers[somebody.find(root)["id"]] = root
        assert {
            post["uri"]: numbers[post["in_reply_to_id"]] for post in context["descendants"]
        } == {uri: parent for uri, parent in parents.items() if parent}


def test_an_app_is_told_while_it_goes_on(people):
    maya, priya, sam = people
    root = maya.say("Which glue?")
    there = priya.say("Paste", answers=root)
    last = sam.say("Sap", answers=there)
    seen(lambda: maya.has(there) and priya.has(last), within=WHOLE_SECONDS)
    assert not maya.has(last)

    first = maya.look(root)

    assert first.headers["Mastodon-Async-Refresh"].startswith('id="')
    number = first.headers["Mastodon-Async-Refresh"].split('"')[1]

    def finished() -> Any:
        answer = maya.session.get(
            f"{maya.base}/api/v1_alpha/async_refreshes/{number}",
            headers={"Authorization": f"Bearer {maya.client.access_token}"},
        ).json()["async_refresh"]
        return answer if answer["status"] == "finished" else None

    assert seen(finished, within=WHOLE_SECONDS)["result_count"] == 1
    assert [post["uri"] for post in maya.look(root).json()["descendants"]] == [there, last]


def test_a_profile_that_nobody_followed_is_whole_after_a_look(people):
    """Row 1.13 "Profile backfill"."""
    maya, priya, _sam = people
    pinned = maya.client.status_post("Read this first", visibility="public")
    maya.client.status_pin(pinned["id"])
    for number in range(5):
        maya.client.status_post(f"Lesson {number}", visibility="public")

    [there] = priya.client.account_search("maya@lincoln.test", resolve=True)
    priya.client.account_statuses(there["id"])

    def whole() -> bool:
        found = priya.client.account_statuses(there["id"], limit=40)
        return {"Lesson 0", "Lesson 4", "Read this first"} <= {
            post["content"].removeprefix("<p>").removesuffix("</p>") for post in found
        }

    seen(whole, within=WHOLE_SECONDS)
    seen(
        lambda: (
            [p["uri"] for p in priya.client.account_statuses(there["id"], pinned=True)]
            == [pinned["uri"]]
        ),
        within=WHOLE_SECONDS,
    )
