"""Groups, which Mastodon has not: what our own addresses answer with."""

from typing import Literal, TypedDict

from fedi_k12.api.entities.people import Account
from fedi_k12.api.entities.values import Count, Id, Moment


class Group(TypedDict):
    """A group, and how it stands between it and who asks."""

    id: Id
    account: Account
    rules: list[str]
    approval: bool
    restricted: bool
    private: bool
    members_count: Count
    moderators: list[Account]
    standing: Literal["none", "asked", "member", "banned"]
    moderates: bool
    requests_count: Count


class GroupLogEntry(TypedDict):
    """What a moderator of a group did."""

    act: str
    moderator: Account | None
    target_uri: str
    words: str
    reason: str
    created_at: Moment


class GroupBan(TypedDict):
    """Somebody who is kept out of a group, for good or until a time."""

    account: Account
    reason: str
    ends_at: Moment | None
