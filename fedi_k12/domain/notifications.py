"""What an account is told of, as it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.posts import PostView

KINDS = (
    "mention",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "severed_relationships",
)
"""As Mastodon names them: https://docs.joinmastodon.org/entities/Notification/#type."""
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
"""Ours: shown on the pages, and to apps that ask for them by name."""


@dataclass(frozen=True, slots=True)
class NotificationView:
    """One thing that happened: `account` did it, with or to `post`."""

    id: int
    kind: str
    created_at: datetime
    account: AccountView
    post: PostView | None
    group_key: str
    detail: Mapping[str, Any] | None = None
    """What is told besides, of a kind that has neither another account nor a post."""


@dataclass(frozen=True, slots=True)
class MarkerView:
    """How far a timeline has been read."""

    timeline: str
    last_read_id: int
    version: int
    updated_at: datetime
