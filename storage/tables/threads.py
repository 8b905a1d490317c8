"""What is fetched of threads and profiles, and what their own servers say of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class PostOriginRow(Base):
    """What a post's own server said of it when it was last asked."""

    __tablename__ = "post_origin"

    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True
    )
    likes: Mapped[int | None]
    shares: Mapped[int | None]
    replies: Mapped[int | None]
    fetched_at: Mapped[datetime]
    crawled_at: Mapped[datetime | None]
    """When its replies were last looked for."""
    missing_at: Mapped[datetime | None]
    """Since when it is not found there: what is missed once may only be out of order."""


class BackfillRow(Base):
    """The fetching of a thread's missing posts, and how far it has come.

    All that is left to do is in `progress`, so that a restart goes on where it was.
    """

    __tablename__ = "backfill"
    __table_args__ = (Index("ix_backfill_finished_at", "finished_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(unique=True)
    post_id: Mapped[int]
    """The post somebody looked at."""
    found: Mapped[int] = mapped_column(default=0)
    """How many posts were new."""
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class ProfileFetchRow(Base):
    """When an account's pins, hashtags and newest posts were last asked for."""

    __tablename__ = "profile_fetch"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    asked_at: Mapped[datetime]
    posts_at: Mapped[datetime | None]
    """When the newest posts were fetched: once, the first time somebody looks."""


class FeaturedTagRow(Base):
    """A hashtag that an account presents itself with."""

    __tablename__ = "featured_tag"
    __table_args__ = (UniqueConstraint("account_id", "tag_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
