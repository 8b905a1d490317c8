"""What an account is told of, as it is shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.classrooms import KIND as CLASSROOM_KIND
from fedi_k12.domain.collections import CollectionView
from fedi_k12.domain.departures import KIND as DEPARTURE_KIND
from fedi_k12.domain.posts import PostView
from fedi_k12.domain.reports import ReportView

KINDS = (
    "mention",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "quote",
    "quoted_update",
    "added_to_collection",
    "collection_update",
    "admin.sign_up",
    "admin.report",
    "severed_relationships",
    "moderation_warning",
)
"""As Mastodon names them: https://docs.joinmastodon.org/entities/Notification/#type."""
COLLECTION_KINDS = ("added_to_collection", "collection_update")
"""About somebody's collection that the account is in."""
ASKING_KINDS = ("quote_request", "reply_request")
"""A quote or an answer waits for the account's word."""
EVENT_KINDS = (
    "event_join",
    "event_request",
    "event_left",
    "event_accepted",
    "event_rejected",
    "event_changed",
    "event_cancelled",
    "event_reminder",
    "event_invite",
)
APPROVAL_KINDS = ("approval_request", "approval_given", "approval_returned")
"""What an official account is to say waits for a second person, or was decided."""
BOARD_KIND = "board_thread"
"""Members of one board wrote in a thread (R-18): told to each of them and their clerk."""
HIDING_KINDS = ("answer_hidden", "answer_appealed", "appeal_decided")
"""An answer to an official account was hidden, appealed about, or that was decided."""
RESTRICTING_KINDS = (
    "restriction_asked",
    "answers_restricted",
    "restriction_appealed",
    "restriction_decided",
)
"""Somebody's answers to an official account are to wait, do, appealed about, or decided."""
TAG_KINDS = ("tag_left", "tag_came_back")
"""A post was taken off the page of a hashtag of the district, or stands there again."""
FEED_KIND = "feed_failing"
"""A feed that an official account posts from has not been read for days."""
TEAM_KINDS = ("case_given", "digest_waits")
"""Somebody of a team is to answer a case, or to read a digest before it is published."""
OWN_KINDS = (
    *ASKING_KINDS,
    *EVENT_KINDS,
    *APPROVAL_KINDS,
    "emergency_post",
    BOARD_KIND,
    *HIDING_KINDS,
    *RESTRICTING_KINDS,
    *TAG_KINDS,
    FEED_KIND,
    "group_request",
    *TEAM_KINDS,
    "take_down",
    "sign_in",
    DEPARTURE_KIND,
    CLASSROOM_KIND,
)
"""Ours: shown on the pages, and to apps that ask for them by name."""


GROUPED_KINDS = ("favourite", "follow", "reblog", "admin.sign_up")
"""What is told together where many do the same."""
GROUP_SECONDS = 12 * 60 * 60
"""As Mastodon: what happens within twelve hours is told together."""
FILTERABLE_KINDS = (
    "mention",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "quote",
    "added_to_collection",
    "event_invite",
)
"""What strangers can do; all else is told whatever the member's policy says."""
Fate = Literal["accept", "filter", "drop"]
"""What becomes of a notice: told, set aside until the member decides, or forgotten."""
FATES: tuple[Fate, ...] = ("accept", "filter", "drop")


class NotificationPolicy(Struct, frozen=True):
    """What becomes of notices from whom a member does not know yet.

    https://docs.joinmastodon.org/entities/NotificationPolicy/. Letters are told at once here:
    who writes to a school has a reason, and servers never seen wait for a moderator already.
    """

    for_not_following: Fate = "accept"
    for_not_followers: Fate = "accept"
    for_new_accounts: Fate = "accept"
    for_private_mentions: Fate = "accept"
    for_limited_accounts: Fate = "filter"


class RequestView(Struct, frozen=True):
    """That notices from an account wait to be let through."""

    id: int
    account: AccountView
    last_post: PostView | None
    notifications_count: int
    created_at: datetime
    updated_at: datetime


def group_key(kind: str, post_id: int | None, at: datetime) -> str | None:
    """Return under what a notice is told together with others, None where it stands alone."""
    span = int(at.timestamp()) // GROUP_SECONDS
    if kind in {"favourite", "reblog"} and post_id is not None:
        return f"{kind}-{post_id}-{span}"
    if kind in {"follow", "admin.sign_up"}:
        return f"{kind}-{span}"
    return None


class NotificationView(Struct, frozen=True):
    """One thing that happened: `account` did it, with or to `post`."""

    id: int
    kind: str
    created_at: datetime
    account: AccountView
    post: PostView | None
    group_key: str
    detail: Mapping[str, Any] | None = None
    """What is told besides, of a kind that has neither another account nor a post."""
    report: ReportView | None = None
    collection: CollectionView | None = None


class NotificationGroup(Struct, frozen=True):
    """Notices that are told together; `notice` is the newest of them."""

    key: str
    notice: NotificationView
    count: int
    oldest_id: int
    accounts: tuple[AccountView, ...]
    """Who did it, the latest first, some of them."""


class MarkerView(Struct, frozen=True):
    """How far a timeline has been read."""

    timeline: str
    last_read_id: int
    version: int
    updated_at: datetime
