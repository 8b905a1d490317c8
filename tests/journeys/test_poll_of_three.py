"""A question asked at one district, answered at two others, counted at all three, over TLS.

Row 1.10 "Poll out", "Voting" and "Results".
"""

from collections.abc import Iterator
from typing import Any

import pytest
from mastodon import Mastodon, MastodonAPIError

from tests.live import Districts, seen

pytestmark = pytest.mark.timeout(240)

SECONDS = 60.0
OPEN_SECONDS = 30
# Nobody may ask for less than five minutes, and nobody waits that long for a test.
SHORT = """
from fedi_k12.domain import posts

posts.MIN_POLL_SECONDS = 1
"""


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Mastodon]]:
    districts = Districts(tmp_path_factory.mktemp("poll"))
    districts.lincoln.begin_with(SHORT)
    with districts.three() as servers:
        names = ("maya", "priya", "sam")
        yield [
            districts.client(server, name) for server, name in zip(servers, names, strict=True)
        ]


def poll_at(client: Mastodon, uri: str) -> Any:
    """Return the poll as this person's server has it, None where the post is not known."""
    posts = client.search_v2(uri, resolve=False)["statuses"]
    return posts[0]["poll"] if posts else None


def counts(client: Mastodon, uri: str) -> list[int]:
    return [option["votes_count"] for option in poll_at(client, uri)["options"]]


def test_votes_from_two_districts_count_at_all_three_until_the_end(people):
    maya, priya, sam = people
    for client in (priya, sam):
        account = client.account_search("@maya@lincoln.test", resolve=True)[0]
        client.account_follow(account["id"])
        seen(
            lambda who=client, account=account: who.account_relationships(account["id"])[0][
                "following"
            ],
            within=SECONDS,
        )

    asked = maya.status_post(
        "Which glue?",
        visibility="public",
        poll=maya.make_poll(["Paste", "Sap"], expires_in=OPEN_SECONDS),
    )["uri"]
    for client, choice in ((priya, 0), (sam, 1)):
        poll = seen(lambda who=client: poll_at(who, asked), within=SECONDS)
        assert poll["expired"] is False
        client.poll_vote(poll["id"], [choice])

    for client in people:
        seen(lambda who=client: counts(who, asked) == [1, 1], within=SECONDS)

    for client in people:
        seen(lambda who=client: poll_at(who, asked)["expired"], within=OPEN_SECONDS + SECONDS)
        assert counts(client, asked) == [1, 1]
        assert poll_at(client, asked)["voters_count"] == 2
        seen(lambda who=client: who.notifications(types=["poll"]), within=SECONDS)
        with pytest.raises(MastodonAPIError):
            client.poll_vote(poll_at(client, asked)["id"], [0])
