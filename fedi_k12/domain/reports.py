"""A report as moderators and the reporter see it."""

from datetime import datetime

from msgspec import Struct

from fedi_k12.domain.accounts import AccountView
from fedi_k12.domain.collections import CollectionView
from fedi_k12.domain.posts import PostView
from fedi_k12.domain.staff import StaffAccount

CATEGORIES = ("other", "spam", "legal", "violation")
"""As Mastodon's API names them."""
MAX_COMMENT = 1000
MAX_FLAG_COMMENT = 5000
MAX_FLAG_OBJECTS = 5000
"""So many objects of a Flag are looked at (FED-78)."""
MAX_FLAG_TARGETS = 20
MAX_CONTEXT = 100


class ReportNote(Struct, frozen=True):
    """What a moderator noted."""

    by: AccountView | None
    text: str
    created_at: datetime


class ReportView(Struct, frozen=True):
    """That somebody asks the moderators to look at an account."""

    id: int
    target: AccountView
    reporter: AccountView
    host: str
    """The server it came from, empty for a report by a member."""
    comment: str
    category: str
    post_ids: tuple[int, ...]
    rule_ids: tuple[int, ...]
    created_at: datetime
    forward: bool = False
    forwarded_at: datetime | None = None
    assigned: AccountView | None = None
    resolved_at: datetime | None = None
    resolved_by: AccountView | None = None
    posts: tuple[PostView, ...] = ()
    collection_ids: tuple[int, ...] = ()
    collections: tuple[CollectionView, ...] = ()
    context_uris: tuple[str, ...] = ()
    notes: tuple[ReportNote, ...] = ()
    others: int = 0
    """Other reports about the same account."""


class ReportFilter(Struct, frozen=True):
    """Which reports staff look for; None where it does not matter."""

    resolved: bool | None = False
    account_id: int | None = None
    """Who reported."""
    target_id: int | None = None


class StaffReport(Struct, frozen=True):
    """A report with all that staff know of whom it names."""

    id: int
    category: str
    comment: str
    forwarded: bool
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    reporter: StaffAccount
    target: StaffAccount
    assigned: StaffAccount | None
    resolved_by: StaffAccount | None
    posts: tuple[PostView, ...]
    rule_ids: tuple[int, ...]
