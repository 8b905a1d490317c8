"""What members are told: notifications, reading marks, announcements, push."""

from typing import Annotated, Literal, NotRequired, TypedDict

from msgspec import Meta

from fedi_k12.api.entities.collections import Collection
from fedi_k12.api.entities.people import Account, PartialAccount, Report
from fedi_k12.api.entities.posts import Mention, Status, StatusTag
from fedi_k12.api.entities.values import Count, Html, Id, Moment, Url

NotificationType = Annotated[
    str,
    Meta(
        description="mention, status, reblog, follow, follow_request, favourite, poll, update, "
        "quote, quoted_update, added_to_collection, collection_update, admin.sign_up, "
        "admin.report, severed_relationships or moderation_warning; our own kinds come to apps "
        "that ask for them by name."
    ),
]


class SeveredRelationships(TypedDict):
    """Follows that ended with a server or an account."""

    id: Id
    type: Literal["domain_block", "user_domain_block", "account_suspension"]
    purged: bool
    target_name: str
    followers_count: Count
    following_count: Count
    created_at: Moment


class AccountWarning(TypedDict):
    """What a moderator told the member."""

    id: Id
    action: str
    text: str
    status_ids: list[Id] | None
    target_account: Account
    appeal: dict[str, str] | None
    created_at: Moment


class NotificationFallback(TypedDict):
    """What an app shows of a notification whose type it does not know."""

    title: Html
    summary: Html | None
    details: Html | None


class Notification(TypedDict):
    """Something a member is told of."""

    id: Id
    type: NotificationType
    group_key: str
    created_at: Moment
    account: Account
    status: NotRequired[Status | None]
    report: NotRequired[Report]
    event: NotRequired[SeveredRelationships]
    collection: NotRequired[Collection]
    moderation_warning: NotRequired[AccountWarning]
    fallback: NotRequired[NotificationFallback]


class NotificationGroup(TypedDict):
    """Notifications of one kind about one thing."""

    group_key: str
    notifications_count: Count
    type: NotificationType
    most_recent_notification_id: int
    page_min_id: NotRequired[Id]
    page_max_id: NotRequired[Id]
    latest_page_notification_at: NotRequired[Moment]
    sample_account_ids: list[Id]
    status_id: NotRequired[Id | None]
    report: NotRequired[Report]
    event: NotRequired[SeveredRelationships]
    collection: NotRequired[Collection]
    moderation_warning: NotRequired[AccountWarning]
    fallback: NotRequired[NotificationFallback]


class GroupedNotificationsResults(TypedDict):
    """Groups, with every account and post in them once."""

    accounts: list[Account]
    partial_accounts: NotRequired[list[PartialAccount]]
    statuses: list[Status]
    notification_groups: list[NotificationGroup]


class UnreadCount(TypedDict):
    """How many are new."""

    count: Count


Choice = Literal["accept", "filter", "drop"]


class PolicySummary(TypedDict):
    """What waits."""

    pending_requests_count: Count
    pending_notifications_count: Count


class NotificationPolicy(TypedDict):
    """Whose notifications wait to be looked at, and whose are dropped."""

    for_not_following: Choice
    for_not_followers: Choice
    for_new_accounts: Choice
    for_private_mentions: Choice
    for_limited_accounts: Choice
    summary: PolicySummary


class V1NotificationPolicy(TypedDict):
    """The same in the older form: filtered or not."""

    filter_not_following: bool
    filter_not_followers: bool
    filter_new_accounts: bool
    filter_private_mentions: bool
    summary: PolicySummary


class NotificationRequest(TypedDict):
    """Somebody whose notifications wait; the count is a text, as apps know it."""

    id: Id
    created_at: Moment
    updated_at: Moment
    account: Account
    notifications_count: str
    last_status: Status | None


class Merged(TypedDict):
    """Whether accepted requests are all among the notifications by now."""

    merged: bool


class Marker(TypedDict):
    """How far a timeline has been read."""

    last_read_id: Id
    version: int
    updated_at: Moment


class Reaction(TypedDict):
    """An emoji under an announcement, and how many chose it."""

    name: str
    count: Count
    me: NotRequired[bool]
    url: NotRequired[Url]
    static_url: NotRequired[Url]


class Announcement(TypedDict):
    """What the server's staff tells everybody."""

    id: Id
    content: str
    starts_at: Moment | None
    ends_at: Moment | None
    all_day: bool
    published_at: Moment
    updated_at: Moment
    read: NotRequired[bool]
    mentions: list[Mention]
    statuses: list[dict[str, object]]
    tags: list[StatusTag]
    emojis: list[dict[str, object]]
    reactions: list[Reaction]


class WebPushSubscription(TypedDict):
    """Where an app is woken."""

    id: int
    endpoint: str
    standard: bool
    server_key: str
    alerts: dict[str, bool]
    policy: Literal["all", "followed", "follower", "none"]
