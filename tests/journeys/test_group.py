"""A group with members on three districts: written into from each, looked after from another.

Row 1.12 "Moderation". Row 1.12 "Distribution". Over TLS, by the client API alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from mastodon import Mastodon

from tests.live import Districts, seen

pytestmark = pytest.mark.timeout(240)

SECONDS = 20.0
GROUPS = "/api/fedi/v1/groups"


@dataclass
class Member:
    """A member at one of the districts, and the group as their server has it."""

    client: Mastodon
    base: str
    session: requests.Session
    group: str = ""

    def call(self, method: str, path: str, **fields: Any) -> Any:
        """Ask one of our own endpoints about the group."""
        answer = self.session.request(
            method,
            f"{self.base}{GROUPS}/{self.group}{path}",
            headers={"Authorization": f"Bearer {self.client.access_token}"},
            json=fields or None,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def listed(self) -> set[str]:
        """Return the ids of what is listed in the group here."""
        return {post["uri"] for post in self.call("GET", "/posts")}

    def home(self) -> set[str]:
        """Return the ids of what this member reads at home."""
        return {(one["reblog"] or one)["uri"] for one in self.client.timeline_home()}

    def here(self, uri: str) -> Any:
        """Return a post as it is known here, asked of nobody; None where it is not shown."""
        found = self.client.search_v2(uri, resolve=False)["statuses"]
        return found[0] if found else None


@pytest.fixture
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Member]]:
    """Maya, whose district has the group, Priya and Sam, who joined it from theirs."""
    districts = Districts(tmp_path_factory.mktemp("group"))
    with districts.three() as servers:
        found = []
        for server, name in zip(servers, ("maya", "priya", "sam"), strict=True):
            client = Mastodon(
                access_token=server.member(name),
                api_base_url=f"https://{server.domain}",
                session=districts.session(),
            )
            found.append(Member(client, f"https://{server.domain}", districts.session()))
        districts.lincoln.ok("group", "create", "fractions", "--owner", "maya")
        for member in found:
            [account] = member.client.search_v2(
                "@fractions@lincoln.test", resolve=True, result_type="accounts"
            )["accounts"]
            assert account["group"] is True
            member.group = str(account["id"])
            member.client.account_follow(member.group)
            seen(lambda m=member: m.call("GET", "")["standing"] == "member", within=SECONDS)
        yield found


def test_a_group_over_three_districts(members):
    maya, priya, sam = members

    # From each: by our own endpoint, and from apps that only mention it.
    first = maya.call("POST", "/posts", title="Fraction strips", status="Cut *them*")["uri"]
    second = priya.client.status_post("@fractions@lincoln.test Paper or tablet?")["uri"]
    third = sam.call("POST", "/posts", title="Number lines", status="With arrows")["uri"]
    for member in members:
        seen(lambda m=member: {first, second, third} <= m.listed(), within=SECONDS)
        seen(lambda m=member: {first, second, third} <= m.home(), within=SECONDS)

    # Sam answers Priya: Lincoln passes it on to Riverside and has it itself.
    answer = sam.client.status_post(
        "Paper, for the little ones.", in_reply_to_id=sam.here(second)["id"]
    )["uri"]
    for member in (maya, priya):
        seen(lambda m=member: m.here(answer), within=SECONDS)

    # Maya asks Sam, at another district, to look after it; he takes Priya's post away.
    [sam_here] = maya.client.search_v2("@sam@harbor.test", resolve=True)["accounts"]
    maya.call("POST", "/rulings", act="appoint", account_id=str(sam_here["id"]))
    seen(lambda: sam.call("GET", "")["moderates"], within=SECONDS)
    sam.call(
        "POST", "/rulings", act="remove", post_id=str(sam.here(second)["id"]), reason="Twice"
    )

    for member in members:
        seen(lambda m=member: second not in m.listed(), within=SECONDS)
        assert {first, third} <= member.listed()
    assert maya.here(second) is None
    # It stays hers, at her own district.
    assert priya.here(second) is not None
    log = maya.call("GET", "/log")
    assert [(one["act"], one["reason"], one["moderator"]["acct"]) for one in log] == [
        ("remove", "Twice", "sam@harbor.test"),
        ("appoint", "", "maya"),
    ]
