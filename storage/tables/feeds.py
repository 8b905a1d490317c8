"""Feeds that official accounts post from, and what became of their entries."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class FeedRow(Base):
    """A feed that an official account posts from."""

    __tablename__ = "feed"
    __table_args__ = (
        Index("uq_feed_account_id_url", "account_id", "url", unique=True),
        Index("ix_feed_next_at", "next_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("official.account_id", ondelete="CASCADE")
    )
    url: Mapped[str]
    member_id: Mapped[int]
    """The manager who named it, as whom it posts."""
    handle: Mapped[str]
    """Theirs, as it was then."""
    added_at: Mapped[datetime]
    next_at: Mapped[datetime]
    """When it is asked next."""
    read_at: Mapped[datetime | None]
    """When it was read the last time; none before its first reading, which takes nothing."""
    etag: Mapped[str] = mapped_column(default="")
    last_modified: Mapped[str] = mapped_column(default="")
    failing_since: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    """When its managers were told that it fails; once, until it is read again."""
    trouble: Mapped[str] = mapped_column(default="")


class FeedItemRow(Base):
    """An entry of a feed that was seen: it is not taken again."""

    __tablename__ = "feed_item"
    __table_args__ = (
        Index("uq_feed_item_feed_id_key", "feed_id", "key", unique=True),
        Index("ix_feed_item_feed_id", "feed_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(default="")
    said: Mapped[str] = mapped_column(default="")
    link: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(String(8))
    """`domain.feeds.Taken`."""
    why: Mapped[str] = mapped_column(default="")
    seen_at: Mapped[datetime]
    post_id: Mapped[int | None]
