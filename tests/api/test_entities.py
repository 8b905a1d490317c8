"""What strict apps decode: each entity full, empty and from another server, field by field.

Swift and Kotlin decoders refuse a whole page for one missing or null field: what these tables
say is there, always, and never null where no None stands.
"""

import io
import re

import pytest
from PIL import Image

from fedi_k12.domain.webpush import encoded
from fedi_k12.worker import run_until_idle
from tests.waking import Phone

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
ID = re.compile(r"\d+")
URL = re.compile(r"https?://\S+")
URI = re.compile(r"\S+")
SHOWN_TO = re.compile("public|unlisted|private|direct")
CHOICE = re.compile("accept|filter|drop")
NUMBER = re.compile(r"\d+")

ACCOUNT = {
    "id": ID, "username": str, "acct": str, "url": URL, "uri": URL, "display_name": str,
    "note": str, "avatar": URL, "avatar_static": URL, "header": URL, "header_static": URL,
    "locked": bool, "bot": bool, "group": bool, "created_at": MOMENT, "fields": list,
    "emojis": list, "followers_count": int, "following_count": int, "statuses_count": int,
    "last_status_at": (None, DAY),
}  # fmt: skip
OWN = {**ACCOUNT, "source.privacy": SHOWN_TO, "source.sensitive": bool, "source.note": str,
       "source.fields": list, "role.id": str, "role.permissions": str}  # fmt: skip
STATUS = {
    "id": ID, "uri": URI, "created_at": MOMENT, "account": ACCOUNT, "content": str,
    "visibility": SHOWN_TO, "sensitive": bool, "spoiler_text": str, "media_attachments": list,
    "mentions": list, "tags": list, "emojis": list, "replies_count": int, "reblogs_count": int,
    "favourites_count": int, "quotes_count": int, "url": (None, URL), "reblog": (None, dict),
    "poll": (None, dict), "card": (None, dict), "quote": (None, dict),
    "application": (None, dict), "language": (None, str), "edited_at": (None, MOMENT),
    "in_reply_to_id": (None, ID), "in_reply_to_account_id": (None, ID), "favourited": bool,
    "reblogged": bool, "muted": bool, "bookmarked": bool, "quote_approval.automatic": list,
    "quote_approval.manual": list, "quote_approval.current_user": str,
}  # fmt: skip
MEDIA = {"id": ID, "type": re.compile("image|gifv|video|audio|unknown"), "url": URL,
         "preview_url": URL, "meta": dict, "description": (None, str)}  # fmt: skip
MENTION = {"id": ID, "username": str, "url": URL, "acct": str}
POLL = {
    "id": ID, "expired": bool, "multiple": bool, "votes_count": int, "options": list,
    "emojis": list, "own_votes": list, "voted": bool, "expires_at": (None, MOMENT),
}  # fmt: skip
CARD = {
    "url": URL, "title": str, "description": str, "type": re.compile("link|photo|video|rich"),
    "provider_name": str, "provider_url": str, "author_url": str, "author_name": str,
    "html": str, "embed_url": str, "authors": list, "width": int, "height": int,
}  # fmt: skip
NOTIFICATION = {"id": ID, "type": str, "created_at": MOMENT, "account": ACCOUNT,
                "group_key": str}  # fmt: skip
GROUP = {
    "group_key": str, "notifications_count": int, "type": str,
    "most_recent_notification_id": int, "page_min_id": ID, "page_max_id": ID,
    "latest_page_notification_at": MOMENT, "sample_account_ids": list,
}  # fmt: skip
REQUEST = {"id": ID, "account": ACCOUNT, "notifications_count": NUMBER, "created_at": MOMENT,
           "updated_at": MOMENT, "last_status": (None, dict)}  # fmt: skip
POLICY = {
    "for_not_following": CHOICE, "for_not_followers": CHOICE, "for_new_accounts": CHOICE,
    "for_private_mentions": CHOICE, "for_limited_accounts": CHOICE,
    "summary.pending_requests_count": int, "summary.pending_notifications_count": int,
}  # fmt: skip
RELATIONSHIP = {
    "id": ID, "following": bool, "showing_reblogs": bool, "notifying": bool,
    "followed_by": bool, "blocking": bool, "blocked_by": bool, "muting": bool,
    "muting_notifications": bool, "requested": bool, "requested_by": bool,
    "domain_blocking": bool, "endorsed": bool, "note": str, "languages": (None, list),
}  # fmt: skip
ALERTS = ("mention", "status", "reblog", "follow", "follow_request", "favourite", "poll",
          "update", "admin.sign_up", "admin.report")  # fmt: skip
PUSH = {"id": int, "endpoint": URL, "server_key": str, "standard": bool, "policy": str,
        "alerts": dict.fromkeys(ALERTS, bool)}  # fmt: skip
LIMITS = {
    "statuses.max_characters": int, "statuses.max_media_attachments": int,
    "statuses.characters_reserved_per_url": int, "polls.max_options": int,
    "polls.max_characters_per_option": int, "polls.min_expiration": int,
    "polls.max_expiration": int, "accounts.max_featured_tags": int,
    "media_attachments.supported_mime_types": list, "media_attachments.image_size_limit": int,
    "media_attachments.image_matrix_limit": int, "media_attachments.video_size_limit": int,
    "media_attachments.video_frame_rate_limit": int,
    "media_attachments.video_matrix_limit": int, "media_attachments.description_limit": int,
}  # fmt: skip
INSTANCE = {
    "domain": str, "title": str, "version": re.compile(r"\d+\.\d+\.\d+ .*"),
    "description": str, "thumbnail.url": URL, "registrations.enabled": bool,
    "contact.email": str, "configuration": LIMITS, "rules": list, "languages": list,
    "api_versions.mastodon": int, "usage.users.active_month": int, "icon": list,
    "configuration.urls.streaming": re.compile(r"wss?://[^/]+"),
    "configuration.vapid.public_key": str, "configuration.translation.enabled": bool,
    "configuration.accounts.max_pinned_statuses": int,
    "configuration.limited_federation": bool,
    **{
        f"configuration.timelines_access.{feed}.{side}": re.compile(
            "public|authenticated|disabled"
        )
        for feed in ("live_feeds", "hashtag_feeds", "trending_link_feeds")
        for side in ("local", "remote")
    },
}  # fmt: skip
V1_INSTANCE = {
    "uri": re.compile("[^/]+"), "title": str, "short_description": str, "description": str,
    "email": str, "version": str, "urls.streaming_api": str, "stats.user_count": int,
    "stats.status_count": int, "stats.domain_count": int, "thumbnail": URL, "languages": list,
    "registrations": bool, "approval_required": bool, "invites_enabled": bool,
    "configuration": LIMITS, "rules": list, "max_toot_chars": int,
}  # fmt: skip
FILTER = {
    "id": ID, "title": str, "context": list, "keywords": list, "statuses": list,
    "filter_action": re.compile("warn|hide|blur"), "expires_at": (None, MOMENT),
}  # fmt: skip
FEATURED = {"id": ID, "name": str, "url": URL, "statuses_count": NUMBER,
            "last_status_at": (None, DAY)}  # fmt: skip
MARKER = {"last_read_id": ID, "version": int, "updated_at": MOMENT}
LIST = {"id": ID, "title": str, "replies_policy": str, "exclusive": bool}
CONVERSATION = {"id": ID, "unread": bool, "accounts": [ACCOUNT], "last_status": STATUS}
TAG = {"name": str, "url": URL, "history": list, "following": bool}


def faults(entity, table, at=""):
    """Return what an app that holds to the table would trip over."""
    found = []
    for name, kind in table.items():
        value = entity
        for part in (name,) if name in entity else name.split("."):
            if not isinstance(value, dict) or part not in value:
                found.append(f"{at}{name} is missing")
                break
            value = value[part]
        else:
            found += wrong(value, kind, at + name)
    return found


def wrong(value, kind, at):
    if isinstance(kind, tuple):
        return [] if value is None else wrong(value, kind[1], at)
    if isinstance(kind, dict):
        return faults(value, kind, f"{at}.") if isinstance(value, dict) else [f"{at}: {value}"]
    if isinstance(kind, list):
        return [one for item in value for one in faults(item, kind[0], f"{at}.")]
    if isinstance(kind, re.Pattern):
        fits = isinstance(value, str) and kind.fullmatch(value) is not None
    else:
        fits = type(value) is kind
    return [] if fits else [f"{at} is {value!r}"]


def picture():
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(made, "PNG")
    return io.BytesIO(made.getvalue())


@pytest.fixture
async def ren(remote, send):
    """Somebody of another server who is known here, because they wrote to maya."""
    actor = remote.actor("ren")

    async def write(number="1", **changes):
        mention = {
            "type": "Mention",
            "href": "https://home.example/users/maya",
            "name": "@maya",
        }
        note = actor.note(
            number, "<p>Hello</p>", **{"tag": [mention], "cc": [mention["href"]], **changes}
        )
        assert await send(actor, actor.create(note, number)) == 202

    return write


async def test_accounts_full_empty_and_of_others(client, call, maya, tom, ren):
    await ren()
    form = {
        "display_name": "Maya", "note": "Math", "fields_attributes[0][name]": "a",
        "fields_attributes[0][value]": "b", "avatar": picture(), "header": picture(),
    }  # fmt: skip
    full = await client.patch(
        "/api/v1/accounts/update_credentials", data=form, headers=maya.headers
    )
    assert full.status == 200
    other = await call(maya, "GET", "/api/v1/accounts/lookup?acct=ren@remote.example")

    for member in (maya, tom):
        own = await call(member, "GET", "/api/v1/accounts/verify_credentials")
        assert faults(own, OWN) == []
        seen = await call(member, "GET", f"/api/v1/accounts/{maya.account.id}")
        assert faults(seen, ACCOUNT) == []
    assert faults(other, ACCOUNT) == []
    ids = f"id[]={tom.account.id}&id[]={other['id']}&id[]={maya.account.id}"
    between = await call(maya, "GET", f"/api/v1/accounts/relationships?{ids}")
    assert [one["id"] for one in between] == [
        str(tom.account.id),
        other["id"],
        str(maya.account.id),
    ]
    assert [faults(one, RELATIONSHIP) for one in between] == [[], [], []]
    followed = await call(maya, "POST", f"/api/v1/accounts/{tom.account.id}/follow")
    assert faults(followed, RELATIONSHIP) == []


async def test_posts_full_empty_and_of_others(client, call, maya, tom, ren):
    await ren(summary="A note", sensitive=True)
    sent = await client.post(
        "/api/v2/media", data={"file": picture(), "description": "Navy"}, headers=maya.headers
    )
    media = await sent.json()
    first = await call(
        tom, "POST", "/api/v1/statuses", status="Hi", quote_approval_policy="public"
    )
    full = await call(
        maya, "POST", "/api/v1/statuses", status="@tom #math https://home.example/about",
        media_ids=[media["id"]], spoiler_text="A note", language="en", visibility="public",
        in_reply_to_id=first["id"],
    )  # fmt: skip
    quoting = await call(
        maya, "POST", "/api/v1/statuses", status="So", quoted_status_id=first["id"]
    )
    boost = await call(tom, "POST", f"/api/v1/statuses/{full['id']}/reblog")
    asked = await call(
        maya,
        "POST",
        "/api/v1/statuses",
        status="?",
        poll={"options": ["a", "b"], "expires_in": 600},
    )
    [told] = [
        one for one in await call(maya, "GET", "/api/v1/notifications")
        if one["account"]["username"] == "ren"
    ]  # fmt: skip

    for status in (first, full, quoting, boost, boost["reblog"], asked, told["status"]):
        assert faults(status, STATUS) == [], status
    assert faults(quoting["quote"]["quoted_status"], STATUS) == []
    assert wrong(full["media_attachments"], [MEDIA], "media") == []
    assert faults(media, MEDIA) == []
    assert wrong(full["mentions"], [MENTION], "mention") == []
    assert wrong(told["status"]["mentions"], [MENTION], "mention") == []
    assert wrong(full["tags"], [{"name": str, "url": URL}], "tag") == []
    assert faults(asked["poll"], POLL) == []
    for option in asked["poll"]["options"]:
        assert faults(option, {"title": str, "votes_count": (None, int)}) == []


async def test_questions_of_others_and_pages(call, ctx, make_server, maya, ren):
    page = b'<html><head><meta property="og:title" content="Fractions"></head></html>'
    (await make_server("blog.example")).documents["/page"] = (200, "text/html", page)
    answers = [{"type": "Note", "name": name} for name in ("a", "b")]
    await ren(type="Question", oneOf=answers, endTime="2099-01-01T00:00:00Z")
    text = "Read http://blog.example/page"
    post = await call(maya, "POST", "/api/v1/statuses", status=text)
    await run_until_idle(ctx)

    [told] = await call(maya, "GET", "/api/v1/notifications")
    shown = await call(maya, "GET", f"/api/v1/statuses/{post['id']}")
    assert faults(told["status"]["poll"], POLL) == []
    assert faults(shown["card"], CARD) == []


async def test_what_is_told_and_what_waits(call, ctx, maya, tom, ren):
    for member in (maya, tom):
        empty = await call(member, "GET", "/api/v2/notifications")
        assert empty == {"accounts": [], "statuses": [], "notification_groups": []}
        assert faults(await call(member, "GET", "/api/v2/notifications/policy"), POLICY) == []
    post = await call(maya, "POST", "/api/v1/statuses", status="Hi", visibility="public")
    await call(tom, "POST", f"/api/v1/statuses/{post['id']}/favourite")
    await call(tom, "POST", f"/api/v1/accounts/{maya.account.id}/follow")
    await ren()
    told = await call(maya, "GET", "/api/v1/notifications")
    grouped = await call(maya, "GET", "/api/v2/notifications")
    policy = await call(
        maya, "PATCH", "/api/v2/notifications/policy", for_not_following="filter"
    )
    await ren("2")
    requests = await call(maya, "GET", "/api/v1/notifications/requests")

    assert {one["type"] for one in told} == {"favourite", "follow", "mention"}
    assert wrong(told, [NOTIFICATION], "notification") == []
    assert wrong(grouped["notification_groups"], [GROUP], "group") == []
    assert wrong(grouped["accounts"], [ACCOUNT], "account") == []
    assert wrong(grouped["statuses"], [STATUS], "status") == []
    assert len(requests) == 1
    assert wrong(requests, [REQUEST], "request") == []
    assert faults(requests[0]["last_status"], STATUS) == []
    assert faults(policy, POLICY) == []
    assert faults(await call(maya, "GET", "/api/v2/notifications/policy"), POLICY) == []


async def test_ones_own_things(call, maya, tom):
    assert await call(maya, "GET", "/api/v1/markers?timeline[]=home") == {}
    marks = await call(maya, "POST", "/api/v1/markers", home={"last_read_id": "5"})
    kept = await call(maya, "POST", "/api/v1/lists", title="All")
    full = await call(
        maya, "POST", "/api/v2/filters", title="x", context=["home"], expires_in=600,
        keywords_attributes=[{"keyword": "y"}],
    )  # fmt: skip
    empty = await call(maya, "POST", "/api/v2/filters", title="x", context=["home"])
    await call(maya, "POST", "/api/v1/statuses", status="#math @tom", visibility="direct")
    featured = await call(maya, "POST", "/api/v1/featured_tags", name="math")
    letters = await call(tom, "GET", "/api/v1/conversations")
    tag = await call(maya, "GET", "/api/v1/tags/math")

    assert faults(marks["home"], MARKER) == []
    assert faults(kept, LIST) == []
    assert faults(full, FILTER) == faults(empty, FILTER) == []
    word = {"id": ID, "keyword": str, "whole_word": bool}
    assert wrong(full["keywords"], [word], "keyword") == []
    assert faults(featured, FEATURED) == []
    assert len(letters) == 1
    assert wrong(letters, [CONVERSATION], "conversation") == []
    assert faults(tag, TAG) == []


async def test_where_an_app_is_woken(call, maya):
    phone = Phone()
    keys = {"p256dh": encoded(phone.point), "auth": encoded(phone.auth)}
    made = await call(
        maya, "POST", "/api/v1/push/subscription",
        subscription={"endpoint": "https://push.example/1", "keys": keys},
    )  # fmt: skip

    assert faults(made, PUSH) == []
    assert made["id"] < 2**31
    assert faults(await call(maya, "GET", "/api/v1/push/subscription"), PUSH) == []


async def test_the_server_itself(call):
    second, first = [await call(None, "GET", f"/api/v{n}/instance") for n in (2, 1)]
    assert faults(second, INSTANCE) == []
    assert faults(first, V1_INSTANCE) == []
