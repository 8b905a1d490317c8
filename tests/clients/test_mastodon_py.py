"""Mastodon.py: every call of the kernel, against a server that really runs."""

import io

import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonNotFoundError, MastodonUnauthorizedError
from PIL import Image

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def maya(instance):
    return Mastodon(access_token=instance.token, api_base_url=instance.url)


@pytest.fixture(scope="module")
def tom(instance):
    return Mastodon(access_token=instance.other, api_base_url=instance.url)


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (60, 40), "navy").save(made, "PNG")
    return made.getvalue()


def test_an_app_is_registered_let_in_and_taken_back(instance):
    redirect = "http://localhost:1/back"
    client_id, secret = Mastodon.create_app(
        "Smoke", api_base_url=instance.url, redirect_uris=redirect, scopes=["read", "write"]
    )
    app = Mastodon(client_id, secret, api_base_url=instance.url)

    address = app.auth_request_url(
        redirect_uris=redirect, scopes=["read", "write"], state="x y", allow_http=True
    )
    code = instance.allow(address)
    token = app.log_in(
        code=code, redirect_uri=redirect, scopes=["read", "write"], allow_http=True
    )

    assert app.me()["username"] == "maya"
    assert app.app_verify_credentials()["name"] == "Smoke"
    assert token
    app.revoke_access_token(allow_http=True)
    again = Mastodon(client_id, secret, access_token=token, api_base_url=instance.url)
    with pytest.raises(MastodonUnauthorizedError):
        again.me()


def test_what_the_server_says_of_itself(maya):
    assert maya.instance_v1()["uri"].startswith("localhost")
    assert maya.instance_v2()["domain"].startswith("localhost")
    assert maya.instance_rules()
    assert maya.instance_peers() == []
    assert maya.instance_extended_description()["content"]
    assert maya.custom_emojis() == []
    assert maya.announcements() == []
    assert maya.preferences()["posting:default:visibility"] == "unlisted"
    assert maya.instance_nodeinfo()["software"]["name"] == "fedi-k12"
    assert maya.retrieve_mastodon_version() == "4.6.0"


def test_posts_and_what_is_done_with_them(maya, tom):
    media = maya.media_post(
        picture(), mime_type="image/png", description="Navy", focus=(0, 0.5)
    )
    maya.media_update(media["id"], description="A navy field")
    post = maya.status_post(
        "Hello #smoke", media_ids=[media], visibility="public", language="en",
        spoiler_text="A note", sensitive=True, idempotency_key="only once",
    )  # fmt: skip
    same = maya.status_post("Hello #smoke", visibility="public", idempotency_key="only once")
    assert same["id"] == post["id"]
    assert post["media_attachments"][0]["description"] == "A navy field"
    number = post["id"]
    assert tom.status(number)["spoiler_text"] == "A note"
    assert maya.status_source(number)["text"] == "Hello #smoke"
    reply = tom.status_reply(tom.status(number), "Hi", visibility="public")
    assert maya.status_context(number)["descendants"][0]["id"] == reply["id"]
    assert tom.status_favourite(number)["favourited"]
    assert tom.status_reblog(number)["reblog"]["id"] == number
    assert tom.status_bookmark(number)["bookmarked"]
    assert maya.status_favourited_by(number)[0]["username"] == "tom"
    assert maya.status_reblogged_by(number)[0]["username"] == "tom"
    assert tom.bookmarks()[0]["id"] == number
    assert tom.favourites()[0]["id"] == number
    assert {n["type"] for n in maya.notifications()} == {"mention", "favourite", "reblog"}
    assert maya.notifications_unread_count()["count"] == 3
    first = maya.notifications()[0]
    assert maya.notifications(id=first["id"])["id"] == first["id"]
    maya.notifications_dismiss(first["id"])
    maya.notifications_clear()
    assert maya.notifications() == []
    assert tom.status_unfavourite(number)["favourited"] is False
    assert tom.status_unreblog(number)["id"] == number
    assert tom.status_unbookmark(number)["bookmarked"] is False
    assert maya.status_pin(number)["pinned"]
    assert maya.account_statuses(maya.me()["id"], pinned=True)[0]["id"] == number
    maya.status_unpin(number)
    maya.status_mute(number)
    maya.status_unmute(number)
    edited = maya.status_update(number, "Hello again #smoke", media_ids=[media])
    assert edited["edited_at"]
    assert len(maya.status_history(number)) == 2
    assert maya.statuses([number])[0]["id"] == number
    maya.status_delete(number)
    with pytest.raises(MastodonNotFoundError):
        tom.status(number)


def test_timelines_are_paged(maya, tom):
    for at in range(5):
        tom.status_post(f"{at} #paged", visibility="public")

    first = maya.timeline_hashtag("paged", limit=2)
    second = maya.fetch_next(first)
    back = maya.fetch_previous(second)

    assert [one["content"][3] for one in first] == ["4", "3"]
    assert [one["content"][3] for one in second] == ["2", "1"]
    assert [one["id"] for one in back] == [one["id"] for one in first]
    assert len(maya.timeline_local(limit=3)) == 3
    assert len(maya.timeline_public(limit=3)) == 3
    assert isinstance(maya.timeline_home(), list)


def test_people(maya, tom):
    number = tom.me()["id"]
    assert maya.account(number)["username"] == "tom"
    assert maya.account_lookup("tom")["id"] == number
    assert maya.account_search("to")[0]["id"] == number
    assert maya.accounts([number])[0]["id"] == number
    assert maya.account_follow(number, reblogs=True)["following"]
    assert maya.account_relationships(number)[0]["following"]
    assert maya.account_following(maya.me()["id"])[0]["id"] == number
    assert tom.account_followers(number)[0]["username"] == "maya"
    assert maya.account_note_set(number, "science")["note"] == "science"
    made = maya.list_create("Science")
    maya.list_accounts_add(made, [number])
    assert maya.list_accounts(made)[0]["id"] == number
    assert maya.account_lists(number)[0]["title"] == "Science"
    assert maya.lists()[0]["title"] == "Science"
    assert maya.list_update(made, "STEM")["title"] == "STEM"
    assert isinstance(maya.timeline_list(made), list)
    maya.list_accounts_delete(made, [number])
    maya.list_delete(made)
    assert maya.account_mute(number)["muting"]
    assert maya.mutes()[0]["id"] == number
    assert maya.account_unmute(number)["muting"] is False
    assert maya.account_block(number)["blocking"]
    assert maya.blocks()[0]["id"] == number
    assert maya.account_unblock(number)["blocking"] is False
    maya.domain_block("spam.example")
    assert maya.domain_blocks() == ["spam.example"]
    maya.domain_unblock("spam.example")
    assert maya.suggestions_v2() == []
    maya.account_update_credentials(discoverable=False)
    assert "maya" not in {one["username"] for one in maya.directory(local=True)}
    maya.account_update_credentials(discoverable=True)
    assert "maya" in {one["username"] for one in maya.directory(local=True)}


def test_follow_requests(maya, tom):
    tom.account_update_credentials(locked=True)
    number = tom.me()["id"]
    assert maya.account_follow(number)["requested"]
    assert tom.follow_requests()[0]["username"] == "maya"
    tom.follow_request_authorize(maya.me()["id"])
    assert maya.account_relationships(number)[0]["following"]
    maya.account_unfollow(number)
    maya.account_follow(number)
    tom.follow_request_reject(maya.me()["id"])
    assert maya.account_relationships(number)[0]["requested"] is False
    tom.account_update_credentials(locked=False)


def test_tags_filters_marks_and_search(maya, tom):
    assert maya.tag_follow("gardens")["following"]
    assert maya.followed_tags()[0]["name"] == "gardens"
    assert maya.tag("gardens")["following"]
    assert maya.tag_unfollow("gardens")["following"] is False
    made = maya.create_filter_v2(
        "Spoilers", ["home"], "warn", keywords_attributes=[{"keyword": "exam"}]
    )
    assert maya.filters_v2()[0]["id"] == made["id"]
    assert maya.filters()[0]["phrase"] == "exam"
    maya.delete_filter_v2(made["id"])
    maya.markers_set("home", [5])
    assert str(maya.markers_get("home")["home"]["last_read_id"]) == "5"
    tom.status_post("about #lanterns", visibility="public")
    assert (
        maya.search_v2("lanterns", result_type="hashtags")["hashtags"][0]["name"] == "lanterns"
    )
    assert maya.search("tom")["accounts"][0]["username"] == "tom"


def test_a_poll(maya, tom):
    post = maya.status_post(
        "Which day?", poll=maya.make_poll(["Monday", "Friday"], 3600), visibility="public"
    )
    voted = tom.poll_vote(post["poll"]["id"], [0])
    assert voted["own_votes"] == [0]
    assert maya.poll(post["poll"]["id"])["votes_count"] == 1


def test_collections_and_words_for_what_an_app_does_not_know(maya, tom):
    assert maya.instance_v2()["api_versions"]["mastodon"] == 10
    tom.account_update_credentials(discoverable=True)
    me = tom.me()
    assert maya.account(me["id"])["feature_approval"]["current_user"] == "automatic"

    made = maya.collection_create("Science", account_ids=[me["id"]])["collection"]
    number = made["id"]
    assert maya.collection(number)["collection"]["item_count"] == 1
    assert maya.account_collections(maya.me()["id"])["collections"][0]["id"] == number
    assert tom.account_in_collections(me["id"])["collections"][0]["id"] == number
    maya.collection_update(number, name="Art")

    told = {one["type"]: one for one in tom.notifications(supported_types=["mention"])}
    assert "changed a collection" in told["collection_update"]["fallback"]["title"]
    assert told["added_to_collection"]["collection"]["name"] == "Art"
    known = ["added_to_collection", "collection_update"]
    groups = tom.grouped_notifications(supported_types=known)["notification_groups"]
    assert not [one for one in groups if one.get("fallback")]

    post = maya.status_post(f"Follow {made['url']}", visibility="public")
    assert [one["id"] for one in post["tagged_collections"]] == [number]
    assert tom.search_v2(made["url"])["collections"][0]["id"] == number
    report = tom.report(maya.me()["id"], collection_ids=[number])
    assert [str(one) for one in report["collection_ids"]] == [str(number)]

    place = maya.collection(number)["collection"]["items"][0]["id"]
    tom.collection_item_revoke(number, place)
    maya.collection_delete(number)


def test_no_report_of_the_year_is_made(maya):
    assert maya.annual_reports()["annual_reports"] == []
    assert maya.annual_report_state(2026)["state"] == "ineligible"
    maya.annual_report_generate(2026)
    with pytest.raises(MastodonNotFoundError):
        maya.annual_report(2026)
