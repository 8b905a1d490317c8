"""Two districts, one of which takes RFC 9421 alone, the other draft-cavage alone: they meet.

Row 1.3 "RFC 9421 out, double-knock".
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mastodon import Mastodon

from tests.live import Districts, Live, seen

pytestmark = pytest.mark.timeout(180)

# The server itself knows no such switch.
ONLY = """
from federation.sig import incoming, rfc9421
from fedi_k12.domain.errors import UnauthenticatedError

whole = incoming.parse_signature

def only(headers):
    found = whole(headers)
    if rfc9421.is_used(headers) is not {newer}:
        raise UnauthenticatedError("Not signed in the way that this server knows.")
    return found

incoming.parse_signature = only
"""


def takes_only(server: Live, *, newer: bool) -> Live:
    server.begin_with(ONLY.format(newer=newer))
    return server


@pytest.fixture
def districts(tmp_path: Path) -> Iterator[Districts]:
    both = Districts(tmp_path)
    with both.names_known():
        try:
            takes_only(both.lincoln, newer=True).start()
            takes_only(both.riverside, newer=False).start()
            yield both
        finally:
            both.lincoln.stop()
            both.riverside.stop()


def test_a_server_of_each_way_reaches_the_other(districts):
    clients = {}
    for server, name in ((districts.lincoln, "maya"), (districts.riverside, "priya")):
        clients[name] = districts.client(server, name)
    maya, priya = clients["maya"], clients["priya"]

    follow(maya, "priya@riverside.test")
    follow(priya, "maya@lincoln.test")

    hello, answer = maya.status_post("from the one"), priya.status_post("from the other")
    seen(lambda: hello["uri"] in uris(priya), within=10)
    seen(lambda: answer["uri"] in uris(maya), within=10)
    # Each is asked in its own way at once, from now on.
    before = refusals(districts)
    again, back = maya.status_post("once more"), priya.status_post("and back")
    seen(lambda: again["uri"] in uris(priya), within=10)
    seen(lambda: back["uri"] in uris(maya), within=10)
    assert refusals(districts) == before
    assert any(before)


def follow(client: Mastodon, handle: str) -> None:
    found = client.search_v2(handle, resolve=True)["accounts"][0]
    client.account_follow(found["id"])
    seen(lambda: client.account_relationships(found["id"])[0]["following"], within=10)


def uris(client: Mastodon) -> list[Any]:
    return [post["uri"] for post in client.timeline_home()]


def refusals(districts: Districts) -> tuple[int, int]:
    """Return how often each has answered 401."""
    said = '"status":401'
    return districts.lincoln.log.count(said), districts.riverside.log.count(said)
