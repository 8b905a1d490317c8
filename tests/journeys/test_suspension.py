"""Three districts over TLS: one suspends another, which severs; undoing it restores.

Row 1.17 "Domain policies": the ledger and its undo, between servers that really run.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from mastodon import Mastodon

from tests.live import Districts, Live, seen

pytestmark = pytest.mark.timeout(180)


@dataclass
class Scene:
    lincoln: Live
    maya: Mastodon
    """A teacher at lincoln.test."""
    priya: Mastodon
    """Another, at riverside.test."""
    hana: Mastodon
    """Another, at harbor.test."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("districts")
    districts = Districts(folder)
    harbor = districts.make("harbor.test")
    places = {"maya": districts.lincoln, "priya": districts.riverside, "hana": harbor}
    with districts.names_known():
        try:
            clients = {
                name: Mastodon(
                    access_token=server.start().member(name),
                    api_base_url=f"https://{server.domain}",
                    session=districts.session(),
                )
                for name, server in places.items()
            }
            yield Scene(districts.lincoln, **clients)
        finally:
            for server in places.values():
                server.stop()


def resolve(client: Mastodon, handle: str) -> Any:
    return client.search_v2(handle, resolve=True)["accounts"][0]


def relation(client: Mastodon, handle: str) -> Any:
    account = resolve(client, handle)
    return client.account_relationships(account["id"])[0]


def follows(client: Mastodon, handle: str) -> bool:
    return bool(relation(client, handle)["following"])


def befriend(one: Mastodon, one_handle: str, other: Mastodon, other_handle: str) -> None:
    one.account_follow(resolve(one, other_handle)["id"])
    other.account_follow(resolve(other, one_handle)["id"])
    for client, handle in ((one, other_handle), (other, one_handle)):
        seen(partial(follows, client, handle))


def test_a_suspension_severs_and_undoing_it_restores(scene: Scene) -> None:
    lincoln, maya, priya, hana = scene.lincoln, scene.maya, scene.priya, scene.hana
    befriend(maya, "maya@lincoln.test", priya, "priya@riverside.test")
    befriend(maya, "maya@lincoln.test", hana, "hana@harbor.test")

    lincoln.ok("domain", "block", "riverside.test", "--note", "For the test")

    known = maya.account_search("priya@riverside.test", resolve=False)
    lost = maya.account_relationships(known[0]["id"])[0] if known else None
    assert lost is None or not (lost["following"] or lost["followed_by"])
    assert relation(maya, "hana@harbor.test")["following"]
    [told] = maya.notifications(types=["severed_relationships"])
    assert told["event"]["target_name"] == "riverside.test"
    assert (told["event"]["following_count"], told["event"]["followers_count"]) == (1, 1)
    hidden = priya.status_post("Nobody at lincoln reads this")
    heard = hana.status_post("Lincoln reads this")
    seen(lambda: maya.search_v2(heard["uri"], resolve=False)["statuses"])
    assert maya.search_v2(hidden["uri"], resolve=False)["statuses"] == []

    [event] = json.loads(lincoln.run("domain", "severed", "--json").stdout)
    assert (event["name"], event["follows"], event["members"]) == ("riverside.test", 2, 1)
    said = lincoln.ok("domain", "remove", "riverside.test", "--restore")

    assert "2 follows are restored" in said
    seen(lambda: relation(maya, "priya@riverside.test")["following"])
    assert relation(maya, "priya@riverside.test")["followed_by"]
    back = priya.status_post("We talk again")
    seen(lambda: [post for post in maya.timeline_home() if post["uri"] == back["uri"]])
    answer = maya.status_post("So we do")
    seen(lambda: [post for post in priya.timeline_home() if post["uri"] == answer["uri"]])
