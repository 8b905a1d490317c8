"""A server of another make, built on Fedify (npm), and we talk over TLS, both directions.

Everything of ActivityPub on the other side is Fedify's: its signatures (RFC 9421 first, then
the older draft), its verification of ours, its JSON-LD reading of our documents.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from mastodon import Mastodon

from tests.live import Districts, free_port, seen

pytestmark = pytest.mark.timeout(240)
HERE = Path(__file__).parent / "fedify"
PACKAGES = ("@fedify/fedify@2.3.6", "@fedify/vocab@2.3.6", "undici@6", "node@22")
HANA = "https://harbor.test/users/hana"
MAYA = "https://lincoln.test/users/maya"
SOON = 10.0


@dataclass
class Peer:
    """The server of the other make, and how it is driven."""

    control: str

    def do(self, act: str, **given: object) -> Any:
        answer = requests.post(self.control, json={"act": act, **given}, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def got(self, kind: str, about: str = "") -> list[dict[str, Any]]:
        """Return what arrived of this type, about this object."""
        log = requests.get(self.control, timeout=10).json()["log"]
        return [item for item in log if item["type"] == kind and about in json.dumps(item)]

    def followers(self) -> list[str]:
        return list(requests.get(self.control, timeout=10).json()["followers"])


@dataclass
class Scene:
    maya: Mastodon
    peer: Peer


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Fedify, and a Node that is new enough for it."""
    folder = tmp_path_factory.mktemp("fedify")
    shutil.copy(HERE / "peer.mjs", folder)
    (folder / "package.json").write_text('{"type": "module"}')
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--silent", *PACKAGES],
        cwd=folder,
        check=True,
        timeout=200,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def scene(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("districts")
    districts = Districts(folder)
    address, port = districts.places["harbor.test"]
    certificate = districts.authority.issue_cert("harbor.test")
    chain, key = folder / "chain.pem", folder / "key.pem"
    certificate.cert_chain_pems[0].write_to_path(str(chain))
    certificate.private_key_pem.write_to_path(str(key))
    control = free_port(address)
    settings = {
        "domain": "harbor.test",
        "address": address,
        "port": port,
        "control": control,
        "cert": str(chain),
        "key": str(key),
        "ca": str(districts.ca_file),
        "names": districts.places,
    }
    with (folder / "peer.log").open("wb") as log, districts.names_known():
        peer = subprocess.Popen(
            ["node_modules/node/bin/node", "peer.mjs", json.dumps(settings)],
            cwd=installed,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        try:
            districts.lincoln.start()
            token = districts.lincoln.member("maya")
            assert peer.stdout is not None
            assert peer.stdout.readline() == b"ready\n", (folder / "peer.log").read_text()
            maya = Mastodon(
                access_token=token,
                api_base_url="https://lincoln.test",
                session=districts.session(),
            )
            yield Scene(maya, Peer(f"http://{address}:{control}/"))
        finally:
            districts.lincoln.stop()
            peer.terminate()
            peer.wait(20)
            if peer.stdout is not None:
                peer.stdout.close()


def hana(scene: Scene) -> Any:
    return scene.maya.search_v2("hana@harbor.test", resolve=True)["accounts"][0]


def at_ours(scene: Scene, uri: str) -> Any:
    found = scene.maya.search_v2(uri, resolve=False)["statuses"]
    return found[0] if found else None


def follow_each_other(scene: Scene) -> Any:
    account = hana(scene)
    if not scene.maya.account_relationships(account["id"])[0]["following"]:
        scene.maya.account_follow(account["id"])
    seen(lambda: scene.maya.account_relationships(account["id"])[0]["following"], within=SOON)
    if not scene.maya.account_relationships(account["id"])[0]["followed_by"]:
        scene.peer.do("follow", uri=MAYA)
        seen(
            lambda: scene.maya.account_relationships(account["id"])[0]["followed_by"],
            within=SOON,
        )
    return account


def test_follows_are_asked_for_and_accepted_both_ways(scene):
    follow_each_other(scene)

    assert MAYA in scene.peer.followers()
    assert seen(lambda: scene.peer.got("Accept", f"{HANA}#follows"), within=SOON)


def test_our_posts_likes_boosts_and_deletions_arrive(scene):
    follow_each_other(scene)
    mine = scene.maya.status_post("Hello over there")
    theirs = scene.peer.do("post", to=MAYA, text="<p>A post to recommend</p>")
    seen(lambda: at_ours(scene, theirs), within=SOON)

    (create,) = seen(lambda: scene.peer.got("Create", mine["uri"]), within=SOON)
    assert "Hello over there" in create["object"]["content"]
    post = at_ours(scene, theirs)
    scene.maya.status_favourite(post["id"])
    assert seen(lambda: scene.peer.got("Like", theirs), within=SOON)
    scene.maya.status_reblog(post["id"])
    assert seen(lambda: scene.peer.got("Announce", theirs), within=SOON)
    scene.maya.status_unfavourite(post["id"])
    scene.maya.status_unreblog(post["id"])
    assert seen(lambda: len(scene.peer.got("Undo", theirs)) == 2, within=SOON)
    scene.maya.status_delete(mine["id"])
    assert seen(lambda: scene.peer.got("Delete", mine["uri"]), within=SOON)


def test_their_posts_likes_boosts_and_deletions_arrive(scene):
    follow_each_other(scene)
    mine = scene.maya.status_post("To be liked elsewhere")

    theirs = scene.peer.do("post", to=MAYA, text="<p>Good morning</p>", answers=mine["uri"])
    answer = seen(lambda: at_ours(scene, theirs), within=SOON)
    assert "Good morning" in answer["content"]
    assert answer["in_reply_to_id"] == mine["id"]
    liked = scene.peer.do("like", to=MAYA, uri=mine["uri"])
    passed_on = scene.peer.do("announce", to=MAYA, uri=mine["uri"])
    seen(lambda: scene.maya.status(mine["id"])["favourites_count"] == 1, within=SOON)
    seen(lambda: scene.maya.status(mine["id"])["reblogs_count"] == 1, within=SOON)
    scene.peer.do("undo", to=MAYA, uri=liked)
    scene.peer.do("undo", to=MAYA, uri=passed_on)
    seen(lambda: scene.maya.status(mine["id"])["favourites_count"] == 0, within=SOON)
    seen(lambda: scene.maya.status(mine["id"])["reblogs_count"] == 0, within=SOON)
    scene.peer.do("delete", to=MAYA, uri=theirs)
    seen(lambda: at_ours(scene, theirs) is None, within=SOON)


def test_fedify_reads_our_documents_as_they_are_meant(scene):
    mine = scene.maya.status_post("With #Fractions for @hana@harbor.test", language="en")

    actor = scene.peer.do("look", uri=MAYA)
    note = scene.peer.do("look", uri=mine["uri"])
    by_handle = scene.peer.do("look", uri="@maya@lincoln.test")

    assert actor["preferredUsername"] == "maya"
    assert by_handle["id"] == actor["id"] == MAYA
    assert note["attributedTo"] == MAYA
    names = {tag.get("name") for tag in note["tag"]}
    assert {"#Fractions", "@hana@harbor.test"} <= names
