"""Two districts talk over TLS, driven by nothing but Mastodon.py (issue: two districts)."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonNotFoundError
from PIL import Image

from tests.live import Districts, seen

pytestmark = pytest.mark.timeout(180)


@dataclass
class Scene:
    districts: Districts
    maya: Mastodon
    """A teacher at lincoln.test."""
    tom: Mastodon
    """Another, there."""
    priya: Mastodon
    """A teacher at riverside.test."""
    joon: Mastodon
    """Another, there; nobody's follower."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    districts = Districts(tmp_path_factory.mktemp("districts"))
    with districts.names_known():
        try:
            tokens = {}
            for server, names in (
                (districts.lincoln, ("maya", "tom")),
                (districts.riverside, ("priya", "joon")),
            ):
                server.start()
                for name in names:
                    tokens[name] = (server, server.member(name))
            clients = {
                name: Mastodon(
                    access_token=token,
                    api_base_url=f"https://{server.domain}",
                    session=districts.session(),
                )
                for name, (server, token) in tokens.items()
            }
            yield Scene(districts, **clients)
        finally:
            districts.lincoln.stop()
            districts.riverside.stop()


def resolve(client: Mastodon, handle: str) -> Any:
    return client.search_v2(handle, resolve=True)["accounts"][0]


def relation(client: Mastodon, account: Any) -> Any:
    return client.account_relationships(account["id"])[0]


def at(client: Mastodon, post: Any) -> Any:
    """Return a post of another server as this client's server has it, None if it has not."""
    found = client.search_v2(post["uri"], resolve=False)["statuses"]
    return found[0] if found else None


def friends(scene: Scene) -> None:
    """Let maya and priya follow each other."""
    for one, handle in (
        (scene.maya, "priya@riverside.test"),
        (scene.priya, "maya@lincoln.test"),
    ):
        target = resolve(one, handle)
        if not relation(one, target)["following"]:
            one.account_follow(target["id"])
        seen(
            lambda one=one, target=target: one.account_relationships(target["id"])[0][
                "following"
            ]
        )


def is_at_home(client: Mastodon, post: Any) -> Any:
    return seen(
        lambda: next((p for p in client.timeline_home() if p["uri"] == post["uri"]), None)
    )


def test_a_handle_is_resolved_and_confirmed(scene):
    found = resolve(scene.maya, "@priya@riverside.test")

    assert found["acct"] == "priya@riverside.test"
    assert found["uri"] == "https://riverside.test/users/priya"


def test_a_follow_is_accepted_on_the_other_side(scene):
    friends(scene)

    followers = scene.priya.account_followers(scene.priya.me()["id"])
    assert "maya@lincoln.test" in [one["acct"] for one in followers]


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private"])
def test_a_post_is_read_at_the_followers_home(scene, visibility):
    friends(scene)

    post = scene.maya.status_post(f"A {visibility} thought #fractions", visibility=visibility)

    there = is_at_home(scene.priya, post)
    assert there["visibility"] == visibility
    assert there["account"]["acct"] == "maya@lincoln.test"
    assert there["tags"][0]["name"] == "fractions"


def test_a_letter_reaches_whom_it_names_and_nobody_else(scene):
    friends(scene)

    post = scene.maya.status_post("@priya@riverside.test between us", visibility="direct")

    told = seen(
        lambda: [
            n
            for n in scene.priya.notifications(types=["mention"])
            if n["status"]["uri"] == post["uri"]
        ]
    )
    assert told[0]["status"]["visibility"] == "direct"
    with pytest.raises(MastodonNotFoundError):
        scene.joon.status(told[0]["status"]["id"])
    with pytest.raises(MastodonNotFoundError):
        scene.tom.status(post["id"])


def test_a_post_for_members_never_leaves(scene):
    friends(scene)

    local = (
        scene.districts.session()
        .post(
            "https://lincoln.test/api/v1/statuses",
            json={"status": "only here", "visibility": "public", "local_only": True},
            headers={"Authorization": f"Bearer {scene.maya.access_token}"},
        )
        .json()
    )
    after = scene.maya.status_post("and this one travels", visibility="public")

    is_at_home(scene.priya, after)
    assert at(scene.priya, local) is None
    assert scene.tom.status(local["id"])["id"] == local["id"]


def test_a_picture_arrives_with_its_description(scene):
    friends(scene)
    picture = io.BytesIO()
    Image.new("RGB", (80, 60), "green").save(picture, "PNG")

    media = scene.maya.media_post(
        picture.getvalue(), mime_type="image/png", description="A green strip"
    )
    post = scene.maya.status_post("look", media_ids=[media], visibility="public")

    there = is_at_home(scene.priya, post)
    assert there["media_attachments"][0]["description"] == "A green strip"
    shown = scene.districts.session().get(there["media_attachments"][0]["url"])
    assert shown.status_code == 200
    assert there["media_attachments"][0]["url"].startswith("https://riverside.test/")


def test_a_reply_a_favourite_and_a_boost_come_back(scene):
    friends(scene)
    post = scene.maya.status_post("What did you try today?", visibility="public")
    there = is_at_home(scene.priya, post)

    reply = scene.priya.status_post(
        "@maya@lincoln.test clay", in_reply_to_id=there["id"], visibility="public"
    )
    scene.priya.status_favourite(there["id"])
    scene.priya.status_reblog(there["id"])

    def all_of_it() -> bool:
        told = {
            n["type"]
            for n in scene.maya.notifications()
            if n["account"]["acct"] == "priya@riverside.test"
            and n["status"]
            and n["status"]["uri"] in {post["uri"], reply["uri"]}
        }
        return told >= {"mention", "favourite", "reblog"}

    seen(all_of_it)
    now = scene.maya.status(post["id"])
    assert (now["favourites_count"], now["reblogs_count"], now["replies_count"]) == (1, 1, 1)
    context = scene.maya.status_context(post["id"])
    assert [one["uri"] for one in context["descendants"]] == [reply["uri"]]

    scene.priya.status_unfavourite(there["id"])
    scene.priya.status_unreblog(there["id"])

    seen(lambda: scene.maya.status(post["id"])["favourites_count"] == 0)
    seen(lambda: scene.maya.status(post["id"])["reblogs_count"] == 0)


def test_an_edit_and_a_deletion_arrive(scene):
    friends(scene)
    post = scene.maya.status_post("Frist", visibility="public")
    there = is_at_home(scene.priya, post)

    scene.maya.status_update(post["id"], status="First")

    seen(lambda: "First" in scene.priya.status(there["id"])["content"])
    assert scene.priya.status(there["id"])["edited_at"] is not None

    scene.maya.status_delete(post["id"])

    seen(lambda: at(scene.priya, post) is None)
    gone = scene.districts.session().get(
        post["uri"], headers={"Accept": "application/activity+json"}
    )
    assert gone.status_code == 410
    assert gone.json()["type"] == "Tombstone"


def test_a_followers_only_post_is_not_there_for_strangers(scene):
    friends(scene)

    post = scene.maya.status_post("for those who follow me", visibility="private")

    there = is_at_home(scene.priya, post)
    unsigned = scene.districts.session().get(
        post["uri"], headers={"Accept": "application/activity+json"}
    )
    assert unsigned.status_code == 404
    with pytest.raises(MastodonNotFoundError):
        scene.joon.status(there["id"])
    with pytest.raises(MastodonNotFoundError):
        scene.tom.status(post["id"])


def test_a_followers_only_post_is_refused_to_a_server_nobody_follows_from(scene):
    post = scene.tom.status_post("for nobody at riverside", visibility="private")

    # Riverside signs with a key of its own, and has no follower of tom.
    assert scene.joon.search_v2(post["uri"], resolve=True)["statuses"] == []
    assert scene.priya.search_v2(post["uri"], resolve=True)["statuses"] == []


def test_a_public_post_is_shown_to_servers_that_sign(scene):
    post = scene.tom.status_post("nobody follows me", visibility="public")

    found = scene.joon.search_v2(post["uri"], resolve=True)["statuses"]

    assert found[0]["uri"] == post["uri"]
    unsigned = scene.districts.session().get(
        post["uri"], headers={"Accept": "application/activity+json"}
    )
    assert unsigned.status_code == 401


def test_a_thread_from_elsewhere_is_fetched_with_what_it_answers(scene):
    friends(scene)
    first = scene.tom.status_post("a question nobody heard", visibility="public")

    answer = scene.maya.status_post(
        "@tom an answer", in_reply_to_id=first["id"], visibility="public"
    )

    found = seen(
        lambda: (
            at(scene.priya, answer)
            or scene.priya.search_v2(answer["uri"], resolve=True)["statuses"][0]
        )
    )
    seen(
        lambda: (
            [one["uri"] for one in scene.priya.status_context(found["id"])["ancestors"]]
            == [first["uri"]]
        )
    )


def test_following_a_hashtag_of_the_district_brings_what_staff_say_with_it(scene):
    """S-15: every staff post within one delivery cycle, and no stranger's; deletions, too."""
    lincoln = scene.districts.lincoln
    assert lincoln.ok("tag", "own", "psd70", "--steward", "maya").startswith("@psd70@")
    lincoln.ok("tag", "staff", "tom", "--off")
    tag = resolve(scene.joon, "psd70@lincoln.test")
    scene.joon.account_follow(tag["id"])
    seen(lambda: relation(scene.joon, tag)["following"])

    scene.tom.status_post("Nobody knows me #psd70", visibility="public")
    scene.priya.status_post("Nor me, over there #psd70", visibility="public")
    bridge, again = (
        scene.maya.status_post(text, visibility="public")
        for text in ("Room 12 built a bridge #psd70", "And it holds! #PSD70")
    )

    def read():
        return {one["reblog"]["uri"] for one in scene.joon.timeline_home() if one["reblog"]}

    seen(lambda: len(read()) > 1)
    assert read() == {bridge["uri"], again["uri"]}
    scene.maya.status_delete(bridge["id"])
    seen(lambda: read() == {again["uri"]})


def test_a_profile_change_arrives(scene):
    friends(scene)

    scene.maya.account_update_credentials(display_name="Maya of Lincoln")

    known = resolve(scene.priya, "maya@lincoln.test")
    seen(lambda: scene.priya.account(known["id"])["display_name"] == "Maya of Lincoln")


def test_an_unfollow_and_a_block_end_it(scene):
    friends(scene)
    maya_there = resolve(scene.priya, "maya@lincoln.test")
    priya_here = resolve(scene.maya, "priya@riverside.test")

    scene.priya.account_unfollow(maya_there["id"])

    seen(lambda: not relation(scene.maya, priya_here)["followed_by"])

    friends(scene)
    scene.maya.account_block(priya_here["id"])

    seen(lambda: not relation(scene.priya, maya_there)["following"])
    post = scene.maya.status_post("not for priya", visibility="private")
    scene.priya.account_follow(maya_there["id"])
    seen(lambda: not relation(scene.priya, maya_there)["requested"])
    assert not relation(scene.priya, maya_there)["following"]
    assert at(scene.priya, post) is None
    scene.maya.account_unblock(priya_here["id"])
