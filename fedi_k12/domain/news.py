"""What just happened, told to whoever listens: one small frozen struct for each kind.

News is told after the commit and may be lost (a process dies, a listener is too slow): nothing
depends on it but how soon somebody sees what is in the store anyway. Fields are plain JSON
values, so that news can go from one process to another.
"""

from msgspec import Struct


class PostArrived(Struct, frozen=True):
    """A post or boost that is new in timelines."""

    post_id: int


class PostChanged(Struct, frozen=True):
    """A post that reads differently now."""

    post_id: int


class PostGone(Struct, frozen=True):
    """A post or boost that was deleted, with all that says who may hear of it."""

    post_id: int
    author_id: int
    visibility: str
    local: bool
    local_only: bool
    boost: bool
    has_media: bool
    reply_to_author_id: int | None
    named_ids: list[int]
    tags: list[str]
    home_ids: list[int] | None
    """In whose home timelines it stood; None where they were too many to name."""


class Notified(Struct, frozen=True):
    """An account was told of something."""

    account_id: int
    notification_id: int


class FiltersChanged(Struct, frozen=True):
    """A member's filters are different now."""

    account_id: int


class NotificationsMerged(Struct, frozen=True):
    """What had been set aside stands among a member's notifications now."""

    account_id: int


class Announced(Struct, frozen=True):
    """Staff tell everybody something, or say it differently."""

    announcement_id: int


class AnnouncementAnswered(Struct, frozen=True):
    """An announcement was given an emoji, or one was taken back."""

    announcement_id: int
    name: str


class AnnouncementGone(Struct, frozen=True):
    """An announcement was taken back."""

    announcement_id: int


class AccessEnded(Struct, frozen=True):
    """A token, or everything by which a member comes in, is no longer good.

    With `account_id` that by which the member acts for this account alone.
    """

    token_id: int | None = None
    member_id: int | None = None
    account_id: int | None = None


class NetworksChanged(Struct, frozen=True):
    """Staff decided about networks from which nobody comes in."""


News = (
    PostArrived
    | PostChanged
    | PostGone
    | Notified
    | FiltersChanged
    | NotificationsMerged
    | Announced
    | AnnouncementAnswered
    | AnnouncementGone
    | AccessEnded
    | NetworksChanged
)
