"""A member moves from one district to another, and followers at three go along, over TLS.

Row 1.8 "Move".
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from mastodon import Mastodon

from tests.live import PASSWORD, Districts, Sitting, seen

pytestmark = pytest.mark.timeout(240)

OLD, NEW = "maya@lincoln.test", "maya@riverside.test"
SECONDS = 60.0
AWAY = {"target": f"@{NEW}", "password": PASSWORD}


@dataclass
class Scene:
    """Those who follow Maya, at each district, and Maya at the pages of both of hers."""

    followers: list[Mastodon]
    old: Sitting
    new: Sitting


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    districts = Districts(tmp_path_factory.mktemp("moving"))
    with districts.three() as servers:
        lincoln, riverside, _harbor = servers
        lincoln.member("maya")
        riverside.member("maya")
        names = ("tom", "priya", "sam")
        yield Scene(
            [
                districts.client(server, name)
                for server, name in zip(servers, names, strict=True)
            ],
            Sitting(districts, lincoln, "maya"),
            Sitting(districts, riverside, "maya"),
        )


def found(client: Mastodon, handle: str):
    asked = client.search_v2(f"@{handle}", resolve=True, result_type="accounts")
    return asked["accounts"][0]


def follows(client: Mastodon, handle: str) -> bool:
    return client.account_relationships(found(client, handle)["id"])[0]["following"]


def test_followers_at_three_districts_go_along_once_a_week(scene):
    for client in scene.followers:
        client.account_follow(found(client, OLD)["id"])
        seen(lambda who=client: follows(who, OLD), within=SECONDS)

    # The new account has not named the old one yet.
    refused = scene.old.try_to_send("/settings/moving", "/settings/moving/away", **AWAY)
    assert refused.status_code == 422
    assert all(follows(client, OLD) for client in scene.followers)

    scene.new.send("/settings/moving", "/settings/moving/aliases", alias=f"@{OLD}")
    scene.old.send("/settings/moving", "/settings/moving/away", **AWAY)

    for client in scene.followers:
        seen(lambda who=client: follows(who, NEW), within=SECONDS)
        seen(lambda who=client: not follows(who, OLD), within=SECONDS)
        seen(lambda who=client: found(who, OLD)["moved"], within=SECONDS)
        moved = client.account(found(client, OLD)["id"])["moved"]
        assert moved["url"] == "https://riverside.test/@maya"
    assert found(scene.followers[1], NEW)["followers_count"] == 3
    assert "This account has moved" in scene.old.get("/@maya")

    # The sign is down, and the week is not over.
    scene.old.send("/settings/moving", "/settings/moving/stay")
    assert "You can move again from" in scene.old.get("/settings/moving")
    again = scene.old.try_to_send("/settings/moving", "/settings/moving/away", **AWAY)
    assert again.status_code == 422
    assert "seven days" in again.text
    assert "This account has moved" not in scene.old.get("/@maya")
