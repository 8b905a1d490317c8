"""A full day of a member with Mastodon.py, from signing in to signing out."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from mastodon import Mastodon, StreamListener
from mastodon.errors import MastodonUnauthorizedError
from PIL import Image

from tests.live import seen

pytestmark = pytest.mark.timeout(300)
SCOPES = ["read", "write", "follow", "push"]
REDIRECT = "http://localhost:1/back"


def picture(colour="navy"):
    made = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(made, "PNG")
    return made.getvalue()


class Listener(StreamListener):
    def __init__(self):
        self.told = []

    def on_notification(self, notification):
        self.told.append(notification)


def signed_in(instance):
    """Return an app that maya let in by the real pages."""
    client_id, secret = Mastodon.create_app(
        "Day", api_base_url=instance.url, redirect_uris=REDIRECT, scopes=SCOPES
    )
    app = Mastodon(client_id, secret, api_base_url=instance.url)
    address = app.auth_request_url(redirect_uris=REDIRECT, scopes=SCOPES, allow_http=True)
    token = app.log_in(
        code=instance.allow(address), redirect_uri=REDIRECT, scopes=SCOPES, allow_http=True
    )
    return Mastodon(client_id, secret, access_token=token, api_base_url=instance.url)


def test_a_day_with_mastodon_py(instance, woken):
    """A full day. The library has no call to take something along: that is a page."""
    phone, endpoint = woken
    maya = signed_in(instance)
    tom = Mastodon(access_token=instance.other, api_base_url=instance.url)
    me, other = maya.me(), tom.me()

    shown = maya.account_update_credentials(
        display_name="Maya", note="Math", avatar=io.BytesIO(picture()),
        avatar_mime_type="image/png", avatar_description="A navy field",
    )  # fmt: skip
    assert shown["avatar"] != me["avatar"]
    listener = Listener()
    stream = maya.stream_user(listener, run_async=True)
    keys = {"pubkey": phone.point, "auth": phone.auth}
    maya.push_subscription_set(endpoint, keys, favourite_events=True, standard=True)

    media = [
        maya.media_post(picture(name), mime_type="image/png", description=f"All {name}")
        for name in ("navy", "teal")
    ]
    post = maya.status_post(
        "Two fields #pydays", media_ids=media, spoiler_text="Colours", visibility="public",
        quote_approval_policy="public",
    )  # fmt: skip
    described = [one["description"] for one in post["media_attachments"]]
    assert (described, post["spoiler_text"]) == (["All navy", "All teal"], "Colours")
    asked = maya.status_post(
        "Which day?", poll=maya.make_poll(["Monday", "Friday"], 3600), visibility="public"
    )
    assert tom.poll_vote(asked["poll"]["id"], [1])["own_votes"] == [1]
    later = maya.status_post("Later", scheduled_at=datetime.now(UTC) + timedelta(days=1))
    assert [one["id"] for one in maya.scheduled_statuses()] == [later["id"]]
    maya.scheduled_status_delete(later["id"])
    assert maya.status_update(post["id"], "Edited #pydays", media_ids=media)["edited_at"]
    second = maya.status_post("And so on", in_reply_to_id=post["id"])
    third = maya.status_post("And on", in_reply_to_id=second["id"])
    thread = maya.status_context(post["id"])["descendants"]
    assert [one["id"] for one in thread] == [second["id"], third["id"]]
    quoting = tom.status_post("See", quoted_status_id=post["id"])
    assert quoting["quote"]["quoted_status"]["id"] == post["id"]

    maya.account_follow(other["id"])
    kept = maya.list_create("Colleagues")
    maya.list_accounts_add(kept, [other["id"]])
    written = tom.status_post("Exam week", visibility="public")
    assert maya.timeline_list(kept)[0]["id"] == written["id"]
    maya.create_filter_v2("Exams", ["home"], "warn", keywords_attributes=[{"keyword": "exam"}])
    assert maya.timeline_home(limit=1)[0]["filtered"][0]["filter"]["title"] == "Exams"
    assert maya.search_v2("pydays", result_type="hashtags")["hashtags"][0]["name"] == "pydays"

    tom.status_favourite(post["id"])
    [message] = seen(lambda: phone.messages, within=60)
    assert (message["notification_type"], message["access_token"]) == (
        "favourite",
        maya.access_token,
    )
    told = {str(one["id"]) for one in maya.notifications(types=["favourite"])}
    assert str(message["notification_id"]) in told
    tom.status_reply(tom.status(post["id"]), "@maya Lovely")
    assert instance.taken_along("lists.csv").startswith("Colleagues,tom@")
    kinds = seen(lambda: {one["type"] for one in listener.told}, within=60)
    assert kinds <= {"favourite", "mention", "quote", "follow"}
    stream.close()

    token = maya.access_token
    maya.revoke_access_token(allow_http=True)
    with pytest.raises(MastodonUnauthorizedError):
        Mastodon(access_token=token, api_base_url=instance.url).me()
